"""asn-generate as a function for scripts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from asntools.asn.products import Association
from asntools.build.associations import Options
from asntools.build.options import stamp
from asntools.common.faults import Fault, Report, raise_or_warn
from asntools.common.given import several
from asntools.common.pieces import done
from asntools.common.programs import HELD
from asntools.common.records import Record
from asntools.generate.joining import Joining
from asntools.generate.pieces import pieces
from asntools.generate.work import Recipe, Work
from asntools.match.account import Account
from asntools.match.rule_files import read_rule_file
from asntools.match.selection import Selection
from asntools.pool.exposures import Forms
from asntools.pool.inputs import Choices, read_inputs
from asntools.pool.reading import NO_POOL
from asntools.pool.sources import sources


def generate(
    inputs: str | os.PathLike[str] | Record | Iterable[str | os.PathLike[str] | Record],
    *,
    recursive: bool = False,
    rule: str | Iterable[str] = (),
    rules: str | Path | Iterable[str | Path] = (),
    default_rules: bool = True,
    candidate: str | Iterable[str] | None = None,
    all_candidates: bool = False,
    discover: bool = False,
    merge: bool = False,
    version_id: str | None = None,
    product_name: str | None = None,
    unsorted: bool = False,
    jobs: int = 1,
    report: Report = raise_or_warn,
) -> Iterator[Association]:
    """Make associations, like asn-generate, and yield them one by one, program by program.

    Parameters
    ----------
    inputs : path, dict, or iterable of them
        Names of pools and of FITS files; or exposure records, such as those of `read_pool`.
    recursive : bool
        Read the FITS files in folders and their subfolders.
    rule, rules, default_rules, candidate, all_candidates, discover
        As for `asntools.api.match`.
    merge, version_id, product_name
        As for `asntools.api.build`.
    unsorted : bool
        Hold all exposures until the end of the input, if the exposures of a program are not together.
    jobs : int
        The number of processes.
    report : callable
        Called with each fault; by default it is raised, or becomes a Python warning.
    """
    recipe = Recipe(
        tuple(map(read_rule_file, several(rules))),
        default_rules,
        tuple(several(rule)),
        Selection.of(None if candidate is None else several(candidate), all_candidates, discover),
        Options(stamp(version_id), product_name),
        merge=merge,
    )
    work = Work(recipe)
    given = [inputs] if isinstance(inputs, Mapping) else several(inputs)
    exposures = _exposures(given, recursive, report)
    joining = Joining(Account(work.matcher.afresh(), recipe.selection), report)

    def associations() -> Iterator[Association]:
        held = None if unsorted else HELD
        for made in done(work, pieces(exposures, report, held=held), jobs, "associations"):
            joining.add(made)
            yield from map(orjson.loads, made.lines.splitlines())
        joining.finish()

    return associations()


def _exposures(given: list[Any], recursive: bool, report: Report) -> Iterator[Record]:
    if not any(isinstance(each, Mapping) for each in given):
        names = map(os.fspath, given)
        return read_inputs(sources(names, report, recursive=recursive), Choices(), report)
    return _in_normal_form(given)


def _in_normal_form(records: Iterable[Any]) -> Iterator[Record]:
    forms = Forms(NO_POOL)
    for place, record in enumerate(records):
        try:
            if not isinstance(record, Mapping):
                raise ValueError(f"expected records, not {type(record).__name__}")
            yield forms[tuple(record)].exposure(list(record.values()))
        except ValueError as error:
            raise Fault(str(error), f"exposures[{place}]") from error
