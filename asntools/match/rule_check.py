"""Checks of rule files that people write: what is wrong, in which line, and what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asntools.common.faults import Fault
from asntools.common.schemas import validator
from asntools.jwst.optical_paths import OPTICAL_PATHS

if TYPE_CHECKING:
    from jsonschema import ValidationError

RULES_SCHEMA = "rules"

Place = tuple[str | int, ...]


def check_rules(file: Path, document: Mapping[str, Any], known_blocks: Mapping[str, Any]) -> None:
    """Check a rule file.

    Parameters
    ----------
    file : Path
        The file, to be read once more for the lines of its parts.
    document : mapping
        What it holds.
    known_blocks : mapping
        The blocks of the files before it, which it may use.

    Raises
    ------
    Fault
        The first thing that is wrong, with its line.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tree = yaml.compose(file.read_text(encoding="utf-8"), Loader=loader)
    if tree is None:
        raise Fault("is empty; a rule file has 'rules:' at its top", str(file), 1)
    _check_tree(tree, file, set())
    errors = sorted(validator(RULES_SCHEMA).iter_errors(document), key=lambda error: str(error.absolute_path))
    if errors:
        path, message = _explain(_deepest(errors))
        raise Fault(f"{_shown(path)}: {message}", str(file), _line(tree, path))
    blocks = {**known_blocks, **(document.get("blocks") or {})}
    for path, message in _meaning_faults(document, blocks):
        raise Fault(f"{_shown(path)}: {message}", str(file), _line(tree, path))


def _check_tree(node: Any, file: Path, seen: set[int]) -> None:
    # Keys given twice, of which YAML silently takes the last; and aliases, which can make a small file huge.
    if id(node) in seen:
        raise Fault("a YAML alias; share parts by 'blocks' and 'use'", str(file), node.start_mark.line + 1)
    seen.add(id(node))
    if isinstance(node.value, str):
        return
    keys: set[str] = set()
    for item in node.value:
        for child in item if isinstance(item, tuple) else (item,):
            _check_tree(child, file, seen)
        if isinstance(item, tuple):
            key = str(item[0].value)
            if key in keys:
                raise Fault(f"the key {key!r} is given twice", str(file), item[0].start_mark.line + 1)
            keys.add(key)


def _deepest(errors: Sequence[ValidationError]) -> ValidationError:
    from jsonschema.exceptions import relevance

    return max(errors, key=relevance)


def _explain(error: ValidationError) -> tuple[Place, str]:
    path = tuple(error.absolute_path)
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(schema.get("properties", {}))
        extra = str(next(key for key in error.instance if key not in known))
        return (*path, extra), f"unknown key{_did_you_mean(extra, known)}"
    if error.validator == "propertyNames" or "propertyNames" in error.absolute_schema_path:
        return (*path, str(error.instance)), f"not {schema.get('description', 'a name')}"
    if error.validator == "required":
        return path, f"lacks {error.message.split()[0]}"
    wanted = schema.get("description")
    shown = repr(error.instance)
    hint = ""
    if error.validator == "enum":
        hint = _did_you_mean(str(error.instance), [str(choice) for choice in schema["enum"]])
    return path, f"{shown if len(shown) < 60 else 'this'} is not {wanted or error.message}{hint}"


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"


def _meaning_faults(document: Mapping[str, Any], blocks: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    from asntools.match.rules import expand

    for section in ("blocks", "rules"):
        for name, text in (document.get(section) or {}).items():
            faults = list(_part_faults((section, name), text, blocks, ()))
            yield from faults
            if faults or section == "blocks":
                continue
            whole = expand(text, blocks)
            for key in ("stage", "asn_type"):
                if key not in whole:
                    yield (section, name), f"lacks {key!r}, which neither the rule nor a block it uses gives"
            yield from _role_faults((section, name), whole, blocks)


def _part_faults(
    path: Place, text: Mapping[str, Any], blocks: Mapping[str, Any], within: tuple[str, ...]
) -> Iterator[tuple[Place, str]]:
    for place, block in enumerate(text.get("use", ())):
        here = (*path, "use", place)
        if block not in blocks:
            yield here, f"no block is named {block!r}{_did_you_mean(block, list(blocks))}"
        elif block in within:
            yield here, f"block {block!r} uses itself"
        else:
            for _, message in _part_faults(here, blocks[block], blocks, (*within, block)):
                yield here, message
    clauses: list[tuple[Place, Any]] = [(("where",), text.get("where", {}))]
    clauses += [(("except", place), clause) for place, clause in enumerate(text.get("except", ()))]
    for keys, clause in clauses:
        names = clause.get("optical_path", []) if isinstance(clause, dict) else []
        for name in [names] if isinstance(names, str | bool) else names:
            if name not in OPTICAL_PATHS:
                where = (*path, *keys, "optical_path")
                yield (
                    where,
                    f"no optical path is named {name!r}{_did_you_mean(str(name), list(OPTICAL_PATHS))}",
                )
    for key in ("members", "companions"):
        for place, member in enumerate(text.get(key, ())):
            yield from _part_faults((*path, key, place), member, blocks, within)


def _role_faults(
    path: Place, whole: Mapping[str, Any], blocks: Mapping[str, Any]
) -> Iterator[tuple[Place, str]]:
    from asntools.match.rules import expand

    members = [expand(each, blocks) for key in ("members", "companions") for each in whole.get(key, ())]
    shared = {_name(each) for part in (whole, *members) for each in part.get("same", ())}
    gathered = {name for part in (whole, *members) for name in part.get("gather", ())}
    for member in members:
        if "unlike" in member and member["unlike"] not in shared:
            yield path, f"'unlike: {member['unlike']}' needs that name in a 'same'"
        if "within" in member and member["within"] not in gathered:
            yield path, f"'within: {member['within']}' needs that name in 'gather'"


def _name(shared: str | Mapping[str, str]) -> str:
    if isinstance(shared, str):
        return shared.removesuffix("?")
    return shared.get("as", shared["attribute"].removesuffix("?"))


def _shown(path: Place) -> str:
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}"
    return text.removeprefix(".") or "the file"


def _line(tree: Any, path: Place) -> int:
    line: int = tree.start_mark.line + 1
    node = tree
    for key in path:
        if isinstance(node.value, str):
            break
        if isinstance(key, int) and not isinstance(node.value[0], tuple):
            node = node.value[key]
            line = node.start_mark.line + 1
            continue
        pair = next(
            (pair for pair in node.value if isinstance(pair, tuple) and pair[0].value == str(key)), None
        )
        if pair is None:
            break
        node, line = pair[1], pair[0].start_mark.line + 1
    return line
