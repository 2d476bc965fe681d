from __future__ import annotations

import pytest
from samples import STAGE2_EXAMPLE

from asntools.fmt.diagrams import dot, mermaid
from asntools.fmt.graph import Edge, graph_of


def asn(asn_id: str, asn_type: str, product: str, **members: str) -> dict:
    found = [{"expname": name, "exptype": role} for role, names in members.items() for name in names.split()]
    return {"asn_id": asn_id, "asn_type": asn_type, "products": [{"name": product, "members": found}]}


STAGE2 = [
    asn("o001", "image2", "jw1_nis", science="jw1_nis_rate.fits"),
    asn("o001", "image2", "jw2_nis", science="jw2_nis_rate.fits", background="jw1_nis_rate.fits"),
]
STAGE3 = asn("o001", "image3", "jw-o001", science="jw1_nis_cal.fits jw2_nis_cal.fits jw3_nis_cal.fits")


def named(asns: list[dict], folder: str | None = None) -> set[tuple[str, str, str]]:
    graph = graph_of(asns, folder)
    return {
        (graph.nodes[edge.member].name, graph.nodes[edge.product].name, edge.exptype) for edge in graph.edges
    }


@pytest.mark.parametrize("asns", [[*STAGE2, STAGE3], [STAGE3, *STAGE2]])
def test_a_product_that_a_later_association_takes_is_one_node(asns):
    assert named(asns) == {
        ("jw1_nis_rate.fits", "jw1_nis", "science"),
        ("jw2_nis_rate.fits", "jw2_nis", "science"),
        ("jw1_nis_rate.fits", "jw2_nis", "background"),
        ("jw1_nis", "jw-o001", "science"),
        ("jw2_nis", "jw-o001", "science"),
        ("jw3_nis_cal.fits", "jw-o001", "science"),
    }
    graph = graph_of(asns)
    assert len(graph.nodes) == 6
    assert [group.titles for group in graph.groups] == [[f"o001 {each['asn_type']}"] for each in asns]


def test_associations_of_the_same_product_share_its_node():
    again = asn("c1001", "image2", "jw1_nis", science="jw1_nis_rate.fits")
    graph = graph_of([*STAGE2, again])
    assert [group.titles for group in graph.groups] == [["o001 image2", "c1001 image2"], ["o001 image2"]]
    assert len(graph.edges) == 3
    nameless = [{"products": [{"members": [{"expname": "a.fits"}]}]}] * 2
    assert len(graph_of(nameless).groups) == 2


def test_a_member_of_its_own_product_is_a_file():
    graph = graph_of([asn("o001", "tso3", "jw1_nis", science="jw1_nis_calints.fits a_celebrate.fits")])
    assert graph.edges == [Edge(1, 0, "science"), Edge(2, 0, "science")]


def test_a_node_shows_science_where_it_is_that_anywhere():
    graph = graph_of([STAGE2_EXAMPLE])
    roles = {node.name: node.role for node in graph.nodes if not node.is_product}
    assert roles["test_lrs1_rate.fits"] == "science"
    assert graph_of([STAGE2[1]]).nodes[2].role == "background"


def test_missing_members_are_marked(tmp_path):
    (tmp_path / "jw1_nis_cal.fits").touch()
    graph = graph_of([*STAGE2, STAGE3], str(tmp_path))
    assert {node.name for node in graph.nodes if not node.is_missing} == {"jw-o001", "jw1_nis"}
    assert graph.made[-1][0].missing == [False, True, True]
    assert any("jw2_nis (missing)" in line for line in mermaid(graph))
    assert sum("dashed" in line and "missing" in line for line in dot(graph)) == 4


def test_roles_have_shapes_and_colours():
    graph = graph_of([asn("a", "coron3", "p", science="s", psf="q", background="b", target_acquisition="t")])
    text = "\n".join(mermaid(graph))
    for node in ('n1["s"]', 'n2[["q"]]', 'n3{{"b"}}', 'n4[/"t"/]', 'n0(["p"])'):
        assert node in text
    for role, node in {"science": "n1", "psf": "n2", "background": "n3", "other": "n4"}.items():
        assert f"class {node} {role}" in text
    assert 'n1 -->|"science"| n0' in text
    assert 'n3 -.->|"background"| n0' in text
    assert len({line.split("shape=")[1].split(",")[0] for line in dot(graph) if "shape=" in line}) == 4


def test_nothing_gives_nothing():
    assert list(mermaid(graph_of([]))) == list(dot(graph_of([]))) == []
