"""An association's structure, checked against the schema of its stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from asntools.common.records import kind_of
from asntools.validate.findings import Finding, Path

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# The keywords that the specification of both stages asks for, though the pipelines' schemas do not.
# Source: jwst documentation, "Stage 2 Associations" and "Stage 3 Associations", Association Meta Keywords.
_SPECIFIED_KEYS = ("asn_id", "asn_pool")


def check_structure(asn: Mapping[str, Any]) -> Iterator[Finding]:
    """Check an association against the schema of its stage, and for the keywords of the specification.

    Parameters
    ----------
    asn : mapping
        A document that was read.

    Yields
    ------
    Finding
        Without source and line.
    """
    from asntools.asn.schema import wanted_schema
    from asntools.common.schemas import validator

    # Each missing key is an error of its own, which does not say which key; so each tells of all of them.
    errors = validator(wanted_schema(asn)).iter_errors(asn)
    yield from dict.fromkeys(finding for error in errors for finding in _findings_of(error))
    for key in _SPECIFIED_KEYS:
        if key not in asn and "products" in asn:
            yield Finding("ASN105", f"the association has no {key!r}")


def _findings_of(error: ValidationError) -> Iterator[Finding]:
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
            hint = f"make it {' or '.join(_TYPES[kind] for kind in types)}"
            yield Finding("ASN103", f"{name} is {kind_of(value)}", path, hint)
        case "minItems" | "minLength":
            yield Finding("ASN104", f"{name} is empty", path, "")
        case _:
            yield Finding("ASN104", f"{name} breaks the rule {error.validator!r}: {wanted!r}", path)


_TYPES = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def _name(path: Path) -> str:
    """Return what people call the value at a path: ``the member``, ``exptype``."""
    if not path:
        return "the association"
    if isinstance(path[-1], str):
        return path[-1]
    return {"products": "the product", "members": "the member"}.get(str(path[-2]), "the entry")
