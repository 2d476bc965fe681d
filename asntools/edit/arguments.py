"""The options of a verb, checked once and passed to edits that take more than a line."""

from __future__ import annotations

import argparse
import os.path
from collections.abc import Callable
from typing import Any, TypeAlias

from asntools.asn.products import Association, Member, exptype_of
from asntools.common.command import Console
from asntools.common.faults import STDIN, Fault
from asntools.common.templates import check_template
from asntools.edit.creation import create
from asntools.edit.edits import mover, relocate, rename_product, select_members, set_keywords
from asntools.edit.finding import finder
from asntools.edit.naming import name_products
from asntools.edit.parts import checked_exptype
from asntools.jwst.asn_keys import KEYWORDS

Options: TypeAlias = argparse.Namespace


def given(options: Options, *names: str) -> dict[str, Any]:
    """Return options as arguments of the same names."""
    return {name: getattr(options, name) for name in names}


def sought(options: Options) -> dict[str, Any]:
    """Return the arguments of all edits that look for members by name."""
    return given(options, "ignore_suffix", "product", "missing", "force")


def check_exptypes(options: Options, console: Console) -> None:
    """Write exptypes as associations do, or raise a Fault if one is unknown."""
    wanted = options.exptype
    if isinstance(wanted, list):
        options.exptype = [checked_exptype(one, force=options.force) for one in wanted]
    elif wanted is not None:
        options.exptype = checked_exptype(wanted, force=options.force)


def check_assignments(options: Options, console: Console) -> None:
    """Combine the keys to set, and raise a Fault if one is among the files."""
    options.values = dict([options.first, *options.others])
    for file in options.files:
        if "=" in file and not os.path.exists(file):
            raise Fault(f"no file {file!r}; to set several keys, write --and KEY=VALUE")


def check_member_keys(options: Options, console: Console) -> None:
    """Check the arguments of set-member."""
    check_assignments(options, console)
    check_exptypes(options, console)


def check_keywords(options: Options, console: Console) -> None:
    """Check the arguments of set, and remember which keywords the specification does not have."""
    check_assignments(options, console)
    options.unknown = [key for key in options.values if key not in KEYWORDS]
    options.say = console.say


def keywords_set(association: Association, options: Options, source: str) -> Association:
    """Set keywords, and warn once about one that neither the specification nor the association has."""
    new = set_keywords(association, options.values, force=options.force)
    for key in [key for key in options.unknown if key not in association]:
        options.say(f"{key!r} is not a keyword of the specification; it is set anyway")
        options.unknown.remove(key)
    return new


def check_selection(options: Options, console: Console) -> None:
    """Check that select knows what to keep."""
    if options.where is None and not options.exptype and not options.expname:
        raise Fault("say what to keep: --where JQ, --exptype EXPTYPE or --expname NAME-OR-GLOB")
    check_exptypes(options, console)


def check_place(options: Options, console: Console) -> None:
    """Check that relocate knows where to."""
    if not (options.strip or options.prefix or options.relative_to or options.absolute):
        raise Fault("say where to: --strip, --prefix DIR, --relative-to DIR or --absolute")


def selected(association: Association, options: Options, source: str) -> Association:
    """Keep the members that meet every condition given."""
    tests: list[Callable[[Member], bool]] = []
    if options.where is not None:
        tests.append(options.where.holds)
    if options.exptype:
        tests.append(lambda member: exptype_of(member) in options.exptype)
    if options.expname:
        finders = [finder(one, ignore_suffix=options.ignore_suffix) for one in options.expname]
        tests.append(lambda member: any(finds(member["expname"]) for finds in finders))
    return select_members(
        association, lambda member: all(test(member) for test in tests), **given(options, "product", "force")
    )


def check_name(options: Options, console: Console) -> None:
    """Check that rename-product has a name to give."""
    if options.name is None and options.product_name is None:
        raise Fault("say the new name: --name NAME, or --product-name TEMPLATE")
    if options.product_name is not None:
        check_template(options.product_name)


def renamed(association: Association, options: Options, source: str) -> Association:
    """Give a product a name as it is written, or products names from a template."""
    if options.name is not None:
        return rename_product(association, options.product, options.name, force=options.force)
    return name_products(association, options.product_name, product=options.product, force=options.force)


def relocated(association: Association, options: Options, source: str) -> Association:
    """Change the folders of members, starting from that of the association."""
    base = "." if source == STDIN else os.path.dirname(source)
    move = mover(base=base, **given(options, "strip", "prefix", "relative_to", "absolute"))
    return relocate(association, move, product=options.product, force=options.force)


def created(options: Options) -> Association:
    """Return the association that the options of ``create`` ask for."""
    keywords = given(options, "product", "program", "target", "asn_id", "asn_rule", "force")
    return create(options.asn_type, options.roles, **keywords)
