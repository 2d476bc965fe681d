"""Which options of asn-fmt go together."""

from __future__ import annotations

import argparse
import os.path

from asntools.asn.formats import FORMATS
from asntools.common.faults import Fault
from asntools.common.words import listed
from asntools.fmt.rendering import GRAPHS, RENDERINGS

SKIES = ("sky", "sky-png")
"""The pictures of footprints."""


def check_options(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End with a message where options do not go together."""
    forms = ", ".join(FORMATS)
    if options.check or options.in_place:
        mode = "--check" if options.check else "--in-place"
        if options.query is not None or options.to in (*RENDERINGS, *SKIES):
            parser.error(f"{mode} works with --to {forms} only, and without --query")
    if options.in_place and (not options.files or "-" in options.files):
        parser.error("--in-place needs the names of files")
    if options.query is not None and options.to in (*RENDERINGS, *SKIES):
        parser.error(f"--query works with --to {forms} only")
    if options.files_in is not None and options.to not in GRAPHS:
        parser.error(f"--files-in works with --to {listed(GRAPHS, 'or')} only")
    if (options.to in SKIES) > (options.pool is not None):
        parser.error(f"--to {options.to} needs --pool, which says where the members are")
    if options.pool is not None and options.to not in (*SKIES, "html"):
        parser.error(f"--pool works with --to {listed((*SKIES, 'html'), 'or')} only")
    if options.files_in is not None and not os.path.isdir(options.files_in):
        raise Fault("not a folder to look for files in", options.files_in)
    if options.raw and options.query is None:
        parser.error("--raw works with --query only")
    if options.raw and options.to == "yaml":
        parser.error("--raw does not work with --to yaml")
