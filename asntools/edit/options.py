"""The options of asn-edit's verbs as values: each is a function that adds it to a parser."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from asntools.asn.file_names import KINDS
from asntools.asn.json_text import parse
from asntools.asn.products import ALL
from asntools.asn.text import Text
from asntools.common.command import Console, add_files, open_input, source_name
from asntools.common.faults import Fault
from asntools.common.jq import Query
from asntools.edit.creation import Role, read_roles
from asntools.jwst.exptypes import PIPELINE_EXPTYPES
from asntools.jwst.suffixes import EXPOSURE_EXTENSIONS

Option: TypeAlias = Callable[[Any], object]
"""A function that adds an option to a parser, or to a group of a parser."""

_ASSIGNMENT = re.compile(r"([A-Za-z_][\w-]*)(:?)=(.*)", re.DOTALL)


def option(*names: str, **settings: Any) -> Option:
    """Return an option or an argument, as `argparse.ArgumentParser.add_argument` describes it."""
    return lambda parser: parser.add_argument(*names, **settings)


def one_of(*options: Option) -> Option:
    """Return options of which at most one may be given."""

    def add(parser: argparse.ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        for one in options:
            one(group)

    return add


def _is_association(name: str) -> bool:
    return name == "-" or name.endswith(tuple(KINDS))


class _Names(argparse.Action):
    """Collects a list of exposures, which ends at the name of an association."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        options: argparse.Namespace,
        values: Any,
        flag: str | None = None,
    ) -> None:
        end = next((place for place, one in enumerate(values) if _is_association(one)), len(values))
        names, files = values[:end], values[end:]
        if not names or (files and "files" not in options):
            parser.error(f"argument {flag}: {files[0]!r} is an association, not an exposure")
        for file in files:
            if not _is_association(file):
                parser.error(
                    f"argument {flag}: {file!r} comes after an association; list exposures before it"
                )
        options.listed_files = [*getattr(options, "listed_files", ()), *files]
        there = getattr(options, self.dest) or []
        setattr(options, self.dest, [*there, *(self.entry(parser, str(flag), name) for name in names)])

    def entry(self, parser: argparse.ArgumentParser, flag: str, name: str) -> Any:
        """Return what is collected of a name."""
        return name


class _Roles(_Names):
    """Collects exposures with their exptypes, in the order of the command line."""

    def entry(self, parser: argparse.ArgumentParser, flag: str, name: str) -> Role:
        exptype = flag.removeprefix("--").replace("-", "_")
        if exptype != "member":
            return exptype, name
        exptype, equals, file = name.partition("=")
        if not equals:
            parser.error(f"argument {flag}: expected EXPTYPE=EXPOSURE, not {name!r}")
        return exptype, file


def _assignment(text: str) -> tuple[str, Any]:
    match = _ASSIGNMENT.fullmatch(text)
    if match is None:
        raise Fault(f"{text!r} is not KEY=VALUE or KEY:=JSON, which comes before the files")
    key, colon, value = match.groups()
    if not colon:
        return key, value
    try:
        [document] = parse(Text(value))
        return key, document.value
    except ValueError as error:
        raise Fault(f"{key}:= needs JSON, not {value!r}; use {key}=VALUE for text") from error


def expnames(metavar: str, what: str, *, required: bool = True) -> Option:
    """Return the repeatable option ``--expname``, which takes several names."""
    return option(
        "--expname", metavar=metavar, action=_Names, nargs="+", default=[], required=required, help=what
    )


def products(default: str | None = None) -> Option:
    """Return the options that choose products, whose default is the only one, or `ALL`."""
    also = "the only product" if default is None else "every product"

    return one_of(
        option(
            "--product",
            metavar="NAME-OR-GLOB",
            default=default,
            help=f"the product to change, or a glob for several (default: {also})",
        ),
        option(
            "--all-products", dest="product", action="store_const", const=ALL, help="change every product"
        ),
    )


def roles(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options that list files by role."""
    for exptype, meaning in PIPELINE_EXPTYPES.items():
        flag, what = f"--{exptype.replace('_', '-')}", f"members with the exptype {exptype}: {meaning}"
        parser.add_argument(flag, action=_Roles, dest="roles", metavar="EXPOSURE", nargs="+", help=what)
    what = "members with any exptype"
    parser.add_argument(
        "--member", action=_Roles, dest="roles", metavar="EXPTYPE=EXPOSURE", nargs="+", help=what
    )
    parser.add_argument(
        "--from",
        dest="lists",
        metavar="LIST",
        action="append",
        default=[],
        help="members from a text file with one exposure and its exptype per line; # starts a comment",
    )


def read_lists(options: argparse.Namespace, console: Console) -> None:
    """Append the members listed in text files to those of the command line, and warn once about folders."""
    found: list[Role] = list(options.roles or ())
    if "-" in options.lists and options.verb != "create" and (not options.files or "-" in options.files):
        raise Fault("standard input cannot be both --from - and associations; name a FILE of associations")
    for name in options.lists:
        with open_input(name) as stream:
            found += read_roles(stream, source_name(name), console.report, force=options.force)
    away = [file for _, file in found if "/" in file]
    if away:
        who = f"{away[0]!r} is" if len(away) == 1 else f"{away[0]!r} and {len(away) - 1} more are"
        console.say(f"{who} in a folder; the pipelines recommend keeping members in the association's folder")
    options.roles = found


def assignments(parser: argparse.ArgumentParser, known: str) -> None:
    """Give `parser` the argument that sets a key, and the option that sets more."""
    parser.add_argument(
        "first",
        metavar="KEY=VALUE",
        type=_assignment,
        help=f"{known} and its new text; KEY:=JSON sets any JSON value",
    )
    parser.add_argument(
        "--and",
        dest="others",
        metavar="KEY=VALUE",
        type=_assignment,
        action="append",
        default=[],
        help="set another one; may be repeated",
    )


WHERE = option("--where", metavar="JQ", type=Query, help="keep members for which this jq program is true")
BY = option(
    "--by",
    metavar="JQ",
    type=Query,
    help="make one association per value of this jq program for the members, null meaning every value "
    "(default: one per product)",
)
EXPTYPE = option("--exptype", required=True, help="their role, in any case")
OF_EXPTYPE = option("--exptype", help="only members with this exptype")
IGNORE_SUFFIX = option(
    "--ignore-suffix",
    action="store_true",
    help="ignore _rate, _cal and other product suffixes when looking for members",
)
MISSING_OK = option("--missing-ok", action="store_true", help="ignore names that no association has")
SEEKING = (IGNORE_SUFFIX, MISSING_OK, products())
"""The options of verbs that look for members by name."""
FILES: Option = lambda parser: add_files(parser, "associations")  # noqa: E731 - a value among values


output = one_of(
    option(
        "-o",
        "--output",
        metavar="FILE",
        help="write to a file: JSON lines (.jsonl), YAML (.yaml) or otherwise JSON",
    ),
    option("--outdir", metavar="DIR", help="write a JSON file per association, named by the DMS convention"),
)
"""Where associations go instead of standard output."""


def changes(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options of every verb that changes associations."""
    output(parser)
    parser.add_argument("-i", "--in-place", action="store_true", help="change the files themselves")
    parser.add_argument(
        "--backup", metavar="SUFFIX", help="with -i, keep the old content in a file with this suffix appended"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what --in-place would change, as a unified diff"
    )
    parser.add_argument(
        "--asn",
        metavar="NAME-OR-ID",
        help="change only associations with this asn_id, product or file name, or glob; the others stay as "
        "they are",
    )
    FILES(parser)


def check_changes(options: argparse.Namespace) -> None:
    """Raise a Fault if options cannot be combined, or a file cannot be an association."""
    for file in options.files:
        is_assignment = "=" in file and "first" in options  # of which `check_assignments` speaks
        if file.lower().endswith(EXPOSURE_EXTENSIONS) and not is_assignment:
            raise Fault(f"{file!r} is not an association; list exposures after the option they belong to")
    if "in_place" not in options:
        return
    if options.backup is not None and not options.in_place:
        raise Fault("--backup needs --in-place")
    if options.backup == "" or "/" in (options.backup or ""):
        raise Fault(f"--backup {options.backup!r}: a suffix must not be empty or contain '/'")
    if (options.output or options.outdir) and (options.in_place or options.dry_run):
        raise Fault("--output and --outdir cannot be combined with --in-place or --dry-run")
    if options.in_place and (not options.files or "-" in options.files):
        raise Fault("--in-place needs files, not standard input")


def refuse_joined_suffix(words: Sequence[str]) -> None:
    """Raise a Fault if ``-i`` has a suffix, as in ``sed -i.bak``."""
    for word in words[: words.index("--") if "--" in words else None]:
        if match := re.fullmatch(r"(-i=?|--in-place=)(.+)", word, re.DOTALL):
            flag = match[1].rstrip("=")
            raise Fault(f"{flag} takes no suffix; write {flag} --backup {match[2]}")
