"""A JSON value with its position and format in its file, as returned by all readers of associations."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from asntools.asn.products import Association
from asntools.asn.text import Parts, Path, Text

if TYPE_CHECKING:
    from asntools.asn.formats import Format


class Document:
    """A value, usually an association, with its position and format in its file.

    `span` are the offsets of its first character and of the one after its last; `locate` and `form` are
    called on demand, for the positions of its parts and for the format in which to write it so that its file
    looks as before. `index` is its number among the documents of the file, from 0.
    """

    def __init__(
        self,
        value: Any,
        text: Text,
        span: tuple[int, int],
        *,
        has_duplicates: bool,
        locate: Callable[[], Parts],
        form: Callable[[], Format],
    ):
        self.value: Association = value  # of no other type, once `documents.refusal` has let it through
        self.text = text
        self.start, self.end = span
        self.has_duplicates = has_duplicates
        self.index = 0
        self._locate = locate
        self._form = form

    @property
    def source(self) -> str:
        """The file's name."""
        return self.text.source or ""

    @cached_property
    def line(self) -> int:
        """The line on which it starts."""
        return self.text.position(self.start)[0]

    @cached_property
    def _parts(self) -> Parts:
        return self._locate()

    @cached_property
    def format(self) -> Format:
        """The format in which to write it, so that its file looks as before."""
        return self._form()

    def position(self, path: Path = ()) -> tuple[int, int]:
        """Return the line and the column of the value at a path, or of the nearest one around it."""
        around = (self._parts.offset(path[:length]) for length in range(len(path), 0, -1))
        return self.text.position(next((each for each in around if each is not None), self.start))

    @property
    def duplicates(self) -> list[tuple[Path, int, int]]:
        """Path, first and second offset of each repeated key; the last value was taken."""
        return self._parts.duplicates if self.has_duplicates else []
