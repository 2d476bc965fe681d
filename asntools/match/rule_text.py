"""The text of a rule file: YAML, read once, with the line of each of its parts.

It is read from the parser's events, not with a loader, so that nothing is constructed that has no place in a
rule file (dates, tagged values, aliases), and each refusal has a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from asntools.common.faults import Fault

Place: TypeAlias = tuple[str | int, ...]

MAX_DEPTH = 40
_MAX_DIGITS = 18
_TAG = "tag:yaml.org,2002:"
_TRUE = ("yes", "true", "on")


class Unquoted:
    """Something that is not text in YAML, such as a date or a fraction, and has no place in a rule file."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text


class RuleFile(NamedTuple):
    """A rule file's document, and the line of each of its parts."""

    source: str
    document: Any
    lines: dict[Place, int]

    def fault(self, place: Place, message: str, *, serious: bool = True) -> Fault:
        """Return a fault that names the place and its line."""
        return Fault(f"{_shown(place)}: {message}", self.source, self.line(place), serious=serious)

    def line(self, place: Place) -> int:
        """Return the line of a part or, if it is not there, of the part that it would be in."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_rule_text(data: bytes, source: str) -> RuleFile:
    """Read a rule file's text.

    Raises a `Fault` if it is not UTF-8, not YAML, or YAML that has no place in a rule file.
    """
    import yaml

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Fault(f"not UTF-8: byte 0x{data[error.start]:02x}", source, line) from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(source, yaml.parse(text, Loader=loader), yaml.SafeLoader.yaml_implicit_resolvers)
    try:
        return RuleFile(source, reader.document(), reader.lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = mark.line if mark else text.count("\n", 0, getattr(error, "position", 0))
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise Fault(f"not YAML: {problem}", source, at + 1) from error


class _Reader:
    def __init__(self, source: str, events: Iterator[Any], resolvers: dict[str, Any]):
        self.source = source
        self.events = events
        self.resolvers = resolvers
        self.lines: dict[Place, int] = {}

    def document(self) -> Any:
        document = None
        documents = 0
        for event in self.events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise self._fault(event, "not YAML: but found another document")
                document = self._value(next(self.events), ())
        return document

    def _fault(self, event: Any, message: str) -> Fault:
        return Fault(message, self.source, event.start_mark.line + 1)

    def _value(self, event: Any, place: Place) -> Any:
        self.lines.setdefault(place, event.start_mark.line + 1)
        kind = type(event).__name__
        if kind == "AliasEvent":
            raise self._fault(event, "a YAML alias; share parts with 'blocks' and 'use'")
        if kind == "ScalarEvent":
            return self._scalar(event)
        if event.tag is not None and event.tag not in ("!", f"{_TAG}seq", f"{_TAG}map"):
            raise self._fault(event, f"a YAML tag, {_short(event.tag)}; a rule file must not have any")
        if len(place) >= MAX_DEPTH:
            raise self._fault(event, "nested too deeply")
        return self._list(place) if kind == "SequenceStartEvent" else self._mapping(place)

    def _list(self, place: Place) -> list[Any]:
        found: list[Any] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            found.append(self._value(event, (*place, len(found))))
        return found

    def _mapping(self, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            key = self._scalar(event) if type(event).__name__ == "ScalarEvent" else None
            if not isinstance(key, str):
                shown = f"the key {event.value}" if type(event).__name__ == "ScalarEvent" else "a key"
                raise self._fault(event, f"{_short(shown)} is not text; as a name it needs quotes")
            if key in found:
                raise self._fault(event, f"the key {_short(repr(key))} is given twice")
            here = (*place, key)
            self.lines[here] = event.start_mark.line + 1
            found[key] = self._value(next(self.events), here)
        return found

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        plain, quoted = event.implicit
        if not plain and not quoted:
            if event.tag in (f"{_TAG}str", "!"):
                return text
            raise self._fault(event, f"a YAML tag, {_short(event.tag)}; a rule file must not have any")
        if not plain:
            return text
        return self._plain(text)

    def _plain(self, text: str) -> Any:
        kind = self._kind(text)
        if kind is None:
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in _TRUE
        if kind == "int" and text.isdecimal() and text.isascii() and len(text) < _MAX_DIGITS:
            return int(text)
        return Unquoted(_short(text))

    def _kind(self, text: str) -> str | None:
        # What YAML takes unquoted text for; None for text.
        for tag, pattern in self.resolvers.get(text[:1], ()):
            if pattern.match(text):
                return str(tag).removeprefix(_TAG)
        return None


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:36]}..."


def _shown(place: Place) -> str:
    text = ""
    for key in place:
        text += f"[{key}]" if isinstance(key, int) else f".{_short(key)}"
    return text.removeprefix(".") or "the file"
