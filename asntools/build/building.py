"""Building: groups in, associations out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from asntools.build.associations import Built, Options, associations_of
from asntools.build.calibration import Calibration, Said, Uncalibrated
from asntools.build.drafts import Draft
from asntools.build.explaining import duplicate_in_words, no_association, smaller_in_words, step_in_words
from asntools.build.groups import check_group, group_of
from asntools.build.members import Group
from asntools.build.merging import merge_products, number
from asntools.build.presence import Presence
from asntools.build.pruning import Say, drop_duplicates, drop_smaller, tell_apart, tell_lost
from asntools.common.faults import Fault
from asntools.common.records import Record


def _pass_over(line: str) -> None:
    pass


def build(
    groups: Iterable[Record],
    *,
    version_id: str | None = None,
    merge: bool = False,
    product_name: str | None = None,
    say: Say = _pass_over,
    explain: Say | None = None,
) -> Iterator[Built]:
    """Make associations from groups.

    Programs are independent. Within a program, duplicate associations are dropped and the others numbered,
    which needs all its groups, so all are read first.

    Parameters
    ----------
    groups, merge, version_id, product_name
        As for `asntools.api.build`, except that ``now`` is not replaced by the time.
    say : callable, optional
        Called with a line about anything that is lost or has the same name as another.
    explain : callable, optional
        Called with a line about anything that is left out after matching, and why.

    Yields
    ------
    Built
        Program by program, Stage 2 before Stage 3, by candidate, type and sequence.

    Raises
    ------
    Fault
        A group is not valid, or a template names an attribute that its members do not share.
    """
    builder = Builder(Options(version_id, product_name), merge=merge, say=say, explain=explain)
    programs: dict[str, list[Built]] = defaultdict(list)
    for place, record in enumerate(groups):
        if (wrong := check_group(record)) is not None:
            raise Fault(wrong, f"groups[{place}]")
        group = group_of(record)
        programs[group.head.program] += builder.associations(group)
    for program, built in programs.items():
        yield from builder.finish(program, built)


class Builder:
    """Makes associations from groups, and those of a program final once all its groups have come.

    Parameters are those of `build`, and `note`, which takes what `Uncalibrated.note` takes.
    """

    def __init__(
        self,
        options: Options,
        *,
        merge: bool,
        say: Say = _pass_over,
        explain: Say | None = None,
        note: Callable[[bool, str | None], None] | None = None,
    ):
        self._options = options
        self._merge = merge
        self._say = say
        self._explain = explain
        self._programs: dict[str, tuple[Calibration, Presence]] = defaultdict(
            lambda: (Calibration(), Presence())
        )
        self._note = note or Uncalibrated(say).note

    @classmethod
    def telling(
        cls, tell: Callable[[Said], None], options: Options, *, merge: bool, explain: bool
    ) -> Builder:
        """Return a builder that hands on its messages, to be reported in their turn."""
        return cls(
            options,
            merge=merge,
            say=lambda line: tell(Fault(line, serious=False)),
            explain=tell if explain else None,
            note=lambda calibrates, line: tell((calibrates, line)),
        )

    def associations(self, group: Group) -> list[Built]:
        """Return the associations of a group, before the others of their program are known."""
        made = associations_of(group, self._options, self._step)
        calibration, presence = self._programs[group.head.program]
        calibration.note(group, calibrated=bool(made))
        presence.note(group, made)
        return made

    def _step(self, name: str, before: Draft, after: list[Draft]) -> None:
        if not after:
            self._say(no_association(name, before))
        elif self._explain is not None:
            for line in step_in_words(name, before, after):
                self._explain(line)

    def finish(self, program: str, built: list[Built]) -> Iterator[Built]:
        """Return the associations of a program: without duplicates, numbered, merged if asked."""
        self._tell_uncalibrated(program)
        stages = [number(self._pruned([each for each in built if each.stage == stage])) for stage in (2, 3)]
        if self._merge:
            stages[0] = merge_products(stages[0])
        for stage in stages:
            yield from sorted(
                stage, key=lambda each: (each.asn["asn_id"], each.asn["asn_type"], each.sequence)
            )

    def _pruned(self, built: list[Built]) -> list[Built]:
        kept, same = drop_duplicates(built)
        kept, smaller = drop_smaller(kept)
        tell_lost(smaller, kept, self._say)
        tell_apart(kept, self._say)
        if self._explain is not None:
            for pair in same:
                self._explain(duplicate_in_words(pair))
            for pair in smaller:
                self._explain(smaller_in_words(pair))
        return kept

    def _tell_uncalibrated(self, program: str) -> None:
        calibration, presence = self._programs[program]
        del self._programs[program]
        for missing in presence.in_words(program, calibration.calibrated):
            self._say(missing)
        self._note(bool(calibration.calibrated), calibration.in_words(program, presence.missing()))
