"""Exposure records: their normal form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isnan
from operator import getitem, itemgetter
from typing import Any

from asntools.common.records import Record, kind_of, kind_of_record
from asntools.jwst.candidates import Candidate, parse_candidates
from asntools.jwst.exposures import FLAGS, NO, NUMBERS, UNSPECIFIED, YES
from asntools.jwst.keywords import KEYWORDS
from asntools.jwst.suffixes import COMBINED_IMAGE

# Keywords of headers that are not named as the attributes that they become.
_RENAMED = {
    keyword.name.lower(): keyword.attribute
    for keyword in KEYWORDS
    if keyword.name.lower() != keyword.attribute
}

# What differs between rows of one exposure that name different files, or come from different pools.
_OF_THE_FILE = {"filename", "files", "asn_pool"}


def normal(record: Record, pool: str) -> Record:
    """Return an exposure record in its normal form, like `Form.exposure`."""
    return Forms(pool)[tuple(record)].exposure(list(record.values()))


class _Cells(dict["str | None", "str | None"]):
    # The normal form of the texts of one column: few, and each many times.
    LIMIT = 1024

    def __init__(self, form: Callable[[str], str | None]):
        self._form = form

    def __missing__(self, text: str | None) -> str | None:
        if text is not None and text.__class__ is not str:
            raise TypeError("not a text")
        value = None if text is None else self._form(text)
        if len(self) >= self.LIMIT:
            self.clear()
        self[text] = value
        return value


class Form:
    """The normal form of records with certain columns.

    Parameters
    ----------
    columns : sequence of str
        The names, in any case.
    cells : callable
        Returns the function that normalizes the texts in a column, by name.
    pool : str
        The pool of exposures that do not name one.

    Raises
    ------
    ValueError
        A name occurs twice.
    """

    def __init__(self, columns: Sequence[str], cells: Callable[[str], _Cells], pool: str):
        names = [column.strip().lower() for column in columns]
        self.of_keywords = any(name in _RENAMED and _RENAMED[name] not in names for name in names)
        self._names = [_RENAMED.get(name, name) for name in names] if self.of_keywords else names
        for name in self._names:
            if self._names.count(name) > 1:
                raise ValueError(f"{name} is given twice, in different case")
        self.kind = kind_of_record(dict.fromkeys(self._names))
        self._cells = [cells(name) for name in self._names]
        self._pool = pool
        self._derived = "asn_candidate" not in self._names
        self._in_order = itemgetter(*sorted({*self._names, "asn_candidate"} - _OF_THE_FILE))

    def exposure(self, values: Sequence[Any]) -> Record:
        """Return the exposure with these values: text, numbers, booleans or None, one for each column.

        Raises a ValueError for a value that its column cannot have, or a required one that is missing.
        """
        try:
            exposure: Record = dict(zip(self._names, map(getitem, self._cells, values), strict=True))
        except TypeError:  # most records are of texts alone
            texts = map(_text_of, self._names, values)
            exposure = dict(zip(self._names, map(getitem, self._cells, texts), strict=True))
        if exposure.get("filename") is None:
            raise ValueError("filename is not specified")
        if exposure.get("program") is None:
            raise ValueError("program is not specified")
        if self._derived:
            exposure["asn_candidate"] = observation_candidate(exposure.get("obs_num"))
        if exposure.get("asn_pool") is None:
            exposure["asn_pool"] = self._pool
        return exposure

    def fingerprint(self, exposure: Record) -> int:
        """Return a number that two exposures share if their values, except those of files, are the same."""
        return hash(self._in_order(exposure))


class Forms(dict[tuple[str, ...], Form]):
    """The forms of the records of one pool, by their columns, which share what they know of each column."""

    LIMIT = 256

    def __init__(self, pool: str):
        self._pool = pool
        self._columns: dict[str, _Cells] = {}

    def __missing__(self, columns: tuple[str, ...]) -> Form:
        if len(self) >= self.LIMIT:
            self.clear()
            self._columns.clear()
        self[columns] = form = Form(columns, self._cells, self._pool)
        return form

    def _cells(self, name: str) -> _Cells:
        if name not in self._columns:
            self._columns[name] = _Cells(_form_of(name))
        return self._columns[name]


def _text_of(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""  # a table of floats has no other null than NaN
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int | float):
        return str(int(value) if isinstance(value, float) and value.is_integer() else value)
    kind = kind_of(value) if isinstance(value, list | dict) else f"a {type(value).__name__}"
    raise ValueError(f"{name} is {kind}, not a plain value")


def _form_of(name: str) -> Callable[[str], str | None]:
    special = {
        "filename": _filename,
        "files": _cased,
        COMBINED_IMAGE: _cased,
        "asn_pool": _cased,
        "program": _program,
        "asn_candidate": _candidates,
    }
    if name in special:
        return special[name]
    if name in FLAGS:
        return lambda text: _flag(name, text)
    if name in NUMBERS:
        return lambda text: _number(name, text)
    return _lower


def normal_value(column: str, text: str) -> str | None:
    """Return the normal form of a text in a column; raises a ValueError if the column cannot have it."""
    return _form_of(column)(text)


def _lower(text: str) -> str | None:
    value = text.strip().lower()
    return None if value in UNSPECIFIED else value


def _cased(text: str) -> str | None:
    value = text.strip()
    return None if value.lower() in UNSPECIFIED else value


def _filename(text: str) -> str | None:
    name = _cased(text)
    if name is None:
        return None
    if not name.isprintable():
        raise ValueError(f"filename {name!r} contains an invisible character")
    return name.rpartition("\\")[2] or None  # a Windows folder means nothing elsewhere


def _flag(name: str, text: str) -> str | None:
    value = _lower(text.strip().removeprefix(_AS_TEXT))
    if value is None or value == _NONE:
        return None
    if name == "bkgdtarg" and value == "y":
        return value  # the reference's rules for backgrounds at Stage 3 ask for t, and its pools say y too
    if value in YES:
        return "t"
    if value in NO:
        return "f"
    raise ValueError(f"{name} is {value!r}, which is neither t nor f")


# How Python writes that there is no value; in a column of text it is a value, such as that of patttype.
_NONE = "none"

# How spreadsheets and tables of floats write integers: 7311.0, 7.311e+03.
_WHOLE = re.compile(r"\d+\.\d*(e[+-]?\d{1,2})?|\d+e\+\d{1,2}", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.0*)?", re.ASCII)
_AS_TEXT = "'"  # before a number that is to be text in a spreadsheet


def _number(name: str, text: str) -> str | None:
    value = _lower(text.strip().removeprefix(_AS_TEXT))
    if value is None or value == _NONE:
        return None
    if _THOUSANDS.fullmatch(value):
        value = value.partition(".")[0].replace(",", "").zfill(NUMBERS[name])
    if _WHOLE.fullmatch(value) and (number := float(value)).is_integer():
        return str(int(number)).zfill(NUMBERS[name])
    if name in _IN_NAMES and not (value.isascii() and value.isalnum()):
        raise ValueError(f"{name} {value!r} is not a number")
    return value


# The numbers that candidates and products are named by.
_IN_NAMES = ("obs_num", "targetid")


def _program(text: str) -> str | None:
    value = _number("program", text)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"program {value!r} is not a number")
    return value.lstrip("0") or "0"  # 01523 and 1523 are one program


def _candidates(text: str) -> str | None:
    value = _lower(text)
    if value == _NONE:
        return None
    if value is not None:
        try:
            parse_candidates(value)
        except ValueError as error:
            raise ValueError(f"asn_candidate cannot be read: {error}") from None
    return value


def observation_candidate(number: str | None) -> str | None:
    """Return the candidates of an exposure of which its observation alone is known.

    A ValueError where the number of the observation is not one.
    """
    if number is None:
        return None
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"obs_num {number!r} is not a number")
    return str(Candidate(f"o{number:0>3s}", "observation"))
