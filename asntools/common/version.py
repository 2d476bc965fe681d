"""The version, whose one home is pyproject.toml."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def version() -> str:
    """Return the version of this copy of asntools, installed or in a checkout."""
    pyproject = Path(__file__).parent.parent.parent / "pyproject.toml"
    if pyproject.is_file():
        import tomllib

        project: dict[str, str] = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == "asntools":
            return project["version"]
    from importlib import metadata

    return metadata.version("asntools")
