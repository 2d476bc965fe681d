"""Small Unix filters, and the functions behind them, for JWST associations."""

from __future__ import annotations

from asntools.common.version import __version__

TYPE_CHECKING = (
    False  # as checkers of types take it, without the import of typing, which commands need not wait for
)
if TYPE_CHECKING:
    from typing import Any

    from asntools.api import AssociationError, dump_asn, load_asn

__all__ = ["AssociationError", "__version__", "dump_asn", "load_asn"]


def __getattr__(name: str) -> Any:
    # Resolved on first use, so that a command that needs neither starts at once.
    if name in __all__:
        from asntools import api

        return getattr(api, name)
    raise AttributeError(f"module 'asntools' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
