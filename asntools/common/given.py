"""Arguments of functions for scripts: file names, texts and dicts, one or several, or something else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from asntools.common.faults import Fault

Names: TypeAlias = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""Names of files, or one of them."""

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_TEXT = re.compile(r".*[\n\r]|\s*(?:[{\[]|---)")


def check_source(source: Any, function: str, what: str) -> None:
    """Raise a Fault unless `source` is an open file or a file name.

    `function` is the name of the function that reads it, and `what` is in the file: ``an association``.
    """
    if isinstance(source, (str, bytes)):
        if isinstance(source, bytes) or _TEXT.match(source):
            opened = "io.StringIO(text)" if isinstance(source, str) else "io.BytesIO(text)"
            raise Fault(f"the text of {what}, not a file name; read it with {function}({opened})")
        if not source:
            raise Fault("expected a file name, but it is empty")
    elif isinstance(source, Mapping):
        raise Fault(f"already {what}, not a file name")
    else:
        refuse_no_file(source, "read")


def refuse_no_file(file: Any, method: str) -> None:
    """Raise a Fault unless this is a file name or an open file, which has that method."""
    if not isinstance(file, (str, os.PathLike)) and not hasattr(file, method):
        raise Fault(f"neither a file name nor an open file: {type(file).__name__}")


def several(values: str | os.PathLike[str] | Iterable[Any]) -> list[Any]:
    """Return one or several file names, or other texts, as a list."""
    if isinstance(values, (str, os.PathLike)):
        return [values]
    if not isinstance(values, Iterable):
        raise Fault(f"expected one or several texts, not {type(values).__name__}")
    return list(values)


def dicts(values: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return one or several dicts as a list; raises a `Fault` if they are something else."""
    if isinstance(values, (str, bytes, os.PathLike)):
        raise Fault(f"expected dicts, but {str(values)!r} is text or a file name; read it first")
    if not isinstance(values, Iterable):
        raise Fault(f"expected dicts, not {type(values).__name__}")
    listed = [values] if isinstance(values, Mapping) else list(values)
    for place, value in enumerate(listed):
        if not isinstance(value, Mapping):
            raise Fault(f"expected dicts, but the value at {place} is of type {type(value).__name__}")
    return listed


def is_url(name: str) -> bool:
    """Return whether a name is that of something on the network."""
    return _URL.match(name) is not None
