"""The keywords of an association: which exist, how they are spelt, and their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from asntools.asn.products import members_of, walk
from asntools.asn.text import Path
from asntools.common.faults import unseen_in
from asntools.common.words import listed, nearest
from asntools.jwst.asn_keys import KEYWORDS, MEMBER_KEYS, OTHER_MEMBER_KEYS, PRODUCT_KEYS, PRODUCTS
from asntools.jwst.asn_names import PREFIX, is_asn_id, is_number, parts_of_file_name, why_no_version
from asntools.jwst.asn_types import (
    NO_PROGRAM,
    PIPELINE_TYPES,
    UNSET_TYPES,
    meant_type,
    stage_of,
    types_of_rule,
)
from asntools.jwst.levels import pipeline_of
from asntools.validate.findings import Finding
from asntools.validate.products import text

# The keywords that the specification of both stages asks for, though the pipelines' schemas do not.
# Source: jwst documentation, "Stage 2 Associations" and "Stage 3 Associations", Association Meta Keywords.
_SPECIFIED = ("asn_id", "asn_pool")

_KEYWORDS = frozenset((*KEYWORDS, PRODUCTS))
_PRODUCT_KEYS = frozenset(PRODUCT_KEYS)
_MEMBER_KEYS = frozenset((*MEMBER_KEYS, *OTHER_MEMBER_KEYS))


def check_keywords(asn: Mapping[str, Any]) -> Iterator[Finding]:
    """Check which keywords an association has, and that none is misspelt."""
    asn_type = meant_type(text(asn.get("asn_type")))
    needed = pipeline_of(asn_type).keywords
    for key in _SPECIFIED:
        if key not in asn and key in needed:
            yield Finding("ASN106", f"the association has no {key!r}, and {asn_type} stops without it")
        elif key not in asn:
            yield Finding("ASN105", f"the association has no {key!r}")
    yield from _misspelt(asn, _KEYWORDS, ())
    for path, product in walk(asn):
        yield from _misspelt(product, _PRODUCT_KEYS, path)
        members = list(members_of(product, path))
        if not set().union(*(member for _, member in members)) <= _MEMBER_KEYS:
            for place, member in members:
                about = text(member.get("expname"))
                for finding in _misspelt(member, _MEMBER_KEYS, place):
                    yield finding._replace(members=(about,) if about else ())


def _misspelt(value: Mapping[str, Any], known: frozenset[str], path: Path) -> Iterator[Finding]:
    for key in value.keys() - known:
        meant = _meant(key, known)
        # If the keyword itself is also there, this one is something else.
        if meant is not None and meant not in value:
            yield Finding("ASN107", f"unknown keyword {key!r}", (*path, key), f"did you mean {meant!r}?")


def _meant(key: str, known: frozenset[str]) -> str | None:
    plain = key.strip().lower().replace("-", "_").replace(" ", "_")
    if plain in known:
        return plain
    swapped = (name for name in known if len(plain) > 3 and sorted(name) == sorted(plain))
    return next(swapped, None) or nearest(plain, sorted(known), cutoff=0.85)


def check_identifiers(asn: Mapping[str, Any], file_name: str | None) -> Iterator[Finding]:
    """Check the values of an association's keywords, each by itself and against the file name."""
    yield from _check_type(asn)
    asn_id, version_id, target = asn.get("asn_id"), asn.get("version_id"), asn.get("target")
    program = asn.get("program")
    if isinstance(asn_id, str) and not is_asn_id(asn_id):
        yield Finding("ASN240", f"asn_id {asn_id!r} is malformed", ("asn_id",))
    if isinstance(version_id, str) and (why := why_no_version(version_id)):
        yield Finding("ASN241", f"version_id {version_id!r} {why}", ("version_id",))
    if isinstance(program, str) and not (is_number(program) or program.lower() in NO_PROGRAM):
        yield Finding("ASN242", f"program {program!r} is not a number", ("program",), _digits(program))
    if isinstance(target, str) and "." in target and re.fullmatch(_POINTED, target):
        message = f"target {target!r} has a decimal point, as spreadsheets write numbers"
        yield Finding("ASN243", message, ("target",), f"write {target[: target.index('.')]!r}")
    for key in _PLAIN_TEXTS:
        if isinstance(asn.get(key), str) and (unseen := unseen_in(asn[key])):
            yield Finding("ASN244", f"{key} {asn[key]!r} {unseen}", (key,))
    if file_name is not None:
        yield from _check_file_name(asn, file_name)


# Of which nothing else is asked.
_PLAIN_TEXTS = ("asn_rule", "code_version", "asn_pool", "target")
_POINTED = r"[A-Za-z]?[0-9]+\.[0-9]*"


def _digits(program: str) -> str | None:
    digits = program.strip().lower().removeprefix(PREFIX)
    digits = digits[: digits.index(".")] if re.fullmatch(_POINTED, digits) else digits
    return f"write {digits!r}" if is_number(digits) else None


def _check_type(asn: Mapping[str, Any]) -> Iterator[Finding]:
    asn_type, asn_rule = asn.get("asn_type"), asn.get("asn_rule")
    if "asn_type" not in asn or (isinstance(asn_type, str) and asn_type.lower() in UNSET_TYPES):
        path: Path = ("asn_type",) if "asn_type" in asn else ()
        hint = f"the pipelines' types are {', '.join(PIPELINE_TYPES)}"
        yield Finding("ASN231", "the asn_type is not set", path, hint)
    elif isinstance(asn_type, str) and asn_type not in PIPELINE_TYPES:
        stage = stage_of(asn)
        meant = nearest(asn_type, [one for one in PIPELINE_TYPES if stage in (None, int(one[-1]))])
        hint = f"did you mean {meant!r}?" if meant else f"the types are {', '.join(PIPELINE_TYPES)}"
        yield Finding("ASN230", f"no pipeline takes asn_type {asn_type!r}", ("asn_type",), hint)
    elif isinstance(asn_type, str) and isinstance(asn_rule, str):
        types = types_of_rule(asn_rule)
        if asn_type not in types:
            message = f"asn_type {asn_type!r} does not fit asn_rule {asn_rule!r}"
            yield Finding("ASN232", message, ("asn_type",), f"the rule makes {listed(types, 'or')}")


_OF_FILE_NAME = {"program": "ASN250", "asn_id": "ASN251", "asn_type": "ASN252"}
_YAML = (".yaml", ".yml")


def _check_file_name(asn: Mapping[str, Any], file_name: str) -> Iterator[Finding]:
    asn_type = meant_type(text(asn.get("asn_type")))
    if file_name.lower().endswith(_YAML) and not pipeline_of(asn_type).takes_yaml:
        yield Finding("ASN234", f"{asn_type} does not read YAML")
    for key, part in parts_of_file_name(file_name).items():
        value = asn.get(key)
        # A program is the same with and without leading zeros, which nothing else has.
        if isinstance(value, str) and value.lstrip("0") != part.lstrip("0"):
            message = f"the file's name has {key} {part!r}, the association {value!r}"
            yield Finding(_OF_FILE_NAME[key], message, (key,))
