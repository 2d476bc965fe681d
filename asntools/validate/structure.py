"""An association's structure, checked against the schema of its stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from asntools.asn.schema import STAGE3, wanted_schema
from asntools.asn.text import Path
from asntools.common.words import listed
from asntools.validate.findings import Finding

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def check_structure(asn: Mapping[str, Any]) -> Iterator[Finding]:
    """Check an association against the schema of its stage; findings have no source and line."""
    schema = wanted_schema(asn)
    if fits(asn, is_stage3=schema == STAGE3):
        return
    from asntools.common.schemas import validator

    # Each missing key is an error of its own, which does not name the key; so each yields all of them.
    errors = validator(schema).iter_errors(asn)
    yield from dict.fromkeys(finding for error in errors for finding in _findings_of(error))


_TEXTS = ("asn_type", "asn_rule", "program", "asn_id", "asn_pool")
_TEXTS_OR_NULL = ("version_id", "code_version", "degraded_status", "target")


def fits(asn: Mapping[str, Any], *, is_stage3: bool) -> bool:
    """Return whether an association fits the schema of Stage 3, or the one of all others.

    The schemas are authoritative; this gives the same answer in a fiftieth of the time, so that the library
    for schemas is loaded only for an association that does not fit.
    """
    for key in _TEXTS:
        if key in asn and type(asn[key]) is not str:
            return False
    for key in _TEXTS_OR_NULL:
        value = asn.get(key)
        if not (type(value) is str or (value is None and not (is_stage3 and key == "target" and key in asn))):
            return False
    products = asn.get("products")
    return (
        type(products) is list and bool(products) and all(_fits_product(one, is_stage3) for one in products)
    )


def _fits_product(product: object, is_stage3: bool) -> bool:
    if type(product) is not dict:
        return False
    name = product.get("name", "-" if not is_stage3 else None)
    if type(name) is not str or (is_stage3 and not name):
        return False
    members = product.get("members")
    return type(members) is list and bool(members) and all(map(_fits_member, members))


def _fits_member(member: object) -> bool:
    if type(member) is not dict:
        return False
    expname, exptype = member.get("expname"), member.get("exptype")
    return (
        type(expname) is str
        and type(exptype) is str
        and bool(expname)
        and bool(exptype)
        and type(member.get("exposerr")) in _TEXT_OR_NULL
        and type(member.get("asn_candidate")) in _TEXT_LIST_OR_NULL
    )


_TEXT_OR_NULL = (str, type(None))
_TEXT_LIST_OR_NULL = (str, list, type(None))


def _findings_of(error: ValidationError) -> Iterator[Finding]:
    from asntools.common.records import kind_of

    path: Path = tuple(error.absolute_path)
    name = _name(path)
    wanted: Any = error.validator_value
    value: Any = error.instance
    match error.validator:
        case "required":
            for key in wanted:
                if key not in value:
                    yield Finding("ASN102", f"{name} has no {key!r}", path)
        case "type":
            types = [wanted] if isinstance(wanted, str) else list(wanted)
            hint = f"make it {listed((_TYPES.get(kind, f'a {kind}') for kind in types), 'or')}"
            yield Finding("ASN103", f"{name} is {kind_of(value)}", path, hint)
        case "minItems" | "minLength":
            yield Finding("ASN104", f"{name} is empty", path, "")
        case _:
            yield Finding("ASN104", f"{name} breaks the rule {error.validator!r}: {wanted!r}", path)


_TYPES = {"array": "an array", "integer": "a whole number", "null": "null", "object": "an object"}


def _name(path: Path) -> str:
    """Return the name of the value at a path: ``the member``, ``exptype``."""
    if not path:
        return "the association"
    if isinstance(path[-1], str):
        return path[-1]
    return {"products": "the product", "members": "the member"}.get(str(path[-2]), "the entry")
