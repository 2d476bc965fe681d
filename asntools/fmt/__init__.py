"""asn-fmt: show associations, and format their files."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.fmt.graph import graph_of
    from asntools.fmt.layout import format_file
    from asntools.fmt.rendering import comma_separated, diagram, table, tree
    from asntools.fmt.repair import read_repaired

__all__ = ["comma_separated", "diagram", "format_file", "graph_of", "read_repaired", "table", "tree"]

__getattr__, __dir__ = face(
    __name__,
    graph="graph_of",
    layout="format_file",
    rendering="comma_separated diagram table tree",
    repair="read_repaired",
)
