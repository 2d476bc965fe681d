"""Associations made easy to read: text that shows what goes into which product.

An association without products, or with malformed ones, raises a `Fault`.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from asntools.asn.document import Document
from asntools.asn.documents import only_fit
from asntools.asn.products import products_of
from asntools.common.faults import Report, printable
from asntools.common.words import is_formula
from asntools.fmt.columns import cell, fit, padded, width_of
from asntools.jwst.asn_keys import MEMBER_KEYS

if TYPE_CHECKING:
    from asntools.fmt.footprints import Footprints

GRAPHS = ("mermaid", "diagram", "dot", "svg", "html")
RENDERINGS = ("table", "tree", "csv", *GRAPHS)
"""Texts for people, or for other programs than these."""
TABLE_COLUMNS = ("asn_type", "asn_id", "product", "exptype", "expname")
CSV_COLUMNS = ("asn_type", "asn_rule", "program", "asn_id", "target", "product", *MEMBER_KEYS)

_GAP = "  "
_BOLD = "1"
_COLOURS = {"science": "32", "background": "34", "psf": "35"}
_OTHER_COLOUR = "33"

_Thing = TypeVar("_Thing")


def _rows(asn: Mapping[str, Any], columns: Sequence[str]) -> Iterator[list[str]]:
    for product in products_of(dict(asn)):
        cells = {**asn, "product": product.get("name")}
        for member in product["members"]:
            yield [cell((member if column in MEMBER_KEYS else cells).get(column)) for column in columns]


def rendered(
    asns: Iterable[Mapping[str, Any]],
    to: str,
    *,
    terminal: bool = False,
    folder: str | None = None,
    footprints: Footprints | None = None,
) -> Iterator[str]:
    """Show the associations from `renderable` in one of the `RENDERINGS`; yield lines with their newlines.

    On a terminal, columns fit its width, colours are shown unless ``NO_COLOR`` forbids them, and control
    characters are escaped in every rendering. A graph marks the members that are not in `folder`; the page
    shows their footprints.
    """
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    if to == "csv":
        yield from comma_separated(asns, escape=terminal)
        return
    if to == "table" and terminal:
        import shutil

        lines = fitted(table(asns), shutil.get_terminal_size().columns, colour=colour)
    elif to == "table":
        lines = table(asns)
    elif to == "tree":
        lines = (line for asn in asns for line in tree(asn, colour=colour))
    elif to == "html":
        from asntools.fmt.page import page

        lines = iter([page(asns, folder, footprints)])
    else:
        lines = diagram(asns, to, folder)
    for line in lines:
        yield f"{line}\n"


def renderable(documents: Iterable[Document], report: Report) -> Iterator[dict[str, Any]]:
    """Yield the associations that have products and members to show; report the others."""
    return (document.value for document in only_fit(documents, products_of, report))


def table(asns: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Show associations as a table of members: columns separated by tabs, below a header line.

    Lines have no newlines, and control characters are escaped.
    """
    for number, asn in enumerate(asns):
        if number == 0:
            yield "\t".join(TABLE_COLUMNS)
        for row in _rows(asn, TABLE_COLUMNS):
            yield "\t".join(map(printable, row))


def fitted(lines: Iterable[str], width: int, *, colour: bool) -> Iterator[str]:
    """Lay out the lines of `table` for a terminal of this width, shortening long names in the middle."""
    columns = list(zip(*(line.split("\t") for line in lines), strict=True))
    shown = fit(columns, width, len(_GAP))
    widths = [max(map(width_of, column)) for column in shown]
    for number, row in enumerate(zip(*shown, strict=True)):
        *cells, last = [padded(cell, size) for cell, size in zip(row, widths, strict=True)]
        cells.append(last.rstrip())
        if colour and number == 0:
            cells = [_coloured(cell, _BOLD) for cell in cells]
        elif colour:
            cells[3] = _coloured(cells[3], _COLOURS.get(columns[3][number].lower(), _OTHER_COLOUR))
        yield _GAP.join(cells)


def _coloured(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def tree(asn: Mapping[str, Any], *, colour: bool = False) -> Iterator[str]:
    """Show an association as a tree: its products, their roles with the number of members, and the members.

    Lines have no newlines, and control characters are escaped.
    """
    products = products_of(dict(asn))
    from asntools.fmt.graph import title

    yield _coloured(title(asn), _BOLD) if colour else title(asn)
    for product, stem, inner in _branches(products, ""):
        yield f"{stem}{printable(cell(product.get('name'))) or '(no name)'}"
        roles: dict[str, list[str]] = {}
        for member in product["members"]:
            exptype = printable(cell(member.get("exptype"))) or "(no exptype)"
            roles.setdefault(exptype, []).append(printable(member["expname"]))
        for exptype, role_stem, leaf in _branches(roles, inner):
            expnames = roles[exptype]
            shown = _coloured(exptype, _COLOURS.get(exptype.lower(), _OTHER_COLOUR)) if colour else exptype
            yield f"{role_stem}{shown} ({len(expnames)})"
            for expname, member_stem, _ in _branches(expnames, leaf):
                yield f"{member_stem}{expname}"


def _branches(things: Collection[_Thing], before: str) -> Iterator[tuple[_Thing, str, str]]:
    # Each with its prefix, and the prefix of everything below it.
    for number, thing in enumerate(things, 1):
        last = number == len(things)
        yield thing, f"{before}{'└── ' if last else '├── '}", f"{before}{'    ' if last else '│   '}"


def comma_separated(asns: Iterable[Mapping[str, Any]], *, escape: bool = False) -> Iterator[str]:
    """Show associations as comma-separated values: one line per member, below a header line.

    Lines have their newlines; `escape` escapes control characters, for a terminal.
    """
    for number, asn in enumerate(asns):
        if number == 0:
            yield _csv_line(CSV_COLUMNS)
        for row in _rows(asn, CSV_COLUMNS):
            yield _csv_line(map(printable, row) if escape else row)


def _csv_line(row: Iterable[str]) -> str:
    # The writer quotes a carriage return only where it ends lines with one.
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(f"'{cell}" if is_formula(cell) else cell for cell in row)
    return line.getvalue().removesuffix("\r\n") + "\n"


def diagram(
    asns: Iterable[Mapping[str, Any]], language: str = "mermaid", folder: str | None = None
) -> Iterator[str]:
    """Draw which members go into which products in all associations, as ``mermaid``, ``dot`` or ``svg``.

    Members that are not in `folder` are marked. Lines have no newlines, and control characters are escaped.
    """
    from asntools.fmt.diagrams import dot, mermaid
    from asntools.fmt.graph import graph_of
    from asntools.fmt.svg import svg

    draw = {"dot": dot, "svg": svg}.get(language, mermaid)
    yield from draw(graph_of(asns, folder))
