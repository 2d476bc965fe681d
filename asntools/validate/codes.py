"""The codes that findings carry: one table, which the manual repeats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from asntools.common.faults import Fault

ERROR = "error"
"""What a pipeline stops at or does otherwise than meant: it makes the answer negative."""
WARNING = "warning"
"""What works and is better put right: it makes the answer negative under ``--strict``."""
NOTE = "note"
"""What is as it should be, and worth knowing: it never makes the answer negative."""


class Code(NamedTuple):
    """A kind of finding: how bad it is, a sentence that says what it is, and what to do.

    `kinds` are those of `asntools.asn.text.SyntaxFault` that it stands for.
    """

    severity: str
    sentence: str
    hint: str
    kinds: tuple[str, ...] = ()


_SEE = "see the message"
_KEYWORD = "add the keyword"

CODES: dict[str, Code] = {
    # 0: syntax
    "ASN001": Code(ERROR, "the text is not JSON", _SEE),
    "ASN002": Code(ERROR, "a comma stands before a closing bracket", "remove the comma", ("trailing-comma",)),
    "ASN003": Code(ERROR, "a comma is missing between two entries", "add the comma", ("missing-comma",)),
    "ASN004": Code(
        ERROR, "the text contains a comment, which JSON does not have", "remove the comment", ("comment",)
    ),
    "ASN005": Code(
        ERROR,
        "a string is in single, curly or other quotes",
        "use double quotes",
        ("single-quotes", "curly-quotes"),
    ),
    "ASN006": Code(ERROR, "a key occurs twice in one object", "keep one; readers keep the last"),
    "ASN007": Code(
        ERROR,
        "a number is NaN or infinite, which JSON does not have",
        "use null, or a string",
        ("nan",),
    ),
    "ASN008": Code(ERROR, "the text starts with a byte-order mark", "save it as UTF-8 without one", ("bom",)),
    "ASN009": Code(ERROR, "the text is not UTF-8", "save it as UTF-8", ("not-utf-8",)),
    "ASN010": Code(ERROR, "the text ends too early", "close what is still open", ("truncated",)),
    "ASN011": Code(
        ERROR,
        "a word is not in quotes, and not one of JSON's",
        "put text in double quotes",
        ("unquoted-key", "unquoted-value", "missing-quote", "literal"),
    ),
    "ASN012": Code(
        ERROR,
        "a string is not closed, or contains a character that strings may not contain",
        _SEE,
        ("unclosed-string", "bad-escape", "control-character", "lone-surrogate"),
    ),
    "ASN013": Code(
        ERROR, "a number is not written as in JSON, or is too large", _SEE, ("bad-number", "number-range")
    ),
    "ASN014": Code(ERROR, "values are nested too deeply", "an association is 5 deep", ("too-deep",)),
    "ASN015": Code(
        ERROR,
        "the text is not YAML, or is YAML that JSON cannot express",
        _SEE,
        ("yaml", "tag", "alias", "merge-key", "not-a-string-key"),
    ),
    "ASN016": Code(ERROR, "the file is empty", "an association is a JSON object with products"),
    # 1: structure
    "ASN101": Code(
        ERROR,
        "a document is not an association",
        "an association is an object with products",
        ("not-an-association",),
    ),
    "ASN102": Code(ERROR, "a key is missing that every association has", "add the key"),
    "ASN103": Code(ERROR, "a value is of the wrong type", "see the schema of associations"),
    "ASN104": Code(ERROR, "a value is one that the schema does not allow", "see the schema of associations"),
    "ASN105": Code(WARNING, "a keyword is missing that the specification asks for", _KEYWORD),
    "ASN106": Code(ERROR, "a keyword is missing without which the pipeline stops", _KEYWORD),
    "ASN107": Code(ERROR, "a keyword is misspelt", "correct it; no reader finds it so"),
    # 2: meaning
    "ASN201": Code(ERROR, "an exptype is unknown", "a pipeline passes over the member"),
    "ASN202": Code(WARNING, "an exptype is in capitals", "write it in lower case"),
    "ASN203": Code(
        ERROR,
        "an exptype is in capitals, and the pipeline stops or drops the member",
        "write it in lower case",
    ),
    "ASN204": Code(WARNING, "an exptype is from an early specification", "use the name of today"),
    "ASN210": Code(ERROR, "a product has no science member", "give one member the exptype science"),
    "ASN211": Code(ERROR, "a product has a member or an exposure twice", "remove one of the two"),
    "ASN212": Code(
        ERROR,
        "a Stage 2 product has several members where one is read",
        "only the first is calibrated; make a product for each",
    ),
    "ASN213": Code(ERROR, "a wfs-image3 product has one science member", "the pipeline combines a pair"),
    "ASN214": Code(ERROR, "a coron3 product has no psf member", "the pipeline stops without one"),
    "ASN215": Code(
        WARNING, "an ami3 product has no psf member", "without one the pipeline does not normalize"
    ),
    "ASN216": Code(
        ERROR, "a member is of the wrong level for the asn_type", "give the product that the pipeline reads"
    ),
    "ASN217": Code(WARNING, "an expname contains a folder", "keep the members beside the association"),
    "ASN218": Code(
        WARNING,
        "a wfs-image3 product has more than two science members",
        "only two are combined; make a product for each pair",
    ),
    "ASN219": Code(
        ERROR, "a slitless product has no sourcecat member", "add the catalogue of the direct image"
    ),
    "ASN220": Code(ERROR, "two products have the same name", "give each product its own name"),
    "ASN221": Code(ERROR, "a product has no name", "name it; the pipelines of Stage 2 stop without one"),
    "ASN222": Code(
        ERROR,
        "a Stage 3 association has several products",
        "only the first is read; make an association for each",
    ),
    "ASN223": Code(WARNING, "a product's name equals a member's", "leave suffix and extension out of it"),
    "ASN224": Code(
        WARNING,
        "a product's name is one that the pipelines cut short",
        "leave out folders, points and the suffixes of products",
    ),
    "ASN225": Code(
        ERROR,
        "a product's name cannot name files",
        "use letters, digits, '-' and '_'",
    ),
    "ASN226": Code(
        ERROR,
        "an expname is not the name of a file that the pipelines open",
        "write the name of one .fits or .asdf file",
    ),
    "ASN230": Code(WARNING, "no pipeline takes the asn_type", "use one of the pipelines' types"),
    "ASN231": Code(WARNING, "the asn_type is not set", "say which pipeline it is for"),
    "ASN232": Code(WARNING, "the asn_type does not fit the asn_rule", "change one of the two"),
    "ASN233": Code(NOTE, "the association is for Roman", "what JWST's pipelines need was not checked"),
    "ASN234": Code(
        ERROR, "the association is YAML, and the pipeline reads JSON alone", "asn-fmt writes it as JSON"
    ),
    "ASN240": Code(
        WARNING,
        "the asn_id is not formed as one",
        "write o and 3 digits, or c or a and 4 digits: o001, c1001, a3001",
    ),
    "ASN241": Code(
        WARNING,
        "the version_id cannot be a part of a file's name, or is not a time",
        "use letters, digits and '-', or a time as yyyymmddthhmmss",
    ),
    "ASN242": Code(WARNING, "the program is not a number", "write its digits: 01234"),
    "ASN243": Code(WARNING, "the target is a number with a decimal point", "write it without: t001"),
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
    "ASN303": Code(
        WARNING,
        "no Stage 2 association given makes a member of a Stage 3 one",
        "give the association that makes it, or leave the member out",
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

_OF_KIND = {kind: code for code, about in CODES.items() for kind in about.kinds}


def code_of_kind(kind: str) -> str:
    """Return the code for a kind of syntax fault: ``ASN002`` for ``trailing-comma``."""
    return _OF_KIND.get(kind, "ASN001")


def wanted_codes(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> frozenset[str]:
    """Return the codes to report.

    Parameters
    ----------
    select : iterable of str
        Codes and starts of codes (``ASN2``), in any case, to keep; none means all. Faults of syntax
        (``ASN0``) are always kept: beyond one nothing was checked.
    ignore : iterable of str
        Those to leave out, whatever `select` says.

    Raises
    ------
    Fault
        One of them fits no code.
    """
    wanted = _codes_that_start(select)
    wanted = wanted | _codes_that_start(["ASN0"]) if wanted else set(CODES)
    return frozenset(wanted - _codes_that_start(ignore))


def _codes_that_start(prefixes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for prefix in prefixes:
        codes = {code for code in CODES if code.startswith(prefix.upper())} if prefix else set()
        if not codes:
            raise Fault(f"{prefix!r} is not a code or the start of one; --list-codes lists them")
        found |= codes
    return found
