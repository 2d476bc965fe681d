from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from drawn import HOSTILE, asn
from hypothesis import given
from hypothesis import strategies as st

from asntools.common.faults import Fault
from asntools.fmt.footprints import Footprints, fields_of
from asntools.fmt.page import page
from asntools.fmt.sky import sky
from asntools.jwst.regions import middle, polygons, position, separation

SQUARE = "POLYGON ICRS  5.6 -72.1 5.7 -72.1 5.7 -72.0 5.6 -72.0"


@pytest.mark.parametrize(
    ("text", "corners"),
    [
        (SQUARE, [[(5.6, -72.1), (5.7, -72.1), (5.7, -72.0), (5.6, -72.0)]]),
        (SQUARE.lower(), [[(5.6, -72.1), (5.7, -72.1), (5.7, -72.0), (5.6, -72.0)]]),
        ("POLYGON 1 2 3 4 5 6", [[(1, 2), (3, 4), (5, 6)]]),
        ("polygon icrs barycenter 1 +2 3.5e0 -4 5 6\n", [[(1, 2), (3.5, -4), (5, 6)]]),
        (
            "UNION ICRS (POLYGON 1 2 3 4 5 6 POLYGON 7 8 9 10 11 12)",
            [[(1, 2), (3, 4), (5, 6)], [(7, 8), (9, 10), (11, 12)]],
        ),
        ("POLYGON ICRS 1 2 3 4", []),
        ("POLYGON ICRS 1 2 3 4 5", []),
        ("POLYGON ICRS 1 2 3 4 5 91", []),
        ("POLYGON ICRS 1..2 2 3 4 5 6", []),
        ("POLYGON ICRS nan nan 1 2", []),
        ("", []),
        (None, []),
    ],
)
def test_polygons(text, corners):
    assert polygons(text) == corners


def test_a_circle_has_many_corners_at_its_distance():
    [corners] = polygons("circle icrs 359.999 60 0.01")
    assert len(corners) == 32
    for corner in corners:
        assert separation((359.999, 60), corner) == pytest.approx(0.01, rel=1e-3)
    assert polygons("CIRCLE ICRS 1 2 0") == polygons("CIRCLE ICRS 1 2") == []


def test_separation_and_middle_go_around():
    assert separation((359.5, 0), (0.5, 0)) == pytest.approx(1)
    assert separation((0, 89), (180, 89)) == pytest.approx(2)
    ra, dec = middle([(359, 10), (1, 10)])
    assert (ra + 180) % 360 == pytest.approx(180)
    assert dec == pytest.approx(10, abs=0.01)


@given(st.text() | st.from_regex(r"(polygon|circle) [a-z0-9.\-+e ]*"))
def test_any_region_is_read(text):
    for corners in polygons(text):
        assert len(corners) >= 3


def exposure(filename: str, s_region: str | None = SQUARE, **attributes: str) -> dict:
    return {"filename": filename, "s_region": s_region, **attributes}


def test_members_are_found_by_exposure():
    known = Footprints([exposure("jw01234001001_02101_00001_nis_uncal.fits")])
    root = "jw01234001001_02101_00001_nis"
    for name in (f"{root}_rate.fits", f"a/{root}_cal.fits.gz", f"{root}_o001_crf.fits", root):
        assert known.footprint(name).shapes == polygons(SQUARE)
    assert known.footprint("jw01234-o001_t001_niriss_i2d.fits") is None


def test_a_position_stands_for_a_region():
    assert position({"targ_ra": "10.5", "targ_dec": "-3"}) == (10.5, -3)
    assert position({"targ_ra": "10.5", "targ_dec": None, "ra": "1", "dec": "2"}) == (1, 2)
    assert position({"targ_ra": "nan", "targ_dec": "1"}) is None
    known = Footprints(
        [exposure("a_rate.fits", None, targ_ra="10.5", targ_dec="-3"), exposure("b_rate.fits", None)]
    )
    assert known.footprint("a_cal.fits").centre == (10.5, -3)
    assert known.footprint("b_cal.fits") is None


def test_fields_are_apart():
    far = SQUARE.replace("-72", "-42")
    known = Footprints([exposure("a_rate.fits"), exposure("b_rate.fits"), exposure("c_rate.fits", far)])
    fields = fields_of([(known.footprint(f"{name}_cal.fits"), "science") for name in "abca"])
    assert [len(field.footprints) for field in fields] == [3, 1]


KNOWN = Footprints(
    [exposure("a_rate.fits"), exposure("b_rate.fits"), exposure("c_rate.fits", None, ra="5.6", dec="-72")]
)


def drawn(*asns: dict, known: Footprints = KNOWN) -> tuple[str, list[str]]:
    told: list[Fault] = []
    picture = sky(asns, known, told.append).decode()
    assert not any(fault.serious for fault in told)
    return picture, [fault.message for fault in told]


def test_footprints_are_drawn_by_product_and_role():
    picture, told = drawn(
        asn("p1", science=["a_cal.fits", "c_cal.fits"], background="b_x1d.fits"), asn("p2", psf="b_cal.fits")
    )
    assert told == []
    texts = {element.text for element in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")}
    assert {"p1", "p2", "science", "background", "psf"} <= texts
    assert "other" not in texts
    # An outline per footprint, and one in the legend.
    for colour, many in {"#009e73": 1 + 1, "#0072b2": 1 + 1, "#cc79a7": 1 + 1}.items():
        assert len(re.findall(rf"<path[^>]*style=\"fill: {colour}[^>]*>", picture)) == many


def test_the_same_associations_give_the_same_picture():
    # matplotlib before 3.10 gives what clips other names each time.
    one, other = (
        re.sub(r"\bp[0-9a-f]{10}\b", "", drawn(asn("p", science="a_cal.fits"))[0]) for _ in range(2)
    )
    assert one == other


def test_what_is_left_out_is_reported(monkeypatch):
    _, told = drawn(asn("p", science=["a_cal.fits", "gone_cal.fits"]))
    assert told == ["the pool does not say where 1 of 2 members are"]
    monkeypatch.setattr("asntools.fmt.sky.MOST_PANELS", 2)
    picture, told = drawn(*(asn(f"p{number}", science="a_cal.fits") for number in range(5)))
    assert told == ["only the first 2 of 5 fields are drawn; choose fewer associations"]
    assert picture.count(">RA (ICRS)<") == 2


def test_nothing_known_is_a_fault():
    with pytest.raises(Fault, match="no positions of the members"):
        drawn(asn("p", science="gone_cal.fits"))


def test_hostile_names_are_text():
    picture, told = drawn(*(asn(name, science="a_cal.fits") for name in [*HOSTILE, "$x^2$", "$\\frac$"]))
    assert told == []
    root = ET.fromstring(picture)
    assert not any(element.tag.endswith("script") for element in root.iter())
    assert not re.search("[\x00-\x08\x1b\u202e]", picture)


def test_a_png_is_one():
    assert sky([asn("p", science="a_cal.fits")], KNOWN, pytest.fail, picture="png").startswith(b"\x89PNG")


def test_without_matplotlib_a_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(Fault, match=r"pip install -U astropy 'asntools\[sky\]'"):
        drawn(asn("p", science="a_cal.fits"))


def test_the_page_holds_what_the_pool_says():
    known = Footprints([exposure("a_rate.fits", detector="nis", exp_type="nis_image", pupil=None)])
    text = page([asn("p", science="a_cal.fits", background="b_cal.fits")], None, known)
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    data = json.loads(data)
    [node] = [
        number for number, (name, *_) in enumerate(data["nodes"]) if data["texts"][name] == "a_cal.fits"
    ]
    assert data["shapes"] == {str(node): [[5.6, -72.1, 5.7, -72.1, 5.7, -72.0, 5.6, -72.0]]}
    assert [data["texts"][number] for number in data["facts"][str(node)]] == [
        "detector",
        "nis",
        "exp_type",
        "nis_image",
    ]


def test_a_png_is_not_for_a_terminal(tmp_path):
    import os
    import pty

    (tmp_path / "asn.json").write_text(json.dumps(asn("p", science="a_cal.fits")))
    (tmp_path / "e.jsonl").write_text(json.dumps({**exposure("a_rate.fits"), "asn_pool": "none"}) + "\n")
    reader, writer = pty.openpty()
    line = ["asn-fmt", "--to", "sky-png", "--pool", "e.jsonl", "asn.json"]
    done = subprocess.run(line, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    os.close(reader)
    assert (done.returncode, done.stderr) == (
        2,
        "asn-fmt: a PNG is not for a terminal; redirect it to a file: > sky.png\n",
    )
