"""Small FITS files with the headers that pool rows describe: no data, and the extension SCI."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import starmap
from pathlib import Path

from astropy.io import fits

from asntools.jwst.keywords import KEYWORDS

BY_ATTRIBUTE = {keyword.attribute: keyword for keyword in KEYWORDS}
# What stands in real headers with leading zeros.
DIGITS = {"program": 5, "obs_num": 3, "visit": 3, "visitgrp": 2, "exposure": 5}
YES = {"t", "true", "y", "yes"}
NO = {"f", "false", "n", "no"}


def header_of(row: Mapping[str, str | None]) -> dict[str, object]:
    """Return the keywords of a pool's row, as the observatory's files have them; null is left out."""
    cards: dict[str, object] = {"TELESCOP": "JWST"}
    for attribute, text in row.items():
        keyword = BY_ATTRIBUTE.get(attribute)
        if keyword is not None and text is not None:
            cards[keyword.name] = _value(attribute, keyword.form, text)
    return cards


def _value(attribute: str, form: str, text: str) -> object:
    if form == "flag":
        return True if text in YES else False if text in NO else text
    if attribute in DIGITS:
        return text.zfill(DIGITS[attribute])
    if form == "integer" and text.isdecimal():
        return int(text)
    if form in ("real", "tilt"):
        return float(text.rstrip("f"))  # some pools write such numbers as C does
    return text.upper()


def write_fits(
    path: Path,
    cards: Mapping[str, object],
    *,
    s_region: str = "POLYGON ICRS  5.6 -72.1 5.7 -72.1 5.7 -72.0 5.6 -72.0",
) -> Path:
    """Write a FITS file of these keywords, and of no data."""
    empty = {"BITPIX": 8, "NAXIS": 0}
    filename = path.name.removesuffix(".gz")
    primary = {"SIMPLE": True, **empty, "EXTEND": True, "FILENAME": filename, **cards}
    extension = {
        "XTENSION": "IMAGE",
        **empty,
        "PCOUNT": 0,
        "GCOUNT": 1,
        "EXTNAME": "SCI",
        "S_REGION": s_region,
    }
    data = (_header(primary) + _header(extension)).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def _header(cards: Mapping[str, object]) -> str:
    text = "".join(starmap(_card, cards.items())) + "END".ljust(80)
    return text.ljust(-(-len(text) // 2880) * 2880)


@lru_cache(maxsize=None, typed=True)  # True is not 1
def _card(keyword: str, value: object) -> str:
    # Most come again and again, and astropy takes its time for each.
    return str(fits.Card(keyword, value))


def write_pool(folder: Path, rows: Iterable[Mapping[str, str | None]], suffix: str = "uncal") -> list[Path]:
    """Write a FITS file for each row, named after the row's file with another suffix."""
    return [
        write_fits(folder / str(row["filename"]).replace("_uncal", f"_{suffix}"), header_of(row))
        for row in rows
    ]
