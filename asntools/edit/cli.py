"""asn-edit: make associations, and change them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from asntools.asn.products import Association, NoSuchProduct
from asntools.common.command import Console, command, make_parser
from asntools.common.faults import Fault
from asntools.edit.arguments import created, given
from asntools.edit.merging import merge
from asntools.edit.options import check_changes, refuse_joined_suffix
from asntools.edit.runs import Change, Picker, Sought, change_one, change_together
from asntools.edit.verbs import VERBS, add_verbs, check_verb
from asntools.edit.writing import edit_in_place, edit_to_output, open_sink, show_differences


def build_parser(verb: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of asn-edit: of all verbs, or, in a tenth of the time, of the one that is given."""
    parser = make_parser(
        "asn-edit",
        "Make and change associations. Each verb reads associations from files or standard input, changes "
        "them, and writes them to standard output, one per line.",
        """
        asn-edit add-member asn.json --expname x.fits --exptype BACKGROUND
        asn-edit create image3 --product my_mosaic --science *_cal.fits --background bkg*_x1d.fits
        asn-edit set program=01234 -i *_asn.json
        """,
    )
    add_verbs(parser, verb)
    return parser


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    if argv:
        check_verb(argv[0])
    parser = build_parser(argv[0] if argv and argv[0] in VERBS else None)
    refuse_joined_suffix(argv)
    end = argv.index("--") if "--" in argv else len(argv)
    options, rest = parser.parse_known_args(argv[:end])
    # argparse takes one run of positionals; files may also come after the options that follow it.
    unknown = [word for word in rest if "files" not in options or (word[:1] == "-" and word != "-")]
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}; a verb's options come after the verb")
    options.files = [*getattr(options, "files", ()), *getattr(options, "listed_files", ()), *rest]
    options.files += argv[end + 1 :]
    check_changes(options)
    return options


@command("asn-edit")
def main(argv: Sequence[str] | None, console: Console) -> int | None:
    """Make and change associations."""
    options = _parse(argv or ())
    VERBS[options.verb].prepare(options, console)
    if console.status:
        return None
    if options.verb == "gather":
        _gather(options, console)
        return None
    if options.verb == "create":
        with open_sink(options, console) as write:
            write([created(options)])
        return None
    picker = Picker(options.asn)
    sought = Sought(picker)
    missing_ok = getattr(options, "missing_ok", False)
    options.missing = (lambda *_: None) if options.force or missing_ok else partial(sought.miss, "member")
    options.missing_product = (lambda *_: None) if missing_ok else partial(sought.miss, "product")
    change = _change(options, picker, console)
    if options.dry_run:
        show_differences(options, change, console)
    elif options.in_place:
        edit_in_place(options, change, console)
    else:
        with open_sink(options, console) as write:
            edit_to_output(options, change, write, sought, console)
    if not console.status:
        picker.check()
        sought.check(console.report)
    return None


def _gather(options: argparse.Namespace, console: Console) -> None:
    from asntools.edit.gathering import gather

    if not options.files or "-" in options.files:
        raise Fault("gather needs files; standard input has no place")
    keywords = given(options, "files_in", "link", "missing_ok", "force")
    gather(options.files, options.folder, **keywords, report=console.report)


def _change(options: argparse.Namespace, picker: Picker, console: Console) -> Change:
    edit = VERBS[options.verb].edit
    if edit is None:
        if len(options.files) > 1 and (options.in_place or options.dry_run):
            raise Fault("merge makes one association, and --in-place and --dry-run are for one file")
        whole = partial(merge, product=options.product, force=options.force, report=console.report)
        return lambda documents: change_together(documents, whole, picker, console.report)

    def one(association: Association, source: str) -> list[Association]:
        try:
            new = edit(association, options, source)
        except NoSuchProduct as fault:
            options.missing_product(fault.wanted, fault.there)
            return [association]
        return new if isinstance(new, list) else [new]

    return lambda documents: [(each, change_one(each, one, picker, console.report)) for each in documents]
