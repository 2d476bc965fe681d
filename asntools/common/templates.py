"""Product names from templates: ``{target}_{instrume}_{filter|band}``, with attributes in braces.

This is less than `str.format` on purpose: a template may come from anywhere, and reaches nothing but the
values that it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from asntools.common.faults import Fault, first_unseen

_PIECE = re.compile(
    r"(?P<double>\{\{|\}\})|\{(?P<names>[a-zA-Z]\w*(?:\|[a-zA-Z]\w*)*)\}|(?P<text>[^{}]+)", re.ASCII
)


def unfit_in_name(text: str) -> str | None:
    """Return the character that keeps a text from being part of a file name, or None."""
    return unfit_in_path(text) or ("/" if "/" in text else None)


def unfit_in_path(text: str) -> str | None:
    """Return the character that keeps a text from naming a file in any folder, or None."""
    if text != text.strip():
        return text[0] if text[0].isspace() else text[-1]
    return first_unseen(text) or ("\\" if "\\" in text else None)


def is_template(text: str) -> bool:
    """Return whether a text is a template rather than a plain word: whether it has a brace."""
    return "{" in text or "}" in text


def check_template(template: str) -> None:
    """Raise a `Fault` if a template cannot be read, or has a character that no product name may have."""
    for _ in _pieces(template):
        pass


def expand(template: str, values: Mapping[str, str], missing: Callable[[str], str]) -> str:
    """Return a template with values in place of the attributes in braces.

    ``{a}`` is the value of a, ``{a|b}`` that of the first that has one; ``{{`` and ``}}`` are literal braces.
    An attribute without a value raises a `Fault` with the text that `missing` returns; so does a template
    that cannot be read, and a value that cannot be part of a name.
    """
    return "".join(
        text if names is None else _value(names, values, missing) for text, names in _pieces(template)
    )


def _pieces(template: str) -> Iterator[tuple[str, list[str] | None]]:
    # A piece of text and None, or the text within braces and the names in it.
    at = 0
    while at < len(template):
        match = _PIECE.match(template, at)
        if match is None:
            raise Fault(_why(template, at))
        if unfit := unfit_in_name(match[0]):
            raise Fault(f"template {template!r}: {unfit!r} cannot be part of a product name")
        names = match["names"]
        yield (
            (match[0], names.lower().split("|"))
            if names
            else (match[0][:1] if match["double"] else match[0], None)
        )
        at = match.end()
    if not template:
        raise Fault("template '': a product needs a name")


def _why(template: str, at: int) -> str:
    end = template.find("}", at)
    if template[at] == "}":
        return f"template {template!r}: '}}' without '{{'; a literal brace is written '}}}}'"
    if end < 0:
        return f"template {template!r}: '{{' without '}}'; a literal brace is written '{{{{'"
    field = template[at : end + 1]
    return f"template {template!r}: {field!r} is not an attribute, such as '{{filter}}'"


def _value(names: list[str], values: Mapping[str, str], missing: Callable[[str], str]) -> str:
    value = next((values[name] for name in names if name in values), None)
    if value is None:
        raise Fault(f"{{{'|'.join(names)}}}: {missing(names[0])}")
    if unfit := unfit_in_name(value):
        raise Fault(f"{{{'|'.join(names)}}}: {value!r} has {unfit!r}, which cannot be part of a product name")
    return value
