"""What a wheel has beside the sources: completions, from the parsers of the commands, and compiled modules.

Modules are compiled, by mypyc, where ASNTOOLS_COMPILE is 1 in the environment; such a wheel is for one
platform and one version of Python. Both wheels hold the same sources.
"""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from contextlib import chdir
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
# What takes the time of large pools. Small commands import none of these, and start as fast as without.
COMPILED = {
    "asntools/common": "programs records",
    "asntools/jwst": "candidates exposures optical_paths product_names",
    "asntools/match": "account alike choosing groups index join matching plan records rules selection work",
    "asntools/build": "associations building calibration drafts finishing groups members merging names "
    "presence pruning reading work",
}


class WheelFiles(BuildHookInterface):  # type: ignore[type-arg]
    """The completions of every command of ``[project.scripts]``, and, if asked for, compiled modules."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what building needs beside what pyproject.toml says."""
        return ["mypy[mypyc]>=2.0"] if _compiling() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files, which the wheel is then told of."""
        self._folder = TemporaryDirectory()
        self._add_completions(build_data)
        if _compiling() and version == "standard":  # not where the sources stay to be edited
            with chdir(self.root):
                built = compile_modules(Path(self._folder.name))
            build_data["force_include"] |= {str(file): str(name) for name, file in built.items()}
            build_data |= {"pure_python": False, "infer_tag": True}

    def _add_completions(self, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        for command, entry in self.metadata.core.scripts.items():
            for shell, place in SHELLS.items():
                file = Path(self._folder.name, f"{command}.{shell}")
                room = import_module(f"asntools.{entry.rpartition(':')[2]}.cli")
                file.write_text(completions(room.build_parser(), shell))
                build_data["shared_data"][str(file)] = f"share/{place.format(command)}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the files away, which are now in the wheel."""
        self._folder.cleanup()


def _compiling() -> bool:
    return os.environ.get("ASNTOOLS_COMPILE") == "1"


def compile_modules(folder: Path) -> dict[Path, Path]:
    """Compile `COMPILED`; return for each library its name, relative to the current folder, and the file."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    sources = [f"{room}/{name}.py" for room, names in COMPILED.items() for name in names.split()]
    # What the modules import is taken as it is: only they themselves are to be right here.
    options = ["--config-file=", f"--cache-dir={folder / 'cache'}", "--follow-imports=silent"]
    extensions = mypycify(
        [*options, "--ignore-missing-imports", *sources],
        opt_level="2",
        debug_level="0",
        target_dir=str(folder / "c"),
        group_name="asntools",
    )
    command = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "o")
    command.ensure_finalized()
    command.run()
    return {file.relative_to(command.build_lib): file for file in Path(command.build_lib).rglob("*.so")}


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
