"""Rules: which exposures make which associations, read from YAML and never executed.

The language is described in asn-rules(5); `schemas/rules.schema.json` is its grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase, translate
from pathlib import Path
from typing import Any, TypeAlias

from asntools.common.faults import Fault, os_reason
from asntools.jwst.optical_paths import OPTICAL_PATHS, PATH_ATTRIBUTES, Attributes

RULES = Path(__file__).parent.parent / "rules"
DEFAULT_RULE_FILES = (RULES / "jwst-level2.yaml", RULES / "jwst-level3.yaml")

ANY_CANDIDATE = "*"
OPTICAL_PATH = "optical_path"


@dataclass(frozen=True)
class Condition:
    """A condition on an exposure.

    Attributes
    ----------
    attribute : str
        What it is about, for people.
    wanted : str
        What is wanted of it, for people.
    test : callable
        Whether the condition holds, for an exposure's attributes.
    reads : tuple of str
        The attributes that the test looks at.
    """

    attribute: str
    wanted: str
    test: Callable[[Attributes], bool]
    reads: tuple[str, ...]


Clause: TypeAlias = tuple[Condition, ...]


@dataclass(frozen=True)
class Shared:
    """An attribute that the exposures of a group share.

    Attributes
    ----------
    name : str
        The name under which a group keeps the value: that of the attribute, or another that the rule gives.
    sources : tuple of str
        The attributes that may give the value; the first that is set does, and goes on doing so.
    optional : bool
        An exposure without it goes with any value.
    mixes : re.Pattern, optional
        Values that go with any other.
    """

    name: str
    sources: tuple[str, ...]
    optional: bool = False
    mixes: re.Pattern[str] | None = None

    @property
    def renamed(self) -> bool:
        """Say whether the rule gives the value a name of its own."""
        return self.name != "|".join(self.sources)

    def mixing(self, value: str) -> bool:
        """Say whether this value goes with any other."""
        return self.mixes is not None and self.mixes.match(value) is not None


@dataclass(frozen=True)
class Role:
    """One way in which an exposure can be a member of a rule's groups.

    Attributes
    ----------
    where : tuple of Condition
        All must hold.
    unless : tuple of Clause
        None may hold whole.
    same : tuple of int
        The positions in `Rule.shared` of what must agree with the group.
    exptype : str, optional
        What the member is in the group; by default what the rule makes of the exposure's kind.
    single : bool
        Joins only a group that has no science member yet.
    again : str
        Whether the exposure is offered to the groups that began after it: ``""`` no, ``"last"`` after all
        others, any other word: together with those of the same word.
    starts : str
        ``"alone"``: begins a group where it joins none; ``"no"``: never begins one; ``"also"``: begins one
        even where it joins others.
    within : str, optional
        An attribute whose value must be among those that the group has gathered.
    unlike : str, optional
        A shared value of the group that must not be that of the exposure.
    gather : tuple of str
        Attributes whose values the group gathers.
    """

    where: Clause = ()
    unless: tuple[Clause, ...] = ()
    same: tuple[int, ...] = ()
    exptype: str | None = None
    single: bool = False
    again: str = ""
    starts: str = "alone"
    within: str | None = None
    unlike: int | None = None
    gather: tuple[str, ...] = ()

    @property
    def reads(self) -> set[str]:
        """The attributes that decide whether an exposure can have this role."""
        clauses = (self.where, *self.unless)
        return {name for clause in clauses for condition in clause for name in condition.reads}

    def failure(self, attributes: Attributes) -> str | None:
        """Return why an exposure does not have this role: what is wanted and what was found; else None."""
        for condition in self.where:
            if not condition.test(attributes):
                if condition.attribute == OPTICAL_PATH:
                    return f"the optical path is not one of {condition.wanted}"
                found = attributes.get(condition.attribute, "not set")
                return f"{condition.attribute} is {found}, not {condition.wanted}"
        for clause in self.unless:
            if all(condition.test(attributes) for condition in clause):
                return "excepted: " + ", ".join(f"{each.attribute} is {each.wanted}" for each in clause)
        return None

    def admits(self, attributes: Attributes) -> bool:
        """Say whether an exposure can have this role."""
        return self.failure(attributes) is None


@dataclass(frozen=True)
class Rule:
    """A rule: the exposures that it takes, what they share, and what is made of them."""

    name: str
    summary: str
    stage: int
    asn_type: str
    roles: tuple[Role, ...]
    shared: tuple[Shared, ...]
    exptypes: Mapping[str, str]
    requires: Mapping[str, int]
    candidates: Mapping[str, Mapping[str, int] | None]
    finish: tuple[str, ...] = ()
    product: str = "exposure"
    average_integrations: bool = False

    def exptype_of(self, kind: str) -> str:
        """Return what an exposure of this kind is in the rule's groups."""
        return self.exptypes.get(kind) or self.exptypes.get("*", kind)

    def requirements(self, candidate_type: str) -> Mapping[str, int] | None:
        """Return the least numbers that a group needs in a candidate of this type; None: it is not taken."""
        return self.candidates.get(candidate_type, self.candidates.get(ANY_CANDIDATE))


def load_rules(files: Iterable[Path | str] = (), *, defaults: bool = True) -> list[Rule]:
    """Read the default rules and rule files.

    Parameters
    ----------
    files : iterable of path
        YAML files; each may use the blocks of the default rules and of the files before it, and replaces
        rules of the same name.
    defaults : bool
        False leaves the default rules, but not their blocks, out.

    Returns
    -------
    list of Rule
        In the order in which they are tried: by stage, then by name.

    Raises
    ------
    Fault
        A file cannot be read or is not as the language asks; it names file and line.
    """
    blocks: dict[str, dict[str, Any]] = {}
    texts: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for file in (*DEFAULT_RULE_FILES, *files):
        document = _read(file)
        if file not in DEFAULT_RULE_FILES:
            from asntools.match.rule_check import check_rules

            check_rules(Path(file), document, known_blocks=blocks)
        blocks = {**blocks, **(document.get("blocks") or {})}
        if defaults or file not in DEFAULT_RULE_FILES:
            texts.update({name: (text, blocks) for name, text in (document.get("rules") or {}).items()})
    rules = [compile_rule(name, text, known) for name, (text, known) in texts.items()]
    return sorted(rules, key=lambda rule: (rule.stage, rule.name))


def select_rules(rules: Iterable[Rule], wanted: Iterable[str]) -> list[Rule]:
    """Return the rules that the words name: a rule, an association type, a level, or a glob of names.

    Words are taken in any case.

    Raises
    ------
    Fault
        A word names no rule.
    """
    rules = list(rules)
    chosen: set[str] = set()
    for word in wanted:
        glob = word.lower()
        found = {
            rule.name
            for rule in rules
            if glob in (rule.asn_type.lower(), f"level{rule.stage}") or fnmatchcase(rule.name.lower(), glob)
        }
        if not found:
            raise Fault(f"no rule is named, and no type or level is, {word!r}{_near(word, rules)}")
        chosen |= found
    return [rule for rule in rules if rule.name in chosen]


def _near(word: str, rules: list[Rule]) -> str:
    from difflib import get_close_matches

    known = {rule.name for rule in rules} | {rule.asn_type for rule in rules} | {"level2", "level3"}
    by_case = {name.lower(): name for name in known}
    match = get_close_matches(word.lower(), by_case, n=1) or get_close_matches(
        f"asn_{word}".lower(), by_case, n=1
    )
    return f"; did you mean {by_case[match[0]]!r}?" if match else "; see --list-rules"


def _read(file: Path | str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(Path(file).read_text(encoding="utf-8"), Loader=loader)
    except OSError as error:
        raise Fault(f"cannot open: {os_reason(error)}", str(file)) from error
    except UnicodeDecodeError as error:
        raise Fault(f"not UTF-8: byte 0x{error.object[error.start]:02x}", str(file)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise Fault(f"not YAML: {problem}", str(file), mark.line + 1 if mark else None) from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise Fault("a rule file has 'rules:' (and may have 'blocks:') at its top", str(file), 1)
    return document


def compile_rule(name: str, text: Mapping[str, Any], blocks: Mapping[str, Mapping[str, Any]]) -> Rule:
    """Make a rule of its text, into which the blocks that it uses are put."""
    whole = expand(text, blocks)
    shared: list[Shared] = []
    exptypes = whole.get("exptypes", {})
    own = _Parts(whole, exptypes, shared)
    roles = [_role(expand(each, blocks), exptypes, shared, own) for each in whole.get("members", [{}])]
    roles += [_role(expand(each, blocks), exptypes, shared, None) for each in whole.get("companions", [])]
    return Rule(
        name=name,
        summary=whole.get("summary", ""),
        stage=whole["stage"],
        asn_type=whole["asn_type"],
        roles=tuple(roles),
        shared=tuple(shared),
        exptypes=exptypes,
        requires=whole.get("requires", {}),
        candidates={
            kind: None if needs == "never" else needs
            for kind, needs in whole.get("candidates", {"*": {}}).items()
        },
        finish=tuple(whole.get("finish", ())),
        product=whole.get("product", "exposure"),
        average_integrations=whole.get("average_integrations", False),
    )


_ADDING = ("except", "same", "gather")


def expand(text: Mapping[str, Any], blocks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Put the blocks that a rule uses into its text.

    ``where`` becomes a list of mappings, all of which hold; the lists that say what is required of exposures
    add up; any other key is the last one given, the rule's own before those of its blocks.
    """
    parts = [expand(blocks[block], blocks) for block in text.get("use", ())]
    whole: dict[str, Any] = {"where": []}
    for part in [*parts, text]:
        for key, value in part.items():
            if key == "where":
                whole["where"] += value if isinstance(value, list) else [value]
            elif key in _ADDING:
                whole[key] = [*whole.get(key, []), *value]
            elif key != "use":
                whole[key] = value
    return whole


class _Parts:
    # What a piece of a rule says of exposures, compiled.
    def __init__(self, text: Mapping[str, Any], exptypes: Mapping[str, str], shared: list[Shared]):
        self.where = tuple(condition for each in text["where"] for condition in _clause(each, exptypes))
        self.unless = tuple(_clause(each, exptypes) for each in text.get("except", ()))
        self.same = tuple(_share(each, shared) for each in text.get("same", ()))
        self.gather = tuple(text.get("gather", ()))


def _role(
    text: Mapping[str, Any], exptypes: Mapping[str, str], shared: list[Shared], rule: _Parts | None
) -> Role:
    parts = _Parts(text, exptypes, shared)
    starts = text.get("starts", "alone")
    again = text.get("again", "")
    unlike = text.get("unlike")
    role = Role(
        where=parts.where,
        unless=parts.unless,
        same=parts.same,
        gather=parts.gather,
        exptype=text.get("exptype"),
        single=text.get("single", False),
        again="yes" if again is True else again or "",
        starts="no" if starts is False else "alone" if starts is True else starts,
        within=text.get("within"),
        unlike=None if unlike is None else _share(unlike, shared),
    )
    if rule is not None:
        role = replace(
            role,
            where=rule.where + role.where,
            unless=rule.unless + role.unless,
            same=tuple(dict.fromkeys(rule.same + role.same)),
            gather=rule.gather + role.gather,
        )
    return role


def _share(text: str | Mapping[str, Any], shared: list[Shared]) -> int:
    if isinstance(text, str):
        text = {"attribute": text}
    attribute = text["attribute"]
    sources = tuple(attribute.removesuffix("?").split("|"))
    one = Shared(
        name=text.get("as", "|".join(sources)),
        sources=sources,
        optional=attribute.endswith("?"),
        mixes=_globs(text["mixes"]) if "mixes" in text else None,
    )
    for position, other in enumerate(shared):
        if other.name == one.name:
            # Asked for twice: it is needed where either asks for it.
            shared[position] = replace(other, optional=other.optional and one.optional)
            return position
    shared.append(one)
    return len(shared) - 1


def _globs(patterns: str | Iterable[str]) -> re.Pattern[str]:
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return re.compile("|".join(translate(pattern) for pattern in patterns))


def _clause(text: Mapping[str, Any], exptypes: Mapping[str, str]) -> Clause:
    return tuple(_condition(attribute, wanted, exptypes) for attribute, wanted in text.items())


def _condition(attribute: str, wanted: Any, exptypes: Mapping[str, str]) -> Condition:
    if attribute == OPTICAL_PATH:
        names = [wanted] if isinstance(wanted, str) else wanted
        tests = [OPTICAL_PATHS[name] for name in names]
        return Condition(
            attribute,
            " and ".join(names),
            lambda exposure: all(test(exposure) for test in tests),
            PATH_ATTRIBUTES,
        )
    value_test, shown = _value_test(wanted)
    if attribute == "exptype":

        def of_member(exposure: Attributes) -> bool:
            kind = exposure["kind"]
            return value_test(exptypes.get(kind) or exptypes.get("*", kind))

        return Condition("kind", shown, of_member, ("kind",))
    return Condition(attribute, shown, lambda exposure: value_test(exposure.get(attribute)), (attribute,))


def _value_test(wanted: Any) -> tuple[Callable[[str | None], bool], str]:
    if isinstance(wanted, Mapping):
        test, shown = _value_test(wanted["not"])
        return (lambda value: not test(value)), f"other than {shown}"
    if isinstance(wanted, bool):
        wanted = "yes" if wanted else "no"
    words = [wanted] if isinstance(wanted, str) else list(wanted)
    shown = " or ".join(words)
    unset = "unset" in words
    if "set" in words:
        return (lambda value: unset or value is not None), shown
    literal = frozenset(word for word in words if word != "unset" and not re.search(r"[*?\[]", word))
    globs = [word for word in words if word != "unset" and word not in literal]
    if not globs:
        return (lambda value: unset if value is None else value in literal), shown
    pattern = _globs(globs)
    return (
        lambda value: unset if value is None else value in literal or pattern.match(value) is not None
    ), shown


__all__ = [
    "DEFAULT_RULE_FILES",
    "Clause",
    "Condition",
    "Role",
    "Rule",
    "Shared",
    "compile_rule",
    "expand",
    "load_rules",
    "select_rules",
]
