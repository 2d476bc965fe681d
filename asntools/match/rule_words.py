"""Rules for readers: one line each, or in full, in words and as written without blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import TextWrapper
from typing import Any

import orjson

from asntools.common.faults import printable
from asntools.common.records import Record, dump_record
from asntools.common.words import listed
from asntools.jwst.exptypes import SCIENCE
from asntools.match.rule_compiler import PRODUCT_NAMES, RuleText, clause_of, expand, must_be, shared_value
from asntools.match.rule_files import RuleSource
from asntools.match.rules import ANY_CANDIDATE, OPTICAL_PATH, Rule

WIDTH = 100
_ORDER = """summary stage asn_type where except same gather members companions exptypes requires candidates
    finish product_name average_integrations""".split()


def list_rules(rules: Sequence[Rule], *, as_records: bool = False) -> Iterator[bytes]:
    """Return one line per rule: its name, the type of its associations, and its purpose."""
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        if as_records:
            record = {
                "rule": rule.name,
                "stage": rule.stage,
                "asn_type": rule.asn_type,
                "summary": rule.summary,
                "default": rule.default,
            }
            yield dump_record(record)
        else:
            yield f"{rule.name:{width}}  {rule.asn_type:13}  {printable(rule.summary)}\n".encode()


# As it would be written without blocks


def whole_rule(text: RuleText, blocks: Mapping[str, RuleText]) -> Record:
    """Return a rule with the blocks that it uses inserted, in the language of rules."""
    whole = _in_language(expand(text, blocks))
    for key in ("members", "companions"):
        if key in whole:
            whole[key] = [_in_language(expand(each, blocks)) for each in whole[key]]
    return {key: whole[key] for key in sorted(whole, key=_ORDER.index)}


def _in_language(expanded: Record) -> Record:
    # A mapping has an attribute once. A further condition on it is an exception of all that does not meet it.
    where: dict[str, Any] = {}
    excepted = list(expanded.get("except", ()))
    for attribute, wanted in (item for clause in expanded["where"] for item in clause.items()):
        if where.setdefault(attribute, wanted) != wanted:
            negated = wanted["not"] if isinstance(wanted, dict) else {"not": wanted}
            excepted.append({attribute: negated})
    whole = {**expanded, "where": where, "except": excepted}
    for key in ("same", "gather"):
        if key in whole:
            whole[key] = [each for at, each in enumerate(whole[key]) if each not in whole[key][:at]]
    return {key: value for key, value in whole.items() if value or key not in ("where", "except")}


def rule_as_yaml(name: str, whole: RuleText) -> str:
    """Return a rule as a rule file would have it."""
    import yaml

    # By way of JSON nothing in it is one object in two places, for which YAML would have an alias.
    document = orjson.loads(orjson.dumps({"rules": {name: whole}}))
    text: str = yaml.safe_dump(
        document, default_flow_style=None, sort_keys=False, width=WIDTH, allow_unicode=True
    )
    return text


# In words


def rule_in_words(name: str, whole: RuleText) -> Iterator[str]:
    """Yield lines that describe a rule from `whole_rule`."""
    yield f"{name}: {whole.get('summary', 'no summary')}"
    wrapper = TextWrapper(WIDTH, "  ", "    ", break_on_hyphens=False)
    for sentence in _sentences(whole):
        yield from wrapper.wrap(sentence)


def _sentences(whole: RuleText) -> Iterator[str]:
    yield f"makes Stage {whole['stage']} associations of type {whole['asn_type']}"
    yield from _part(f"every member{' except companions' if 'companions' in whole else ''}: ", whole)
    members = whole.get("members", ())
    if len(members) > 1:
        yield "an exposure is a member in the first of these ways that fits:"
    for number, member in enumerate(members, 1):
        yield f"{number}. {'; '.join(_way(member)) or 'any other'}"
    for companion in whole.get("companions", ()):
        yield f"companions: {'; '.join(_way(companion))}"
    for kind, exptype in whole.get("exptypes", {}).items():
        yield f"{'any other kind' if kind == ANY_CANDIDATE else kind} takes part as {exptype}"
    yield f"a group needs {_needs({SCIENCE: 1, **whole.get('requires', {})})}"
    yield from _candidates(whole.get("candidates", {ANY_CANDIDATE: {}}))
    if whole.get("finish"):
        yield f"then asn-build takes the steps: {', '.join(whole['finish'])}"
    yield f"product name: {whole.get('product_name', PRODUCT_NAMES[whole['stage']])}"
    if whole.get("average_integrations"):
        yield "the files of members have no integrations of their own"


def _part(head: str, text: RuleText) -> Iterator[str]:
    said = [*_conditions(text), *_exceptions(text)]
    if said:
        yield f"{head}{'; '.join(said)}"
    if text.get("same"):
        yield f"members share {listed(map(_shared, text['same']))}"
    if text.get("gather"):
        yield f"the group collects the {listed(text['gather'])} of its members"


def _conditions(text: RuleText) -> Iterator[str]:
    for condition in clause_of(text.get("where", {})):
        if condition.attribute == OPTICAL_PATH:
            yield f"the optical path must be one of {condition.wanted}"
        else:
            yield f"{condition.attribute} {must_be(condition.wanted)}"


def _exceptions(text: RuleText) -> Iterator[str]:
    for clause in text.get("except", ()):
        met = listed(f"{each.attribute} {each.wanted}" for each in clause_of(clause))
        yield f"exposures with {met} are excluded"


def _shared(entry: str | Mapping[str, Any]) -> str:
    shared = shared_value(entry)
    notes = ["if set"] if shared.optional else []
    if isinstance(entry, Mapping) and "mixes" in entry:
        globs = [entry["mixes"]] if isinstance(entry["mixes"], str) else entry["mixes"]
        notes.append(f"{listed(globs)} go with any other")
    if shared.names != shared.sources:
        notes.append(f"as {shared.name}")
    words = " or else ".join(shared.sources)
    return f"{words} ({'; '.join(notes)})" if notes else words


def _way(text: RuleText) -> Iterator[str]:
    yield from _conditions(text)
    yield from _exceptions(text)
    if "as" in text:
        yield f"takes part as {text['as']}"
    if text.get("same"):
        yield f"shares {listed(map(_shared, text['same']))} with the group"
    if "within" in text:
        yield f"its {text['within']} is among those that the group has collected"
    if "unlike" in text:
        yield f"its {text['unlike']} differs from the group's"
    if text.get("only_science"):
        yield "is the one science member of its group"
    if later := text.get("joins_later"):
        yield f"joins groups that begin later, too{', after all others' if later == 'last' else ''}"
    if text.get("also"):
        yield "in addition to its other role in the group"
    if "choose" in text:
        yield f"the group takes {_choice(text['choose'])}"
    if "begins" in text and text["begins"] != "alone":
        yield "begins no group" if text["begins"] == "never" else "begins a group even if it joins one"


def _choice(text: RuleText) -> str:
    if "like" in text:
        return f"those most like its science in {', then in '.join(text['like'])}"
    if "next" in text:
        return f"the one whose {text['next']} comes next after the science's, or else the first"
    return f"the first that qualifies ({listed(_conditions({'where': text['first']}))}), or else the first"


def _needs(needs: Mapping[str, int]) -> str:
    return listed(f"{least} {what}" for what, least in needs.items())


def _candidates(candidates: Mapping[str, Any]) -> Iterator[str]:
    never = [kind for kind, needs in candidates.items() if needs == "never"]
    taken = [kind for kind, needs in candidates.items() if needs != "never" and kind != ANY_CANDIDATE]
    if ANY_CANDIDATE not in candidates:
        yield f"groups are made in candidates of type {listed(taken, 'or')}"
    elif never:
        yield f"no groups are made in candidates of type {listed(never, 'or')}"
    for kind, needs in candidates.items():
        if needs and needs != "never":
            where = "other candidates" if kind == ANY_CANDIDATE else f"a candidate of type {kind}"
            yield f"in {where} a group needs {_needs(needs)} as well"


def show_rules(
    sources: Iterable[RuleSource], rules: Iterable[Rule], *, as_records: bool = False
) -> Iterator[bytes]:
    """Show rules in full: in words and as a rule file without blocks, or as records."""
    texts = {each.name: whole_rule(each.text, each.blocks) for each in sources}
    for number, rule in enumerate(rules):
        whole = texts[rule.name]
        if as_records:
            yield dump_record({"rule": rule.name, **whole})
            continue
        words = "".join(f"# {line}\n" for line in rule_in_words(rule.name, whole))
        lines = f"{words}{rule_as_yaml(rule.name, whole)}".splitlines()
        yield (("\n" if number else "") + "".join(f"{printable(line)}\n" for line in lines)).encode()
