"""Exposure records: their normal form, and those that come again."""

from __future__ import annotations

from math import isnan

from asntools.common.faults import Fault, Report
from asntools.common.records import Line, Record, kind_of
from asntools.jwst.candidates import Candidate, parse_candidates
from asntools.jwst.exposures import UNSPECIFIED


def normal(record: Record, pool: str) -> Record:
    """Return an exposure record in its normal form.

    Parameters
    ----------
    record : dict
        A row: names in any case, values text, numbers, booleans or None.
    pool : str
        The pool that it comes from, if the record does not say itself.

    Raises
    ------
    ValueError
        A value is no plain value, or the candidates cannot be read; the message says which.
    """
    exposure: Record = {}
    for key, value in record.items():
        name = key.strip().lower()
        if name in exposure:
            raise ValueError(f"{name} is given twice, in different case")
        if isinstance(value, str):
            text = value.strip()
            if text.lower() in UNSPECIFIED:
                exposure[name] = None
            else:
                exposure[name] = text if name in ("filename", "asn_pool") else text.lower()
        elif value is None or (
            isinstance(value, float) and isnan(value)
        ):  # a table of floats has no other null than NaN
            exposure[name] = None
        elif isinstance(value, bool):
            exposure[name] = "t" if value else "f"
        elif isinstance(value, int | float):
            exposure[name] = str(int(value) if isinstance(value, float) and value.is_integer() else value)
        else:
            kind = kind_of(value) if isinstance(value, list | dict) else f"a {type(value).__name__}"
            raise ValueError(f"{name} is {kind}, not a plain value")
    for name in ("filename", "program"):
        if exposure.get(name) is None:
            raise ValueError(f"{name} is not specified")
    if "asn_candidate" not in exposure:
        exposure["asn_candidate"] = _observation(exposure.get("obs_num"))
    elif exposure["asn_candidate"] is not None:
        try:
            parse_candidates(exposure["asn_candidate"])
        except ValueError as error:
            raise ValueError(f"asn_candidate cannot be read: {error}") from None
    if exposure.get("asn_pool") is None:
        exposure["asn_pool"] = pool
    return exposure


def _observation(number: str | None) -> str | None:
    return None if number is None else str(Candidate(f"o{number:0>3s}", "observation"))


class Seen:
    """The exposures that have come, to report those that come again."""

    def __init__(self, report: Report):
        self.report = report
        self.first: dict[tuple[str, str], tuple[int, int]] = {}

    def is_new(self, exposure: Record, line: Line) -> bool:
        """Return whether an exposure is not the same as one before; report it where one has its name."""
        key = (exposure["program"], exposure["filename"])
        whole = hash(frozenset(exposure.items()))
        where, known = self.first.setdefault(key, (line.number, whole))
        if where == line.number:
            return True
        name = exposure["filename"]
        if known == whole:
            self.report(
                Fault(
                    f"exposure {name!r} is the same as at line {where}; it is left out",
                    line.source,
                    line.number,
                )
            )
            return False
        what = f"exposure {name!r} is at line {where} too, with other values; both are kept"
        self.report(Fault(what, line.source, line.number, serious=False))
        return True
