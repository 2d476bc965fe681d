"""asn-diff: what changed between two sets of associations."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from asntools.asn.documents import only_fit, read_documents
from asntools.asn.file_names import KINDS
from asntools.asn.formats import JSON_LINES, dump_documents
from asntools.asn.products import product_list
from asntools.common import status
from asntools.common.command import Console, command, inputs, make_parser
from asntools.common.faults import Fault, os_reason
from asntools.common.output import Output
from asntools.common.words import listed
from asntools.diff.changes import IGNORED
from asntools.diff.pairing import Entry, differences
from asntools.diff.showing import as_record, as_text, summary, summary_table

EXAMPLES = """
asn-edit remove-member asn.json --expname 'jw*_02104_*' | asn-diff asn.json
asn-pool pool.csv | asn-match --rule level3 | asn-build | asn-diff before/
asn-diff --summary before/ mosaic_asn.json
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = make_parser(
        "asn-diff",
        "Compare two sets of associations, in files or folders. Associations are paired by their content, "
        "not by file name or number. The exit status is 0 if nothing differs and 1 if something does.",
        EXAMPLES,
    )
    parser.add_argument(
        "--ignore",
        metavar="KEY",
        action="append",
        default=[],
        help=f"ignore this key of associations and members; {listed(sorted(IGNORED))} are ignored anyway; "
        "may be repeated",
    )
    parser.add_argument("--all-keys", action="store_true", help="ignore no keys but those of --ignore")
    parser.add_argument(
        "--summary",
        action="store_true",
        help="only count, by type and rule, which associations are the same and which are not",
    )
    parser.add_argument(
        "--to",
        metavar="FORMAT",
        choices=("text", "jsonl"),
        default="text",
        help="the format of the output: text or jsonl",
    )
    what = "a file of associations, or a folder of such files; - is standard input"
    parser.add_argument("old", metavar="OLD", help=what)
    parser.add_argument("new", metavar="NEW", nargs="?", default="-", help=f"{what}, the default")
    return parser


@command("asn-diff")
def main(argv: Sequence[str] | None, console: Console) -> int:
    """Compare two sets of associations."""
    parser = build_parser()
    options = parser.parse_args(argv)
    if options.old == options.new == "-":
        parser.error("only one of OLD and NEW can be standard input")
    ignored = {*options.ignore, *(() if options.all_keys else IGNORED)}
    old, new = (list(_read(name, console)) for name in (options.old, options.new))
    if console.status and not (old and new):
        return status.OK  # the faults are reported, and there is nothing to compare
    found = list(differences(old, new, ignored))
    differ = [each for each in found if each.changes or None in (each.old, each.new)]
    output = Output()
    if options.to == "jsonl":
        records = summary(found) if options.summary else map(as_record, differ)
        output.write_all(dump_documents(records, JSON_LINES))
    elif options.summary:
        output.write_all(map(str.encode, summary_table(summary(found))))
    else:
        shown = (line for each in differ for line in as_text(each, colour=output.isatty()))
        output.write_all(map(str.encode, shown))
    return status.NEGATIVE if differ else status.OK


def _read(name: str, console: Console) -> Iterator[Entry]:
    for source, stream in inputs(_files(name), console):
        documents = read_documents(stream, source, console.report)
        for document in only_fit(documents, product_list, console.report):
            yield Entry(document.value, document.source, document.line)


def _files(name: str) -> list[str]:
    if name == "-" or not os.path.isdir(name):
        return [name]
    try:
        names = sorted(each for each in os.listdir(name) if each.endswith(tuple(KINDS)))
    except OSError as error:
        raise Fault(f"cannot read: {os_reason(error)}", name) from error
    if not names:
        raise Fault(f"holds no association; those are files that end in {listed(KINDS, 'or')}", name)
    return [str(Path(name, each)) for each in names]
