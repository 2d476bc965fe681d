"""Which groups of a program are wanted: of which candidates, or discovered ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from asntools.common.faults import Fault
from asntools.jwst.candidates import Candidate
from asntools.match.groups import Exposure, Group
from asntools.match.matching import Matcher


def candidates_of(exposures: Iterable[Exposure]) -> dict[Candidate, list[Exposure]]:
    """Return the candidates of a program and the exposures of each.

    They are ordered by type and then by id, in order of first appearance. Exposures that name the same id
    belong together, whatever type they give it.
    """
    members: dict[str, list[Exposure]] = defaultdict(list)
    by_type: dict[str, dict[str, None]] = defaultdict(dict)
    for exposure in exposures:
        for candidate in exposure.candidates:
            by_type[candidate.type][candidate.id] = None
        for name in {candidate.id for candidate in exposure.candidates}:
            members[name].append(exposure)
    return {Candidate(name, kind): members[name] for kind, names in by_type.items() for name in names}


@dataclass(frozen=True)
class Selection:
    """Which groups are wanted."""

    ids: tuple[str, ...] | None = None  # of these candidates; None: of all
    # Groups of candidates; groups that no candidate asks for.
    candidates: bool = True
    discovered: bool = True

    @classmethod
    def of(cls, ids: Iterable[str] | None, all_candidates: bool, discover: bool) -> Selection:
        """Return the selection of the options, by default everything; raises a `Fault` if there are two."""
        if [ids is not None, bool(all_candidates), bool(discover)].count(True) > 1:
            raise Fault("only one of candidates, all_candidates and discover can be given")
        if ids is not None:
            return cls(tuple(dict.fromkeys(each.lower() for each in ids)), True, False)
        return cls(None, not discover, not all_candidates)


class Pass(NamedTuple):
    """Exposures that are matched together: those of a candidate or, if it is None, all of a program."""

    candidate: Candidate | None
    exposures: list[Exposure]


def passes(exposures: list[Exposure], selection: Selection) -> Iterator[Pass]:
    """Return the passes over the exposures of a program: candidate by candidate, then all together."""
    if selection.candidates:
        candidates = candidates_of(exposures)
        if selection.ids is None:
            wanted = list(candidates)
        else:
            # An id with several types is wanted as the first of them.
            first = {candidate.id: candidate for candidate in reversed(candidates)}
            wanted = [first[each] for each in selection.ids if each in first]
        for candidate in wanted:
            yield Pass(candidate, candidates[candidate])
    if selection.discovered:
        yield Pass(None, exposures)


def match_program(matcher: Matcher, exposures: list[Exposure], selection: Selection) -> Iterator[Group]:
    """Group the exposures of one program: candidate by candidate, then to discover associations.

    The groups of each come in the order in which they began.
    """
    for candidate, together in passes(exposures, selection):
        yield from matcher.match(together, candidate)
