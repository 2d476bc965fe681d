"""Product names from templates, filled in from an association and what the members of a product share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

from asntools.asn.products import Association, Product, chosen_products, copied, name_of, science_of
from asntools.common.faults import Fault
from asntools.common.templates import expand
from asntools.common.words import did_you_mean, listed, named
from asntools.edit.edits import with_name
from asntools.edit.parts import checked_product_name
from asntools.jwst.suffixes import exposure_attributes

_KEYWORDS = ("program", "asn_id", "asn_type", "target")
_FEW = 4
# As asn-build writes the values that the members of an association share.
_CONSTRAINT = re.compile(r"^([a-z]\w*): ([^,\n]+)$", re.ASCII | re.MULTILINE)


def name_products(
    association: Association, template: str, *, product: str | None = None, force: bool = False
) -> Association:
    """Name products with a template, such as ``{target}_{filter}-{pupil}``.

    Attributes are some keywords, those in the constraints as asn-build writes them, those in the names of the
    science members if all agree, and ``product``, the old name.
    """
    new = copied(association)
    chosen = set(map(id, chosen_products(new, product)))
    new["products"] = [
        with_name(one, _filled(template, new, one, force)) if id(one) in chosen else one
        for one in new["products"]
    ]
    names = [name_of(one) for one in new["products"]]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice and not force:
        raise Fault(f"several products would be named {named(twice)}; use more attributes, or --force")
    return new


def shared_attributes(association: Association, product: Product) -> dict[str, str]:
    """Return the attributes that a template may use, by name."""
    constraints = association.get("constraints")
    values = dict(_CONSTRAINT.findall(constraints)) if isinstance(constraints, str) else {}
    exposures = [exposure_attributes(name) for name in science_of(product)]
    for key in {key for exposure in exposures for key in exposure}:
        several = {exposure.get(key) for exposure in exposures}
        values.pop(key, None)
        if len(several) == 1:
            values[key] = several.pop()
    values |= {key: association[key] for key in _KEYWORDS if isinstance(association.get(key), str)}
    return values | {"product": name_of(product)}


def _filled(template: str, association: Association, product: Product, force: bool) -> str:
    values = shared_attributes(association, product)
    missing = partial(_why_missing, values, list(map(exposure_attributes, science_of(product))))
    return checked_product_name(expand(template, values, missing), force=force)


def _why_missing(values: Mapping[str, str], exposures: Sequence[Mapping[str, str]], attribute: str) -> str:
    several = sorted({each[attribute] for each in exposures if attribute in each})
    if several:
        shown = listed(several) if len(several) <= _FEW else f"{', '.join(several[:_FEW])}..."
        return f"the science members do not share it; they have {shown}"
    hint = did_you_mean(attribute, list(values), f"attributes are: {listed(sorted(values))}")
    return f"not an attribute that the members share{hint}"
