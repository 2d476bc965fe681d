"""Associations that the tests of pages and of pictures use."""

from __future__ import annotations

HOSTILE = [
    "</script><script>window.bad=1</script>",
    "]]>&amp;<!--",
    "\ufffe",
    "\u2028\u2029",
    "\x1b[31m\u202e",
    '"><img src=x onerror=bad=1>',
    "{{data}}",
    "__proto__",
    "\ud800",
]


def asn(product: str, asn_id: str = "o001", **members: str | list[str]) -> dict:
    found = [
        {"expname": name, "exptype": role, "exposerr": None}
        for role, names in members.items()
        for name in ([names] if isinstance(names, str) else names)
    ]
    return {
        **{"asn_id": asn_id, "asn_type": "image2", "asn_rule": "Asn_Lv2Image", "program": "01234"},
        "products": [{"name": product, "members": found}],
    }


STAGES = [
    asn("jw1", science="jw1_rate.fits", background=["jw2_rate.fits"]),
    asn("jw2", science="jw2_rate.fits"),
    asn("jw-o001", asn_id="o009", science=["jw1_cal.fits", "jw2_cal.fits", "other_cal.fits"]),
    asn("jw-far", asn_id="c1001", imprint="jw-o001_i2d.fits", science="unrelated_rate.fits"),
]
