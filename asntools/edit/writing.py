"""Where associations go: standard output, one file, or a folder with a file each."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from asntools.asn.file_names import file_names
from asntools.asn.formats import JSON, JSON_LINES, Format, dump_documents, format_of
from asntools.asn.products import Association
from asntools.common.command import Console
from asntools.common.faults import Fault
from asntools.common.output import Output
from asntools.edit.runs import why_unwritable

if TYPE_CHECKING:
    pass


class Sink(Protocol):
    """Something that associations can be written to."""

    def write(self, associations: Iterable[Association]) -> None:
        """Write associations."""


class _Lines:
    def __init__(self) -> None:
        self._output = Output()

    def write(self, associations: Iterable[Association]) -> None:
        self._output.write_all(_dumped(associations, JSON_LINES))


class _Kept:
    def __init__(self) -> None:
        self.associations: list[Association] = []

    def write(self, associations: Iterable[Association]) -> None:
        self.associations += associations


@contextlib.contextmanager
def open_sink(options: argparse.Namespace, console: Console) -> Iterator[Sink]:
    """Give what ``--output`` and ``--outdir`` ask for; files are written at the end, all of them or none."""
    if options.output in (None, "-") and options.outdir is None:
        yield _Lines()
        return
    kept = _Kept()
    yield kept
    if kept.associations:
        _write(kept.associations, options, console)


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
            f"would hold {len(associations)} associations, and a pipeline reads one; use --outdir DIR",
            options.output,
        )
    write_files(
        {path.name: b"".join(_dumped(associations, form))},
        path.parent,
        console.report,
        force=options.force,
    )


def _dumped(associations: Iterable[Association], form: Format) -> list[bytes]:
    try:
        return list(dump_documents(associations, form))
    except (TypeError, ValueError) as error:
        raise Fault(why_unwritable(error)) from error
