"""Small Unix filters, and the functions behind them, for JWST associations."""

# Nothing is imported here: until the command begins, Python reports a Ctrl-C by a traceback.
TYPE_CHECKING = False  # as checkers of types take it
if TYPE_CHECKING:
    from asntools.api import AssociationError, dump_asn, load_asn
    from asntools.common.version import __version__

__all__ = ["AssociationError", "__version__", "dump_asn", "load_asn"]


def __getattr__(name: str) -> object:
    # Resolved on first use, so that a command that needs none of them starts at once.
    if name == "__version__":
        from asntools.common.version import __version__

        return __version__
    if name in __all__:
        from asntools import api

        return getattr(api, name)
    raise AttributeError(f"module 'asntools' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
