"""The options of asn-build: how associations are made, and where they are written."""

from __future__ import annotations

import argparse
import re

from asntools.common.faults import Fault
from asntools.common.templates import check_template

_NOW = "now"


def add_building_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options for making associations from groups."""
    parser.add_argument(
        "--outdir",
        metavar="DIR",
        help="write one file per association to this folder, and print nothing",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="with --outdir, replace existing files, and write what can be made from faulty input",
    )
    parser.add_argument(
        "--merge",
        action="store_true",
        help="merge the Stage 2 associations of one candidate and type into one with many products",
    )
    parser.add_argument(
        "--product-name",
        metavar="TEMPLATE",
        type=_template,
        help="name Stage 3 products by a template of attributes that the members share, such as "
        "'{program}_{target}_{instrume}_{filter|band}', instead of the rules' styles",
    )
    parser.add_argument(
        "--version-id",
        metavar="ID",
        type=_version_id,
        help="stamp associations and file names with ID; 'now' is the time, such as 20260101t000000",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="report on standard error, one per line, what is left out after matching, and why",
    )


def check_building_options(args: argparse.Namespace) -> None:
    """Refuse options that cannot be combined."""
    if args.force and args.outdir is None:
        raise Fault("--force needs --outdir")


def version_id_of(args: argparse.Namespace) -> str | None:
    """Return the version id of the options, which is the time for ``now``."""
    return stamp(args.version_id)


def stamp(version_id: str | None) -> str | None:
    """Return a version id, which is the time for ``now``; raises a `Fault` if it is not valid."""
    if version_id is None:
        return None
    if version_id != _NOW:
        return _version_id(version_id)
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y%m%dt%H%M%S")


def _version_id(text: str) -> str:
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9-]+", text):
        raise Fault(f"{text!r} is not a version id: use letters, digits and '-', or 'now' for the time")
    return text.lower()


def _template(text: str) -> str:
    check_template(text)
    return text
