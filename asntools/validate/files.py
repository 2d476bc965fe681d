"""Whether the files are there that associations name."""

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
    """Make sure that files can be looked for in a folder; a `Fault` says why they cannot."""
    if not os.path.isdir(folder):
        raise Fault("is not a folder to look for files in", folder)
    if not os.access(folder, os.X_OK):
        raise Fault("cannot look for files: permission denied", folder)


def check_presence(products: Iterable[Product], folder: str) -> Iterator[Finding]:
    """Report of each product whether it is ready, and of each of its files whether it is present.

    Members may name folders below `folder`, or absolute ones. Findings have no source and line, and no order.
    """
    for product in products:
        present = {member.expname: _is_file(folder, member.expname) for member in product.members}
        missing = sum(not there for there in present.values())
        if missing or not present:
            message = f"{product.label} is not ready: {missing} of {len(present)} files missing"
            yield Finding("ASN402", message, product.path)
        else:
            yield Finding("ASN404", f"{product.label} is ready", product.path)
        first = {member.expname: member for member in reversed(product.members)}
        for member in first.values():
            code, state = ("ASN403", "present") if present[member.expname] else ("ASN401", "missing")
            hint = f"no such file in {folder}" if state == "missing" else None
            message = f"{member.expname!r} is {state}"
            yield Finding(code, message, (*member.path, "expname"), hint)


def _is_file(folder: str, name: str) -> bool:
    try:
        return os.path.isfile(os.path.join(folder, name))
    except ValueError:  # a null character
        return False
