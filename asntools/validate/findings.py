"""What a check says: the finding, and the table of the codes that findings carry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

ERROR = "error"
"""What a pipeline would stumble over or do otherwise than meant: it makes the answer negative."""
WARNING = "warning"
"""What works and is better put right: it makes the answer negative under ``--strict``."""
NOTE = "note"
"""What was asked for (``--files``) and is as it should be: it never makes the answer negative."""

Path: TypeAlias = tuple[str | int, ...]
"""Where in a document: the keys and indexes that lead there from its root."""


class Code(NamedTuple):
    """A kind of finding: how bad it is, a sentence that says what it is, and what to do."""

    severity: str
    sentence: str
    hint: str


CODES: dict[str, Code] = {
    # 0: syntax
    "ASN001": Code(ERROR, "the text is not JSON", "see the message"),
    "ASN002": Code(ERROR, "a comma stands before a closing bracket", "remove the comma"),
    "ASN003": Code(ERROR, "a comma is missing between two entries", "add the comma"),
    "ASN004": Code(ERROR, "the text holds a comment, which JSON has not", "remove the comment"),
    "ASN005": Code(ERROR, "a string is in single or curly quotes", "use double quotes"),
    "ASN006": Code(ERROR, "a key is there twice in one object", "keep one; readers keep the last"),
    "ASN007": Code(ERROR, "a number is NaN or infinite, which JSON has not", "use null, or a string"),
    "ASN008": Code(ERROR, "the text starts with a byte-order mark", "save it as UTF-8 without one"),
    "ASN009": Code(ERROR, "the text is not UTF-8", "save it as UTF-8"),
    "ASN010": Code(ERROR, "the text ends too early", "close what is still open"),
    "ASN011": Code(ERROR, "a word is not in quotes, or is none of JSON's", "put text in double quotes"),
    "ASN012": Code(ERROR, "a string is not closed, or holds what no string may", "see the message"),
    "ASN013": Code(ERROR, "a number is not one of JSON's, or too large", "see the message"),
    "ASN014": Code(ERROR, "values are nested too deeply", "an association is 5 deep"),
    "ASN015": Code(ERROR, "the text is not YAML, or YAML that JSON cannot say", "see the message"),
    "ASN016": Code(ERROR, "the file is empty", "an association is a JSON object with products"),
    # 1: structure
    "ASN101": Code(ERROR, "a document is no association", "an association is an object with products"),
    "ASN102": Code(ERROR, "a key is missing that every association has", "add the key"),
    "ASN103": Code(ERROR, "a value is of the wrong type", "see the schema of associations"),
    "ASN104": Code(ERROR, "a value is one that the schema does not allow", "see the schema of associations"),
    "ASN105": Code(WARNING, "a keyword is missing that the specification asks for", "add the keyword"),
    # 2: meaning
    "ASN201": Code(ERROR, "an exptype is unknown", "a pipeline passes over the member"),
    "ASN202": Code(WARNING, "an exptype is in capitals", "write it in lower case"),
    "ASN203": Code(
        ERROR,
        "an exptype is in capitals, and the pipeline drops the member",
        "write it in lower case",
    ),
    "ASN204": Code(WARNING, "an exptype is one of an early specification", "use the name of today"),
    "ASN210": Code(ERROR, "a product has no science member", "give one member the exptype science"),
    "ASN211": Code(ERROR, "a product has a member twice", "remove one of the two"),
    "ASN212": Code(
        ERROR,
        "a Stage 2 product has several science members",
        "only the first is calibrated; make a product for each",
    ),
    "ASN213": Code(ERROR, "a wfs-image3 product has one science member", "the pipeline combines a pair"),
    "ASN214": Code(ERROR, "a coron3 product has no psf member", "the pipeline stops without one"),
    "ASN215": Code(
        WARNING, "an ami3 product has no psf member", "without one the pipeline does not normalize"
    ),
    "ASN216": Code(
        ERROR, "a member is of the wrong level for the asn_type", "give the product that the stage reads"
    ),
    "ASN217": Code(WARNING, "an expname holds a folder", "keep the members beside the association"),
    "ASN218": Code(
        WARNING,
        "a wfs-image3 product has more than two science members",
        "only two are combined; make a product for each pair",
    ),
    "ASN220": Code(ERROR, "two products have the same name", "give each product its own name"),
    "ASN221": Code(WARNING, "a product has no name", "name it: output files are named by it"),
    "ASN222": Code(
        ERROR,
        "a Stage 3 association has several products",
        "only the first is read; make an association for each",
    ),
    "ASN223": Code(WARNING, "a product's name equals a member's", "leave suffix and extension out of it"),
    "ASN230": Code(ERROR, "no pipeline takes the asn_type", "use one of the pipelines' types"),
    "ASN231": Code(WARNING, "the asn_type is not set", "say which pipeline it is for"),
    "ASN232": Code(ERROR, "the asn_type does not fit the asn_rule", "change one of the two"),
    "ASN240": Code(
        WARNING,
        "the asn_id is not formed as one",
        "write o and 3 digits, or c or a and 4 digits: o001, c1001, a3001",
    ),
    "ASN241": Code(WARNING, "the version_id is not a time stamp", "write yyyymmddthhmmss: 20260101t000000"),
    "ASN250": Code(
        WARNING, "the file's name does not agree with the program", "rename the file or change the program"
    ),
    "ASN251": Code(
        WARNING, "the file's name does not agree with the asn_id", "rename the file or change the asn_id"
    ),
    "ASN252": Code(
        WARNING, "the file's name does not agree with the asn_type", "rename the file or change the asn_type"
    ),
    # 3: across associations
    "ASN301": Code(
        WARNING, "two associations make the same product", "one would overwrite the other's files"
    ),
    "ASN302": Code(
        WARNING, "an exposure has two roles that exclude each other", "check the exptype in both associations"
    ),
    # 4: files and pools
    "ASN401": Code(ERROR, "a member's file is missing", "fetch or make the file"),
    "ASN402": Code(ERROR, "a product is not ready, because files are missing", "fetch or make the files"),
    "ASN403": Code(NOTE, "a member's file is present", ""),
    "ASN404": Code(NOTE, "a product is ready: all its files are present", ""),
    "ASN411": Code(ERROR, "a member is not in the pool", "check its name, or use the pool that it is from"),
    "ASN412": Code(WARNING, "a member's exptype does not fit the pool", "check the exptype"),
    "ASN413": Code(WARNING, "the association names another pool", "check it against the pool it names"),
}
"""Every code. The hundreds tell syntax, structure, meaning, across associations, files and pools apart."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found, and where.

    Parameters
    ----------
    code : str
        One of `CODES`.
    message : str
        What is wrong: lower case, one line, no final stop.
    path : Path
        Where in the document.
    hint : str, optional
        What would be right; the code's own hint where it is not given.
    source : str
        The file's name, `asntools.common.faults.STDIN` for standard input.
    line, column : int, optional
        Where in the file, both from 1, the column in characters.
    excerpt : str, optional
        That line of the file, for a fault of syntax.
    """

    code: str
    message: str
    path: Path = ()
    hint: str | None = None
    source: str = ""
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None

    @property
    def severity(self) -> str:
        """One of `ERROR`, `WARNING` and `NOTE`."""
        return CODES[self.code].severity

    @property
    def advice(self) -> str:
        """What would be right: the finding's own hint or else its code's; may be empty."""
        return CODES[self.code].hint if self.hint is None else self.hint

    def fails(self, *, strict: bool) -> bool:
        """Say whether this finding makes the answer negative."""
        return self.severity == ERROR or (strict and self.severity == WARNING)


_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def json_path(path: Path) -> str:
    """Return a path as text: ``$.products[0].members[1].exptype``."""
    steps = []
    for step in path:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        elif _PLAIN_KEY.fullmatch(step):
            steps.append(f".{step}")
        else:
            escaped = step.replace("\\", "\\\\").replace("'", "\\'")
            steps.append(f"['{escaped}']")
    return "$" + "".join(steps)


class UnknownCodeError(ValueError):
    """A text is neither a code nor the start of one."""


class Selection:
    """Which findings are wanted.

    Parameters
    ----------
    select : iterable of str
        Codes and starts of codes (``ASN2``), in any case, to keep; none means all. Faults of syntax
        (``ASN0``) are always kept: beyond one nothing was checked.
    ignore : iterable of str
        Those to leave out, whatever `select` says.

    Raises
    ------
    UnknownCodeError
        One of them fits no code.
    """

    def __init__(self, select: Iterable[str] = (), ignore: Iterable[str] = ()):
        wanted = _codes_that_start(select)
        wanted = wanted | _codes_that_start(["ASN0"]) if wanted else set(CODES)
        self._codes = frozenset(wanted - _codes_that_start(ignore))

    def __contains__(self, finding: Finding) -> bool:
        return finding.code in self._codes


def _codes_that_start(prefixes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for prefix in prefixes:
        codes = {code for code in CODES if code.startswith(prefix.upper())} if prefix else set()
        if not codes:
            raise UnknownCodeError(f"{prefix!r} is no code and no start of one; --list-codes lists them")
        found |= codes
    return found
