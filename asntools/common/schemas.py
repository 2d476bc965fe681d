"""The JSON Schemas of asntools: where they are, and validators made of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return a schema of the package, or beside it in a checkout: ``load_schema("association-level3")``."""
    package = Path(__file__).parent.parent
    home = package if (package / "schemas").is_dir() else package.parent
    schema: dict[str, Any] = json.loads((home / "schemas" / f"{name}.schema.json").read_bytes())
    return schema


@cache
def validator(name: str) -> Draft202012Validator:
    """Return a validator for a schema, which may refer to others of these schemas by their file names."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    def retrieve(uri: str) -> Resource[Any]:
        file_name = uri.rsplit("/", 1)[-1]
        return Resource.from_contents(load_schema(file_name.removesuffix(".schema.json")))

    registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg]
    return Draft202012Validator(load_schema(name), registry=registry)
