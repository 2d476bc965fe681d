"""asn-edit: make associations, and change them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from functools import partial

from asntools.asn.documents import Document, read_documents
from asntools.asn.formats import JSON_LINES, dump_documents
from asntools.asn.products import Association
from asntools.common.command import Console, Output, command, inputs, make_parser
from asntools.common.faults import Fault, os_reason, printable
from asntools.common.in_place import editing
from asntools.edit.create_verb import all_roles, created
from asntools.edit.diff import differences
from asntools.edit.edit_options import spell_out_in_place
from asntools.edit.merging import merge
from asntools.edit.runs import (
    Change,
    Picker,
    change_one,
    change_together,
    rewritten,
    why_unwritable,
)
from asntools.edit.verbs import VERBS, add_verbs, check_verb


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of asn-edit."""
    parser = make_parser(
        "asn-edit",
        "Make and change associations. Each verb reads associations, from files or standard input, and "
        "writes them changed, one a line, to standard output.",
        """
        asn-edit add-member asn.json --expname x.fits --exptype BACKGROUND
        asn-edit create image3 --product my_mosaic --science *_cal.fits --background bkg*_x1d.fits
        asn-edit set program=01234 -i *_asn.json
        """,
    )
    add_verbs(parser)
    return parser


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = build_parser()
    if argv:
        check_verb(argv[0])
    options, rest = parser.parse_known_args(spell_out_in_place(list(argv)))
    # argparse takes one run of positionals; files may also stand after the options that follow it.
    unknown = [word for word in rest if "files" not in options or (word[:1] == "-" and word != "-")]
    if unknown:
        shown = " ".join(unknown).replace("--in-place=", "-i")
        parser.error(f"unrecognized arguments: {shown}; a verb's options stand after the verb")
    options.files = getattr(options, "files", []) + rest
    return options


@command("asn-edit")
def main(argv: Sequence[str] | None, console: Console) -> int | None:
    """Make and change associations."""
    options = _parse(argv or ())
    if hasattr(options, "lists"):
        options.roles = all_roles(options, console)
        if console.status:
            return None
    if options.verb == "create":
        _write([created(options)], Output())
        return None
    picker = Picker(options.asn)
    change = _change(options, picker, console)
    to_output = options.in_place is None and not options.dry_run
    if options.verb == "merge" and len(options.files) > 1 and not to_output:
        raise Fault("merge makes one association, and --in-place and --dry-run are for one file")
    if to_output:
        _edit_to_output(options, change, console)
    elif options.dry_run:
        _show_differences(options, change, console)
    else:
        _edit_in_place(options, change, console)
    if not console.status:
        picker.check()
    return None


def _change(options: argparse.Namespace, picker: Picker, console: Console) -> Change:
    edit = VERBS[options.verb].edit
    if edit is None:
        whole = partial(merge, product=options.product, force=options.force, report=console.report)
        return lambda documents: change_together(documents, whole, picker, console.report)
    one = edit(options)
    return lambda documents: [(each, change_one(each, one, picker, console.report)) for each in documents]


def _edit_to_output(options: argparse.Namespace, change: Change, console: Console) -> None:
    output = Output()
    together: list[Document] = []
    for source, stream in inputs(options.files, console):
        for document in read_documents(stream, source, console.report):
            if options.verb == "merge":
                together.append(document)
            else:
                _write_changed([document], change, output, console)
    if together and not console.status:
        _write_changed(together, change, output, console)


def _write_changed(documents: Sequence[Document], change: Change, output: Output, console: Console) -> None:
    try:
        for _, associations in change(documents):
            _write(associations, output)
    except Fault as fault:
        console.report(fault)


def _write(associations: Iterable[Association], output: Output) -> None:
    try:
        lines = list(dump_documents(associations, JSON_LINES))
    except (TypeError, ValueError) as error:
        raise Fault(why_unwritable(error)) from error
    output.write_all(lines)


def _edit_in_place(options: argparse.Namespace, change: Change, console: Console) -> None:
    if not options.files or "-" in options.files:
        raise Fault("--in-place needs files; standard input has no place")
    if "/" in options.in_place:
        raise Fault(f"--in-place={options.in_place}: a suffix has no '/'")
    for file in options.files:
        try:
            with editing(file, console.report) as edit:
                new = rewritten(edit.data, file, change, console.report, force=options.force)
                if new != edit.data:
                    edit.write(new, backup_suffix=options.in_place)
        except Fault as fault:
            console.report(fault)


def _show_differences(options: argparse.Namespace, change: Change, console: Console) -> None:
    output = Output()
    for source, stream in inputs(options.files, console):
        try:
            old = stream.read()
            new = rewritten(old, source, change, console.report, force=options.force)
        except OSError as error:
            console.report(Fault(f"cannot read: {os_reason(error)}", source))
        except Fault as fault:
            console.report(fault)
        else:
            for line in differences(source, old, new):
                shown = f"{printable(line[:-1])}\n" if output.isatty() else line
                output.write(shown.encode("utf-8", "surrogateescape"))
