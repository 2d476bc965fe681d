from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from drawn import HOSTILE, asn

from asntools.fmt.graph import graph_of
from asntools.fmt.svg import svg

ROOT = Path(__file__).parents[2]
S = "{http://www.w3.org/2000/svg}"


def drawn(*asns: dict, folder: str | None = None) -> ET.Element:
    return ET.fromstring("\n".join(svg(graph_of(asns, folder))).encode())


def boxes(picture: ET.Element) -> dict[str, ET.Element]:
    """Return the shape of each node by the node's name."""
    return {
        group.find(f"{S}text").text: group[1]
        for group in picture.findall(f"{S}g")
        if group[0].tag == f"{S}title"
    }


def test_a_product_that_a_later_association_takes_is_one_node():
    picture = drawn(asn("jw1", science="jw1_rate.fits"), asn("jw-o001", science="jw1_cal.fits"))
    left = [float(shape.get("x")) for shape in map(boxes(picture).get, ("jw1_rate.fits", "jw1", "jw-o001"))]
    assert left == sorted(left)
    assert len(boxes(picture)) == 3
    assert len(picture.findall(f"{S}path")) == 2


def test_roles_have_shapes_and_colours():
    picture = drawn(asn("p", science="s", psf="q", background="b", imprint="i"))
    found = {name: (shape.tag.removeprefix(S), shape.get("class")) for name, shape in boxes(picture).items()}
    assert found == {
        "s": ("rect", "box science"),
        "q": ("rect", "box psf"),
        "b": ("polygon", "box background"),
        "i": ("polygon", "box other"),
        "p": ("rect", "box none"),
    }
    assert len(boxes(picture)["b"].get("points").split()) == 6
    assert len(boxes(picture)["i"].get("points").split()) == 4
    style = picture.find(f"{S}style").text
    assert len(set(re.findall(r"\.(?:science|background|psf|other) { fill: (#\w+); stroke", style))) == 4
    legend = [text.text for text in picture.findall(f"{S}text") if text.get("class") == "start"]
    assert legend == ["science", "background", "psf", "other", "product"]
    labels = [text.text for text in picture.findall(f"{S}text") if "role" in text.get("class").split()]
    assert labels == ["psf", "background", "imprint"]
    dashed = [
        path.get("class").split()[1] for path in picture.findall(f"{S}path") if "dashed" in path.get("class")
    ]
    assert sorted(dashed) == ["background", "other", "psf"]


def test_missing_members_are_marked(tmp_path):
    (tmp_path / "here.fits").touch()
    shapes = boxes(drawn(asn("p", science=["here.fits", "gone.fits"]), folder=str(tmp_path)))
    assert "missing" not in shapes["here.fits"].get("class")
    assert "missing" in shapes["gone.fits"].get("class")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name):
    picture = drawn(asn(name, asn_id=name, science=f"{name}.fits", **{name: "b.fits"}))
    assert {element.tag.removeprefix(S) for element in picture.iter()} <= {
        *("svg", "title", "style", "defs", "marker", "path", "text", "g", "rect", "polygon")
    }
    for element in picture.iter():
        assert not {name for name in element.attrib if name.startswith("on")}
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ufffe]", element.text or "")


def test_long_names_are_shortened_and_whole_in_the_tooltip():
    name = "jw" + "0123456789" * 10 + "_end.fits"
    picture = drawn(asn("p", science=name))
    [(shown, title)] = [
        (group.find(f"{S}text").text, group.find(f"{S}title").text)
        for group in picture.findall(f"{S}g")
        if group.find(f"{S}text").text != "p"
    ]
    assert title == name
    assert len(shown) == 58
    assert shown.endswith("_end.fits")


def test_nothing_overlaps_at_fifty_nodes():
    stage2 = [
        asn(f"jw{number}", science=f"jw{number}_rate.fits", background="jw0_rate.fits")
        for number in range(24)
    ]
    picture = drawn(*stage2, asn("jw-o001", science=[f"jw{number}_cal.fits" for number in range(24)]))
    rectangles = [
        tuple(float(shape.get(key)) for key in ("x", "y", "width", "height"))
        for shape in boxes(picture).values()
        if shape.tag == f"{S}rect"
    ]
    assert len(rectangles) == 49
    for number, (x, y, wide, high) in enumerate(rectangles):
        for left, top, width, height in rectangles[number + 1 :]:
            assert x + wide <= left or left + width <= x or y + high <= top or top + height <= y
    width, height = float(picture.get("width")), float(picture.get("height"))
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in rectangles)


def test_nothing_gives_a_picture_that_says_so():
    assert [text.text for text in drawn().iter(f"{S}text")] == ["no associations"]


def test_the_picture_in_the_documents_is_fresh():
    line = "asn-pool tests/data/pool.csv | asn-match --candidate c1000 | asn-build | asn-fmt --to svg"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == (ROOT / "docs" / "diagram.svg").read_text()
