"""FITS headers: the first blocks of a file, read for the values of a few keywords, and no further.

A header is a run of cards of 80 characters, in blocks of 2880, up to the card END (FITS standard 4.0,
sections 3.3 and 4). Values of the plain forms are read here, which is many times faster than a header as an
object; astropy reads the rest.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import struct
import zlib
from functools import lru_cache
from math import prod
from typing import BinaryIO, TypeAlias

from asntools.common.faults import Fault, os_reason

BLOCK = 2880
CARD = 80

Value: TypeAlias = bool | int | float | str | None

# One read holds the primary header of nearly all exposures, and the header that follows.
_READ = 16 * BLOCK
_LONGEST = 1024 * BLOCK
_MOST_AXES = 999  # as the standard has it
_END = b"END" + b" " * 77
_CARD = struct.Struct("8s72s")
_VALUE = re.compile(
    r"= *(?:'((?:[^']|'')*)'|([TF])|([+-]?\d+)|([+-]?(?:\d+\.?\d*|\.\d+)(?:[ED][+-]?\d+)?))? *(?:/.*)?"
)


class Header:
    """The cards of one header; a value is read when it is asked for."""

    __slots__ = ("_cards", "_data")

    def __init__(self, data: bytes):
        self._data = data
        # Backwards, so that of a keyword that comes twice the first card counts, as for astropy.
        self._cards: dict[bytes, bytes] = dict(reversed(list(_CARD.iter_unpack(data))))

    def __contains__(self, keyword: str) -> bool:
        return _key(keyword) in self._cards

    def card(self, keyword: str) -> bytes | None:
        """Return a card, less its keyword, with the cards that continue it; None if there is none."""
        key = _key(keyword)
        card = self._cards.get(key)
        if card is not None and b"&'" in card:
            for at in range(0, len(self._data), CARD):
                if self._data.startswith(key, at):
                    end = at + CARD
                    while self._data.startswith(b"CONTINUE", end):
                        end += CARD
                    return self._data[at + len(key) : end]
        return card

    def get(self, keyword: str) -> Value:
        """Return a keyword's value; None if the header has no such card, or no value on it.

        A ValueError where the card is not one that FITS allows.
        """
        card = self.card(keyword)
        return None if card is None else value_of(card)

    def data_size(self) -> int:
        """Return the size of the data that follows, in bytes, up to the end of its last block."""
        count = self._integer("NAXIS", 0)
        if count > _MOST_AXES:
            raise ValueError(f"not FITS: it has {count} axes")
        if count <= 0:
            return 0
        pixels = prod(self._integer(f"NAXIS{axis}", 0) for axis in range(1, count + 1))
        values = self._integer("GCOUNT", 1) * (pixels + self._integer("PCOUNT", 0))
        size = abs(self._integer("BITPIX", 8)) // 8 * values
        return -(-size // BLOCK) * BLOCK

    def _integer(self, keyword: str, default: int) -> int:
        value = self.get(keyword)
        return value if isinstance(value, int) else default


@lru_cache
def _key(keyword: str) -> bytes:
    return keyword.ljust(8).encode("latin-1", "replace")


def value_of(card: bytes) -> Value:
    """Return the value on a card: what follows the keyword, and the cards that continue it.

    A ValueError where it is not one that FITS allows.
    """
    match = _VALUE.fullmatch(card.decode("latin-1")) if len(card) < CARD else None
    if match is None:
        return _by_astropy(card)
    text, flag, integer, real = match.groups()
    if text is not None:
        return text.replace("''", "'").rstrip()
    if integer is not None:
        return int(integer)
    if real is not None:
        return float(real.replace("D", "E"))
    return None if flag is None else flag == "T"


def _by_astropy(card: bytes) -> Value:
    import warnings

    from astropy.io import fits

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = fits.Card.fromstring(b"KEYWORD " + card).value
    except Exception as error:  # a card can be wrong in many ways
        text = card[: CARD - 8].decode("latin-1").strip()
        raise ValueError(f"the card {text!r} cannot be read") from error
    return value if isinstance(value, bool | int | float | str) else None


class Headers:
    """What a file says of itself: its primary header, and that of the first extension."""

    __slots__ = ("_extension", "_sci", "primary")

    def __init__(self, primary: Header, extension: Header | None):
        self.primary = primary
        self._extension = extension
        self._sci = extension if extension is not None and extension.get("EXTNAME") == "SCI" else None

    def card(self, keyword: str) -> bytes | None:
        """Return a card as `Header.card` does, from the primary header or else from that of SCI."""
        card = self.primary.card(keyword)
        return self._sci.card(keyword) if card is None and self._sci is not None else card

    @property
    def is_pool(self) -> bool:
        """Whether the file holds a table, and is not one of the observatory's exposures."""
        if self._extension is None or "TELESCOP" in self.primary or "EXP_TYPE" in self.primary:
            return False
        return self._extension.get("XTENSION") in ("BINTABLE", "TABLE")


def read_headers(stream: BinaryIO, source: str) -> Headers:
    """Read the headers at the start of a FITS file, of which `FITS` are the first bytes, and no data.

    The stream is read no further than the headers go. A `Fault` where it cannot be read, is cut short, or has
    a header without end.
    """
    try:
        data, end = _through_end(b"", 0, stream)
        primary, extension, needed = Header(data[:end]), None, end
        if primary.data_size():
            needed += primary.data_size()
        elif (len(data) > end or (data := data + stream.read(BLOCK))) and data.startswith(b"XTENSION", end):
            data, needed = _through_end(data, end, stream)
            extension = Header(data[end:needed])
            needed += extension.data_size()
    except ValueError as error:
        raise Fault(f"{error}", source) from error
    except (OSError, EOFError, zlib.error) as error:
        what = os_reason(error) if isinstance(error, OSError) else "the compressed data end too early"
        raise Fault(f"cannot read: {what}", source) from error
    _check_size(stream, needed, source)
    return Headers(primary, extension)


def _through_end(data: bytes, start: int, stream: BinaryIO) -> tuple[bytes, int]:
    # Read until the header's last block is there; returns the data and where it ends.
    searched = start
    while True:
        at = data.find(_END, searched)
        if at >= 0 and (at - start) % CARD:
            searched = at + 1  # within a card
            continue
        end = start + -(-(at + CARD - start) // BLOCK) * BLOCK
        if at >= 0 and end <= len(data):
            return data, end
        if at < 0:
            searched = max(start, len(data) - CARD)
        if len(data) - start > _LONGEST:
            raise ValueError("not FITS: a header has no END")
        more = stream.read(_READ)
        if not more:
            raise ValueError("is cut short: it ends within a header")
        data += more


def _check_size(stream: BinaryIO, needed: int, source: str) -> None:
    # What is compressed, or comes through a pipe, does not say how long it is.
    try:
        state = os.fstat(stream.fileno())
    except (OSError, AttributeError):
        return
    if isinstance(stream, gzip.GzipFile) or not stat.S_ISREG(state.st_mode):
        return
    if state.st_size < needed or state.st_size % BLOCK:
        least = max(needed, -(-state.st_size // BLOCK) * BLOCK)
        raise Fault(f"is cut short: it has {state.st_size} bytes, and needs {least} or more", source)
