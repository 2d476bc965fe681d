"""A review of a rule file: all its faults at once, and attributes that no pool has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from asntools.common.faults import Fault
from asntools.common.words import did_you_mean
from asntools.jwst.asn_types import PIPELINE_TYPES, no_pipeline
from asntools.jwst.exposures import POOL_ATTRIBUTES
from asntools.match.rule_check import check_document, clauses, meaning_faults, parts
from asntools.match.rule_compiler import RuleText, expand, shared_value
from asntools.match.rule_files import read_rule_file, read_rules
from asntools.match.rule_schema import explanations, schema_errors
from asntools.match.rule_text import Place, RuleFile


def review_files(files: Iterable[Path | str], known_files: Iterable[Path | str] = ()) -> Iterator[Fault]:
    """Return all the faults of rule files; each may use the blocks of the known ones and of those before it.

    A file that cannot be read, or is not YAML, is a fault like others.
    """
    blocks: dict[str, RuleText] = {}
    for rule in read_rules(known_files):
        blocks.update(rule.blocks)
    for name in files:
        try:
            file = read_rule_file(name)
            yield from review(file, blocks)
        except Fault as fault:
            yield fault
        else:
            own = _texts(file.document, "blocks")
            blocks.update({key: text for key, text in own.items() if isinstance(text, dict)})


def review(file: RuleFile, known_blocks: Mapping[str, RuleText]) -> list[Fault]:
    """Return all the faults of a rule file, by line, with warnings for attributes that pools do not have.

    Parts that do not fit the schema are not checked further.
    """
    check_document(file)
    found = [each for error in schema_errors(file.document) for each in explanations(error)]
    places = {place for place, _ in found}
    sound = _without(file.document, places)
    if schema_errors(sound):
        places = {place[:2] for place in places}
        sound = _without(file.document, places)
    blocks = {**known_blocks, **_texts(sound, "blocks")}
    for place in places:
        if place[0] == "blocks" and len(place) > 1:
            blocks.setdefault(str(place[1]), {})
    found += meaning_faults(sound, blocks, partial={str(place[1]) for place in places if len(place) > 1})
    faults = [file.fault(place, message) for place, message in dict.fromkeys(found)]
    for place, attribute in _attributes(sound):
        if attribute.lower() not in POOL_ATTRIBUTES:
            hint = did_you_mean(attribute, sorted(POOL_ATTRIBUTES))
            faults.append(file.fault(place, f"pools have no attribute {attribute!r}{hint}", serious=False))
    if not found:
        for name, text in _texts(sound, "rules").items():
            whole = expand(text, blocks)
            if whole["asn_type"] not in PIPELINE_TYPES:
                about = f"makes associations of type {whole['asn_type']!r}, {no_pipeline(whole['stage'])}"
                faults.append(file.fault(("rules", name), about, serious=False))
    return sorted(faults, key=lambda fault: fault.line or 0)


def _texts(document: Any, section: str) -> dict[str, Any]:
    texts = document.get(section)
    return texts if isinstance(texts, dict) else {}


def _without(document: Any, places: set[Place]) -> Any:
    # A document less some parts; of a list the last go first, so that the places of the others hold.
    left = deepcopy(document)
    for place in sorted(
        places, key=lambda place: [(isinstance(key, int), key) for key in place], reverse=True
    ):
        part = left
        for key in place[:-1]:
            part = part[key]
        if place:
            del part[place[-1]]
    return left


def _attributes(document: RuleText) -> Iterator[tuple[Place, str]]:
    # The attributes that rules read, and where.
    for section in ("blocks", "rules"):
        for name, text in _texts(document, section).items():
            for place, part in parts((section, name), text):
                yield from _of_part(place, part)


def _of_part(place: Place, part: RuleText) -> Iterator[tuple[Place, str]]:
    for here, clause in clauses(place, part):
        yield from (((*here, attribute), attribute) for attribute in clause)
    for number, entry in enumerate(part.get("same", ())):
        yield from (((*place, "same", number), source) for source in shared_value(entry).sources)
    yield from (((*place, "gather", at), name) for at, name in enumerate(part.get("gather", ())))
    if "within" in part:
        yield (*place, "within"), part["within"]
    choice = part.get("choose", {})
    if "next" in choice:
        yield (*place, "choose", "next"), choice["next"]
    yield from (((*place, "choose", "like", at), name) for at, name in enumerate(choice.get("like", ())))
