"""The JSON Schemas of asntools: where they are, and validators made of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def schema_path(name: str) -> Path:
    """Return the file of a schema, given without its suffix: in the package, or beside it in a checkout."""
    here = Path(__file__).parent.parent
    installed = here / "schemas" / f"{name}.schema.json"
    return installed if installed.is_file() else here.parent / "schemas" / f"{name}.schema.json"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return a schema: ``load_schema("association-level3")``."""
    schema: dict[str, Any] = json.loads(schema_path(name).read_text(encoding="utf-8"))
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
