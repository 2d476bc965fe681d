"""Exposure records read from files and put together by program, those that are none reported."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from asntools.common.command import Console, inputs
from asntools.common.faults import Fault
from asntools.common.programs import HELD, OfProgram, whole_programs
from asntools.common.records import Record, read_records
from asntools.match.account import Account
from asntools.match.groups import Exposure
from asntools.match.records import check_exposure, exposure_of
from asntools.match.work import Program

Kept = TypeVar("Kept")


def exposures_by_program(
    args: argparse.Namespace, account: Account, console: Console
) -> Iterator[tuple[str, list[Exposure]]]:
    """Yield the exposures of each program, as matching sees them."""
    return _whole_programs(args, account, console, partial(exposure_of, matcher=account.matcher))


def programs(args: argparse.Namespace, account: Account, console: Console) -> Iterator[Program]:
    """Yield the exposures of each program as they are, for other processes."""
    for program, lines in _whole_programs(args, account, console, _sound):
        yield Program(program, b"\n".join(lines), account.columns)


def _sound(record: Record, raw: bytes) -> bytes:
    check_exposure(record)
    return raw


def _whole_programs(
    args: argparse.Namespace, account: Account, console: Console, take: Callable[[Record, bytes], Kept]
) -> Iterator[tuple[str, list[Kept]]]:
    exposures = _exposures(args.files, account, console, take)
    held = None if args.unsorted else HELD
    return whole_programs(exposures, lambda each: each.record, console.report, held=held)


def _exposures(
    files: Sequence[str], account: Account, console: Console, take: Callable[[Record, bytes], Kept]
) -> Iterator[OfProgram[Kept]]:
    for source, stream in inputs(files, console):
        columns: set[str] = set()
        for line in read_records(stream, source, console.report):
            try:
                kept = take(line.record, line.raw)
            except ValueError as error:
                console.report(Fault(str(error), line.source, line.number))
                continue
            if len(line.record) > len(columns):
                columns |= line.record.keys()
                account.see_columns(columns)
            yield OfProgram(line.record["program"], kept, len(line.raw), source, line.number)
