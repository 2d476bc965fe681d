"""Files formatted, or listed if they are not."""

from __future__ import annotations

import argparse
import os.path

from asntools.asn.file_names import KINDS
from asntools.common import status
from asntools.common.command import Console, inputs
from asntools.common.faults import Fault, os_reason
from asntools.fmt.layout import format_file


def check(options: argparse.Namespace, console: Console) -> int:
    """List the files that formatting would change; return whether there are any, as a status."""
    answer = status.OK
    for source, stream in inputs(options.files, console):
        try:
            data = stream.read()
        except OSError as error:
            console.report(Fault(f"cannot read: {os_reason(error)}", source))
            continue
        new, told = format_file(data, source, options.to, repair=options.repair)
        for fault in told:
            console.report(fault)
        if new is not None and new.data != data:
            what = f"would be reformatted: {' and '.join(new.reasons)}"
            console.report(Fault(what, source, new.line, serious=False))
            answer = status.NEGATIVE
    return answer


def format_in_place(options: argparse.Namespace, console: Console) -> None:
    """Format files in place."""
    from asntools.common.in_place import editing

    for name in options.files:
        try:
            _refuse_wrong_name(name, options.to)
            with editing(name, console.report) as edit:
                new, told = format_file(edit.data, name, options.to, repair=options.repair)
                if new is not None and new.data != edit.data:
                    if new.loses_comments:
                        raise Fault("has comments, which formatting would lose; nothing is written", name)
                    edit.write(new.data)
        except Fault as refusal:
            console.report(refusal)
            continue
        for fault in told:
            console.report(fault)
        if new is None:
            console.say(Fault("nothing is written", name))


def _refuse_wrong_name(name: str, to: str | None) -> None:
    # Files named .json are read as JSON, and those named .yaml as YAML, whatever is in them.
    end = os.path.splitext(name)[1]
    if to is not None and end in KINDS and (KINDS[end] == "yaml") != (to == "yaml"):
        raise Fault(
            f"--to {to} does not fit a file named {end}; write another: asn-fmt --to {to} FILE > NEW", name
        )
