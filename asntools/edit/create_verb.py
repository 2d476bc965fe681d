"""The verb ``create`` of asn-edit, and the lists of members that it shares with ``add-product``."""

from __future__ import annotations

import argparse
import re
from typing import Any

from asntools.asn.products import Association
from asntools.common.command import Console, open_input, source_name
from asntools.common.faults import Fault
from asntools.edit.creation import (
    DEFAULT_ID,
    DEFAULT_PROGRAM,
    DEFAULT_TARGET,
    STAGE_RULES,
    Role,
    create,
    has_folder,
    read_roles,
)
from asntools.jwst.asn_types import PIPELINE_TYPES
from asntools.jwst.exptypes import PIPELINE_EXPTYPES


class _Roles(argparse.Action):
    """Collects files with their exptypes, in the order of the command line."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        options: argparse.Namespace,
        values: Any,
        option: str | None = None,
    ) -> None:
        roles = list(getattr(options, self.dest) or ())
        for value in values:
            exptype, file = str(option).removeprefix("--").replace("-", "_"), value
            if exptype == "member":
                exptype, equals, file = value.partition("=")
                if not equals:
                    parser.error(f"argument {option}: expected EXPTYPE=EXPOSURE, not {value!r}")
            if re.search(r"\.(json|jsonl|yaml|yml)$", file):
                parser.error(
                    f"argument {option}: {file!r} is no exposure; "
                    "an association to change stands before the lists of members"
                )
            roles.append((exptype, file))
        setattr(options, self.dest, roles)


def add_roles(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options that list files by role."""
    for exptype, meaning in PIPELINE_EXPTYPES.items():
        parser.add_argument(
            f"--{exptype.replace('_', '-')}",
            action=_Roles,
            dest="roles",
            metavar="EXPOSURE",
            nargs="+",
            help=f"members with the exptype {exptype}: {meaning}",
        )
    parser.add_argument(
        "--member",
        action=_Roles,
        dest="roles",
        metavar="EXPTYPE=EXPOSURE",
        nargs="+",
        help="members with any exptype",
    )
    parser.add_argument(
        "--from",
        dest="lists",
        metavar="LIST",
        action="append",
        default=[],
        help="members from a text file with an exposure and its exptype on each line; # starts a comment",
    )


def add_create_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options of ``create``."""
    parser.add_argument(
        "asn_type", metavar="TYPE", help=f"which pipeline it is for: {', '.join(PIPELINE_TYPES)}"
    )
    parser.add_argument(
        "--product", metavar="NAME", help="the product's name, for the types of Stage 3, which need one"
    )
    add_roles(parser)
    parser.add_argument(
        "--program", help=f"the program (default: as the names of all files tell, or {DEFAULT_PROGRAM})"
    )
    parser.add_argument("--target", default=DEFAULT_TARGET, help="the target (default: %(default)s)")
    parser.add_argument("--asn-id", default=DEFAULT_ID, help="the asn_id (default: %(default)s)")
    parser.add_argument(
        "--asn-rule",
        help=f"the asn_rule (default: {STAGE_RULES[2]} for Stage 2, {STAGE_RULES[3]} for Stage 3)",
    )


def all_roles(options: argparse.Namespace, console: Console) -> list[Role]:
    """Return the members that options list by role, those of text files last."""
    roles = list(options.roles or ())
    if "-" in options.lists and options.verb != "create" and (not options.files or "-" in options.files):
        raise Fault("--from - leaves no standard input to read associations from")
    for name in options.lists:
        with open_input(name) as stream:
            roles += read_roles(stream, source_name(name), console.report, force=options.force)
    for _, file in roles:
        if has_folder(file):
            console.say(f"{file!r} has a folder; the pipelines advise to keep members beside the association")
    return roles


def created(options: argparse.Namespace) -> Association:
    """Return the association that the options of ``create`` ask for."""
    return create(
        options.asn_type,
        options.roles,
        product=options.product,
        program=options.program,
        target=options.target,
        asn_id=options.asn_id,
        asn_rule=options.asn_rule,
        force=options.force,
    )
