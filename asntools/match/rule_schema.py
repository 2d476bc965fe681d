"""Errors of the schema of rule files, in the words of people who write rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from asntools.common.schemas import load_schema, validator
from asntools.common.words import did_you_mean
from asntools.jwst.asn_types import PIPELINE_TYPES
from asntools.match.rule_compiler import RuleText
from asntools.match.rule_text import Place

if TYPE_CHECKING:
    from jsonschema import ValidationError

RULES_SCHEMA = "rules"

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


def schema_errors(document: RuleText) -> list[ValidationError]:
    """Return what the schema finds wrong with a document."""
    return [each for each in validator(RULES_SCHEMA).iter_errors(document) if _counts(each)]


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


def most_telling(errors: Sequence[ValidationError]) -> ValidationError:
    """Return the error of which the others are likely to be consequences."""
    from jsonschema.exceptions import relevance

    errors = sorted(errors, key=lambda error: str(error.absolute_path))
    return max(errors, key=relevance)


def explanations(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Return what an error of the schema means: places, with a message for each."""
    error = _deeper(error)
    place = tuple(error.absolute_path)
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    if error.validator in ("additionalProperties", "unevaluatedProperties") and isinstance(
        error.instance, dict
    ):
        known = _known_keys(error)
        for extra in _unknown_keys(error):
            if _KEYS.get(extra, "").partition(":")[0] in known:
                yield (*place, extra), f"unknown key; it is now {_KEYS[extra]!r}"
            else:
                yield (*place, extra), f"unknown key{or_known(extra, known)}"
    elif error.validator == "propertyNames" or "propertyNames" in error.absolute_schema_path:
        yield (*place, str(error.instance)), f"not {schema.get('description', 'a name')}"
    elif error.validator == "required":
        yield place, f"lacks {error.message.split()[0]}"
    else:
        shown = "nothing" if error.instance is None else repr(error.instance)
        wanted = schema.get("description", error.message)
        yield place, f"{shown if len(shown) < 60 else 'this'} is not {wanted}{_hint(error, schema)}"


def _deeper(error: ValidationError) -> ValidationError:
    # If a mapping or list fits none of several schemas, its errors under the one that it was meant for.
    if error.validator != "anyOf" or not isinstance(error.instance, dict | list):
        return error
    within = [
        each
        for each in error.context
        if each.validator not in ("type", "const", "enum") or each.relative_path
    ]
    within.sort(key=lambda each: each.validator != "additionalProperties")
    return _deeper(within[0]) if within else error


_BOOLEANS = ("yes", "no", "true", "false", "on", "off")


def _hint(error: ValidationError, schema: dict[str, Any]) -> str:
    word = str(error.instance)
    choices = schema.get("enum", ())
    if isinstance(error.instance, str):
        kind = schema.get("type", schema.get("anyOf", [{}])[0].get("type"))
        is_number = word.isdecimal() and (kind == "integer" or int(word) in choices)
        if is_number or (kind == "boolean" and word.lower() in _BOOLEANS):
            return f"; write {word} without quotes"
        if kind == "array" and error.validator == "type" and word.strip():
            return f'; write ["{word}"]'
        if error.validator == "pattern" and [*error.absolute_path][-1:] == ["asn_type"]:
            return did_you_mean(word.strip(), PIPELINE_TYPES)
        if error.validator == "enum" and word in _STEPS:
            return f"; it is now {_STEPS[word]!r}"
        if error.validator == "pattern" and re.search(schema["pattern"], word.strip().lower()):
            return f"; did you mean {word.strip().lower()!r}?"
        if error.validator == "anyOf":
            choices = [
                choice
                for each in schema["anyOf"]
                for choice in each.get("enum", [each["const"]] if "const" in each else [])
            ]
    choices = [choice for choice in choices if isinstance(choice, str)]
    return or_known(word, choices) if choices else ""


def or_known(word: str, known: Sequence[str]) -> str:
    """Return the end of a message about an unknown word: the one that was meant, or all known ones."""
    return did_you_mean(word, known, f"known: {', '.join(sorted(known))}")
