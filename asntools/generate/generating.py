"""Exposures in, associations out, in one process or in several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from asntools.common.faults import Fault, Report, raise_or_warn
from asntools.common.pieces import done
from asntools.common.programs import HELD
from asntools.common.records import Record
from asntools.generate.pieces import pieces
from asntools.generate.work import Recipe, Work


def generate(
    exposures: Iterable[Record],
    recipe: Recipe | None = None,
    *,
    jobs: int = 1,
    report: Report = raise_or_warn,
) -> Iterator[Record]:
    """Make associations from exposure records, as asn-generate does.

    Parameters
    ----------
    exposures : iterable of dict
        In normal form, as asn-pool and `asntools.pool.read_pool` give them.
    recipe : Recipe, optional
        Which rules and options; by default the default rules.
    jobs : int
        How many processes work at once.
    report : callable
        Given what is at fault; by default that is raised, or a Python warning.

    Yields
    ------
    dict
        Associations, program by program.
    """
    work = Work((recipe or Recipe())._replace(as_files=False))
    for made in done(work, pieces(exposures, report, held=HELD), jobs, "associations"):
        for message in made.messages:
            if message.kind in ("fault", "warning") and message.text is not None:
                report(Fault(message.text, serious=message.kind == "fault"))
        yield from map(orjson.loads, made.lines.splitlines())
