"""The face of a room: the functions that scripts use, found by name and imported on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any


def face(room: str, functions: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package that imports nothing until it is asked.

    `room` is the package's ``__name__``; `functions` are its public names, each with the module in it. What
    scripts give to a function is checked.
    """

    @cache
    def get(name: str) -> Any:
        if name in functions:
            found = getattr(import_module(f"{room}.{functions[name]}"), name)
            if isinstance(found, type) or not callable(found):
                return found
            from asntools.common.signatures import checked

            function = checked(found)
            function.__module__ = room  # where pickle finds it
            return function
        raise AttributeError(f"module {room!r} has no attribute {name!r}")

    return get, lambda: sorted(functions)
