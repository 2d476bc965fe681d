"""YAML, as far as JSON can express it: values and their positions.

PyYAML's loaders give no positions and take 01234 for a number; ruamel.yaml gives positions, but also takes
01234 for a number, and is 23 times slower. So this reads PyYAML's events.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from asntools.asn.document import Document
from asntools.asn.formats import Format
from asntools.asn.numbers import plain, read_float, read_int
from asntools.asn.text import MAX_DEPTH, Parts, Path, SyntaxFault, Text
from asntools.asn.yaml_scalars import BOOLEANS, CORE, NOT_FINITE, NULLS, kind_of_plain
from asntools.jwst.asn_keys import KEYWORDS, MEMBER_KEYS

MAX_COPIED = 100_000
"""How many values all aliases of a text may expand to."""

_COMMENT = re.compile(r"(?<!\S)#")
_TAGGED_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_READERS: dict[str, Callable[[str], float]] = {"int": read_int, "float": read_float}
_TEXT_KEYWORDS = frozenset((*KEYWORDS, "name", *MEMBER_KEYS)) - {"constraints"}


class _Open:
    # A list or an object that is still being read.
    def __init__(self, value: Any, path: Path, anchor: str | None):
        self.value = value
        self.path = path
        self.anchor = anchor
        self.key: str | None = None
        self.keys: dict[str, int] = {}


class _Reader:
    # Reads events, not nodes: they come one by one, so that depth and aliases are bounded from the start.
    def __init__(self, text: Text):
        self.text = text
        self.places: dict[Path, int] = {}
        self.duplicates: list[tuple[Path, int, int]] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, Any] = {}
        self._copied = 0
        self._value: Any = None

    def document(self, events: Iterator[Any]) -> Any:
        """Read the events up to the end of a document."""
        import yaml

        for event in events:
            start = event.start_mark.index
            if isinstance(event, yaml.DocumentEndEvent):
                return self._value
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, start)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(str(event.anchor), start)
            elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
                self._open(event, start, [] if isinstance(event, yaml.SequenceStartEvent) else {})
            elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                done = self._stack.pop()
                if done.anchor is not None:
                    self._anchors[done.anchor] = done.value
        return self._value

    def _expects_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _add(self, value: Any, start: int) -> Path:
        path: Path = ()
        if not self._stack:
            self._value = value
        elif isinstance((frame := self._stack[-1]).value, list):
            path = (*frame.path, len(frame.value))
            frame.value.append(value)
        elif frame.key is None:
            self._begin_entry(frame, value, start)
            return ()
        else:
            path = (*frame.path, frame.key)
            frame.value[frame.key] = value
            frame.key = None
        self.places[path] = start
        return path

    def _begin_entry(self, frame: _Open, key: Any, start: int) -> None:
        if not isinstance(key, str):
            raise self.text.fault("not-a-string-key", start, "a key that is not a string", "put it in quotes")
        if key in frame.keys:
            self.duplicates.append(((*frame.path, key), frame.keys[key], start))
        else:
            frame.keys[key] = start
        frame.key = key

    def _open(self, event: Any, start: int, value: Any) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _too_deep(self.text, start)
        self._check_tag(event.tag, start, ("seq", "map"))
        path = self._add(value, start)
        self._stack.append(_Open(value, path, event.anchor))

    def _check_tag(self, tag: str | None, start: int, known: tuple[str, ...]) -> None:
        if tag is not None and tag != "!" and tag.removeprefix(CORE) not in known:
            shown = tag.replace(CORE, "!!")
            raise self.text.fault(
                "tag", start, f"the tag {shown} is not allowed", "an association has plain values only"
            )

    def _scalar(self, event: Any, start: int) -> None:
        value = self._plain_value(event, start)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        self._add(value, start)

    def _plain_value(self, event: Any, start: int) -> Any:
        self._check_tag(event.tag, start, ("str", "int", "float", "bool", "null"))
        said: str = event.value
        if event.tag is not None:
            return self._typed(said, event.tag.removeprefix(CORE), start)
        if not event.implicit[0]:
            return said
        if said == "<<" and self._expects_key():
            raise self.text.fault(
                "merge-key", start, "'<<' does not merge mappings here", "write out the keys"
            )
        value = self._typed(said, kind_of_plain(said), start)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        is_text_wanted = bool(self._stack) and self._stack[-1].key in _TEXT_KEYWORDS
        return said if is_number and is_text_wanted and _written(plain(value)) != said else value

    def _typed(self, said: str, kind: str, start: int) -> Any:
        is_number = _TAGGED_NUMBER.fullmatch(said) is not None
        if kind == "float" and (NOT_FINITE.fullmatch(said) or (is_number and math.isinf(float(said)))):
            raise self.text.fault("nan", start, f"JSON has no {said}", "write null")
        with suppress(ValueError):  # an integer with a decimal point, or with too many digits
            if kind in _READERS and is_number:
                return _READERS[kind](said)
        if kind == "bool" and said in BOOLEANS:
            return BOOLEANS[said]
        if kind == "null" and said in NULLS:
            return None
        if kind in (*_READERS, "bool", "null"):
            raise self.text.fault("bad-number", start, f"{said[:40]} is not a value of its type")
        return said

    def _alias(self, anchor: str, start: int) -> None:
        if anchor not in self._anchors:
            what = f"the alias *{anchor} refers to nothing before it"
            raise self.text.fault("alias", start, what, "write out the value")
        value = self._anchors[anchor]
        size, depth = _extent(value)
        self._copied += size
        if self._copied > MAX_COPIED:
            raise self.text.fault("alias", start, f"the aliases expand to more than {MAX_COPIED} values")
        if depth + len(self._stack) > MAX_DEPTH:
            raise _too_deep(self.text, start)
        self._add(copy.deepcopy(value), start)


def _too_deep(text: Text, offset: int) -> SyntaxFault:
    return text.fault("too-deep", offset, f"nested more than {MAX_DEPTH} deep", "an association is 5 deep")


def _extent(value: Any) -> tuple[int, int]:
    size, depth, level = 1, 0, [value]
    while level := [
        inner
        for outer in level
        if isinstance(outer, (dict, list))
        for inner in (outer.values() if isinstance(outer, dict) else outer)
    ]:
        size += len(level)
        depth += 1
    return size, depth + 1


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _written(number: float) -> str:
    digits = repr(number)
    # YAML 1.1, and so the writer of YAML, has a point in every float.
    return digits.replace("e", ".0e") if "e" in digits and "." not in digits else digits


def parse_yaml(text: Text) -> Iterator[Document]:
    """Read the YAML documents of a text; raises a `SyntaxFault` at the place where it is no longer YAML.

    YAML that JSON cannot express is refused: tags, merge keys, keys that are not strings, infinite numbers.
    Without quotes, decimal numbers, true, false and null mean the same as in JSON; anything else is text:
    dates, yes and no, 012, 1_000, 0x1f. So is a number, such as 1.50, that would be written differently, if a
    keyword of associations takes text. Aliases are taken as copies, up to `MAX_COPIED` values.
    """
    import yaml

    @cache
    def form() -> Format:
        # Of its layout only line ends and comments are known, and these for the whole text.
        whole = text.text
        newline = "\r\n" if "\r\n" in whole else "\n"
        final_newline, comments = whole.endswith("\n"), has_comments(whole)
        return Format("yaml", None, newline=newline, final_newline=final_newline, comments=comments)

    try:
        events = yaml.parse(text.text, Loader=_loader())
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                yield _document(_Reader(text), events, form)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        offset = min(mark.index, len(text.text)) if mark else 0
        if str(error.problem).startswith("exceeded maximum nesting depth"):  # libyaml 0.2.6, at 1,000
            raise _too_deep(text, offset) from None
        hint = "YAML is indented with spaces" if text.text[offset : offset + 1] == "\t" else ""
        raise text.fault("yaml", offset, f"not YAML: {error.problem or error.context}", hint) from None
    except yaml.reader.ReaderError as error:
        offset = max(0, min(error.position, len(text.text)))
        raise text.fault("control-character", offset, f"not YAML: {error.reason}") from None


def _document(reader: _Reader, events: Iterator[Any], form: Callable[[], Format]) -> Document:
    value = reader.document(events)
    parts = Parts(reader.places.get, reader.duplicates)
    span = (reader.places[()], len(reader.text.text))
    twice = bool(reader.duplicates)
    return Document(value, reader.text, span, has_duplicates=twice, locate=lambda: parts, form=form)


def has_comments(text: str) -> bool:
    """Return whether a text has comments, or something like comments where it is no longer YAML."""
    import yaml

    at = 0
    with suppress(yaml.YAMLError):
        for event in yaml.parse(text, Loader=_loader()):
            if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
                if _COMMENT.search(text, at, event.start_mark.index):
                    return True
                at = event.end_mark.index
    return _COMMENT.search(text, at) is not None
