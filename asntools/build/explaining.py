"""What happened to a group's members in its steps, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from asntools.build.drafts import Draft, Member
from asntools.build.pruning import Dropped, describe
from asntools.common.words import named
from asntools.jwst.exptypes import DIRECT_IMAGE, SCIENCE


def no_association(name: str, before: Draft) -> str:
    """Return why a step leaves a draft without an association."""
    return f"{_group(before)}: no association: {name} finds no direct image"


def step_in_words(name: str, before: Draft, after: Sequence[Draft]) -> Iterator[str]:
    """Return a line for each draft after a step about the members that the step left out."""
    for draft in after:
        left = {member.expname for member in draft.members}
        gone = [each for each in before.members if each.expname not in left and each.exptype != DIRECT_IMAGE]
        if not gone:
            continue
        science = draft.of(SCIENCE)
        about = f" for {science[0].expname}" if len(science) == 1 else ""
        why = f" ({_REASONS[name]})" if name in _REASONS else ""
        yield f"{_group(before)}: {name} leaves out{about}: {_members(gone)}{why}"


_REASONS = {
    "prune-imprints": "other imprints fit the science better",
    "split-nods": "another target, or the source at the same place",
}


def _members(gone: Iterable[Member]) -> str:
    return named((each.expname for each in gone), limit=8)


def _group(draft: Draft) -> str:
    return f"{draft.head.rule} of {draft.head.asn_id}"


def duplicate_in_words(pair: Dropped) -> str:
    """Return that an association is dropped for one with the same members."""
    return f"{describe(pair.built)}: dropped; {describe(pair.kept)} has the same members"


def smaller_in_words(pair: Dropped) -> str:
    """Return that an association is dropped for a larger one of the same product."""
    mine, its = len(pair.built.members), len(pair.kept.members)
    return f"{describe(pair.built)}: dropped; {describe(pair.kept)} has {its} members, not {mine}"
