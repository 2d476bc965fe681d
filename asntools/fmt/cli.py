"""asn-fmt: show associations, and put their files in order."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from asntools.asn.document import Document
from asntools.asn.formats import FORMATS, dump_documents
from asntools.asn.key_order import in_order
from asntools.common import status
from asntools.common.command import Console, add_files, command, inputs, make_parser
from asntools.common.faults import Fault, os_reason
from asntools.common.output import Output
from asntools.common.words import listed
from asntools.fmt.layout import format_file, read
from asntools.fmt.rendering import GRAPHS, RENDERINGS, renderable, rendered

if TYPE_CHECKING:
    from asntools.fmt.footprints import Footprints

SKIES = ("sky", "sky-png")
"""The pictures of footprints."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of asn-fmt."""
    parser = make_parser(
        "asn-fmt",
        "Show associations in another form, or put their files in order: JSON with an indent of 4 and the "
        "specification's order of keys.",
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
        help="what to write: json (default), jsonl, yaml; table or csv, one line per member; tree; mermaid "
        "(or diagram), dot or svg, a graph of what becomes of what; html, a page to search and browse; sky "
        "(SVG) or sky-png, the footprints of the members. With --check and --in-place the default is the "
        "form that a file has",
    )
    parser.add_argument(
        "--query",
        metavar="JQ",
        help="write what this jq program gives for each association, instead of the association",
    )
    parser.add_argument(
        "-r", "--raw", action="store_true", help="with --query, write text as it is and not as JSON"
    )
    parser.add_argument(
        "--files-in",
        metavar="DIR",
        help="with --to mermaid, dot, svg and html, mark the members that are not in this folder",
    )
    parser.add_argument(
        "--pool",
        metavar="POOL",
        help="with --to sky, sky-png and html, the pool or the exposure records that say where on the sky "
        "members are, and more about them",
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="mend trailing, doubled and missing commas, comments, single, curly and missing opening quotes, "
        "keys without quotes, None and capitals in null, true and false, a byte-order mark and capitals in "
        "exptypes, and report what was mended",
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
    """Show associations, and put their files in order."""
    parser = build_parser()
    options = parser.parse_args(argv)
    _check_options(parser, options)
    if options.in_place:
        _format_in_place(options, console)
        return None
    if options.check:
        return _check(options, console)
    _write(options, console)
    return None


def _check_options(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    forms = ", ".join(FORMATS)
    if options.check or options.in_place:
        mode = "--check" if options.check else "--in-place"
        if options.query is not None or options.to in (*RENDERINGS, *SKIES):
            parser.error(f"{mode} works with --to {forms} only, and without --query")
    if options.in_place and (not options.files or "-" in options.files):
        parser.error("--in-place needs the names of files")
    if options.query is not None and options.to in (*RENDERINGS, *SKIES):
        parser.error(f"--query works with --to {forms} only")
    if options.files_in is not None and options.to not in GRAPHS:
        parser.error(f"--files-in works with --to {listed(GRAPHS, 'or')} only")
    if (options.to in SKIES) > (options.pool is not None):
        parser.error(f"--to {options.to} needs --pool, which says where the members are")
    if options.pool is not None and options.to not in (*SKIES, "html"):
        parser.error(f"--pool works with --to {listed((*SKIES, 'html'), 'or')} only")
    if options.files_in is not None and not os.path.isdir(options.files_in):
        raise Fault("not a folder to look for files in", options.files_in)
    if options.raw and (options.query is None or options.to == "yaml"):
        parser.error("--raw works with --query only, and not with --to yaml")


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


def _check(options: argparse.Namespace, console: Console) -> int:
    answer = status.OK
    for source, stream in inputs(options.files, console):
        try:
            data = stream.read()
        except OSError as error:
            console.report(Fault(f"cannot read: {os_reason(error)}", source))
            continue
        new, told = format_file(data, source, options.to, repair=options.repair)
        for fault in told:
            console.report(fault)
        if new is not None and new.data != data:
            what = f"would be reformatted: {' and '.join(new.reasons)}"
            console.report(Fault(what, source, new.line, serious=False))
            answer = status.NEGATIVE
    return answer


def _format_in_place(options: argparse.Namespace, console: Console) -> None:
    from asntools.common.in_place import editing

    for name in options.files:
        try:
            with editing(name, console.report) as edit:
                new, told = format_file(edit.data, name, options.to, repair=options.repair)
                if new is not None and new.data != edit.data:
                    if new.loses_comments:
                        raise Fault("has comments, which formatting would lose; nothing is written", name)
                    edit.write(new.data)
        except Fault as refusal:
            console.report(refusal)
            continue
        for fault in told:
            console.report(fault)
        if new is None:
            console.say(Fault("nothing is written", name))
