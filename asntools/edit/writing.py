"""Where associations go: standard output, one file, one file each in a folder, or the files themselves."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from asntools.asn.document import Document
from asntools.asn.documents import read_documents
from asntools.asn.file_names import file_names
from asntools.asn.formats import JSON, JSON_LINES, Format, dump_documents, format_of
from asntools.asn.products import Association
from asntools.common.command import Console, inputs
from asntools.common.faults import Fault, printable, reading
from asntools.common.output import Output
from asntools.edit.runs import Change, Sought, rewritten, why_unwritable

Write: TypeAlias = Callable[[Iterable[Association]], object]
"""A function that writes associations."""


@contextlib.contextmanager
def open_sink(options: argparse.Namespace, console: Console) -> Iterator[Write]:
    """Yield the writer for ``--output`` or ``--outdir``; files are written at the end, all or none."""
    if options.output in (None, "-") and options.outdir is None:
        output = Output()
        yield lambda associations: output.write_all(_dumped(associations, JSON_LINES))
        return
    kept: list[Association] = []
    yield kept.extend
    if kept:
        _write(kept, options, console)


def _write(associations: list[Association], options: argparse.Namespace, console: Console) -> None:
    from pathlib import Path

    from asntools.common.files import write_files

    if options.outdir is not None:
        contents = {
            name: b"".join(_dumped([one], JSON))
            for name, one in zip(file_names(associations), associations, strict=True)
        }
        write_files(contents, Path(options.outdir), console.report, force=options.force)
        return
    path = Path(options.output)
    form = format_of(path)
    if form != JSON_LINES and len(associations) > 1:
        raise Fault(
            f"would hold {len(associations)} associations, but a pipeline reads only one; use --outdir DIR",
            options.output,
        )
    contents = {path.name: b"".join(_dumped(associations, form))}
    write_files(contents, path.parent, console.report, force=options.force)


def _dumped(associations: Iterable[Association], form: Format) -> list[bytes]:
    try:
        return list(dump_documents(associations, form))
    except (TypeError, ValueError) as error:
        raise Fault(why_unwritable(error)) from error


def edit_to_output(
    options: argparse.Namespace, change: Change, write: Write, sought: Sought, console: Console
) -> None:
    """Write the changed associations of all files, changing them one by one or all together."""
    together: list[Document] = []
    # Whether an association that lacks a member or product is at fault is known once all of them are read.
    held: list[tuple[list[Association], set[str]]] = []
    for source, stream in inputs(options.files, console):
        for document in read_documents(stream, source, console.report):
            if options.verb == "merge":
                together.append(document)
                continue
            before = len(sought.missed)
            associations = _changed([document], change, console)
            lacking = {wanted for wanted, _ in sought.missed[before:]}
            if held or lacking:
                held.append((associations, lacking))
            else:
                write(associations)
    if together and not console.status:
        write(_changed(together, change, console))
    nowhere = sought.nowhere()
    for associations, lacking in held:
        if not lacking & nowhere:
            write(associations)


def _changed(documents: Sequence[Document], change: Change, console: Console) -> list[Association]:
    try:
        return [one for _, associations in change(documents) for one in associations]
    except Fault as fault:
        console.report(fault)
        return []


def edit_in_place(options: argparse.Namespace, change: Change, console: Console) -> None:
    """Change the files themselves."""
    from asntools.common.in_place import editing

    for file in options.files:
        try:
            with editing(file, console.report) as held:
                new = rewritten(held.data, file, change, console.report, force=options.force)
                if new != held.data:
                    held.write(new, backup_suffix=options.backup)
        except Fault as fault:
            console.report(fault)


def show_differences(options: argparse.Namespace, change: Change, console: Console) -> None:
    """Show what `edit_in_place` would change."""
    from asntools.edit.diff import differences

    output = Output()
    for source, stream in inputs(options.files, console):
        try:
            with reading(source):
                old = stream.read()
            new = rewritten(old, source, change, console.report, force=options.force)
        except Fault as fault:
            console.report(fault)
        else:
            for line in differences(source, old, new):
                shown = f"{printable(line[:-1])}\n" if output.isatty() else line
                output.write(shown.encode("utf-8", "surrogateescape"))
