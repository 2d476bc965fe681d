"""Arguments from scripts, checked against the signatures of functions: one message for any wrong type."""

from __future__ import annotations

import collections.abc
import functools
import os
import types
import typing
from collections.abc import Callable
from typing import Any

from asntools.common.faults import Fault
from asntools.common.words import listed

_MANY = (collections.abc.Iterable, collections.abc.Sequence, collections.abc.Collection, list)
_COLLECTIONS = (list, tuple, set, frozenset)
_WORDS: dict[object, str] = {
    str: "a text",
    bytes: "bytes",
    tuple: "a pair",
    os.PathLike: "a path",
    dict: "a dict",
    collections.abc.Mapping: "a dict",
    collections.abc.Callable: "a function",
    int: "a whole number",
    types.NoneType: "None",
}
_READ = {"a dict", "a list of dicts"}  # what files contain


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that raises a `Fault` if an argument does not have its annotated type.

    Elements are looked at in lists and the like, and in nothing that can be gone through once only.
    """
    try:
        hints = typing.get_type_hints(function)
    except NameError:  # of what is imported for checkers of types alone
        hints = {}
    hints.pop("return", None)
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code else ()

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            if name in hints and not _fits(value, hints[name]):
                wanted = [*dict.fromkeys(_wanted(hints[name]))]
                is_name = isinstance(value, (str, os.PathLike))
                read = "; read the file first" if is_name and _READ.issuperset(wanted) else ""
                raise Fault(
                    f"{function.__name__}: {name} must be {listed(wanted, 'or')}, not {_given(value)}{read}"
                )
        return function(*args, **kwargs)

    return call


def _fits(value: Any, hint: Any) -> bool:
    origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, each) for each in args)
    if origin is collections.abc.Callable:
        return callable(value)
    if origin is tuple:
        return isinstance(value, (tuple, list))
    if origin in _MANY:
        if isinstance(value, (str, bytes, collections.abc.Mapping)) or not isinstance(value, origin):
            return False
        return not isinstance(value, _COLLECTIONS) or all(_fits(each, args[0]) for each in value)
    # A flag is whatever is true or false; what takes open files says itself what it takes for one.
    is_class = isinstance(origin, type) and origin is not bool and origin.__module__ != "typing"
    return not is_class or isinstance(value, origin)


def _wanted(hint: Any) -> list[str]:
    origin, args = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return [each for arg in args for each in _wanted(arg)]
    if origin in _WORDS:
        return [_WORDS[origin]]
    if origin in _MANY:
        inner = _wanted(args[0])
        return [f"a list of {inner[0].removeprefix('a ')}s" if len(inner) == 1 else "a list of these"]
    return [f"a {getattr(origin, '__name__', origin)}"]


def _given(value: Any) -> str:
    if value is None or isinstance(value, (str, bytes, int, float)):
        return repr(value)
    if isinstance(value, _COLLECTIONS) and value:
        return f"a {type(value).__name__} of {type(next(iter(value))).__name__}"
    return f"a {type(value).__name__}"
