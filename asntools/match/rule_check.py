"""Checks of rule files that people write: what is wrong, in which line, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from asntools.common.faults import Fault
from asntools.common.schemas import load_schema, validator
from asntools.common.templates import check_template, is_template
from asntools.common.templates import expand as expand_template
from asntools.common.words import did_you_mean, listed, nearest
from asntools.jwst.asn_types import PIPELINE_TYPES, stage_of
from asntools.jwst.candidates import CANDIDATE_TYPES
from asntools.jwst.exposures import KINDS, UNSET
from asntools.jwst.exptypes import KNOWN_EXPTYPES, nearest_exptype
from asntools.jwst.optical_paths import OPTICAL_PATHS
from asntools.match.rule_compiler import RuleText, expand, shared_value
from asntools.match.rule_text import Place, RuleFile

if TYPE_CHECKING:
    from jsonschema import ValidationError

RULES_SCHEMA = "rules"

MAX_PARTS = 200
"""How many blocks all the uses of a rule together may stand for."""

Found: TypeAlias = Iterator[tuple[Place, str]]

COUNTED = ("members", "observations")
TEMPLATE_NAMES = ("candidate", "exposure", "optics", "program", "target")
"""What a template of product names may name beside the attributes that the rule shares."""

# Words of earlier versions of the language.
_KEYS = {
    "again": "joins_later",
    "exptype": "as",
    "product": "product_name",
    "single": "only_science",
    "starts": "begins: alone, never or always",
}
_STEPS = {
    "direct-image": "add-direct-image",
    "long-direct-image": "add-direct-image",
    "nod-backgrounds": "add-nod-backgrounds",
}


def check_rules(file: RuleFile, known_blocks: Mapping[str, RuleText]) -> None:
    """Check a rule file, which may use the blocks of the files before it.

    Raises
    ------
    Fault
        The first thing that is wrong, with its line.
    """
    if file.document is None:
        raise Fault("is empty; a rule file has 'rules:' at its top", file.source, 1)
    if not isinstance(file.document, dict):
        raise Fault("a rule file has 'rules:' (and may have 'blocks:') at its top", file.source, 1)
    errors = [each for each in validator(RULES_SCHEMA).iter_errors(file.document) if _counts(each)]
    if errors:
        raise file.fault(*_explain(_most_telling(errors)))
    blocks = {**known_blocks, **file.document.get("blocks", {})}
    for place, message in _meaning_faults(file.document, blocks):
        raise file.fault(place, message)


# What the schema says


def _counts(error: ValidationError) -> bool:
    # Of a mapping with a fault in it the schema also says that all its keys are unknown.
    return error.validator != "unevaluatedProperties" or bool(_unknown_keys(error))


def _unknown_keys(error: ValidationError) -> list[str]:
    known = _known_keys(error)
    return [key for key in error.instance if key not in known] if isinstance(error.instance, dict) else []


def _known_keys(error: ValidationError) -> list[str]:
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    known = list(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        known += load_schema(RULES_SCHEMA)["$defs"][part["$ref"].rsplit("/", 1)[-1]]["properties"]
    return known


def _most_telling(errors: Sequence[ValidationError]) -> ValidationError:
    from jsonschema.exceptions import relevance

    errors = sorted(errors, key=lambda error: str(error.absolute_path))
    return max(errors, key=relevance)


def _explain(error: ValidationError) -> tuple[Place, str]:
    place = tuple(error.absolute_path)
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    if error.validator in ("additionalProperties", "unevaluatedProperties") and isinstance(
        error.instance, dict
    ):
        known = _known_keys(error)
        extra = next(key for key in error.instance if key not in known)
        if _KEYS.get(extra, "").partition(":")[0] in known:
            return (*place, extra), f"unknown key; it is {_KEYS[extra]!r} now"
        return (*place, extra), f"unknown key{_or_known(extra, known)}"
    if error.validator == "propertyNames" or "propertyNames" in error.absolute_schema_path:
        return (*place, str(error.instance)), f"not {schema.get('description', 'a name')}"
    if error.validator == "required":
        return place, f"lacks {error.message.split()[0]}"
    shown = "nothing" if error.instance is None else repr(error.instance)
    hint = ""
    if error.validator == "enum":
        new = _STEPS.get(error.instance) if isinstance(error.instance, str) else None
        choices = [choice for choice in schema["enum"] if isinstance(choice, str)]
        hint = f"; it is {new!r} now" if new else _or_known(str(error.instance), choices) if choices else ""
    if error.validator == "anyOf" and isinstance(error.instance, str):
        choices = [choice for each in schema["anyOf"] for choice in each.get("enum", ())]
        hint = _or_known(error.instance, choices) if choices else ""
    wanted = schema.get("description", error.message)
    return place, f"{shown if len(shown) < 60 else 'this'} is not {wanted}{hint}"


def _or_known(word: str, known: Sequence[str]) -> str:
    return did_you_mean(word, known, f"known: {', '.join(sorted(known))}")


# What it means


def _meaning_faults(document: RuleText, blocks: Mapping[str, RuleText]) -> Found:
    sizes = _Sizes(blocks)
    for section in ("blocks", "rules"):
        for name, text in document.get(section, {}).items():
            place = (section, name)
            yield from sizes.faults(place, text, (name,) if section == "blocks" else ())
            yield from _part_faults(place, text)
            for key in ("members", "companions"):
                for number, member in enumerate(text.get(key, ())):
                    yield from _part_faults((*place, key, number), member)
            if section == "rules":
                yield from _rule_faults(place, text, blocks)


class _Sizes:
    # Of how many parts each block consists, with those that it uses: known before any is put together.
    def __init__(self, blocks: Mapping[str, RuleText]):
        self.blocks = blocks
        self.known: dict[str, int] = {}

    def faults(self, place: Place, text: RuleText, within: tuple[str, ...]) -> Found:
        total = 0
        for here, block in _uses(text):
            if block not in self.blocks:
                yield (*place, *here), f"no block {block!r}{_or_known(block, list(self.blocks))}"
            elif (fault := self._ring(block, within)) is not None:
                yield (*place, *here), fault
            else:
                total += self._size(block)
        if total > MAX_PARTS:
            yield (
                place,
                f"uses {total:,} blocks, each counted as often as it is used; the limit is {MAX_PARTS}",
            )

    def _ring(self, block: str, within: tuple[str, ...]) -> str | None:
        # What is wrong on the way down: a block that uses itself, or one that is too far down.
        if block in within:
            return f"block {block!r} uses itself"
        if len(within) > MAX_PARTS:
            return f"blocks use blocks more than {MAX_PARTS} deep"
        if block in self.known:
            return None
        for _, inner in _uses(self.blocks.get(block, {})):
            if (fault := self._ring(inner, (*within, block))) is not None:
                return fault
        self._size(block)
        return None

    def _size(self, block: str) -> int:
        if block not in self.known:
            inner = [each for _, each in _uses(self.blocks.get(block, {}))]
            self.known[block] = 1 + sum(map(self._size, inner))
        return self.known[block]


def _uses(text: RuleText) -> Iterator[tuple[Place, str]]:
    for number, block in enumerate(text.get("use", ())):
        yield ("use", number), block
    for key in ("members", "companions"):
        for place, member in enumerate(text.get(key, ())):
            for number, block in enumerate(member.get("use", ())):
                yield (key, place, "use", number), block


def _part_faults(place: Place, text: RuleText) -> Found:
    """Find what is wrong with the words of a rule, a block or a way of being a member, by itself."""
    clauses: list[tuple[Place, RuleText]] = [((*place, "where"), text.get("where", {}))]
    clauses += [((*place, "except", number), clause) for number, clause in enumerate(text.get("except", ()))]
    if "choose" in text:
        clauses.append(((*place, "choose", "first"), text["choose"].get("first", {})))
    for here, clause in clauses:
        yield from _clause_faults(here, clause)
    if "as" in text:
        yield from _exptype_faults((*place, "as"), text["as"])
    for kind, exptype in text.get("exptypes", {}).items():
        yield from _kind_faults((*place, "exptypes", kind), kind)
        yield from _exptype_faults((*place, "exptypes", kind), exptype)
    for kind in text.get("candidates", {}):
        known = nearest(kind, CANDIDATE_TYPES)
        if kind != "*" and known not in (None, kind.lower()):
            yield (*place, "candidates", kind), f"no type of candidates {kind!r}; did you mean {known!r}?"
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
                    f"{what!r} cannot be counted{_or_known(what, (*COUNTED, *KNOWN_EXPTYPES))}",
                )
    if "choose" in text or text.get("also"):
        word = "choose" if "choose" in text else "also"
        others = [key for key in ("also", "begins", "joins_later", "only_science", "unlike") if text.get(key)]
        others += ["within"] if "within" in text else []
        if wrong := [key for key in others if key != word]:
            yield (*place, word), f"does not go with {listed(map(repr, wrong))}"


def _clause_faults(place: Place, clause: RuleText) -> Found:
    for attribute, wanted in clause.items():
        here = (*place, attribute)
        name = attribute.lower()
        if name == "exptype":
            yield here, "no such attribute; a condition on what an exposure is for is on its 'kind'"
        elif name == "optical_path":
            for path in [wanted] if isinstance(wanted, str | bool | dict) else wanted:
                if not isinstance(path, str) or path.lower() not in OPTICAL_PATHS:
                    yield here, f"no optical path {path!r}{_or_known(str(path), list(OPTICAL_PATHS))}"
        else:
            for value in _values(wanted):
                if value.lower() in UNSET:
                    yield here, f"{value!r} is never a value: it is not set; write unset, or {{not: set}}"
                elif name == "kind":
                    yield from _kind_faults(here, value)


def _values(wanted: Any) -> list[str]:
    if isinstance(wanted, dict):
        return _values(wanted["not"])
    return [wanted] if isinstance(wanted, str) else [] if isinstance(wanted, bool) else wanted


def _kind_faults(place: Place, kind: str) -> Found:
    # Any pntgtype is a kind, so that a word is wrong only where it nearly is one of those that are known.
    if kind.lower() in (*KINDS, "*", "set", "unset") or re.search(r"[*?\[]", kind):
        return
    known = nearest(kind, KINDS)
    if known is not None:
        yield place, f"no kind of exposures {kind!r}; did you mean {known!r}?"


def _exptype_faults(place: Place, exptype: str) -> Found:
    if exptype.lower() not in KNOWN_EXPTYPES:
        near = nearest_exptype(exptype)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(KNOWN_EXPTYPES))}"
        yield place, f"{exptype!r} is not an exptype; {hint}"


def _rule_faults(place: Place, text: RuleText, blocks: Mapping[str, RuleText]) -> Found:
    """Find what is wrong with a rule when its blocks are in it."""
    whole = expand(text, blocks)
    for key in ("stage", "asn_type"):
        if key not in whole:
            yield place, f"lacks {key!r}, which neither the rule nor a block it uses gives"
    stage, asn_type = whole["stage"], whole["asn_type"]
    of_type = stage_of({"asn_type": asn_type})
    if of_type not in (None, stage):
        types = listed((each for each in PIPELINE_TYPES if each.endswith(str(stage))), "or")
        yield (
            place,
            f"asn_type {asn_type!r} is of Stage {of_type}, and stage is {stage}; its types are {types}",
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
        yield here, "'exposure' names a product as one of its members; Stage 3 combines them"
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
