"""The codes that findings carry: one table, which the manual repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from asntools.common.faults import Fault

ERROR = "error"
"""A pipeline stops, or does something other than was meant: the answer is negative."""
WARNING = "warning"
"""It works, but would be better put right: the answer is negative with ``--strict``."""
NOTE = "note"
"""It is in order, and worth knowing: it never makes the answer negative."""


class Code(NamedTuple):
    """A kind of finding: its severity, a sentence that describes it, and what to do."""

    severity: str
    sentence: str
    hint: str


# The hundreds tell syntax, structure, meaning, across associations, files and pools apart.
_TABLE = """
ASN001 error   the text is not JSON; see the message
ASN002 error   a comma stands before a closing bracket; remove the comma
ASN003 error   a comma is missing between two entries; add the comma
ASN004 error   the text contains a comment, which JSON does not have; remove the comment
ASN005 error   a string is in single, curly or other quotes; use double quotes
ASN006 error   a key occurs twice in one object; keep one; readers keep the last
ASN007 error   a number is NaN or infinite, which JSON does not have; use null, or a string
ASN008 error   the text starts with a byte-order mark; save it as UTF-8 without one
ASN009 error   the text is not UTF-8; save it as UTF-8
ASN010 error   the text ends too early; close what is still open
ASN011 error   a word is neither in quotes nor one that JSON has; put text in double quotes
ASN012 error   a string is not closed, or contains a character that strings may not contain; see the message
ASN013 error   a number is not written as in JSON, or is too large; see the message
ASN014 error   values are nested too deeply; an association is 5 deep
ASN015 error   the text is not YAML, or is YAML that JSON cannot express; see the message
ASN016 error   the file is empty; an association is a JSON object with products
ASN101 error   a document is not an association; an association is an object with products
ASN102 error   a key is missing that every association has; add the key
ASN103 error   a value is of the wrong type; see the schema of associations
ASN104 error   a value is one that the schema does not allow; see the schema of associations
ASN105 warning a keyword is missing that the specification asks for; add the keyword
ASN106 error   a keyword is missing without which the pipeline stops; add the keyword
ASN107 error   a keyword is misspelt; correct it; no reader finds it like this
ASN201 error   an exptype is unknown; a pipeline passes over the member
ASN202 warning an exptype is in capitals; write it in lower case
ASN203 error   an exptype is in capitals, and the pipeline stops or drops the member; write it in lower case
ASN204 warning an exptype is from an early specification; use the current name
ASN210 error   a product has no science member; give one member the exptype science
ASN211 error   a product has a member or an exposure twice; remove one of the two
ASN212 error   a Stage 2 product has several members where one is read;
               only the first is calibrated; make a product for each
ASN213 error   a wfs-image3 product has one science member; the pipeline combines a pair
ASN214 error   a coron3 product has no psf member; the pipeline stops without one
ASN215 warning an ami3 product has no psf member; without one the pipeline does not normalize
ASN216 error   a member is of the wrong level for the asn_type; give the product that the pipeline reads
ASN217 warning an expname contains a folder; keep the members in the association's folder
ASN218 warning a wfs-image3 product has more than two science members;
               only two are combined; make a product for each pair
ASN219 error   a slitless product has no sourcecat member; add the catalogue of the direct image
ASN220 error   two products have the same name; give each product its own name
ASN221 error   a product has no name; name it; the pipelines of Stage 2 stop without one
ASN222 error   a Stage 3 association has several products;
               only the first is read; make an association for each
ASN223 warning a product's name equals a member's; leave out suffix and extension
ASN224 warning a product's name is one that the pipelines cut short;
               leave out folders, dots and product suffixes
ASN225 error   a product's name cannot name files; use letters, digits, '-' and '_'
ASN226 error   an expname is not the name of a file that the pipelines open;
               write the name of one .fits or .asdf file
ASN230 warning no pipeline takes the asn_type; use one of the pipelines' types
ASN231 warning the asn_type is not set; say which pipeline it is for
ASN232 warning the asn_type does not fit the asn_rule; change one of the two
ASN233 note    the association is for Roman; what JWST's pipelines need was not checked
ASN234 error   the association is YAML, and the pipeline reads only JSON; asn-fmt writes it as JSON
ASN240 warning the asn_id is malformed;
               write o and 3 digits, or c or a and 4 digits: o001, c1001, a3001
ASN241 warning the version_id cannot be part of a file name, or is not a time;
               use letters, digits and '-', or a time as yyyymmddthhmmss
ASN242 warning the program is not a number; write its digits: 01234
ASN243 warning the target is a number with a decimal point; write it without: t001
ASN244 warning a keyword has what nobody sees, such as a blank at its end; take it away
ASN250 warning the file's name does not agree with the program; rename the file or change the program
ASN251 warning the file's name does not agree with the asn_id; rename the file or change the asn_id
ASN252 warning the file's name does not agree with the asn_type; rename the file or change the asn_type
ASN301 warning two associations make the same product; one would overwrite the other's files
ASN302 warning an exposure has two roles that exclude each other; check the exptype in both associations
ASN303 warning none of the given Stage 2 associations makes a Stage 3 member;
               give the association that makes it, or leave the member out
ASN401 error   a member's file is missing; fetch or make the file
ASN402 error   a product is not ready, because files are missing; fetch or make the files
ASN403 note    a member's file is present
ASN404 note    a product is ready: all its files are present
ASN411 error   a member is not in the pool; check its name, or use the pool that it comes from
ASN412 warning a member's exptype does not fit the pool; check the exptype
ASN413 warning the association names another pool; check it against the pool it names
"""


def _codes(table: str) -> Iterator[tuple[str, Code]]:
    for row in table.strip().replace("\n  ", " ").splitlines():
        code, severity, said = row.split(maxsplit=2)
        sentence, _, hint = said.partition(";")
        yield code, Code(severity, sentence, hint.strip())


CODES = dict(_codes(_TABLE))
"""Every code."""

CODES_OF_KINDS = {
    "trailing-comma": "ASN002",
    "missing-comma": "ASN003",
    "comment": "ASN004",
    **dict.fromkeys(("single-quotes", "curly-quotes"), "ASN005"),
    "duplicate-key": "ASN006",
    "nan": "ASN007",
    "bom": "ASN008",
    "not-utf-8": "ASN009",
    "truncated": "ASN010",
    **dict.fromkeys(("unquoted-key", "unquoted-value", "missing-quote", "literal"), "ASN011"),
    **dict.fromkeys(("unclosed-string", "bad-escape", "control-character", "lone-surrogate"), "ASN012"),
    **dict.fromkeys(("bad-number", "number-range"), "ASN013"),
    "too-deep": "ASN014",
    **dict.fromkeys(("yaml", "tag", "alias", "merge-key", "not-a-string-key"), "ASN015"),
    "not-an-association": "ASN101",
}
"""The codes of those kinds of `asntools.asn.text.SyntaxFault` that have one; the others are ASN001."""


def wanted_codes(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> frozenset[str]:
    """Return the codes to report: those in `select`, or all, except those in `ignore`.

    Both hold codes or beginnings of codes (``ASN2``), in any case; one that matches no code raises a `Fault`.
    Syntax errors (``ASN0``) are kept, whatever is selected, since nothing was checked beyond them.
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
