"""asn-pool reads FITS files, folders and lists beside pools, and tells them apart by what they hold."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import threading
from pathlib import Path

import inprocess
import pytest
from astropy.io import fits
from astropy.table import Table
from fitsfiles import write_fits

from asntools.common.faults import Fault
from asntools.pool import Amendments, Choices, Extra, Setting, read_files
from asntools.pool.cli import main
from asntools.pool.fits import BLOCK
from asntools.pool.sources import overlapping

CARDS = {"PROGRAM": "01523", "OBSERVTN": "001", "INSTRUME": "MIRI", "EXP_TYPE": "MIR_MRS", "TARGPROP": "M-33"}
POOL = "filename|program|instrume|exp_type|obs_num\np_uncal.fits|1523|miri|mir_mrs|1\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def asn_pool(here, capfdbinary, monkeypatch):
    """Return a function that runs the command and gives its status, exposures and messages."""

    def run(*arguments, stdin=b""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(arguments)
        out, err = capfdbinary.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err.decode().splitlines()

    return run


def write(*names, **cards):
    for name in names:
        write_fits(Path(name), CARDS | cards)


def names(exposures):
    return [each["filename"] for each in exposures]


# What is read


def test_files_in_the_order_in_which_they_are_given(asn_pool):
    write("b_rate.fits", "a_rate.fits")
    status, exposures, err = asn_pool("b_rate.fits", "a_rate.fits")
    assert (status, names(exposures), err) == (0, ["b_rate.fits", "a_rate.fits"], [])
    assert exposures[0]["asn_candidate"] == "[('o001', 'observation')]"
    assert (exposures[0]["asn_pool"], exposures[0]["targetid"]) == ("none", "1")


def test_the_name_is_that_on_disk_whatever_the_header_says(asn_pool):
    write("a_rate.fits", FILENAME="other_rate.fits")
    assert names(asn_pool("a_rate.fits")[1]) == ["a_rate.fits"]


@pytest.mark.parametrize("jobs", ["1", "2", "7"])
def test_many_files_keep_their_order(asn_pool, jobs):
    wanted = [f"{number:03d}_rate.fits" for number in range(100)]
    write(*wanted)
    assert names(asn_pool("--jobs", jobs, *wanted)[1]) == wanted


def test_overlapping_reads_only_a_few_ahead():
    started = []
    results = overlapping(lambda item: started.append(item) or item, iter(range(10_000)), 2)
    assert next(results) == 0
    assert len(started) < 1000
    results.close()


@pytest.mark.parametrize("started", [0, 1])
def test_where_no_more_threads_can_be_started_the_work_is_done_all_the_same(started, monkeypatch):
    start = threading.Thread.start

    def limited(thread):
        if threading.active_count() >= most:
            raise RuntimeError("can't start new thread")
        start(thread)

    most = threading.active_count() + started
    monkeypatch.setattr(threading.Thread, "start", limited)
    assert list(overlapping(str, range(1000), 4)) == [str(number) for number in range(1000)]


def test_a_folder(asn_pool):
    write("data/b/x_rate.fits", "data/a_rate.fits", "data/.hidden_rate.fits", "data/.git/y_rate.fits")
    (Path("data") / "notes.txt").write_text("not a pool")
    (Path("data") / "pool.csv").write_text(POOL)
    os.mkfifo("data/pipe")
    assert asn_pool("data") == (
        2,
        [],
        ["asn-pool:data: is a folder, not a file; use -r to read the FITS files in it"],
    )
    status, exposures, err = asn_pool("-r", "data")
    assert (status, names(exposures), err) == (0, ["a_rate.fits", "x_rate.fits"], [])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([], "a_rate.fits\nb rate.fits\n"),
        ([], "a_rate.fits\r\n\r\nb rate.fits"),
        (["-0"], "a_rate.fits\0b rate.fits\0"),
    ],
)
def test_a_list_of_files(asn_pool, options, text):
    write("a_rate.fits", "b rate.fits", "c_rate.fits")
    Path("names").write_text(text)
    for source, stdin in (("names", b""), ("-", text.encode())):
        status, exposures, err = asn_pool(*options, "--files-from", source, "c_rate.fits", stdin=stdin)
        assert (status, names(exposures), err) == (0, ["a_rate.fits", "b rate.fits", "c_rate.fits"], [])


def test_an_empty_list_is_no_exposures(asn_pool):
    assert asn_pool("--files-from", "-") == (0, [], [])
    assert asn_pool("-0") == (2, [], ["asn-pool: --null needs --files-from"])


def test_fits_files_among_pools_and_records(asn_pool):
    write("a_rate.fits")
    Path("pool.fits").write_text(POOL)
    Path("records.csv").write_text('{"filename":"r_uncal.fits","program":"1523"}\n')
    status, exposures, err = asn_pool("pool.fits", "a_rate.fits", "records.csv")
    assert (status, names(exposures), err) == (0, ["p_uncal.fits", "a_rate.fits", "r_uncal.fits"], [])


def test_standard_input_may_be_fits(asn_pool):
    write("a_rate.fits")
    content = Path("a_rate.fits").read_bytes()
    for stdin in (content, gzip.compress(content)):
        assert names(asn_pool(stdin=stdin)[1]) == ["a_rate.fits"]


def test_compressed_files(asn_pool):
    write("a_rate.fits.gz")
    assert Path("a_rate.fits.gz").read_bytes().startswith(b"\x1f\x8b")
    assert names(asn_pool("a_rate.fits.gz")[1]) == ["a_rate.fits.gz"]


def test_a_pipe_is_read_once(here):
    write("a_rate.fits")
    Path("pool.csv").write_text(POOL)
    line = "asn-pool <(cat pool.csv) <(gzip -c a_rate.fits) <(sed s/p_uncal/q_uncal/ pool.csv)"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=60)
    assert names(map(json.loads, done.stdout.splitlines())) == ["p_uncal.fits", "a_rate.fits", "q_uncal.fits"]
    assert done.stderr == b""


def test_a_pool_in_fits_is_told_from_an_exposure(asn_pool):
    Table(
        {name: [value] for name, value in zip(*(line.split("|") for line in POOL.splitlines()), strict=True)}
    ).write("pool", format="fits")
    table = fits.BinTableHDU(Table({"wavelength": [1.0]}))
    fits.HDUList([fits.PrimaryHDU(header=fits.Header(CARDS)), table]).writeto("a_x1d.fits")
    for options in ([], ["--format", "fits"]):
        status, exposures, err = asn_pool(*options, "pool", "a_x1d.fits")
        assert (status, names(exposures), err) == (0, ["p_uncal.fits", "a_x1d.fits"], [])


# What cannot be read


def test_the_others_are_read(asn_pool):
    write("a_rate.fits", "z_rate.fits")
    write("silent_rate.fits", EXP_TYPE="")
    whole = Path("a_rate.fits").read_bytes()
    Path("cut_rate.fits").write_bytes(whole[:3000])
    Path("short_rate.fits").write_bytes(whole + bytes(100))
    Path("text_rate.fits").write_text("no pool\n")
    fits.PrimaryHDU().writeto("bare.fits")
    given = ["a_rate.fits", "silent_rate.fits", "cut_rate.fits", "short_rate.fits", "missing_rate.fits"]
    status, exposures, err = asn_pool(*given, "text_rate.fits", "bare.fits", "z_rate.fits")
    assert (status, names(exposures)) == (2, ["a_rate.fits", "z_rate.fits"])
    assert err == [
        "asn-pool:silent_rate.fits: the header has no EXP_TYPE; it is left out",
        "asn-pool:cut_rate.fits: is cut short: it ends within a header",
        "asn-pool:short_rate.fits: is cut short: "
        f"it has {len(whole) + 100} bytes, and needs {len(whole) + BLOCK} or more",
        "asn-pool:missing_rate.fits: cannot open: no such file or directory",
        "asn-pool:text_rate.fits:1: the header lacks filename, program, instrume, exp_type and asn_candidate "
        "(or obs_num), which a pool needs",
        "asn-pool:bare.fits: the header has no PROGRAM, INSTRUME, EXP_TYPE or OBSERVTN; it is left out",
    ]


def test_a_card_that_cannot_be_read_is_named(asn_pool):
    write("a_rate.fits")
    content = Path("a_rate.fits").read_bytes()
    Path("a_rate.fits").write_bytes(content.replace(b"'MIRI    '", b"'MIRI     "))
    status, exposures, [err] = asn_pool("a_rate.fits")
    assert (status, exposures) == (2, [])
    assert err.startswith("asn-pool:a_rate.fits: the card \"= 'MIRI")
    assert err.endswith("cannot be read")


@pytest.mark.parametrize(
    "url", ["https://localhost:9/a_rate.fits", "s3://bucket/a_rate.fits", "file:///a_rate.fits"]
)
def test_a_url_is_not_opened(asn_pool, url):
    assert asn_pool(url) == (2, [], [f"asn-pool:{url}: is a URL; use --remote to read it over the network"])


def test_a_url_is_read_with_remote(asn_pool):
    fsspec = pytest.importorskip("fsspec")
    write("a_rate.fits")
    with fsspec.open("memory://folder/a_rate.fits", "wb") as stream:
        stream.write(Path("a_rate.fits").read_bytes())
    status, exposures, err = asn_pool(
        "--remote", "memory://folder/a_rate.fits", "memory://folder/b_rate.fits"
    )
    assert (status, names(exposures)) == (2, ["a_rate.fits"])
    assert err[0].startswith("asn-pool:memory://folder/b_rate.fits: cannot open: ")


def test_a_url_without_fsspec(asn_pool, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    status, exposures, err = asn_pool("--remote", "s3://bucket/a.fits")
    assert (status, exposures) == (2, [])
    assert err == ["asn-pool:s3://bucket/a.fits: reading a URL needs fsspec; pip install 'asntools[remote]'"]


# The files of one exposure


LEVELS = ["uncal", "rate", "rateints", "cal", "x1d"]


def test_an_exposure_is_there_once_however_many_products_are(asn_pool):
    wanted = [f"jw01523001001_02101_00001_mirifulong_{level}.fits" for level in LEVELS]
    for order in (wanted, wanted[::-1]):
        for name in wanted:
            if not Path(name).exists():
                write(name, TITLE=name)
        status, [exposure], err = asn_pool("--keyword", "title", *order)
        assert (status, err) == (0, [])
        assert exposure["filename"] == wanted[0]
        assert exposure["title"] == wanted[0].lower()
        assert exposure["files"].split(" ") == wanted


def test_what_combines_exposures_is_none(asn_pool):
    write("jw01523-o001_t001_miri_ch1_s3d.fits", "jw01523-o001_t001_miri_ch1_x1d.fits", "mine_i2d.fits")
    write("jw01523001001_02101_00001_mirimage_i2d.fits", "mine_c1d.fits")
    given = sorted(os.listdir("."))
    status, exposures, err = asn_pool(*given)
    assert (status, names(exposures)) == (0, ["jw01523001001_02101_00001_mirimage_i2d.fits"])
    assert err == [
        "asn-pool: 4 files are not products of one exposure; they are left out: "
        "jw01523-o001_t001_miri_ch1_s3d.fits, jw01523-o001_t001_miri_ch1_x1d.fits..."
    ]


def test_one_product_in_two_folders(asn_pool):
    write("x/a_rate.fits", "y/a_rate.fits", "y/a_cal.fits")
    status, [exposure], err = asn_pool("-r", "x", "y")
    assert (status, exposure["files"]) == (2, "a_rate.fits a_cal.fits")
    what = "is the same product of the same exposure as x/a_rate.fits; it is left out"
    assert err == [f"asn-pool:y/a_rate.fits: {what}"]
    write("z/a_rate.fits", PROGRAM="01524")
    status, exposures, err = asn_pool("x/a_rate.fits", "z/a_rate.fits")
    assert (status, len(exposures), err) == (0, 2, [])


def test_a_file_that_is_given_twice(asn_pool):
    write("x/a_rate.fits")
    os.symlink("x", "y")
    status, exposures, err = asn_pool("x/a_rate.fits", "y/a_rate.fits")
    assert (status, names(exposures), err) == (0, ["a_rate.fits"], ["asn-pool:y/a_rate.fits: is given twice"])


@pytest.mark.parametrize(
    ("expname", "name"),
    [("basename", "a b_rate.fits"), ("relative", "x/a b_rate.fits"), ("absolute", "{here}/x/a b_rate.fits")],
)
def test_names_of_members(asn_pool, here, expname, name):
    write("x/a b_rate.fits")
    _, [exposure], _ = asn_pool("--expname", expname, "./x/a b_rate.fits")
    assert exposure["filename"] == name.format(here=here)
    assert exposure["files"] == exposure["filename"].replace(" ", "%20")


def test_names_that_no_association_should_hold(asn_pool):
    for name in ("a\x1b_rate.fits", os.fsdecode(b"a\xff_rate.fits")):
        write("a_rate.fits")
        os.rename("a_rate.fits", name)
        status, exposures, [err] = asn_pool(name)
        assert (status, exposures) == (2, [])
        assert err.endswith("its name contains a character that associations must not contain; rename it")
        assert "\x1b" not in err


# What is said by hand


def test_settings(asn_pool):
    write("sci/a_rate.fits", "bkg/b_rate.fits", "c_02101_rate.fits")
    write("d_rate.fits", TARGNAME="HD 1 SKY")
    status, exposures, err = asn_pool(
        *("--set", "bkgdtarg=T:bkg/*", "--set", "is_imprt=t:*_02101_*", "--set", "visitype="),
        *("--set", "bkgdtarg=t:targname=*sky*", "--set", "mine=x", "--set", "targprop=other:d_rate.fits"),
        *("sci/a_rate.fits", "bkg/b_rate.fits", "c_02101_rate.fits", "d_rate.fits"),
    )
    assert (status, err) == (0, [])
    assert [each["bkgdtarg"] for each in exposures] == [None, "t", None, "t"]
    assert [each["is_imprt"] for each in exposures] == [None, None, "t", None]
    assert {each["mine"] for each in exposures} == {"x"}
    assert [each["targetid"] for each in exposures] == ["1", "1", "1", "2"]


@pytest.mark.parametrize("given", ["sky/b_rate.fits", "./sky/b_rate.fits", "{here}/sky/b_rate.fits"])
@pytest.mark.parametrize("glob", ["sky/*", "*/sky/*", "b_*", "*", "sky/b_rate.fits"])
def test_a_glob_is_of_the_end_of_the_path(asn_pool, here, given, glob):
    write("sky/b_rate.fits")
    [exposure] = asn_pool("--set", f"bkgdtarg=t:{glob}", given.format(here=here))[1]
    assert exposure["bkgdtarg"] == (None if (given[:3], glob[:2]) == ("sky", "*/") else "t")
    for other in ("ky/*", "rate.fits", "B_*"):
        assert asn_pool("--set", f"bkgdtarg=t:{other}", given.format(here=here))[1][0]["bkgdtarg"] is None


def test_a_setting_gives_what_a_header_lacks(asn_pool):
    write("a_rate.fits", OBSERVTN="", EXP_TYPE="MIR_IMAGE")
    assert asn_pool("a_rate.fits")[0] == 2
    status, [exposure], _ = asn_pool("--set", "obs_num=7", "--set", "exp_type=MIR_TACQ", "a_rate.fits")
    assert (status, exposure["asn_candidate"]) == (0, "[('o007', 'observation')]")
    assert exposure["pntgtype"] == "target_acquisition"


def test_candidates(asn_pool):
    write("a_rate.fits")
    write("b_rate.fits", OBSERVTN="002")
    write("c_rate.fits", OBSERVTN="012", PROGRAM="99")
    status, exposures, err = asn_pool(
        *(
            "--candidate",
            "background=o001,2",
            "--candidate",
            "Mosaic=*",
            "a_rate.fits",
            "b_rate.fits",
            "c_rate.fits",
        )
    )
    assert (status, err) == (0, [])
    assert [each["asn_candidate"] for each in exposures] == [
        "[('o001', 'observation'), ('c1000', 'background'), ('c1001', 'mosaic')]",
        "[('o002', 'observation'), ('c1000', 'background'), ('c1001', 'mosaic')]",
        "[('o012', 'observation'), ('c1001', 'mosaic')]",
    ]


def test_what_is_said_by_hand_holds_for_pools_as_well(asn_pool):
    Path("pool.csv").write_text(POOL)
    status, [exposure], err = asn_pool("--candidate", "group=*", "--set", "channel=12:p_*", "pool.csv")
    assert (status, err) == (0, [])
    assert exposure["asn_candidate"] == "[('o001', 'observation'), ('c1000', 'group')]"
    assert exposure["channel"] == "12"


def test_what_is_said_of_no_exposure(asn_pool):
    write("a_rate.fits")
    status, [exposure], err = asn_pool(
        *("--set", "is_psf=t:b*", "--candidate", "group=3", "--candidate", "group=1", "a_rate.fits")
    )
    assert status == 0
    assert err == [
        "asn-pool: --set is_psf=t:b*: matches no exposure",
        "asn-pool: --candidate group=3: no exposure is from these observations",
    ]
    assert exposure["asn_candidate"] == "[('o001', 'observation'), ('c1001', 'group')]"


@pytest.mark.parametrize(
    ("option", "what"),
    [
        (["--set", "is_imprt"], "'is_imprt' is not COL=VALUE or COL=VALUE:GLOB"),
        (["--set", "is_imprint=t"], "no column 'is_imprint'; did you mean 'is_imprt'?"),
        (
            ["--candidate", "background"],
            "'background' is not TYPE=OBS,..., such as background=o001,o002 or mosaic=*",
        ),
        (
            ["--candidate", "group=c1"],
            "'group=c1' is not TYPE=OBS,..., such as background=o001,o002 or mosaic=*",
        ),
        (["--target-tolerance", "nan"], "'nan' is not a number from 0 to 3600"),
        (["--jobs", "0"], "'0' is not a number from 1 to 64"),
        (["--keyword", "TOO LONG"], "'TOO LONG' is not a FITS keyword: up to 8 letters, digits, - and _"),
    ],
)
def test_options_that_say_nothing(asn_pool, option, what):
    status, exposures, [err] = asn_pool(*option, "missing")
    assert (status, exposures) == (2, [])
    assert err == f"asn-pool: argument {option[0]}: {what}; see 'asn-pool --help'"


def test_tolerance(asn_pool):
    for name, ra in (("a_rate.fits", 10.0), ("b_rate.fits", 10.001)):
        write(name, TARGPROP="", TARG_RA=ra, TARG_DEC=0.0)
    for tolerance, numbers in (("1", ["1", "2"]), ("4", ["1", "1"])):
        exposures = asn_pool("--target-tolerance", tolerance, "a_rate.fits", "b_rate.fits")[1]
        assert [each["targetid"] for each in exposures] == numbers


# From scripts


def test_files_are_read_by_a_function(here):
    write("data/a_rate.fits", "data/b_rate.fits")
    choices = Choices(amendments=Amendments([Setting.parse("is_psf=t:b*")], [Extra.parse("group=*")]))
    exposures = read_files([Path("data")], choices, recursive=True)
    assert [each["is_psf"] for each in exposures] == [None, "t"]
    assert "('c1000', 'group')" in exposures[0]["asn_candidate"]
    assert exposures == read_files(["data/a_rate.fits", "data/b_rate.fits"], choices)
    with pytest.raises(Fault, match="missing: cannot open: no such file or directory"):
        read_files(["missing"])
    with pytest.warns(UserWarning, match="is given twice"):
        read_files(["data/a_rate.fits"] * 2)


# There and back


def test_the_pool_that_is_written_says_what_the_headers_say(asn_pool, capfdbinary):
    write("x/a b_rate.fits", "x/a b_cal.fits", TARG_RA=1.5, IS_PSF=True, S_REGION="POLYGON  1 2")
    write("C_rate.fits", OBSERVTN="002", TARGPROP='say "x" | y')
    arguments = ["--candidate", "group=1,2", "--keyword", "TITLE", "-r", ".", "--expname", "relative"]
    status, exposures, err = asn_pool(*arguments)
    assert (status, len(exposures), err) == (0, 2, [])
    assert main([*arguments, "--to", "csv"]) == 0
    Path("pool.csv").write_bytes(capfdbinary.readouterr().out)
    assert asn_pool("pool.csv") == (0, exposures, [])


def test_no_thread_is_left_behind(asn_pool):
    wanted = [f"{number:03d}_rate.fits" for number in range(40)]
    write(*wanted)
    before = threading.active_count()
    asn_pool("--jobs", "3", *wanted)
    assert threading.active_count() <= before + 3


# The direct images of slitless exposures


WFSS = {
    "INSTRUME": "NIRISS",
    "DETECTOR": "NIS",
    "SUBARRAY": "FULL",
    "PUPIL": "F115W",
    "FILTER": "CLEAR",
    "VISITYPE": "PRIME_TARGETED_FIXED",
    "EXP_TYPE": "NIS_IMAGE",
}


def slitless(folder):
    for number, cards in enumerate(({}, {"EXP_TYPE": "NIS_WFSS", "FILTER": "GR150R"}), 1):
        write(f"{folder}jw01523001001_0210{number}_00001_nis_rate.fits", **WFSS | cards, ACT_ID=f"0{number}")


def combined(*files):
    """Return the members that stand for the direct image, and the messages."""
    done = inprocess.pipe(["asn-pool", *files], ["asn-match", "--rule", "spec2"], ["asn-build"])
    found = [
        {member["exptype"]: member["expname"] for member in asn["products"][0]["members"]}
        for asn in map(json.loads, done.out.splitlines())
    ]
    return [[each[role] for role in ("direct_image", "sourcecat", "segmap")] for each in found], done.err


def test_a_combined_image_that_is_there_is_the_direct_image(here):
    slitless("rates/")
    made = "jw01523-o001_t001_niriss_clear-f115w"
    assert combined("-r", "rates") == ([[f"{made}_i2d.fits", f"{made}_cat.ecsv", f"{made}_segm.fits"]], "")
    write("made/mine_i2d.fits", "made/mine_segm.fits", **WFSS)
    write("made/other_i2d.fits", **WFSS | {"PUPIL": "F200W"})
    Path("made/mine_cat.ecsv").write_text("# %ECSV 1.0\n")
    mine = ["mine_i2d.fits", "mine_cat.ecsv", "mine_segm.fits"]
    for files in (["-r", "rates", "made"], ["-r", "made", "rates"]):
        assert combined(*files) == ([mine], "")
    Path("rates/jw01523001001_02101_00001_nis_rate.fits").unlink()
    assert combined("-r", "rates", "made") == ([mine], "")
    with_folder = [f"made/{name}" for name in mine]
    assert combined("-r", "--expname", "relative", "rates", "made") == ([with_folder], "")


def test_the_image_of_the_observation_is_taken(asn_pool):
    slitless("")
    for number in ("001", "002"):
        write(f"o{number}_i2d.fits", **WFSS | {"OBSERVTN": number})
    _, exposures, err = asn_pool("-r", ".")
    assert [each["i2d"] for each in exposures] == ["o001_i2d.fits", None]
    assert err == ["asn-pool:./o002_i2d.fits: is not the product of one exposure; it is left out"]
