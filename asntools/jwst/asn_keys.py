"""The keys of associations, products and members.

Sources: jwst documentation, "Stage 2 Associations: Technical Specifications" and those of Stage 3, whose
examples give the order; jwst 3.0.0, jwst/datamodels/container.py, for what the pipelines read of a member
beside the keys of the specification.
"""

from __future__ import annotations

KEYWORDS = (
    *("asn_type", "asn_rule", "version_id", "code_version", "degraded_status"),
    *("program", "constraints", "asn_id", "asn_pool", "target"),
)
"""The keywords of an association, which stand before its products."""

PRODUCTS = "products"
PRODUCT_KEYS = ("name", "members")
MEMBER_KEYS = ("expname", "exptype", "exposerr", "asn_candidate")

TWEAKREG_CATALOG = "tweakreg_catalog"
OTHER_MEMBER_KEYS = ("group_id", TWEAKREG_CATALOG)
"""The keys of a member that the pipelines read in addition to those of the specification."""
