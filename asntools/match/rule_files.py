"""Rule files, the default ones and those that users write: read and compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from asntools.common.command import open_input, source_name
from asntools.common.faults import reading
from asntools.common.given import several
from asntools.match.rule_compiler import RuleText, compile_rule
from asntools.match.rule_text import RuleFile, read_rule_text
from asntools.match.rules import Rule, select_rules

_FOLDER = Path(__file__).parent.parent / "rules"
DEFAULT_RULE_FILES = (_FOLDER / "jwst-level2.yaml", _FOLDER / "jwst-level3.yaml")


def load_rules(
    files: str | Path | Iterable[Path | str | RuleFile] = (),
    *,
    names: str | Iterable[str] = (),
    defaults: bool = True,
) -> list[Rule]:
    """Read the default rules and rule files, each once, so that it may be a pipe.

    Parameters
    ----------
    files : iterable of path or RuleFile
        YAML files (``-`` is standard input) or results of `read_rule_file`; each may use the blocks of the
        default rules and of the files before it, and replaces rules of the same name.
    names : str or iterable of str
        Only the rules that these words name, as for `select_rules`.
    defaults : bool
        Whether to include the default rules; their blocks are always there.

    Returns
    -------
    list of Rule
        In the order in which they are tried: by stage, then by name.

    Raises
    ------
    Fault
        A file cannot be read or is not valid; the message names file and line.
    """
    rules = compile_rules(read_rules(several(files), defaults=defaults))
    return select_rules(rules, names) if names else rules


def compile_rules(sources: Iterable[RuleSource]) -> list[Rule]:
    """Compile the results of `read_rules`, and return the rules by stage, then by name."""
    rules = [compile_rule(each.name, each.text, each.blocks, default=each.default) for each in sources]
    return sorted(rules, key=lambda rule: (rule.stage, rule.name))


class RuleSource(NamedTuple):
    """A rule as it is written, and the blocks that it may use."""

    name: str
    text: RuleText
    blocks: Mapping[str, RuleText]
    default: bool


def read_rules(files: Iterable[Path | str | RuleFile] = (), *, defaults: bool = True) -> list[RuleSource]:
    """Read rules as `load_rules` does, in the order of the files, and leave them as they are written."""
    blocks: dict[str, RuleText] = {}
    rules: dict[str, RuleSource] = {}
    for default in DEFAULT_RULE_FILES:
        document = read_rule_file(default).document
        blocks = {**blocks, **document["blocks"]}
        if defaults:
            for name, text in document["rules"].items():
                rules[name] = RuleSource(name, text, blocks, default=True)
    for file in files:
        from asntools.match.rule_check import check_rules

        read = file if isinstance(file, RuleFile) else read_rule_file(file)
        check_rules(read, blocks)
        blocks = {**blocks, **read.document.get("blocks", {})}
        for name, text in read.document.get("rules", {}).items():
            rules[name] = RuleSource(name, text, blocks, default=False)
    return list(rules.values())


def read_rule_file(file: Path | str) -> RuleFile:
    """Read a rule file without checking it; raises a `Fault` if it cannot be read, or is not YAML."""
    name = str(file)
    source = source_name(name)
    stream = open_input(name)
    with reading(source):
        data = stream.read()
    if name != "-":
        stream.close()
    return read_rule_text(data, source)
