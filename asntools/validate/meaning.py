"""What an association means, checked against what the calibration pipelines do with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from asntools.jwst.asn_types import PIPELINE_TYPES, UNSET_TYPES, stage_of, types_of_rule
from asntools.jwst.exptypes import KNOWN_EXPTYPES, OBSOLETE_EXPTYPES, UnknownExptypeError, nearest_exptype
from asntools.jwst.suffixes import exposure_root, stem
from asntools.validate.findings import Finding, Path


class Member(NamedTuple):
    """A member, as far as it is well formed."""

    path: Path
    expname: str
    exptype: str

    @property
    def role(self) -> str:
        """The exptype as a pipeline that does not mind capitals reads it."""
        return self.exptype.lower()


class Product(NamedTuple):
    """A product, as far as it is well formed: no name or an empty one is None."""

    path: Path
    name: str | None
    members: tuple[Member, ...]

    def with_role(self, role: str) -> list[Member]:
        """Return the members of one exptype, in whichever case it is written."""
        return [member for member in self.members if member.role == role]


def well_formed_products(asn: Mapping[str, Any]) -> list[Product]:
    """Return the products of an association; whatever is malformed in it is left out.

    Parameters
    ----------
    asn : mapping
        A document that was read; it need not be valid.
    """
    products = asn.get("products")
    return [
        Product(("products", number), _text(product.get("name")) or None, tuple(_members(product, number)))
        for number, product in enumerate(products if isinstance(products, list) else [])
        if isinstance(product, dict)
    ]


def _members(product: Mapping[str, Any], number: int) -> Iterator[Member]:
    members = product.get("members")
    for index, member in enumerate(members if isinstance(members, list) else []):
        if isinstance(member, dict) and isinstance(member.get("expname"), str):
            path = ("products", number, "members", index)
            yield Member(path, member["expname"], _text(member.get("exptype")))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def check_meaning(asn: Mapping[str, Any], file_name: str | None = None) -> Iterator[Finding]:
    """Check what one association says, apart from all others.

    Parameters
    ----------
    asn : mapping
        A document that was read; what is malformed in it is passed over.
    file_name : str, optional
        The name of the file it is from, checked where it is formed as the observatory's are.

    Yields
    ------
    Finding
        Without source and line.
    """
    asn_type = _text(asn.get("asn_type"))
    stage = stage_of(asn)
    products = well_formed_products(asn)
    yield from _check_type(asn)
    yield from _check_identifiers(asn)
    if file_name is not None:
        yield from _check_file_name(asn, file_name)
    yield from _check_product_names(products, stage)
    if stage == 3 and len(products) > 1 and asn_type != "wfs-image3":
        message = f"a Stage 3 association has one product, not {len(products)}"
        yield Finding("ASN222", message, products[1].path)
    for product in products:
        yield from _check_composition(product, asn_type, stage)
        for member in product.members:
            yield from _check_member(member, asn_type, stage)


def _check_type(asn: Mapping[str, Any]) -> Iterator[Finding]:
    asn_type, asn_rule = asn.get("asn_type"), asn.get("asn_rule")
    if "asn_type" not in asn or (isinstance(asn_type, str) and asn_type.lower() in UNSET_TYPES):
        path: Path = ("asn_type",) if "asn_type" in asn else ()
        hint = f"the pipelines' types are {', '.join(PIPELINE_TYPES)}"
        yield Finding("ASN231", "the asn_type is not set", path, hint)
    elif isinstance(asn_type, str) and asn_type not in PIPELINE_TYPES:
        yield Finding(
            "ASN230", f"no pipeline takes asn_type {asn_type!r}", ("asn_type",), _type_hint(asn_type)
        )
    elif isinstance(asn_type, str) and isinstance(asn_rule, str):
        types = types_of_rule(asn_rule)
        if asn_type not in types:
            message = f"asn_type {asn_type!r} does not fit asn_rule {asn_rule!r}"
            yield Finding("ASN232", message, ("asn_type",), f"the rule makes {' or '.join(types)}")


def _type_hint(asn_type: str) -> str:
    close = get_close_matches(asn_type.lower(), PIPELINE_TYPES, n=1, cutoff=0.7)
    return f"did you mean {close[0]!r}?" if close else f"the types are {', '.join(PIPELINE_TYPES)}"


_ASN_ID = re.compile(r"o\d{3}|[ac]\d{4}", re.ASCII)
_VERSION_ID = re.compile(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])t([01]\d|2[0-3])[0-5]\d[0-5]\d", re.ASCII)


def _check_identifiers(asn: Mapping[str, Any]) -> Iterator[Finding]:
    asn_id, version_id = asn.get("asn_id"), asn.get("version_id")
    if isinstance(asn_id, str) and not _ASN_ID.fullmatch(asn_id):
        yield Finding("ASN240", f"asn_id {asn_id!r} is not formed as one", ("asn_id",))
    if isinstance(version_id, str) and not _VERSION_ID.fullmatch(version_id):
        message = f"version_id {version_id!r} is not a time stamp"
        yield Finding("ASN241", message, ("version_id",))


# Source: jwst documentation, "JWST Conventions", Naming Conventions; the version may be left out.
_FILE_NAME = re.compile(
    r"jw(?P<program>\d+)-(?P<asn_id>[a-z]\d+)_(?:[^_]+_)?(?P<asn_type>[a-z0-9-]+)_\d{3,5}_asn\.(?:json|ya?ml)"
)


def _check_file_name(asn: Mapping[str, Any], file_name: str) -> Iterator[Finding]:
    parts = _FILE_NAME.fullmatch(file_name)
    if parts is None:
        return
    for code, key in (("ASN250", "program"), ("ASN251", "asn_id"), ("ASN252", "asn_type")):
        value = asn.get(key)
        # A program is the same with and without leading zeros, which nothing else has.
        if isinstance(value, str) and value.lstrip("0") != parts[key].lstrip("0"):
            message = f"the file's name says {key} {parts[key]!r}, the association {value!r}"
            yield Finding(code, message, (key,))


def _check_product_names(products: Sequence[Product], stage: int | None) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for number, product in enumerate(products):
        if product.name is None:
            if stage != 3:  # where the schema asks for one
                yield Finding("ASN221", "the product has no name", product.path)
            continue
        path = (*product.path, "name")
        if product.name in first:
            message = f"product {product.name!r} is there twice, first as products[{first[product.name]}]"
            yield Finding("ASN220", message, path)
        first.setdefault(product.name, number)
        for member in product.members:
            hint = _collision(product.name, member.expname, stage)
            if hint is not None:
                message = f"the product's name equals that of its member {member.expname!r}"
                yield Finding("ASN223", message, path, hint)
                break


def _collision(name: str, expname: str, stage: int | None) -> str | None:
    if name not in expname:
        return None
    root = exposure_root(expname)
    if stage == 3 and name == root:
        return "so named, it would overwrite files that Stage 2 made of the exposure"
    # A Stage 2 product is named by its exposure.
    if name in (expname, expname.rsplit("/", 1)[-1]) or (name == stem(expname) and name != root):
        return f"did you mean {root!r}?" if stage == 2 else "leave suffix and extension out of it"
    return None


def _check_composition(product: Product, asn_type: str, stage: int | None) -> Iterator[Finding]:
    label = "the product" if product.name is None else f"product {product.name!r}"
    path = (*product.path, "members")
    science = product.with_role("science")
    if not product.members:  # which is a fault of structure
        return
    if not science:
        yield Finding("ASN210", f"{label} has no science member", path)
    elif stage == 2 and len(science) > 1:
        message = f"{label} has {len(science)} science members"
        yield Finding("ASN212", message, science[1].path)
    if asn_type == "wfs-image3" and len(science) == 1:
        yield Finding("ASN213", f"{label} has one science member, not a pair", path)
    elif asn_type == "wfs-image3" and len(science) > 2:
        message = f"{label} has {len(science)} science members, not a pair"
        yield Finding("ASN218", message, science[2].path)
    if asn_type in ("coron3", "ami3") and not product.with_role("psf"):
        code = "ASN214" if asn_type == "coron3" else "ASN215"
        yield Finding(code, f"{label} of {asn_type} has no psf member", path)
    first: dict[str, Member] = {}
    for member in product.members:
        if member.expname in first:
            index = first[member.expname].path[-1]
            message = f"member {member.expname!r} is there twice, first as members[{index}]"
            yield Finding("ASN211", message, (*member.path, "expname"))
        first.setdefault(member.expname, member)


def _check_member(member: Member, asn_type: str, stage: int | None) -> Iterator[Finding]:
    if "/" in member.expname:
        hint = f"write {member.expname.rsplit('/', 1)[-1]!r} and keep the file beside the association"
        message = f"expname {member.expname!r} holds a folder"
        yield Finding("ASN217", message, (*member.path, "expname"), hint)
    if member.exptype:
        yield from _check_exptype(member, asn_type, stage)
    yield from _check_level(member, asn_type, stage)


def _check_exptype(member: Member, asn_type: str, stage: int | None) -> Iterator[Finding]:
    path = (*member.path, "exptype")
    exptype, lower = member.exptype, member.role
    if lower in OBSOLETE_EXPTYPES:
        hint = f"write {OBSOLETE_EXPTYPES[lower]!r}"
        yield Finding("ASN204", f"exptype {exptype!r} is of an early specification", path, hint)
    elif lower not in KNOWN_EXPTYPES:
        unknown = UnknownExptypeError(exptype, nearest_exptype(exptype))
        yield Finding("ASN201", f"unknown exptype {exptype!r}", path, unknown.hint)
    elif exptype != lower and _drops_capitals(lower, asn_type, stage):
        message = f"exptype {exptype!r} is in capitals, and the pipeline drops the member"
        yield Finding("ASN203", message, path, f"write {lower!r}")
    elif exptype != lower:
        yield Finding("ASN202", f"exptype {exptype!r} is in capitals", path, f"write {lower!r}")


def _drops_capitals(role: str, asn_type: str, stage: int | None) -> bool:
    # jwst.datamodels.ModelLibrary compares exptypes as they are written. In jwst 3.0.0, image3 reads all its
    # members with it, and every pipeline its science members, to look up the parameters for them. In Stage 2
    # capitals are what its early specification wrote, so they stay valid there.
    return asn_type == "image3" or (stage == 3 and role == "science")


# What a stage cannot start from. Source: jwst documentation, inputs of the calwebb pipelines.
_STAGE1 = frozenset(("uncal", "ramp"))
_STAGE1_RESULTS = frozenset(("rate", "rateints"))
_STAGE2_RESULTS = frozenset(
    ("cal", "calints", "crf", "crfints", "i2d", "s2d", "s3d", "x1d", "x1dints", "c1d")
)
_LEVELLED_ROLES = frozenset(("science", "background", "imprint", "psf", "selfcal"))


def _check_level(member: Member, asn_type: str, stage: int | None) -> Iterator[Finding]:
    if stage is None or member.role not in _LEVELLED_ROLES:
        return
    suffix = stem(member.expname).rsplit("_", 1)[-1]
    if suffix in _STAGE1 or suffix in (_STAGE2_RESULTS if stage == 2 else _STAGE1_RESULTS):
        what = (
            f"{member.role} {member.expname!r} is not of the level that {asn_type or f'Stage {stage}'} reads"
        )
        yield Finding("ASN216", what, (*member.path, "expname"), _level_hint(member, asn_type, stage))


def _level_hint(member: Member, asn_type: str, stage: int) -> str:
    if stage == 2:
        return "Stage 2 reads _rate and _rateints"
    if asn_type == "spec3" and member.role == "background":
        return "spec3 reads the background's _x1d"
    return "Stage 3 reads _cal and _calints"
