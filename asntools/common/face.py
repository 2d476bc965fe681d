"""The face of a room: the functions that scripts use, found by name and imported on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


def face(room: str, **modules: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package that imports nothing until it is asked.

    `room` is the package's ``__name__``; `modules` are those in it that have its public names, which stand
    with a blank between them. What scripts give to a function is checked.
    """
    home = {name: module for module, names in modules.items() for name in names.split()}

    @cache
    def get(name: str) -> Any:
        if name in home:
            found = getattr(import_module(f"{room}.{home[name]}"), name)
            if isinstance(found, type) or not callable(found):
                return found
            from asntools.common.signatures import checked

            function = checked(found)
            function.__module__ = room  # where pickle finds it
            return function
        raise AttributeError(f"module {room!r} has no attribute {name!r}")

    return get, lambda: sorted(home)
