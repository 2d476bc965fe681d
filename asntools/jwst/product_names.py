"""The names of products that Stage 3 makes, in the observatory's convention.

The forms are those of jwst 3.0.0, jwst.associations.lib.rules_level3_base.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asntools.jwst.asn_names import PREFIX

EXPOSURE = "exposure"
"""The style of Stage 2, in which each product is named after its exposure."""

PRODUCTS = {
    EXPOSURE: "{exposure}",
    "instrument": "{observed}_{target}_{instrument}",
    "optical-elements": "{observed}_{target}_{instrument}_{optics}{slit}{subarray}",
    "activity": "{observed}_{target}_{instrument}_{optics}{slit}{subarray}-{detector}_{{suffix}}-{activity}",
    "coron-image": "{observed}_{target}_{instrument}_{optics}{subarray}-image3",
    "sources": "{observed}_{{source_id}}_{instrument}_{optics}{slit}{subarray}",
    "slits-and-sources": ("{observed}_{target}-{{source_id}}_{instrument}_{optics}-{{slit_name}}{subarray}"),
}
"""The styles of product names; the pipeline replaces the parts in double braces."""

_DIRECT_IMAGE = "{observed}_{target}_{instrument}_{optics}{subarray}"
_OPTICS = (("filter",), ("pupil",), ("grating",))

Values = Mapping[str, str | list[str]]
"""Attribute values that members share, by the attributes' names; a list if several go together."""


def value_of(values: Values, name: str) -> str:
    """Return a value as in names, or an empty text."""
    value = values.get(name, "")
    return value if isinstance(value, str) else "-".join(value)


def target_name(values: Values) -> str:
    """Return the target as in Stage 3 names: ``t`` and at least three characters."""
    return f"t{value_of(values, 'target'):0>3s}"


def parts_of_name(program: str, candidate: str, values: Values) -> dict[str, str]:
    """Return the parts that the styles combine, for exposures of a candidate that share `values`."""
    slit, subarray = value_of(values, "fxd_slit"), value_of(values, "subarray")
    return {
        "observed": f"{PREFIX}{program}-{candidate}",
        "target": target_name(values),
        "instrument": value_of(values, "instrume"),
        "optics": _optics(values, _OPTICS),
        "slit": f"-{slit}" if slit else "",
        "subarray": f"-{subarray}" if subarray not in ("", "full") else "",
        "detector": value_of(values, "detector"),
        "activity": f"{value_of(values, 'act_id'):0>2s}",
    }


def _optics(values: Values, sources: Iterable[tuple[str, ...]]) -> str:
    found = (next((value_of(values, name) for name in names if name in values), "") for names in sources)
    return "-".join(sorted(filter(None, found), key=str.lower)) or "clear"


def direct_image_product(program: str, candidate: str, values: Values, direct: Mapping[str, str]) -> str:
    """Return the name of the product of a direct image, for slitless exposures that share `values`.

    `direct` are the direct image's attributes from `attributes_of`.
    """
    miri = direct.get("instrume") == "miri"
    sources = (("filter",),) if miri else (("filter", "band"), ("pupil", "grating"))
    parts = parts_of_name(program, candidate, values) | {"optics": _optics(direct, sources)}
    parts["instrument"] = parts["instrument"] or direct.get("instrume", "")  # which a rule need not share
    return _DIRECT_IMAGE.format_map(parts).lower()
