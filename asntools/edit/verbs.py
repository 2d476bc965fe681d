"""All the verbs of asn-edit: one table, and a parser for each."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

from asntools.asn.products import ALL, Association
from asntools.common.command import Console, described
from asntools.common.faults import Fault
from asntools.common.words import did_you_mean
from asntools.edit.arguments import (
    Options,
    check_exptypes,
    check_keywords,
    check_member_keys,
    check_name,
    check_place,
    check_selection,
    keywords_set,
    relocated,
    renamed,
    selected,
    sought,
)
from asntools.edit.edits import (
    add_members,
    add_product,
    dedupe,
    remove_members,
    remove_products,
    set_exptype,
    set_members,
)
from asntools.edit.merging import split_members, split_products
from asntools.edit.options import (
    BY,
    EXPTYPE,
    FILES,
    IGNORE_SUFFIX,
    MISSING_OK,
    OF_EXPTYPE,
    SEEKING,
    WHERE,
    Option,
    assignments,
    changes,
    expnames,
    one_of,
    option,
    output,
    products,
    read_lists,
    roles,
)
from asntools.jwst.asn_names import DISCOVERED_ID
from asntools.jwst.asn_types import DEFAULT_PROGRAM, DEFAULT_TARGET, PIPELINE_TYPES, STAGE_RULES


class Verb(NamedTuple):
    """One thing that asn-edit does; `examples` are command lines.

    `edit` takes an association, the options and the file's name, and returns the new association or several;
    it is None for a verb that works differently. Before it, `prepare` checks the options once.
    """

    summary: str
    examples: str
    options: tuple[Option, ...]
    edit: Callable[[Association, Options, str], Association | list[Association]] | None = None
    prepare: Callable[[Options, Console], None] = lambda options, console: None
    common: tuple[Option, ...] = (changes,)


VERBS = {
    "create": Verb(
        "make an association from lists of files",
        """
        asn-edit create image3 --product my_mosaic --science *_cal.fits --background bkg*_x1d.fits
        asn-edit create spec2 --science a_rate.fits b_rate.fits --from companions.txt > spec2_asn.json
        """,
        (
            option("asn_type", metavar="TYPE", help=f"which pipeline it is for: {', '.join(PIPELINE_TYPES)}"),
            option(
                "--product",
                metavar="NAME",
                help="the product's name; required for Stage 3 types",
            ),
            roles,
            option("--program", help=f"the program (default: from the file names, or {DEFAULT_PROGRAM})"),
            option("--target", default=DEFAULT_TARGET, help="the target (default: %(default)s)"),
            option("--asn-id", default=DISCOVERED_ID, help="the asn_id (default: %(default)s)"),
            option(
                "--asn-rule",
                help=f"the asn_rule (default: {STAGE_RULES[2]} for Stage 2, {STAGE_RULES[3]} for Stage 3)",
            ),
        ),
        prepare=read_lists,
        common=(output,),
    ),
    "add-member": Verb(
        "add members",
        """
        asn-edit add-member asn.json --expname x.fits --exptype BACKGROUND
        asn-edit add-member -i --all-products --exptype imprint --expname x.fits y.fits spec2_asn.json
        """,
        (expnames("EXPOSURE", "the files to add"), EXPTYPE, products()),
        lambda asn, o, _: add_members(asn, o.expname, o.exptype, product=o.product, force=o.force),
        check_exptypes,
    ),
    "remove-member": Verb(
        "remove members",
        """
        asn-edit remove-member asn.json --expname x_cal.fits
        asn-edit remove-member *_asn.json -i --all-products --ignore-suffix --expname bkg1_rate.fits
        """,
        (expnames("NAME-OR-GLOB", "the members to remove"), OF_EXPTYPE, *SEEKING),
        lambda asn, o, _: remove_members(asn, o.expname, exptype=o.exptype, **sought(o)),
        check_exptypes,
    ),
    "set-exptype": Verb(
        "give members another role",
        "asn-edit set-exptype asn.json --expname 'bkg*' --exptype background",
        (
            expnames("NAME-OR-GLOB", "the members to change"),
            option("--exptype", required=True, help="their new role, in any case"),
            option("--from-exptype", metavar="EXPTYPE", help="only members with this exptype"),
            *SEEKING,
        ),
        lambda asn, o, _: set_exptype(asn, o.expname, o.exptype, from_exptype=o.from_exptype, **sought(o)),
        check_exptypes,
    ),
    "set-member": Verb(
        "set keys of members, such as exposerr, group_id and tweakreg_catalog",
        """
        asn-edit set-member group_id=epoch1 --expname 'jw01234001*' asn.json
        asn-edit set-member exposerr:=null -i --expname x_cal.fits asn.json
        """,
        (
            lambda parser: assignments(parser, "a key of members"),
            expnames("NAME-OR-GLOB", "the members to change"),
            OF_EXPTYPE,
            *SEEKING,
        ),
        lambda asn, o, _: set_members(asn, o.expname, o.values, exptype=o.exptype, **sought(o)),
        check_member_keys,
    ),
    "select": Verb(
        "keep some members; products without any are removed",
        """
        asn-edit select asn.json --exptype science --exptype background
        asn-edit select spec2_asn.json --all-products --where '.exposerr == null'
        """,
        (
            WHERE,
            option(
                "--exptype",
                action="append",
                default=[],
                help="keep members with this exptype; may be repeated",
            ),
            expnames("NAME-OR-GLOB", "keep members with these names", required=False),
            IGNORE_SUFFIX,
            products(),
        ),
        selected,
        check_selection,
    ),
    "dedupe": Verb(
        "remove duplicate members and products",
        "asn-edit dedupe asn.json",
        (products(ALL),),
        lambda asn, o, _: dedupe(asn, product=o.product),
    ),
    "relocate": Verb(
        "change the folders of members",
        """
        asn-edit relocate asn.json --strip
        asn-edit relocate asn.json --prefix ../data
        """,
        (
            option("--strip", action="store_true", help="remove all folders, before anything else"),
            one_of(
                option("--prefix", metavar="DIR", help="put a folder in front"),
                option("--relative-to", metavar="DIR", help="make paths relative to a folder"),
                option("--absolute", action="store_true", help="make paths absolute"),
            ),
            products(ALL),
        ),
        relocated,
        check_place,
    ),
    "gather": Verb(
        "copy or link associations and their files into one folder",
        """
        asn-edit gather here asn.json
        asn-edit gather --link --files-in data here asn.json spec2_asn.json
        """,
        (
            option("folder", metavar="DIR", help="where to put them; made if missing"),
            one_of(
                option("--copy", action="store_true", help="copy files (the default)"),
                option("--link", action="store_true", help="make symbolic links to files"),
            ),
            option(
                "--files-in",
                metavar="DIR",
                help="the folder that names of members refer to (default: that of each association)",
            ),
            option("--missing-ok", action="store_true", help="gather associations even if files are missing"),
        ),
        common=(FILES,),
    ),
    "add-product": Verb(
        "add a product",
        "asn-edit add-product spec2_asn.json --product b --science b_rate.fits --background sky_rate.fits",
        (option("--product", metavar="NAME", required=True, help="the new product's name"), roles),
        lambda asn, o, _: add_product(asn, o.product, o.roles, force=o.force),
        read_lists,
    ),
    "remove-product": Verb(
        "remove products",
        "asn-edit remove-product spec2_asn.json --product 'jw01234002*'",
        (MISSING_OK, products()),
        lambda asn, o, _: remove_products(asn, o.product, force=o.force),
    ),
    "rename-product": Verb(
        "give a product another name",
        """
        asn-edit rename-product asn.json --product my_mosaic --name whole_field
        asn-edit rename-product asn.json --product-name '{target}_{product}'
        """,
        (
            option(
                "--product",
                metavar="NAME-OR-GLOB",
                help="the product to rename (default: the only product)",
            ),
            MISSING_OK,
            one_of(
                option("--name", metavar="NAME", help="its new name"),
                option(
                    "--product-name",
                    metavar="TEMPLATE",
                    help="its new name, or those of several, with attributes of the members in braces",
                ),
            ),
        ),
        renamed,
        check_name,
    ),
    "set": Verb(
        "set top-level keywords",
        """
        asn-edit set program=01234 --and asn_id=o001 asn.json
        asn-edit set version_id:=null -i *_asn.json
        """,
        (lambda parser: assignments(parser, "a top-level keyword"),),
        keywords_set,
        check_keywords,
    ),
    "merge": Verb(
        "put several associations into one",
        """
        asn-edit merge o001_asn.json o002_asn.json
        asn-edit merge --product whole_field o*_image3_*_asn.json
        """,
        (option("--product", metavar="NAME", help="put all members into one product with this name"),),
    ),
    "split": Verb(
        "make several associations from one",
        """
        asn-edit split --outdir parts spec2_asn.json
        asn-edit split asn.json --by 'if .exptype == "science" then .expname[0:10] else null end'
        """,
        (BY,),
        lambda asn, o, _: split_members(asn, o.by.first, force=o.force) if o.by else split_products(asn),
    ),
}
"""Every verb, by its name."""


def add_verbs(parser: argparse.ArgumentParser, only: str | None = None) -> None:
    """Give `parser` a parser for each verb, or for one."""
    verbs = parser.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items() if only is None else [(only, VERBS[only])]:
        sentence = f"{verb.summary[0].upper()}{verb.summary[1:]}."
        one = verbs.add_parser(name, help=verb.summary, **described(sentence, verb.examples))
        for add in verb.options:
            add(one)
        one.add_argument(
            "--force", action="store_true", help="do what would be refused as a probable mistake"
        )
        one.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        for add in verb.common:
            add(one)


def check_verb(word: str) -> None:
    """Raise a Fault that names the nearest verb if the first word is neither an option nor a verb."""
    if word not in VERBS and word[:1] != "-":
        hint = did_you_mean(word, list(VERBS), f"verbs are: {', '.join(VERBS)}")
        raise Fault(f"no verb {word!r}{hint}")
