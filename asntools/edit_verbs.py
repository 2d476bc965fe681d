"""The verbs of asn-edit: the options that each one takes, and the edit that they ask for."""

from __future__ import annotations

import argparse
import json
import os.path
import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from asntools.command import add_files
from asntools.create_verb import add_create_options, add_roles
from asntools.edit_options import add_common, add_expnames, add_ignore_suffix, add_product_choice
from asntools.edit_runs import Edit
from asntools.edits import (
    add_members,
    checked_exptype,
    dedupe,
    remove_members,
    select_members,
    set_exptype,
    set_keywords,
)
from asntools.faults import STDIN, Fault
from asntools.members import ALL, Association, Member, exptype_of, finder
from asntools.merging import split_members, split_products
from asntools.product_edits import add_product, remove_products, rename_product
from asntools.queries import Query
from asntools.relocation import mover, relocate


class Verb(NamedTuple):
    """One thing that asn-edit does.

    Parameters
    ----------
    summary : str
        What it does, in a sentence.
    examples : str
        Command lines, one a line.
    add_options : callable
        Gives a parser the options that are this verb's own.
    edit : callable
        Turns options into an edit; None for the verbs that work otherwise.
    """

    summary: str
    examples: str
    add_options: Callable[[argparse.ArgumentParser], None]
    edit: Callable[[argparse.Namespace], Edit] | None = None


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


def _add_product_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--product", metavar="NAME", required=True, help="the new product's name")
    add_roles(parser)


def _add_product(options: argparse.Namespace) -> Edit:
    return lambda association, _: [
        add_product(association, options.product, options.roles or [], force=options.force)
    ]


def _remove_product(options: argparse.Namespace) -> Edit:
    return lambda association, _: [remove_products(association, options.product, force=options.force)]


def _rename_product_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--product", metavar="NAME-OR-GLOB", help="the product to rename (default: the only product)"
    )
    parser.add_argument("--name", metavar="NAME", required=True, help="its new name")


def _rename_product(options: argparse.Namespace) -> Edit:
    return lambda association, _: [
        rename_product(association, options.product, options.name, force=options.force)
    ]


_ASSIGNMENT = re.compile(r"[A-Za-z_][\w-]*:?=.*", re.DOTALL)


def _set_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "assignments",
        metavar="KEY=VALUE",
        nargs="+",
        help="a top-level keyword and the text that it shall have; KEY:=JSON gives it any JSON value",
    )


def _set(options: argparse.Namespace) -> Edit:
    # KEY=VALUE and FILE are told apart by their shape, so that they may stand in any order.
    words = options.assignments + options.files
    assignments = [word for word in words if _ASSIGNMENT.fullmatch(word)]
    options.files = [word for word in words if word not in assignments]
    if not assignments:
        raise Fault("say what to set: KEY=VALUE or KEY:=JSON")
    values = dict(map(_assigned, assignments))
    return lambda association, _: [set_keywords(association, values)]


def _assigned(word: str) -> tuple[str, Any]:
    key, _, value = word.partition("=")
    if not key.endswith(":"):
        return key, value
    key = key[:-1]
    try:
        return key, json.loads(value, parse_constant=_refuse_constant)
    except ValueError as error:
        raise Fault(f"{key}:= is not given JSON: {value!r}; {key}=VALUE sets a text") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


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


def _merge_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--product", metavar="NAME", help="put all members into one product of this name")


def _split_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--by",
        metavar="JQ",
        help="one association for each value that this jq program gives for a member, null being every value "
        "(default: one for each product)",
    )


def _split(options: argparse.Namespace) -> Edit:
    if options.by is None:
        return lambda association, _: split_products(association)
    key = Query(options.by).first
    return lambda association, _: split_members(association, key, force=options.force)


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


VERBS: dict[str, Verb] = {
    "create": Verb(
        "make an association of lists of files",
        """
        asn-edit create image3 --product my_mosaic --science *_cal.fits --background bkg*_x1d.fits
        asn-edit create spec2 --science a_rate.fits b_rate.fits --from companions.txt > spec2_asn.json
        """,
        add_create_options,
    ),
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
    "add-product": Verb(
        "add a product",
        "asn-edit add-product spec2_asn.json --product b --science b_rate.fits --background sky_rate.fits",
        _add_product_options,
        _add_product,
    ),
    "remove-product": Verb(
        "remove products",
        "asn-edit remove-product spec2_asn.json --product 'jw01234002*'",
        add_product_choice,
        _remove_product,
    ),
    "rename-product": Verb(
        "give a product another name",
        "asn-edit rename-product asn.json --product my_mosaic --name whole_field",
        _rename_product_options,
        _rename_product,
    ),
    "set": Verb(
        "set top-level keywords",
        """
        asn-edit set program=01234 asn_id=o001 asn.json
        asn-edit set version_id:=null -i *_asn.json
        """,
        _set_options,
        _set,
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
    "merge": Verb(
        "put several associations into one",
        """
        asn-edit merge o001_asn.json o002_asn.json
        asn-edit merge --product whole_field o*_image3_*_asn.json
        """,
        _merge_options,
    ),
    "split": Verb(
        "make several associations of one",
        """
        asn-edit split spec2_asn.json
        asn-edit split asn.json --by 'if .exptype == "science" then .expname[0:10] else null end'
        """,
        _split_options,
        _split,
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
"""Every verb, by its name."""


def add_verbs(parser: argparse.ArgumentParser) -> None:
    """Give `parser` a parser for each verb."""
    verbs = parser.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        examples = "".join(f"  {line.strip()}\n" for line in verb.examples.strip().splitlines())
        one = verbs.add_parser(
            name,
            help=verb.summary,
            description=f"{verb.summary[0].upper()}{verb.summary[1:]}.",
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        verb.add_options(one)
        one.add_argument("--force", action="store_true", help="do what is refused as a probable mistake")
        one.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if name != "create":
            add_common(one)
            add_files(one, "associations")
