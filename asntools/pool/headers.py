"""From the headers of a file to the record of its exposure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from asntools.common.records import Record
from asntools.common.words import listed
from asntools.jwst.exposures import UNSPECIFIED, kind_of_exposure
from asntools.jwst.exptypes import ACQUISITION, SCIENCE
from asntools.jwst.keywords import KEYWORDS, NEEDED
from asntools.pool.exposures import normal_value
from asntools.pool.fits import Headers, Value, value_of


def attributes_from(headers: Headers, more: Iterable[str] = ()) -> Record:
    """Return the attributes that headers give, as a pool writes them; None for those that they lack.

    Beside those of `KEYWORDS` `more` keywords are read, in capitals, each an attribute of its name. A
    ValueError where a card cannot be read.
    """
    card = headers.card
    record = {attribute: _written(card(name), attribute, form) for name, attribute, form, _ in KEYWORDS}
    for name in more:
        record.setdefault(name.lower(), _written(card(name), name, "text"))
    return record


def complete(record: Record) -> None:
    """Add to a record the attributes that follow from others, where nothing gave them.

    A ValueError names the keyword of an attribute that every exposure needs and that is missing.
    """
    missing = [keyword for name, keyword in NEEDED.items() if record[name] is None]
    if missing:
        raise ValueError(f"the header has no {listed(missing, 'or')}; it is left out")
    if record["fxd_slit"] == "none":
        record["fxd_slit"] = None  # no slit, which would otherwise be part of product names
    if record["pntgtype"] is None:
        acquires = kind_of_exposure({"exp_type": record["exp_type"]}) == ACQUISITION
        record["pntgtype"] = ACQUISITION if acquires else SCIENCE
    if record["expspcin"] is None:
        record["expspcin"] = _from_base_36(record["act_id"])
    if record["dithptin"] is None:
        record["dithptin"] = record["exposure"]
    if record["mostilno"] is None:
        record["mostilno"] = "1"  # no keyword tells the tiles of a mosaic apart


@lru_cache(maxsize=65536)  # the cards of exposures are the same more often than not
def _written(card: bytes | None, attribute: str, form: str) -> str | None:
    text = None if card is None else _FORMS[form](value_of(card))
    if text is not None and (form == "flag" or attribute == "program"):
        return normal_value(attribute, text)
    return text


def _text(value: Value) -> str | None:
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value).strip().lower()
    return None if value is None or text in UNSPECIFIED else text


def _integer(value: Value) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _text(value)
    return text.lstrip("0") or "0" if text is not None and text.isdecimal() and text.isascii() else text


def _tilt(value: Value) -> str | None:
    return _text(round(value, 8) if isinstance(value, float) else value)


_FORMS: dict[str, Callable[[Value], str | None]] = {
    "flag": _text,
    "integer": _integer,
    "real": _text,
    "text": _text,
    "tilt": _tilt,
}


def _from_base_36(text: str | None) -> str | None:
    try:
        return None if text is None else str(int(text, 36))
    except ValueError:
        return None
