"""The verbs of asn-edit that change products, keywords and whole associations."""

from __future__ import annotations

import argparse
import json
import re
from typing import Any, NoReturn

from asntools.common.faults import Fault
from asntools.common.jq import Query
from asntools.edit.create_verb import add_roles
from asntools.edit.edit_options import Verb, add_product_choice
from asntools.edit.edits import set_keywords
from asntools.edit.merging import split_members, split_products
from asntools.edit.product_edits import add_product, remove_products, rename_product
from asntools.edit.runs import Edit


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


ASSOCIATION_VERBS: dict[str, Verb] = {
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
}
"""The verbs, by name."""
