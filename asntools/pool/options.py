"""The options of asn-pool, and the exposures that they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from asntools.common.command import Console, open_input, say_what_is_awaited, source_name
from asntools.common.faults import Fault
from asntools.common.pieces import job_count
from asntools.common.progress import Progress
from asntools.common.records import Record
from asntools.pool.amendments import Amendments, Extra, Setting
from asntools.pool.inputs import EXPNAMES, Choices, read_inputs
from asntools.pool.sorting import by_program
from asntools.pool.sources import Source, read_names, sources
from asntools.pool.targets import TOLERANCE
from asntools.pool.where import Where

FILES_AT_ONCE = 4
"""How many files are opened at once by default."""
_MOST_ARCSECONDS = 3600


def add_candidate_option(parser: argparse.ArgumentParser) -> None:
    """Give a parser the option that puts observations into a candidate."""
    parser.add_argument(
        "--candidate",
        metavar="TYPE=OBS,...",
        dest="extras",
        action="append",
        default=[],
        type=Extra.parse,
        help="put the exposures of these observations, * for all, into a candidate of this type, such as "
        "background=o001,o002; may be repeated, for the candidates c1000, c1001 and so on",
    )


def add_jobs_option(parser: argparse.ArgumentParser) -> None:
    """Give a parser the option for how many files are opened at once."""
    parser.add_argument(
        "--jobs",
        metavar="N",
        dest="files_at_once",
        type=job_count,
        default=FILES_AT_ONCE,
        help=f"open N files at once; {FILES_AT_ONCE} by default",
    )


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options for files, folders and lists, for what headers lack, and for selection."""
    parser.add_argument(
        "-r", "--recursive", action="store_true", help="read the FITS files in folders and their subfolders"
    )
    parser.add_argument(
        "--files-from",
        metavar="FILE",
        action="append",
        default=[],
        help="read the files named in a list, one per line; - is standard input",
    )
    parser.add_argument(
        "-0",
        "--null",
        action="store_true",
        help="with --files-from, names end with a null character, as from find -print0",
    )
    parser.add_argument(
        "--set",
        metavar="COL=VALUE[:GLOB]",
        dest="settings",
        action="append",
        default=[],
        type=Setting.parse,
        help="set a column of all exposures, or of those whose file matches a glob; COL=VALUE:COL=GLOB "
        "matches another column instead of the file; may be repeated",
    )
    parser.add_argument(
        "--keyword",
        metavar="NAME",
        action="append",
        default=[],
        type=_keyword,
        help="also read this keyword of FITS headers, into a column of the same name; may be repeated",
    )
    parser.add_argument(
        "--expname",
        choices=list(EXPNAMES),
        default="basename",
        help="how associations name FITS files: without folder (the default), relative to the current "
        "folder, or with the full path",
    )
    parser.add_argument(
        "--target-tolerance",
        metavar="ARCSEC",
        type=_arcseconds,
        default=TOLERANCE,
        help="positions up to this far apart are one target, if targets have no names; "
        f"{TOLERANCE:g} by default",
    )
    parser.add_argument("--remote", action="store_true", help="read URLs (https://, s3://) over the network")
    parser.add_argument(
        "--format",
        metavar="NAME",
        help="read tables in this astropy format: ascii.ecsv or another ascii format, fits or votable",
    )
    parser.add_argument(
        "--where", metavar="JQ", help="keep the exposures for which this jq expression is true"
    )
    parser.add_argument(
        "--sort",
        action="store_true",
        help="bring the exposures of each program together, with programs in order of first appearance",
    )


def exposures_of(
    args: argparse.Namespace, console: Console, files: list[Source] | None = None
) -> Iterator[Record]:
    """Return the exposures that the options of a command line ask for, of its files or of those given."""
    where = None if args.where is None else Where(args.where)
    exposures = _read(args, console, sources_of(args, console) if files is None else files)
    if where is not None:
        exposures = where.kept(exposures, console.report)
    return by_program(exposures, console.report) if args.sort else exposures


def _read(args: argparse.Namespace, console: Console, files: list[Source]) -> Iterator[Record]:
    choices = choices_of(args)
    with Progress(console.name, len(files), "files") as progress:
        yield from read_inputs(files, choices, progress.clearing(console.report), progress.step)


def choices_of(args: argparse.Namespace) -> Choices:
    """Return what the options say."""
    return Choices(
        table_format=args.format,
        keywords=tuple(args.keyword),
        expname=args.expname,
        tolerance=args.target_tolerance,
        remote=args.remote,
        jobs=args.files_at_once,
        amendments=Amendments(args.settings, args.extras),
    )


def sources_of(args: argparse.Namespace, console: Console) -> list[Source]:
    """Return the files to read: first those in lists, then those on the command line."""
    if args.null and not args.files_from:
        raise Fault("--null needs --files-from")
    names = [*_listed(args, console), *args.files]
    if not args.files_from:
        names = names or ["-"]
        say_what_is_awaited(names, console)
    return list(sources(names, console.report, recursive=args.recursive))


def _listed(args: argparse.Namespace, console: Console) -> Iterator[str]:
    for name in args.files_from:
        try:
            with open_input(name) as stream:
                yield from read_names(stream, source_name(name), null=args.null)
        except Fault as fault:
            console.report(fault)


def _keyword(text: str) -> str:
    if not (text.isascii() and text.replace("-", "_").isidentifier() and len(text) <= 8):
        raise Fault(f"{text!r} is not a FITS keyword: up to 8 letters, digits, - and _")
    return text.upper()


def _arcseconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= _MOST_ARCSECONDS:
        raise Fault(f"{text!r} is not a number from 0 to {_MOST_ARCSECONDS}")
    return value
