"""asn-fmt: show associations, and format their files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from asntools.asn.document import Document
from asntools.asn.formats import FORMATS, dump_documents
from asntools.asn.key_order import in_order
from asntools.common.command import Console, add_files, command, inputs, make_parser
from asntools.common.faults import Fault
from asntools.common.output import Output
from asntools.fmt.layout import read
from asntools.fmt.options import SKIES, check_options
from asntools.fmt.rendering import RENDERINGS, renderable, rendered

if TYPE_CHECKING:
    from asntools.fmt.footprints import Footprints


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of asn-fmt."""
    parser = make_parser(
        "asn-fmt",
        "Show associations in another format, or format their files: JSON with an indent of 4, and keys in "
        "the order of the specification.",
        """
        asn-fmt --to table jw*_asn.json
        asn-fmt --to html jw*_asn.json > associations.html
        asn-fmt -i --repair edited_asn.json
        asn-fmt -r --query '.products[].members[] | select(.exptype == "science") | .expname' asn.json
        """,
    )
    parser.add_argument(
        "--to",
        metavar="FORMAT",
        choices=(*FORMATS, *RENDERINGS, *SKIES),
        help="the format of the output: json (default), jsonl, yaml; table or csv, one line per member; "
        "tree; mermaid (or diagram), dot or svg, a graph from members to products; html, a page to search "
        "and browse; sky (SVG) or sky-png, the footprints of the members. With --check and --in-place each "
        "file keeps its format by default",
    )
    parser.add_argument(
        "--query",
        metavar="JQ",
        help="write the results of this jq program for each association, instead of the association",
    )
    parser.add_argument(
        "-r", "--raw", action="store_true", help="with --query, write text as it is, not as JSON"
    )
    parser.add_argument(
        "--files-in",
        metavar="DIR",
        help="with --to mermaid, dot, svg and html, mark the members that are not in this folder",
    )
    parser.add_argument(
        "--pool",
        metavar="POOL",
        help="with --to sky, sky-png and html, the pool or exposure records with the positions of the "
        "members, and more about them",
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="mend trailing, doubled and missing commas, comments, single, curly and missing opening quotes, "
        "HTML quotes, keys without quotes, None and capitals in null, true and false, a byte-order mark, "
        "'asn =' and other code around an association, and exptypes in capitals or by an old name, and "
        "report each repair",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--check", action="store_true", help="write nothing; list the files that formatting would change"
    )
    mode.add_argument("-i", "--in-place", action="store_true", help="format the files themselves")
    add_files(parser, "associations")
    return parser


@command("asn-fmt")
def main(argv: Sequence[str] | None, console: Console) -> int | None:
    """Show associations, and format their files."""
    parser = build_parser()
    options = parser.parse_args(argv)
    check_options(parser, options)
    if options.in_place or options.check:
        from asntools.fmt.ordering import check, format_in_place

        if options.check:
            return check(options, console)
        format_in_place(options, console)
        return None
    _write(options, console)
    return None


def _write(options: argparse.Namespace, console: Console) -> None:
    output = Output()
    shown = output.isatty()
    if shown and options.to == "sky-png":
        raise Fault("a PNG is not for a terminal; redirect it to a file: > sky.png")
    documents = (
        document
        for source, stream in inputs(options.files, console)
        for document in read(stream, source, console.report, repair=options.repair)
    )
    if options.to in SKIES:
        output.write_all([_sky(options, renderable(documents, console.report), console)])
        return
    if options.to in RENDERINGS:
        asns = renderable(documents, console.report)
        footprints = _footprints(options.pool, console) if options.pool is not None else None
        lines = rendered(asns, options.to, terminal=shown, folder=options.files_in, footprints=footprints)
        output.write_all(line.encode("utf-8") for line in lines)
        return
    form = FORMATS[options.to or "json"]
    if options.query is None:
        output.write_all(dump_documents((in_order(document.value) for document in documents), form))
        return
    answers = _answers(documents, options.query, console)
    if options.raw:
        from asntools.fmt.queries import raw_lines

        output.write_all(raw_lines(answers, form, terminal=shown))
        return
    output.write_all(dump_documents(answers, form))


def _sky(options: argparse.Namespace, asns: Iterable[dict[str, Any]], console: Console) -> bytes:
    from asntools.fmt.sky import sky

    picture = "png" if options.to == "sky-png" else "svg"
    return sky(asns, _footprints(options.pool, console), console.report, picture=picture)


def _footprints(pool: str, console: Console) -> Footprints:
    from asntools.fmt.footprints import Footprints
    from asntools.pool import read_pool

    return Footprints(read_pool(pool, report=console.report))


def _answers(documents: Iterable[Document], program: str, console: Console) -> Iterator[Any]:
    from asntools.common.jq import Query
    from asntools.fmt.queries import answers

    query = Query(program)
    for document in documents:
        try:
            yield from answers(query, in_order(document.value))
        except Fault as fault:
            console.report(Fault(fault.message, document.source, document.line))
