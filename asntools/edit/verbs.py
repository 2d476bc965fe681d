"""All the verbs of asn-edit, and a parser for each."""

from __future__ import annotations

import argparse

from asntools.common.command import add_files
from asntools.common.faults import Fault
from asntools.edit.association_verbs import ASSOCIATION_VERBS
from asntools.edit.create_verb import add_create_options
from asntools.edit.edit_options import Verb, add_common
from asntools.edit.member_verbs import MEMBER_VERBS

_CREATE = {
    "create": Verb(
        "make an association of lists of files",
        """
        asn-edit create image3 --product my_mosaic --science *_cal.fits --background bkg*_x1d.fits
        asn-edit create spec2 --science a_rate.fits b_rate.fits --from companions.txt > spec2_asn.json
        """,
        add_create_options,
    ),
}
VERBS: dict[str, Verb] = {**_CREATE, **MEMBER_VERBS, **ASSOCIATION_VERBS}
"""Every verb, by its name."""


def add_verbs(parser: argparse.ArgumentParser) -> None:
    """Give `parser` a parser for each verb."""
    verbs = parser.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        examples = "".join(f"  {line.strip()}\n" for line in verb.examples.strip().splitlines())
        one = verbs.add_parser(
            name,
            help=verb.summary,
            description=f"{verb.summary[0].upper()}{verb.summary[1:]}.",
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        verb.add_options(one)
        one.add_argument("--force", action="store_true", help="do what is refused as a probable mistake")
        one.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if name != "create":
            add_common(one)
            add_files(one, "associations")


def check_verb(word: str) -> None:
    """Check the first word of a command line.

    Raises
    ------
    Fault
        It is neither an option nor a verb; it names the nearest one.
    """
    if word in VERBS or word[:1] == "-":
        return
    from difflib import get_close_matches

    match = get_close_matches(word, VERBS, n=1)
    hint = f"; did you mean {match[0]!r}?" if match else f", but {', '.join(VERBS)}"
    raise Fault(f"there is no verb {word!r}{hint}")
