"""A run of asn-generate on a Dask cluster: pools are read and sent, FITS headers are read by the workers."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from asntools.build.calibration import Said
from asntools.common.command import Console
from asntools.common.faults import Fault
from asntools.common.programs import HELD
from asntools.common.progress import Progress
from asntools.common.records import Record
from asntools.generate.cluster import AnItem, Cluster, Task, version_id_of_run
from asntools.generate.gathering import Gathering, Joined
from asntools.generate.headers import BATCH, Headers, Reading, are_for_workers
from asntools.generate.joining import Joining
from asntools.generate.making import Making
from asntools.generate.pieces import Piece, pieces
from asntools.generate.storage import Storage
from asntools.generate.work import Recipe, from_plain
from asntools.pool.options import choices_of, exposures_of, sources_of
from asntools.pool.sources import Source


def run_on_cluster(args: argparse.Namespace, recipe: Recipe, joining: Joining, console: Console) -> None:
    """Run as the options say."""
    outdir = args.outdir if "://" in args.outdir else os.path.abspath(args.outdir)
    storage = Storage(outdir)
    joined = Joined(args.where)
    files = sources_of(args, console)
    version_id = version_id_of_run(storage, recipe.options.version_id, now=args.version_id == "now")
    recipe = recipe._replace(options=recipe.options._replace(version_id=version_id))
    making = Making(recipe, outdir, force=args.force)
    with closing(Cluster(args.dask, args.jobs, console.say)) as cluster:
        run = _Run(cluster, joining, console)
        if args.format is None and are_for_workers(files):
            choices = replace(choices_of(args), folder=os.getcwd())
            headers = run.read(Reading(choices, outdir), files)
            if console.status and not args.force:
                what = "the input is faulty, and nothing is written; use --force to write what could be made"
                raise Fault(what)
            if run.gather(Gathering(making, headers.columns, choices, args.where), headers, joined):
                headers.remove(storage)
        else:
            held = None if args.unsorted else HELD
            run.make(making, pieces(exposures_of(args, console, files), console.report, held=held))
    joining.finish()


class _Run:
    def __init__(self, cluster: Cluster, joining: Joining, console: Console):
        self._cluster = cluster
        self._joining = joining
        self._console = console
        self._failed = False

    def read(self, task: Reading, files: list[Source]) -> Headers:
        headers = Headers()
        with Progress(self._console.name, len(files), "files") as progress:
            report = progress.clearing(self._console.report)
            for faults in headers.read(self._cluster, task, files):
                for fault in faults:
                    report(fault)
                progress.step(BATCH)
        return headers

    def make(self, task: Making, items: Iterable[Piece]) -> None:
        for made in self._done(task, items):
            self._joining.add(from_plain(made))

    def gather(self, task: Gathering, headers: Headers, joined: Joined) -> bool:
        # A single machine reports on files before anything else, and so does this.
        said: list[tuple[list[Said], int]] = []
        for made in self._done(task, headers.pieces()):
            joined.add(made["remarks"])
            self._joining.count(made["tallies"])
            said.append((from_plain(made).said, made["groups"]))
        for fault in joined.faults(headers.unused):
            self._console.report(fault)
        for of_piece, groups in said:
            self._joining.report(of_piece, groups)
        return not self._failed

    def _done(self, task: Task[AnItem], items: Iterable[AnItem]) -> Iterator[Record]:
        with Progress(self._console.name, None, "pieces") as progress:
            report = progress.clearing(self._console.report)
            for done in self._cluster.results(task, items):
                if isinstance(done, Fault):
                    report(done)
                    self._failed = True
                else:
                    yield done
                progress.step()
