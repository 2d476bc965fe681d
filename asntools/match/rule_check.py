"""Checks of rule files that users write: what is wrong, on which line, and what would be right."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from asntools.common.faults import Fault
from asntools.common.templates import check_template, is_template
from asntools.common.templates import expand as expand_template
from asntools.common.words import did_you_mean, listed, nearest
from asntools.jwst.asn_types import PIPELINE_TYPES, stage_of
from asntools.jwst.candidates import CANDIDATE_TYPES, is_candidate_id
from asntools.jwst.exposures import FLAGS, KINDS, NO, UNSET, YES
from asntools.jwst.exptypes import KNOWN_EXPTYPES, nearest_exptype
from asntools.jwst.optical_paths import OPTICAL_PATHS
from asntools.match.rule_compiler import RuleText, expand, is_glob, shared_value
from asntools.match.rule_schema import explanations, most_telling, or_known, schema_errors
from asntools.match.rule_text import Place, RuleFile

if TYPE_CHECKING:
    pass

MAX_PARTS = 200
"""How many blocks a rule may use in all."""

Found: TypeAlias = Iterator[tuple[Place, str]]

COUNTED = ("members", "observations")
TEMPLATE_NAMES = ("candidate", "exposure", "optics", "program", "target")
"""What a template of product names may name in addition to the attributes that the rule shares."""


def check_rules(file: RuleFile, known_blocks: Mapping[str, RuleText]) -> None:
    """Check a rule file, which may use the blocks of the files before it.

    Raises a `Fault` for the first thing that is wrong, with its line.
    """
    check_document(file)
    errors = schema_errors(file.document)
    if errors:
        raise file.fault(*next(explanations(most_telling(errors))))
    blocks = {**known_blocks, **file.document.get("blocks", {})}
    for place, message in meaning_faults(file.document, blocks):
        raise file.fault(place, message)


def check_document(file: RuleFile) -> None:
    """Raise a `Fault` if a rule file cannot have any rules."""
    if file.document is None:
        raise Fault("is empty; a rule file has 'rules:' at its top", file.source, 1)
    if not isinstance(file.document, dict):
        raise Fault("a rule file has 'rules:' (and may have 'blocks:') at its top", file.source, 1)


def meaning_faults(
    document: RuleText, blocks: Mapping[str, RuleText], partial: Collection[str] = ()
) -> Found:
    """Find what is wrong with a document that fits the schema, in the order of its parts.

    Rules and blocks that are `partial`, and rules that use such blocks, are not checked as a whole.
    """
    sizes = _Sizes(blocks)
    for section in ("blocks", "rules"):
        for name, text in document.get(section, {}).items():
            place = (section, name)
            whole = sizes.use_none_of(partial, name, text)
            for fault in sizes.faults(place, text, (name,) if section == "blocks" else ()):
                whole = False
                yield fault
            for here, part in parts(place, text):
                yield from _part_faults(here, part)
            if section == "rules" and whole:
                yield from _rule_faults(place, text, blocks)


class _Sizes:
    # Of how many parts each block consists, with those that it uses: known before any is put together.
    def __init__(self, blocks: Mapping[str, RuleText]):
        self.blocks = blocks
        self.known: dict[str, int] = {}

    def faults(self, place: Place, text: RuleText, within: tuple[str, ...]) -> Found:
        total = 0
        for here, block in uses(text):
            if block not in self.blocks:
                yield (*place, *here), f"no block {block!r}{or_known(block, list(self.blocks))}"
            elif (fault := self._ring(block, within)) is not None:
                yield (*place, *here), fault
            else:
                total += self._size(block)
        if total > MAX_PARTS:
            yield (
                place,
                f"uses {total:,} blocks, each counted as often as it is used; the limit is {MAX_PARTS}",
            )

    def use_none_of(self, partial: Collection[str], name: str, text: RuleText) -> bool:
        """Return whether a rule, and all the blocks that it uses, are not among the partial ones."""
        seen = {name}
        waiting = [block for _, block in uses(text)]
        while waiting:
            block = waiting.pop()
            if block not in seen:
                seen.add(block)
                waiting += [inner for _, inner in uses(self.blocks.get(block, {}))]
        return seen.isdisjoint(partial)

    def _ring(self, block: str, within: tuple[str, ...]) -> str | None:
        # What is wrong on the way down: a block that uses itself, or one that is too far down.
        if block in within:
            return f"block {block!r} uses itself"
        if len(within) > MAX_PARTS:
            return f"blocks use blocks more than {MAX_PARTS} deep"
        if block in self.known:
            return None
        for _, inner in uses(self.blocks.get(block, {})):
            if (fault := self._ring(inner, (*within, block))) is not None:
                return fault
        self._size(block)
        return None

    def _size(self, block: str) -> int:
        if block not in self.known:
            inner = [each for _, each in uses(self.blocks.get(block, {}))]
            self.known[block] = 1 + sum(map(self._size, inner))
        return self.known[block]


def parts(place: Place, text: RuleText) -> Iterator[tuple[Place, RuleText]]:
    """Return a rule or block and its ways of being a member, and where they are."""
    yield place, text
    for key in ("members", "companions"):
        for number, member in enumerate(text.get(key, ())):
            yield (*place, key, number), member


def uses(text: RuleText) -> Iterator[tuple[Place, str]]:
    """Return the blocks that a rule or block uses, and where."""
    for place, part in parts((), text):
        for number, block in enumerate(part.get("use", ())):
            yield (*place, "use", number), block


def clauses(place: Place, text: RuleText) -> Iterator[tuple[Place, RuleText]]:
    """Return the sets of conditions of a rule, a block or a way of being a member, with their places."""
    yield (*place, "where"), text.get("where", {})
    for number, clause in enumerate(text.get("except", ())):
        yield (*place, "except", number), clause
    if "choose" in text:
        yield (*place, "choose", "first"), text["choose"].get("first", {})


def _part_faults(place: Place, text: RuleText) -> Found:
    """Find what is wrong with the words of a rule, a block or a way of being a member by itself."""
    for here, clause in clauses(place, text):
        yield from _clause_faults(here, clause)
    if "as" in text:
        yield from _exptype_faults((*place, "as"), text["as"])
    for kind, exptype in text.get("exptypes", {}).items():
        yield from _kind_faults((*place, "exptypes", kind), kind)
        yield from _exptype_faults((*place, "exptypes", kind), exptype)
    for kind in text.get("candidates", {}):
        known = nearest(kind, CANDIDATE_TYPES)
        if is_candidate_id(kind):
            what = "the id of a candidate, not a type such as background"
            yield (*place, "candidates", kind), f"{kind!r} is {what}; asn-match --candidate takes ids"
        elif kind != "*" and known not in (None, kind.lower()):
            yield (*place, "candidates", kind), f"no candidate type {kind!r}; did you mean {known!r}?"
    needs = [((*place, "requires"), text.get("requires", {}))]
    needs += [
        ((*place, "candidates", kind), each)
        for kind, each in text.get("candidates", {}).items()
        if each != "never"
    ]
    for here, each in needs:
        for what in each:
            if what.lower() not in (*COUNTED, *KNOWN_EXPTYPES):
                yield (
                    (*here, what),
                    f"{what!r} cannot be counted{or_known(what, (*COUNTED, *KNOWN_EXPTYPES))}",
                )
    if "choose" in text or text.get("also"):
        word = "choose" if "choose" in text else "also"
        others = [key for key in ("also", "begins", "joins_later", "only_science") if text.get(key)]
        others += ["within"] if "within" in text else []
        others += ["unlike"] if "unlike" in text and word == "also" else []
        if wrong := [key for key in others if key != word]:
            yield (*place, word), f"cannot be combined with {listed(map(repr, wrong))}"


def _clause_faults(place: Place, clause: RuleText) -> Found:
    for attribute, wanted in clause.items():
        here = (*place, attribute)
        name = attribute.lower()
        if name == "exptype":
            yield here, "no such attribute; a condition on what an exposure is for is on its 'kind'"
        elif name == "optical_path":
            for path in [wanted] if isinstance(wanted, str | bool | dict) else wanted:
                if isinstance(path, dict):
                    yield here, "optical_path is the name of a test or a list of names, without {not: ...}"
                elif not isinstance(path, str) or path.lower() not in OPTICAL_PATHS:
                    yield here, f"no optical path {path!r}{or_known(str(path), list(OPTICAL_PATHS))}"
        else:
            for value in _values(wanted):
                yield from _value_faults(here, name, value)


def _value_faults(place: Place, name: str, value: str | bool) -> Found:
    word = str(value).lower()
    if is_glob(word):
        return
    if name in FLAGS:
        if isinstance(value, bool) or word not in (
            "set",
            "unset",
            "t",
            *(["y"] if name == "bkgdtarg" else []),
        ):
            write = "unset" if word in NO else "set" if word in YES else nearest(word, ("unset", "set"))
            yield place, f"a flag is set or unset{f'; write {write}' if write else f', not {value!r}'}"
    elif name == "tso":
        if word not in ("yes", "no", "true", "false") or (
            isinstance(value, str) and word in ("true", "false")
        ):
            write = "no" if word in NO else "yes" if word in YES else None
            yield place, f"tso is yes or no{f'; write {write}' if write else f', not {value!r}'}"
    elif name == "direct_candidate":
        if value is not True and word not in ("yes", "set", "unset"):
            yield place, f"direct_candidate is yes or not set, not {value!r}; write yes or unset"
    elif isinstance(value, bool):
        if name in ("kind", "target"):
            yield place, f"{name} is never yes or no"
    elif word in UNSET:
        yield place, f"{value!r} is never a value: it is not set; write unset, or {{not: set}}"
    elif name == "kind":
        yield from _kind_faults(place, value)


def _values(wanted: Any) -> list[str | bool]:
    if isinstance(wanted, dict):
        return _values(wanted["not"])
    return [wanted] if isinstance(wanted, str | bool) else wanted


def _kind_faults(place: Place, kind: str) -> Found:
    if kind.lower() in (*KINDS, "*", "set", "unset") or is_glob(kind):
        return
    known = nearest(kind, KINDS, cutoff=0.6)
    hint = f"did you mean {known!r}?" if known else f"known: {', '.join(KINDS)}; any other is a pntgtype"
    yield place, f"no kind of exposure {kind!r}; {hint}"


def _exptype_faults(place: Place, exptype: str) -> Found:
    if exptype.lower() not in KNOWN_EXPTYPES:
        near = nearest_exptype(exptype)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(KNOWN_EXPTYPES))}"
        yield place, f"{exptype!r} is not an exptype; {hint}"


def _rule_faults(place: Place, text: RuleText, blocks: Mapping[str, RuleText]) -> Found:
    """Find what is wrong with a rule together with its blocks."""
    whole = expand(text, blocks)
    lacking = [key for key in ("stage", "asn_type") if key not in whole]
    for key in lacking:
        yield place, f"lacks {key!r}, which neither the rule nor its blocks give"
    if lacking:
        return
    stage, asn_type = whole["stage"], whole["asn_type"]
    of_type = stage_of({"asn_type": asn_type})
    if asn_type not in PIPELINE_TYPES and (
        near := nearest(asn_type, [each for each in PIPELINE_TYPES if each.endswith(str(stage))])
    ):
        here = (*place, "asn_type") if "asn_type" in text else place
        yield here, f"no association type {asn_type!r}; did you mean {near!r}?"
    if of_type not in (None, stage):
        types = listed((each for each in PIPELINE_TYPES if each.endswith(str(stage))), "or")
        yield (
            place,
            f"asn_type {asn_type!r} belongs to Stage {of_type}, but stage is {stage}, which has {types}",
        )
    members = [expand(each, blocks) for key in ("members", "companions") for each in whole.get(key, ())]
    shared = {shared_value(each).name for part in (whole, *members) for each in part.get("same", ())}
    gathered = {name.lower() for part in (whole, *members) for name in part.get("gather", ())}
    for member in members:
        if "unlike" in member and member["unlike"].lower() not in shared:
            yield place, f"'unlike: {member['unlike']}' needs that name in a 'same'"
        if "within" in member and member["within"].lower() not in gathered:
            yield place, f"'within: {member['within']}' needs that name in 'gather'"
    yield from _product_name_faults(place, text, whole, shared | gathered)


def _product_name_faults(place: Place, text: RuleText, whole: RuleText, shared: set[str]) -> Found:
    style = whole.get("product_name")
    if style is None:
        return
    here = (*place, "product_name") if "product_name" in text else place
    if style == "exposure" and whole["stage"] == 3:
        yield here, "'exposure' names a product after one member, but Stage 3 combines several"
    if not is_template(style):
        return
    wanted = [name.lower() for clause in whole["where"] for name in clause]
    single = {name for each in shared for name in (each, *each.split("|"))}
    known = sorted({*single, *wanted, *TEMPLATE_NAMES})
    try:
        if whole["stage"] == 2:
            check_template(style)
        else:
            expand_template(style, dict.fromkeys(known, "x"), lambda name: _not_shared(name, known))
    except Fault as fault:
        yield here, fault.message


def _not_shared(name: str, known: Sequence[str]) -> str:
    return f"members do not share it{did_you_mean(name, known)}; they share {', '.join(known)}"
