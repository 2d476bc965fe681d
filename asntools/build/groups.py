"""Group records as asn-build reads them, and the checks on them."""

from __future__ import annotations

from typing import Any

import orjson

from asntools.build.drafts import Head
from asntools.build.finishing import FINISHES
from asntools.build.members import Group, GroupMember
from asntools.common.faults import Fault
from asntools.common.records import Record, kind_of, kind_of_record
from asntools.common.templates import check_template, is_template, unfit_in_name, unfit_in_path
from asntools.jwst.asn_types import five_digits
from asntools.jwst.candidates import Candidate
from asntools.jwst.exptypes import SCIENCE
from asntools.jwst.product_names import EXPOSURE, PRODUCTS


def checked_group(record: Record) -> Group:
    """Return a group from its record; raise a `Fault` if the record is not valid."""
    if wrong := check_group(record):
        raise Fault(wrong)
    return group_of(record)


def group_of(record: Record) -> Group:
    """Return a group from a record that is known to be valid (`check_group`)."""
    return Group(
        head_of(record), [GroupMember(each["exptype"], each["exposure"]) for each in record["members"]]
    )


def head_of(record: Record) -> Head:
    """Return the part of a valid group record that is not about its members."""
    values = record["values"]
    return Head(
        record["rule"],
        int(record["stage"]),
        record["asn_type"].lower(),
        five_digits(record["program"]),
        record["asn_pool"],
        Candidate(record["candidate"]["id"], record["candidate"]["type"]),
        values,
        record.get("product", EXPOSURE),
        tuple(record["finish"]),
        record.get("average_integrations", False),
        "\n".join(
            [
                f"{name}: {value if isinstance(value, str) else ', '.join(value)}"
                for name, value in values.items()
            ]
        ),
    )


def check_group(record: Record) -> str | None:
    """Return what is wrong with a group record, after its JSON path, or None.

    The requirements are those of `schemas/group.schema.json`.
    """
    if "members" not in record and (other := kind_of_record(record)):
        return f"{other}, not a group; asn-build reads what asn-match writes"
    if fault := check_head(record):
        return fault
    if not record["members"]:
        return "$.members: empty; a group has at least one member"
    for place, member in enumerate(record["members"]):
        if fault := check_member(member):
            return f"$.members[{place}]{fault}"
    if not any(member["exptype"].lower() == SCIENCE for member in record["members"]):
        return f"$.members: none has the exptype {SCIENCE}; an association needs one"
    return None


def check_head(record: Record) -> str | None:
    """Return what is wrong with a group record, apart from its members."""
    for key, kind, why in _FIELDS:
        if not isinstance(record.get(key), kind):
            return f"$.{key}: {_found(record, key)}; {why}"
    if record["stage"] not in (2, 3):
        return f"$.stage: {orjson.dumps(record['stage']).decode()}; expected the number 2 or 3"
    for key in ("id", "type"):
        if not _is_text(record["candidate"].get(key)):
            what = _found(record["candidate"], key)
            return f"$.candidate.{key}: {what}; expected text, such as the id o001 or the type observation"
    parts = {name: record[name] for name in ("asn_type", "program")}
    for name, text in {**parts, "candidate.id": record["candidate"]["id"]}.items():
        if not text or unfit_in_name(text):
            return f"$.{name}: {text!r} cannot be part of a file name"
    if fault := _check_product(record.get("product", EXPOSURE)):
        return f"$.product: {fault}"
    if not isinstance(record.get("average_integrations", False), bool):
        return f"$.average_integrations: {kind_of(record['average_integrations'])}; expected true or false"
    for place, name in enumerate(record["finish"]):
        if not isinstance(name, str) or name not in FINISHES:
            what = repr(name) if isinstance(name, str) else kind_of(name)
            return f"$.finish[{place}]: {what} is not a finishing step; the steps are {', '.join(FINISHES)}"
    for key, value in record["values"].items():
        if not _is_text(value) and not (isinstance(value, list) and all(map(_is_text, value))):
            return f"$.values.{key}: {kind_of(value)}; expected text or a list of texts"
    return None


def _check_product(product: object) -> str | None:
    if not isinstance(product, str):
        return f"{kind_of(product)}; expected a style or template of product names"
    if is_template(product):
        try:
            check_template(product)
        except Fault as fault:
            return fault.message
    elif product not in PRODUCTS:
        return f"{product!r} is not a style of product names; the styles are {', '.join(sorted(PRODUCTS))}"
    return None


def check_member(member: Any) -> str | None:
    """Return what is wrong with a member of a group's record, after its JSON path, or None."""
    if not isinstance(member, dict):
        return f": {kind_of(member)}; a member is an object"
    if not _is_text(member.get("exptype")):
        return f".exptype: {_found(member, 'exptype')}; expected text such as science"
    exposure = member.get("exposure")
    if not isinstance(exposure, dict):
        return f".exposure: {_found(member, 'exposure')}; expected the exposure record"
    if not _is_text(exposure.get("filename")):
        return f".exposure.filename: {_found(exposure, 'filename')}; expected the name of the exposure's file"
    if unfit_in_path(exposure["filename"]):
        return f".exposure.filename: {exposure['filename']!r} cannot be the name of a file"
    if not set(map(type, exposure.values())) <= _PLAIN:
        key, value = next((key, value) for key, value in exposure.items() if type(value) not in _PLAIN)
        return f".exposure.{key}: {kind_of(value)}; expected text or null"
    return None


_PLAIN = {str, type(None)}


def _found(record: Record, key: str) -> str:
    if key not in record:
        return "missing"
    return "empty" if record[key] == "" else kind_of(record[key])


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


_FIELDS: tuple[tuple[str, type | tuple[type, ...], str], ...] = (
    ("rule", str, "expected the name of the rule"),
    ("stage", (int, float), "expected the number 2 or 3"),
    ("asn_type", str, "expected text such as image2"),
    ("program", str, "expected the program's number as text"),
    ("asn_pool", str, "expected the pool's name as text"),
    ("candidate", dict, "expected an object with id and type"),
    ("values", dict, "expected an object with the values that the members share"),
    ("finish", list, "expected a list, which may be empty"),
    ("members", list, "expected a list of members"),
)
