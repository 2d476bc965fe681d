"""What a verb of asn-edit is, and the options that several of them share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import NamedTuple

from asntools.asn.products import ALL
from asntools.edit.runs import Edit


class Verb(NamedTuple):
    """One thing that asn-edit does.

    Parameters
    ----------
    summary : str
        What it does, in a sentence.
    examples : str
        Command lines, one a line.
    add_options : callable
        Gives a parser the options that are this verb's own.
    edit : callable
        Turns options into an edit; None for the verbs that work otherwise.
    """

    summary: str
    examples: str
    add_options: Callable[[argparse.ArgumentParser], None]
    edit: Callable[[argparse.Namespace], Edit] | None = None


def add_product_choice(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Give `parser` the options that choose products, whose default is the only one, or `ALL`."""
    also = "the only product" if default is None else "every product"
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--product",
        metavar="NAME-OR-GLOB",
        default=default,
        help=f"the product to change, or several by a glob (default: {also})",
    )
    choice.add_argument(
        "--all-products", dest="product", action="store_const", const=ALL, help="change every product"
    )


def add_expnames(parser: argparse.ArgumentParser, metavar: str, what: str, required: bool = True) -> None:
    """Give `parser` the repeatable option ``--expname``."""
    parser.add_argument(
        "--expname",
        metavar=metavar,
        action="append",
        default=[],
        required=required,
        help=f"{what}; repeatable",
    )


def add_ignore_suffix(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the option ``--ignore-suffix``."""
    parser.add_argument(
        "--ignore-suffix",
        action="store_true",
        help="treat _rate, _cal and the other suffixes of products as one when looking for members",
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    """Give `parser` what every verb has that changes associations."""
    parser.add_argument(
        "-i",
        "--in-place",
        metavar="SUFFIX",
        nargs="?",
        const="",
        help="change the files themselves; with a SUFFIX, as -iSUFFIX or --in-place=SUFFIX, keep what each "
        "one held in a file of that name and suffix",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what --in-place would change, as a unified diff"
    )
    parser.add_argument(
        "--asn",
        metavar="NAME-OR-ID",
        help="change only the associations of this asn_id, product or file name, or glob; the others stay "
        "as they are",
    )


def spell_out_in_place(arguments: list[str]) -> list[str]:
    """Return arguments in which no file after ``-i`` can be taken for its suffix."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [_spelled_out(word) for word in arguments[:end]] + arguments[end:]


def _spelled_out(word: str) -> str:
    if word == "--in-place" or re.match(r"-i(?!-)", word):
        return f"--in-place={word.removeprefix('--in-place').removeprefix('-i').removeprefix('=')}"
    return word
