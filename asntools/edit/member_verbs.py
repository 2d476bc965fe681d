"""The verbs of asn-edit that change the members of products."""

from __future__ import annotations

import argparse
import os.path
from collections.abc import Callable

from asntools.asn.products import ALL, Association, Member, exptype_of, finder
from asntools.common.faults import STDIN, Fault
from asntools.common.jq import Query
from asntools.edit.edit_options import Verb, add_expnames, add_ignore_suffix, add_product_choice
from asntools.edit.edits import (
    add_members,
    checked_exptype,
    dedupe,
    remove_members,
    select_members,
    set_exptype,
)
from asntools.edit.relocation import mover, relocate
from asntools.edit.runs import Edit


def _add_member_options(parser: argparse.ArgumentParser) -> None:
    add_expnames(parser, "EXPOSURE", "the file to add")
    parser.add_argument("--exptype", required=True, help="its role, in any case")
    add_product_choice(parser)


def _add_member(options: argparse.Namespace) -> Edit:
    exptype = checked_exptype(options.exptype, force=options.force)
    return lambda association, _: [
        add_members(association, options.expname, exptype, product=options.product, force=options.force)
    ]


def _remove_member_options(parser: argparse.ArgumentParser) -> None:
    add_expnames(parser, "NAME-OR-GLOB", "the member to remove")
    add_ignore_suffix(parser)
    add_product_choice(parser)


def _remove_member(options: argparse.Namespace) -> Edit:
    return lambda association, _: [
        remove_members(
            association,
            options.expname,
            ignore_suffix=options.ignore_suffix,
            product=options.product,
            force=options.force,
        )
    ]


def _set_exptype_options(parser: argparse.ArgumentParser) -> None:
    add_expnames(parser, "NAME-OR-GLOB", "the member to change")
    parser.add_argument("--exptype", required=True, help="its new role, in any case")
    add_ignore_suffix(parser)
    add_product_choice(parser)


def _set_exptype(options: argparse.Namespace) -> Edit:
    exptype = checked_exptype(options.exptype, force=options.force)
    return lambda association, _: [
        set_exptype(
            association,
            options.expname,
            exptype,
            ignore_suffix=options.ignore_suffix,
            product=options.product,
            force=options.force,
        )
    ]


def _select_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--where", metavar="JQ", help="keep members for which this jq program holds")
    parser.add_argument(
        "--exptype", action="append", default=[], help="keep members of this exptype; repeatable"
    )
    add_expnames(parser, "NAME-OR-GLOB", "keep members of this name", required=False)
    add_ignore_suffix(parser)
    add_product_choice(parser)


def _select(options: argparse.Namespace) -> Edit:
    tests: list[Callable[[Member], bool]] = []
    if options.where is not None:
        tests.append(Query(options.where).holds)
    if options.exptype:
        wanted = {checked_exptype(one, force=options.force) for one in options.exptype}
        tests.append(lambda member: exptype_of(member) in wanted)
    if options.expname:
        finders = [finder(one, ignore_suffix=options.ignore_suffix) for one in options.expname]
        tests.append(lambda member: any(finds(member["expname"]) for finds in finders))
    if not tests:
        raise Fault("say what to keep: --where JQ, --exptype EXPTYPE or --expname NAME-OR-GLOB")

    def keep(member: Member) -> bool:
        return all(test(member) for test in tests)

    return lambda association, _: [
        select_members(association, keep, product=options.product, force=options.force)
    ]


def _dedupe(options: argparse.Namespace) -> Edit:
    return lambda association, _: [dedupe(association, product=options.product)]


def _relocate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strip", action="store_true", help="take all folders away, before anything else")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--prefix", metavar="DIR", help="put a folder in front")
    place.add_argument("--relative-to", metavar="DIR", help="give the path from a folder")
    place.add_argument("--absolute", action="store_true", help="give the whole path")
    add_product_choice(parser, default=ALL)


def _relocate(options: argparse.Namespace) -> Edit:
    if not (options.strip or options.prefix or options.relative_to or options.absolute):
        raise Fault("say where to: --strip, --prefix DIR, --relative-to DIR or --absolute")

    def edit(association: Association, source: str) -> list[Association]:
        move = mover(
            strip=options.strip,
            prefix=options.prefix,
            relative_to=options.relative_to,
            absolute=options.absolute,
            base="." if source == STDIN else os.path.dirname(source),
        )
        return [relocate(association, move, product=options.product, force=options.force)]

    return edit


MEMBER_VERBS: dict[str, Verb] = {
    "add-member": Verb(
        "add members",
        """
        asn-edit add-member asn.json --expname x.fits --exptype BACKGROUND
        asn-edit add-member -i --all-products --expname x.fits --exptype imprint spec2_asn.json
        """,
        _add_member_options,
        _add_member,
    ),
    "remove-member": Verb(
        "remove members",
        """
        asn-edit remove-member asn.json --expname x_cal.fits
        asn-edit remove-member asn.json --ignore-suffix --expname 'jw01234001*'
        """,
        _remove_member_options,
        _remove_member,
    ),
    "set-exptype": Verb(
        "give members another role",
        "asn-edit set-exptype asn.json --expname 'bkg*' --exptype background",
        _set_exptype_options,
        _set_exptype,
    ),
    "select": Verb(
        "keep some members; products that keep none go",
        """
        asn-edit select asn.json --exptype science --exptype background
        asn-edit select spec2_asn.json --all-products --where '.exposerr == null'
        """,
        _select_options,
        _select,
    ),
    "dedupe": Verb(
        "remove members and products that are there twice",
        "asn-edit dedupe asn.json",
        lambda parser: add_product_choice(parser, default=ALL),
        _dedupe,
    ),
    "relocate": Verb(
        "change the folders of members",
        """
        asn-edit relocate asn.json --strip
        asn-edit relocate asn.json --prefix ../data
        """,
        _relocate_options,
        _relocate,
    ),
}
"""The verbs, by name."""
