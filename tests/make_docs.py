#!/usr/bin/env python3
"""Write what the documentation has from the parsers: the options in man pages.

usage: make_docs.py [--check]

With --check nothing is written: what is stale is listed, and the exit status is 1 if anything is.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAN = ROOT / "man"
COMMANDS = (
    "asn-pool",
    "asn-match",
    "asn-build",
    "asn-generate",
    "asn-edit",
    "asn-validate",
    "asn-fmt",
    "asn-diff",
)
# The pages of the others say more of each option than the parser does; test_manual.py compares the names.
GENERATED_PAGES = (*COMMANDS[:4], "asn-diff")

BEGIN = '.\\" Written by tests/make_docs.py from the parser.\n'
END = '.\\" End of what tests/make_docs.py writes.\n'
COMMON = ("--debug", "--version", "--help")


def parser_of(command: str) -> argparse.ArgumentParser:
    """Return a command's parser."""
    parser: argparse.ArgumentParser = importlib.import_module(
        f"asntools.{command.removeprefix('asn-')}.cli"
    ).build_parser()
    return parser


def all_actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Return the options and arguments of a parser and of its verbs, less those that are not shown."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from all_actions(verb)
        elif action.help != argparse.SUPPRESS:
            yield action


def options_as_roff(parser: argparse.ArgumentParser) -> str:
    """Return the options of a command, a paragraph each; those that all commands have come last."""
    options = [action for action in all_actions(parser) if action.option_strings]
    options.sort(key=lambda each: COMMON.index(name) if (name := each.option_strings[-1]) in COMMON else -1)
    return "".join(f".TP\n{_heading(option)}\n{_sentence(option.help or '')}\n" for option in options)


def _heading(option: argparse.Action) -> str:
    names = ", ".join(f"\\fB{_escaped(name)}\\fR" for name in option.option_strings)
    if option.nargs == 0:
        return names
    value = option.metavar or "|".join(map(str, option.choices or ()))
    shown = f"\\fI{_escaped(str(value))}\\fR"
    return f"{names} [{shown}]" if option.nargs == "?" else f"{names} {shown}"


def _sentence(text: str) -> str:
    words = re.split(r"(--[a-z][a-z-]*)", text[:1].upper() + text[1:])
    words[1::2] = [f"\\fB\\%{_escaped(option)}\\fR" for option in words[1::2]]
    return "".join(words) + "."


def _escaped(text: str) -> str:
    return text.replace("-", "\\-")


def with_options(page: str, parser: argparse.ArgumentParser) -> str:
    """Return a man page with its options as the parser has them."""
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError("the page lacks the comments between which options are written")
    return f"{before}{BEGIN}{options_as_roff(parser)}{END}{after}"


def documents() -> Iterator[tuple[Path, str]]:
    """Return the files that are written, each with its text."""
    for command in GENERATED_PAGES:
        page = MAN / f"{command}.1"
        yield page, with_options(page.read_text(), parser_of(command))


def main() -> int:
    """Run the script."""
    options = argparse.ArgumentParser(description="Write what the documentation has from the parsers.")
    options.add_argument("--check", action="store_true", help="write nothing; list what is stale")
    check = options.parse_args().check
    stale = [(path, text) for path, text in documents() if path.read_text() != text]
    for path, text in stale:
        print(path.relative_to(ROOT))
        if not check:
            path.write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
