"""asn-generate: pools in, associations out; asn-pool, asn-match and asn-build in one command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from asntools.build.associations import Options
from asntools.build.options import add_building_options, check_building_options, version_id_of
from asntools.build.writing import write_associations
from asntools.common import status
from asntools.common.command import Console, add_files, command, make_parser
from asntools.common.faults import Fault
from asntools.common.output import Output
from asntools.common.pieces import add_jobs_option, add_unsorted_option, done
from asntools.common.programs import HELD
from asntools.generate.joining import Joining
from asntools.generate.pieces import pieces
from asntools.generate.work import Made, Recipe, Work
from asntools.match.account import Account
from asntools.match.options import (
    add_exit_status_option,
    add_rule_options,
    add_selection_options,
    check_rule_options,
)
from asntools.match.rule_files import read_rule_file
from asntools.match.selection import Selection
from asntools.pool.amendments import Extra
from asntools.pool.options import FILES_AT_ONCE, add_input_options, exposures_of

EXAMPLES = """
asn-generate --outdir asns/ pool.csv
asn-generate --rule image2 --candidate o001 pool.csv
asn-generate --jobs 2 --merge pool.csv > associations.jsonl
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = make_parser(
        "asn-generate",
        "Make associations from pools, like a pipe of asn-pool, asn-match and asn-build, in one command.",
        EXAMPLES,
    )
    add_input_options(parser)
    add_rule_options(parser)
    parser.add_argument(
        "--candidate",
        metavar="ID|TYPE=OBS,...",
        dest="candidates",
        action="append",
        default=[],
        type=_candidate,
        help="make associations only for this candidate, such as o001; or, with =, put the exposures of "
        "these observations, * for all, into a candidate of this type, such as background=o001,o002; both "
        "may be repeated",
    )
    add_selection_options(parser)
    add_exit_status_option(parser)
    add_building_options(parser)
    add_unsorted_option(parser, "exposures")
    add_jobs_option(parser)
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="have the work done by the Dask cluster with its scheduler at this address, such as "
        "tcp://host:8786, or by local, a cluster of --jobs processes; --outdir is then a folder that all its "
        "machines see, or a URL such as s3://bucket/asns; a run that was stopped continues where it was",
    )
    add_files(parser, "pool tables, exposure records or FITS files")
    return parser


def _candidate(text: str) -> Extra | str:
    return Extra.parse(text) if "=" in text else text


@command("asn-generate")
def main(argv: Sequence[str] | None, console: Console) -> int | None:
    """Run the command."""
    parser = build_parser()
    args = parser.parse_args(argv)
    check_building_options(args)
    if args.dask and args.outdir is None:
        raise Fault("--dask needs --outdir")
    if args.outdir and "://" in args.outdir and not args.dask:
        raise Fault("--outdir with a URL needs --dask")
    args.extras = [each for each in args.candidates if isinstance(each, Extra)]
    args.files_at_once = max(FILES_AT_ONCE, args.jobs)
    recipe = _recipe(args)
    work = Work(recipe)
    check_rule_options(work.matcher.rules, args)
    joining = Joining(Account(work.matcher.afresh(), recipe.selection), console.report, console.say)
    if args.dask:
        _on_cluster(args, recipe, joining, console)
    else:
        held = None if args.unsorted else HELD
        parts = pieces(exposures_of(args, console), console.report, held=held)
        results = _joined(joining, done(work, parts, args.jobs, "associations"))
        if args.outdir is None:
            Output().write_all(made.lines for made in results)
        else:
            files = (file for made in results for file in made.files)
            write_associations(files, Path(args.outdir), console, force=args.force)
    return status.NEGATIVE if args.exit_status and not joining.matched else None


def _recipe(args: argparse.Namespace) -> Recipe:
    ids = [each for each in args.candidates if isinstance(each, str)] or None
    if ids and (args.all_candidates or args.discover):
        other = "--all-candidates" if args.all_candidates else "--discover"
        raise Fault(f"{other} cannot be combined with --candidate {ids[0]}")
    return Recipe(
        tuple(map(read_rule_file, args.rules)),
        not args.no_default_rules,
        tuple(args.rule),
        Selection.of(ids, args.all_candidates, args.discover),
        Options(version_id_of(args), args.product_name),
        merge=args.merge,
        explain=args.explain,
        as_files=args.outdir is not None,
    )


def _joined(joining: Joining, results: Iterator[Made]) -> Iterator[Made]:
    for made in results:
        joining.add(made)
        yield made
    joining.finish()


def _on_cluster(args: argparse.Namespace, recipe: Recipe, joining: Joining, console: Console) -> None:
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise Fault("--dask needs Dask: pip install 'asntools[dask]'") from error
    from asntools.generate.cluster_run import run_on_cluster

    run_on_cluster(args, recipe, joining, console)
