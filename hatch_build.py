"""Write completions for bash, zsh and fish, from the parsers of the commands, into the wheel."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import shtab
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Where each shell looks, under /usr/share and the like, and by which name.
SHELLS = {
    "bash": "bash-completion/completions/{}",
    "zsh": "zsh/site-functions/_{}",
    "fish": "fish/vendor_completions.d/{}.fish",
}
KINDS = {
    **dict.fromkeys(["FILE", "LIST", "POOL", "EXPOSURE"], shtab.FILE),
    "DIR": shtab.DIRECTORY,
}


class Completions(BuildHookInterface):  # type: ignore[type-arg]
    """The completions of every command of ``[project.scripts]``."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files, which the wheel is then told of."""
        sys.path.insert(0, self.root)
        self._folder = TemporaryDirectory()
        for command, entry in self.metadata.core.scripts.items():
            for shell, place in SHELLS.items():
                file = Path(self._folder.name, f"{command}.{shell}")
                room = import_module(f"asntools.{entry.rpartition(':')[2]}.cli")
                file.write_text(completions(room.build_parser(), shell))
                build_data["shared_data"][str(file)] = f"share/{place.format(command)}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the files away, which are now in the wheel."""
        self._folder.cleanup()


def completions(parser: ArgumentParser, shell: str) -> str:
    """Return the completions of a command for a shell."""
    _complete(parser)
    text: str = shtab.complete(parser, shell)
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def _complete(parser: ArgumentParser) -> None:
    values = _values()
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for verb in action.choices.values():
                _complete(verb)
        elif action.help != SUPPRESS:
            if action.metavar in KINDS:
                action.complete = KINDS[action.metavar]  # type: ignore[attr-defined]
            for option in action.option_strings:
                action.choices = action.choices or values.get(option)


def _values() -> dict[str, list[str]]:
    # What the commands take is more than a list (globs, starts of codes), so that the parsers have none.
    from asntools.jwst.exptypes import KNOWN_EXPTYPES
    from asntools.match import load_rules
    from asntools.validate import CODES

    rules = load_rules()
    types = dict.fromkeys(rule.asn_type for rule in rules)
    words = ["level2", "level3", *types, *(rule.name for rule in rules)]
    return {
        "--exptype": list(KNOWN_EXPTYPES),
        "--rule": words,
        "--show-rule": words,
        "--select": list(CODES),
        "--ignore": list(CODES),
    }
