"""The compiler of rules: the text of a rule becomes a `Rule`, and none of it is executed.

Values, attributes and words are taken as lower case, like the values of exposures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fnmatch import translate
from typing import Any, TypeAlias

from asntools.common.words import listed
from asntools.jwst.exptypes import SCIENCE
from asntools.jwst.optical_paths import OPTICAL_PATHS, READS
from asntools.match.rules import OPTICAL_PATH, Choice, Clause, Condition, Role, Rule, Shared

RuleText: TypeAlias = Mapping[str, Any]

PRODUCT_NAMES = {2: "exposure", 3: "optical-elements"}
"""The default style of product names, by stage."""

OTHER_THAN = "other than "
"""The beginning of a condition's text if it excludes values."""

_ADDING = ("except", "same", "gather")
_GLOB = re.compile(r"[*?\[]")


def expand(text: RuleText, blocks: Mapping[str, RuleText]) -> dict[str, Any]:
    """Insert the blocks that a rule uses into its text.

    ``where`` becomes a list of mappings, all of which hold; the lists of requirements add up; for any other
    key the last one wins, and the rule's own over those of its blocks.
    """
    whole: dict[str, Any] = {"where": []}
    for part in [*(expand(blocks[block], blocks) for block in text.get("use", ())), text]:
        for key, value in part.items():
            if key == "where":
                whole["where"] += value if isinstance(value, list) else [value]
            elif key in _ADDING:
                whole[key] = [*whole.get(key, []), *value]
            elif key != "use":
                whole[key] = value
    return whole


def compile_rule(name: str, text: RuleText, blocks: Mapping[str, RuleText], *, default: bool = False) -> Rule:
    """Make a rule from its text, with the blocks that it uses inserted."""
    whole = expand(text, blocks)
    shared: list[Shared] = []
    own = _Part(whole, shared)
    roles = [_role(expand(each, blocks), shared, own) for each in whole.get("members", [{}])]
    roles += [_role(expand(each, blocks), shared, None) for each in whole.get("companions", [])]
    stage = whole["stage"]
    return Rule(
        name=name,
        summary=whole.get("summary", ""),
        stage=stage,
        asn_type=whole["asn_type"],
        roles=tuple(roles),
        shared=tuple(shared),
        exptypes={kind.lower(): exptype.lower() for kind, exptype in whole.get("exptypes", {}).items()},
        requires=_needs({SCIENCE: 1, **whole.get("requires", {})}),  # without which there is no association
        candidates={
            kind.lower(): None if needs == "never" else _needs(needs)
            for kind, needs in whole.get("candidates", {"*": {}}).items()
        },
        finish=tuple(whole.get("finish", ())),
        product_name=whole.get("product_name", PRODUCT_NAMES[stage]),
        average_integrations=whole.get("average_integrations", False),
        default=default,
    )


def shared_value(text: str | Mapping[str, Any]) -> Shared:
    """Return the shared attribute that an entry of ``same`` describes."""
    if isinstance(text, str):
        text = {"attribute": text}
    attribute = text["attribute"].lower()
    sources = tuple(attribute.removesuffix("?").split("|"))
    return Shared(
        name=text.get("as", "|".join(sources)).lower(),
        sources=sources,
        optional=attribute.endswith("?"),
        mixes=_globs(text["mixes"]) if "mixes" in text else None,
    )


class _Part:
    # What a piece of a rule says of exposures, compiled.
    def __init__(self, text: RuleText, shared: list[Shared]):
        self.where = tuple(condition for each in text["where"] for condition in clause_of(each))
        self.excepted = tuple(clause_of(each) for each in text.get("except", ()))
        self.same = tuple(_share(each, shared) for each in text.get("same", ()))
        self.gather = tuple(name.lower() for name in text.get("gather", ()))


def _role(text: RuleText, shared: list[Shared], rule: _Part | None) -> Role:
    part = _Part(text, shared)
    later = text.get("joins_later", "")
    role = Role(
        where=part.where,
        excepted=part.excepted,
        same=part.same,
        gather=part.gather,
        takes_part_as=text["as"].lower() if "as" in text else None,
        only_science=text.get("only_science", False),
        joins_later="yes" if later is True else later or "",
        begins=text.get("begins", "alone"),
        also=text.get("also", False),
        choose=_choice(text["choose"]) if "choose" in text else None,
        within=text["within"].lower() if "within" in text else None,
        unlike=_share(text["unlike"], shared) if "unlike" in text else None,
    )
    if rule is None:
        return role
    return replace(
        role,
        where=rule.where + role.where,
        excepted=rule.excepted + role.excepted,
        same=tuple(dict.fromkeys(rule.same + role.same)),
        gather=rule.gather + role.gather,
    )


def _choice(text: RuleText) -> Choice:
    return Choice(
        next=text["next"].lower() if "next" in text else None,
        first=clause_of(text.get("first", {})),
        like=tuple(name.lower() for name in text.get("like", ())),
    )


def _share(text: str | Mapping[str, Any], shared: list[Shared]) -> int:
    one = shared_value(text)
    for position, other in enumerate(shared):
        if other.name == one.name:
            # Listed twice: it is required if either entry requires it.
            shared[position] = replace(other, optional=other.optional and one.optional)
            return position
    shared.append(one)
    return len(shared) - 1


def _needs(text: Mapping[str, int]) -> dict[str, int]:
    return {what.lower(): least for what, least in text.items()}


def _globs(patterns: str | Iterable[str]) -> re.Pattern[str]:
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return re.compile("|".join(translate(pattern.lower()) for pattern in patterns))


def is_glob(value: str) -> bool:
    """Return whether a value that a rule wants is a glob."""
    return _GLOB.search(value) is not None


def clause_of(text: RuleText) -> Clause:
    """Return the conditions in a mapping from attributes to required values."""
    return tuple(
        each for attribute, wanted in text.items() for each in _conditions(attribute.lower(), wanted)
    )


def _conditions(attribute: str, wanted: Any) -> list[Condition]:
    if attribute == OPTICAL_PATH:
        names = [name.lower() for name in ([wanted] if isinstance(wanted, str) else wanted)]
        return [Condition(attribute, name, OPTICAL_PATHS[name], ("exp_type", *READS[name])) for name in names]
    test, shown, values = _value_test(wanted)
    return [
        Condition(
            attribute, shown, lambda exposure: test(exposure.get(attribute)), (attribute,), tuple(values)
        )
    ]


def _value_test(wanted: Any) -> tuple[Callable[[str | None], bool], str, list[str]]:
    if isinstance(wanted, Mapping):
        test, shown, _ = _value_test(wanted["not"])
        return (lambda value: not test(value)), f"{OTHER_THAN}{shown}", []
    if isinstance(wanted, bool):
        wanted = "yes" if wanted else "no"
    words = [word.lower() for word in ([wanted] if isinstance(wanted, str) else wanted)]
    shown = " or ".join(words)
    unset = "unset" in words
    if "set" in words:
        return (lambda value: unset or value is not None), shown, []
    values = [word for word in words if word != "unset"]
    literal = frozenset(word for word in values if not is_glob(word))
    globs = [word for word in values if word not in literal]
    named = [] if unset else values
    if not globs:
        return (lambda value: unset if value is None else value in literal), shown, named
    pattern = _globs(globs)
    return (
        (lambda value: unset if value is None else value in literal or pattern.match(value) is not None),
        shown,
        named,
    )


def must_be(wanted: str) -> str:
    """Return the requirement of a condition in words: ``must be a, b or c``."""
    if wanted == "unset":
        return "must not be set"
    excluded = wanted.startswith(OTHER_THAN)
    values = listed(wanted.removeprefix(OTHER_THAN).split(" or "), "or")
    return f"must {'not ' if excluded else ''}be {values}"
