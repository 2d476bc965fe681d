"""New associations from lists of files by role."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO, TypeAlias

from asntools.asn.products import Association
from asntools.common.faults import Fault, Report, not_utf8, reading
from asntools.common.foreign import refuse_foreign
from asntools.common.version import __version__
from asntools.common.words import named
from asntools.edit.parts import Roles, checked_exptype, new_product, roles_of
from asntools.jwst.asn_names import DISCOVERED_ID
from asntools.jwst.asn_types import (
    DEFAULT_PROGRAM,
    DEFAULT_TARGET,
    NO_CONSTRAINTS,
    NOT_DEGRADED,
    PIPELINE_TYPES,
    STAGE_RULES,
    five_digits,
    stage_of,
)
from asntools.jwst.exptypes import SCIENCE
from asntools.jwst.suffixes import exposure_root, program_in

Role: TypeAlias = tuple[str, str]
"""An exptype and a file's name."""

_ROLE = re.compile(r"(?P<file>.*?[^\s,])(\s*,\s*|\s+)(?P<exptype>[^\s,]+)")


def create(
    asn_type: str,
    roles: Roles,
    *,
    product: str | None = None,
    program: str | int | None = None,
    target: str = DEFAULT_TARGET,
    asn_id: str = DISCOVERED_ID,
    asn_rule: str | None = None,
    force: bool = False,
) -> Association:
    """Return an association made from files.

    A Stage 3 association has one product, named `product`. A Stage 2 association has one product per science
    file, named after it, and all files with other roles in each product. `asn_type` may be in any case, and
    a numeric program is written with five digits; by default the program is taken from the file names if they
    agree. `force` is that of `asntools.edit.edits`.
    """
    asn_type = asn_type.lower()
    stage = _stage(asn_type, force)
    pairs = [(checked_exptype(exptype, force=force), file) for exptype, file in roles_of(roles)]
    if stage == 3:
        if product is None:
            raise Fault(f"an association of type {asn_type} makes one product; name it with --product NAME")
        products = [new_product(product, pairs, force=force)]
    else:
        if product is not None:
            raise Fault(
                f"the products of type {asn_type} are named after their science files; leave out --product"
            )
        science = [role for role in pairs if role[0] == SCIENCE]
        companions = [role for role in pairs if role[0] != SCIENCE]
        if not science:
            raise Fault("there is no science file, and each product needs one")
        products = [
            new_product(exposure_root(file), [(exptype, file), *companions], force=force)
            for exptype, file in science
        ]
        name, count = Counter(one["name"] for one in products).most_common(1)[0]
        if count > 1 and not force:
            raise Fault(f"several science files would make the product {name!r}; give one of them")
    return {
        "asn_type": asn_type,
        "asn_rule": STAGE_RULES[stage] if asn_rule is None else asn_rule,
        "version_id": None,
        "code_version": __version__,
        "degraded_status": NOT_DEGRADED,
        "program": program_of([file for _, file in pairs])
        if program is None
        else five_digits(str(program).removesuffix(".0")),
        "constraints": NO_CONSTRAINTS,
        "asn_id": asn_id,
        "asn_pool": "none",
        "target": target,
        "products": products,
    }


def _stage(asn_type: str, force: bool) -> int:
    stage = stage_of({"asn_type": asn_type})
    if stage is None or (asn_type not in PIPELINE_TYPES and not force):
        raise Fault(
            f"no pipeline takes the type {asn_type!r}; types are: {named(PIPELINE_TYPES, asn_type, 12)}"
        )
    return stage


def program_of(files: Sequence[str]) -> str:
    """Return the program on which the names of all files agree, or ``noprogram``."""
    found = set(map(program_in, files))
    program = found.pop() if len(found) == 1 else None
    return program or DEFAULT_PROGRAM


def read_roles(stream: BinaryIO, source: str, report: Report, *, force: bool = False) -> Iterator[Role]:
    """Yield files and their roles from text with one file and exptype per line; the exptype is the last word.

    There may be a comma between the two. Empty lines are ignored, and so are comments, which start with a
    ``#`` at the start of a line or after a space. Lines end as on Unix, Windows or the old Macintosh. A line
    that cannot be used is reported.
    """
    with reading(source):
        data = stream.read()
    refuse_foreign(data, source)
    for number, raw in enumerate(data.splitlines(), 1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            text = re.sub(r"(^|\s)#.*", "", line).strip()
            words = _ROLE.fullmatch(text)
            if words:
                yield checked_exptype(words["exptype"], force=force), words["file"]
            elif text:
                raise Fault(f"expected a file and its exptype, not {text!r} alone")
        except UnicodeDecodeError as error:
            report(Fault(not_utf8(error), source, number))
        except Fault as fault:
            report(Fault(fault.message, source, number))
