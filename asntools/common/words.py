"""How messages word names and numbers: lists, counts, and the name that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def listed(names: Iterable[str], last: str = "and") -> str:
    """Return names as a sentence lists them: ``a``, ``a and b``, ``a, b and c``."""
    *first, final = list(names) or [""]
    return f"{', '.join(first)} {last} {final}" if first else final


def named(names: Iterable[str], near: str | None = None, limit: int = 5) -> str:
    """Return names for a message, each once and at most `limit` of them: ``'a', 'b' and 7 more``.

    Those most like `near`, where it is given, come first.
    """
    distinct = list(dict.fromkeys(names))
    if near is not None:
        from difflib import SequenceMatcher

        matcher = SequenceMatcher(b=near, autojunk=False)

        def unlikeness(name: str) -> float:
            matcher.set_seq1(name)
            return -matcher.ratio()

        distinct.sort(key=unlikeness)
    more = f" and {len(distinct) - limit} more" if len(distinct) > limit else ""
    return ", ".join(map(repr, distinct[:limit])) + more


def counted(count: int, name: str) -> str:
    """Return a number and what it counts: ``1 exposure``, ``2 exposures``."""
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def nearest(word: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """Return the known word that was probably meant by a misspelt one, in any case, or None."""
    from difflib import get_close_matches

    by_case = {name.lower(): name for name in known}
    match = get_close_matches(word.lower(), by_case, n=1, cutoff=cutoff)
    return by_case[match[0]] if match else None


def did_you_mean(word: str, known: Sequence[str], otherwise: str = "") -> str:
    """Return the end of a message about an unknown word: ``; did you mean 'science'?``.

    If no known word is near, it is `otherwise`, such as ``see --list-rules``.
    """
    match = nearest(word, known)
    if match is not None:
        return f"; did you mean {match!r}?"
    return f"; {otherwise}" if otherwise else ""


# What a spreadsheet computes when it opens a table: =1+1, @sum(a1), +cmd, but not -64.5.
_FORMULA = re.compile(r"[=@]|[+-](?![\d.]+(e[+-]?\d+)?$)")


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet takes a cell of a table for a formula, and runs it."""
    return cell[:1] in ("=", "@", "+", "-") and _FORMULA.match(cell) is not None
