"""Whether the files that associations name exist."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from asntools.common.faults import Fault
from asntools.validate.findings import Finding
from asntools.validate.products import Product


def folder_of(source: str) -> str:
    """Return the folder in which a pipeline looks for the members of an association: that of its file."""
    return os.path.dirname(source) or "."


def require_folder(folder: str) -> None:
    """Make sure that files can be looked for in a folder; raises a `Fault` that says why not."""
    if not os.path.isdir(folder):
        raise Fault("is not a folder to look for files in", folder)
    if not os.access(folder, os.X_OK):
        raise Fault("cannot look for files: permission denied", folder)


def check_presence(products: Iterable[Product], folder: str) -> Iterator[Finding]:
    """Report whether each product is ready, and whether each of its files is present.

    Members may name folders below `folder`, or absolute ones. Findings have no source and line, and no order.
    """
    for product in products:
        first = {member.expname: member for member in reversed(product.members)}
        present = {name for name in first if os.path.isfile(os.path.join(folder, name))}
        if present and len(present) == len(first):
            yield Finding("ASN404", f"{product.label} is ready", product.path)
        else:
            missing = f"{len(first) - len(present)} of {len(first)} files missing"
            yield Finding("ASN402", f"{product.label} is not ready: {missing}", product.path)
        for name, member in first.items():
            path = (*member.path, "expname")
            if name in present:
                yield Finding("ASN403", f"{name!r} is present", path)
            else:
                yield Finding("ASN401", f"{name!r} is missing", path, f"no such file in {folder}")
