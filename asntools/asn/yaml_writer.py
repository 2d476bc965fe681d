"""A writer of YAML that every YAML reader reads back to the same values, with the digits of numbers."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from asntools.asn.numbers import WrittenFloat, WrittenInt, plain
from asntools.asn.yaml_scalars import CORE, kind_of_plain

_NO_FOLDING = 1_000_000
_OTHER_YAML = re.compile(
    # What other readers of YAML (1.1 in full, or 1.2) take for a number or a truth value, PyYAML does not.
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?[0-9][0-9_]*|[yYnN]"
)
_UNUSUAL = re.compile(
    "[^ -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028-\u202e\u2066-\u2069]"
)


def dump_yaml(value: Any) -> str:
    """Return a value as a YAML document that any YAML reader reads back to the same value."""
    import yaml

    text = yaml.dump(value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=_NO_FOLDING)
    return str(text)


@cache
def _dumper() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        def ignore_aliases(self, _: object) -> bool:
            return True

    def represent_string(dumper: Any, text: str) -> Any:
        style = None
        if _UNUSUAL.search(text):
            style = '"'
        elif _OTHER_YAML.fullmatch(text):
            style = "'"
        return dumper.represent_scalar(f"{CORE}str", text, style=style)

    def represent_number(dumper: Any, number: WrittenInt | WrittenFloat) -> Any:
        # As it was written, if readers of YAML 1.1 and 1.2 take that for the same number.
        tag = f"{CORE}{'int' if isinstance(number, int) else 'float'}"
        is_understood = dumper.resolve(yaml.ScalarNode, number.text, (True, False)) == tag
        if is_understood and CORE + kind_of_plain(number.text) == tag:
            return dumper.represent_scalar(tag, number.text)
        return dumper.represent_data(plain(number))

    Dumper.add_representer(str, represent_string)
    Dumper.add_representer(WrittenInt, represent_number)
    Dumper.add_representer(WrittenFloat, represent_number)
    return Dumper
