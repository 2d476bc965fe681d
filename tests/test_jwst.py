"""What we write opens in the package that the pipelines are part of.

Runs where the environment variable ASN_JWST_PYTHON names a Python in which `jwst` is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml
from mutations import HARMLESS, tried

from asntools.build.cli import main as asn_build
from asntools.edit.cli import main as asn_edit
from asntools.match.cli import main as asn_match
from asntools.pool.cli import main as asn_pool

REFERENCE = os.environ.get("ASN_JWST_PYTHON")
POOL = Path(__file__).parent / "data" / "pool.csv"

pytestmark = pytest.mark.skipif(
    REFERENCE is None, reason="ASN_JWST_PYTHON names no interpreter that has jwst"
)

OPEN_WITH_JWST = textwrap.dedent(
    """
    import json, sys
    from pathlib import Path
    from jwst.associations import load_asn
    from jwst.datamodels import ImageModel, ModelLibrary

    path = Path(sys.argv[1])
    for product in json.loads(path.read_text())["products"]:
        for member in product["members"]:
            with ImageModel((8, 8)) as model:
                model.meta.instrument.name = "NIRCAM"
                model.save(path.parent / member["expname"])
    with path.open() as opened:
        asn = load_asn(opened)
    library = ModelLibrary(path, on_disk=True)
    opened = []
    with library:
        for model in library:
            opened.append([model.meta.filename, model.meta.asn.exptype, model.meta.asn.table_name])
            library.shelve(model, modify=False)
    print(json.dumps({
        "rule": asn["asn_rule"],
        "products": [
            [product["name"], [[member["expname"], member["exptype"]] for member in product["members"]]]
            for product in asn["products"]
        ],
        "library": opened,
        "science": library.indices_for_exptype("science"),
    }))
    """
)


def opened(path: Path) -> dict:
    """Open an association in `load_asn` and `ModelLibrary`, with small FITS files for its members."""
    done = subprocess.run(
        [REFERENCE, "-c", OPEN_WITH_JWST, str(path)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def check(path: Path) -> None:
    asn = json.loads(path.read_text())
    told = opened(path)
    ours = [
        [one["name"], [[member["expname"], member["exptype"]] for member in one["members"]]]
        for one in asn["products"]
    ]
    assert told["rule"] == asn["asn_rule"]
    assert told["products"] == ours
    assert told["library"] == [[*member, path.name] for member in ours[0][1]]
    assert told["science"] == [n for n, (_, exptype) in enumerate(ours[0][1]) if exptype == "science"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["image3", "--product", "m", "--science", "jw1_a_cal.fits", "jw1_b_cal.fits"],
        ["coron3", "--product", "m", "--science", "jw1_a_cal.fits", "--psf", "jw1_p_cal.fits"],
        ["spec2", "--science", "jw1_a_rate.fits", "jw1_b_rate.fits", "--background", "jw1_sky_rate.fits"],
    ],
    ids=lambda value: value[0],
)
def test_what_create_writes_opens(tmp_path, capfd, arguments):
    assert asn_edit(["create", *arguments]) == 0
    path = tmp_path / "new_asn.json"
    path.write_text(capfd.readouterr().out)
    check(path)


@pytest.mark.parametrize("rule", ["Asn_Lv3Image", "Asn_Lv3MIRMRS", "Asn_Lv2Spec"])
def test_what_build_writes_opens(tmp_path, capfd, rule):
    exposures, groups = tmp_path / "exposures", tmp_path / "groups"
    assert asn_pool([str(POOL)]) == 0
    exposures.write_text(capfd.readouterr().out)
    assert asn_match(["--rule", rule, str(exposures)]) == 0
    groups.write_text(capfd.readouterr().out)
    assert asn_build(["--outdir", str(tmp_path), str(groups)]) == 0
    path = next(iter(sorted(tmp_path.glob("*.json"))))
    check(path)


# The parts of the pipelines that choose and open what an association names. The types as in
# asntools/jwst/levels.py.
READ_AS_THE_PIPELINES_DO = textwrap.dedent(
    """
    import collections, gzip, json, logging, os, sys
    from pathlib import Path
    from jwst import datamodels
    from jwst.associations import load_asn
    from jwst.associations.load_as_asn import LoadAsLevel2Asn
    from jwst.datamodels import ModelLibrary
    from stdatamodels.jwst.datamodels import CubeModel, ImageModel

    logging.disable(logging.CRITICAL)
    with ImageModel((8, 8)) as model:
        model.save("image.fits")
    with CubeModel((2, 8, 8)) as model:
        model.save("cube.fits")

    def put(name):
        source = Path("cube.fits" if "ints" in name else "image.fits").resolve()
        target = Path(name)
        target.parent.mkdir(exist_ok=True)
        if name.endswith(".gz"):
            target.write_bytes(gzip.compress(source.read_bytes()))
        elif name.endswith(".asdf"):
            with datamodels.open(source) as model:
                model.save(target)
        else:
            target.symlink_to(source)

    def by_role(product):
        found = collections.defaultdict(list)
        for member in product["members"]:
            found[member["exptype"].lower()].append(member["expname"])
        return found

    def read(file, asn_type):
        if asn_type == "image3":
            models = ModelLibrary(file, asn_exptypes=["science"], on_disk=True)
            assert len(models)
            models.asn["products"][0]["name"]
            return
        if asn_type in ("spec3", "coron3", "tso3"):
            needed = {"coron3": ["science", "psf"]}.get(asn_type, ["science"])
            wanted = needed + ["background"] * (asn_type == "spec3")
            models = datamodels.open(file, asn_exptypes=wanted)
            models.asn_table["products"][0]["name"]
            assert {model.meta.asn.exptype.lower() for model in models} >= set(needed)
            assert asn_type == "spec3" or models.asn_table["asn_id"]
            return
        if asn_type.endswith("2"):
            asn = LoadAsLevel2Asn.load(file, basename=None)
        else:
            with open(file) as stream:
                asn = load_asn(stream)
        asn["asn_pool"]
        assert asn_type != "ami3" or asn["asn_id"]
        for product in asn["products"]:
            product["name"]
            names = by_role(product)
            assert names["science"]
            assert asn_type != "wfs-image3" or len(names["science"]) == 2
            for role in ("science", "psf", "background", "imprint", "selfcal"):
                for name in names[role]:
                    datamodels.open(name).close()

    for line in sys.stdin:
        asn_type, file, text, names = json.loads(line)
        Path(file).write_text(text)
        for name in names:
            put(name)
        try:
            read(file, asn_type)
            print(json.dumps(None))
        except Exception as error:
            print(json.dumps(f"{type(error).__name__}: {error}"))
        for name in (file, *names):
            os.unlink(name)
    """
)


def test_the_pipelines_read_what_passes(tmp_path):
    samples = list(tried(HARMLESS, "jwst", 200))
    lines = []
    for _, sample in samples:
        dump = yaml.safe_dump if sample.file_name.endswith("yaml") else json.dumps
        members = [member for product in sample.asn["products"] for member in product["members"]]
        names = sorted({member["expname"] for member in members})
        lines.append(json.dumps([sample.asn_type, sample.file_name, dump(sample.asn), names]))
    done = subprocess.run(
        [REFERENCE, "-c", READ_AS_THE_PIPELINES_DO],
        cwd=tmp_path,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    faults = [(name, s.asn_type, told) for (name, s), told in zip(samples, found, strict=True) if told]
    assert faults == []
