"""One association, read from a file and written to one: what scripts and notebooks need."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import IO, Any

from asntools.asn.documents import Association, Document, read_documents
from asntools.asn.formats import FORMATS, dump_documents
from asntools.asn.json_writer import COMPACT
from asntools.asn.numbers import read_float, read_int
from asntools.common.faults import Fault, os_reason
from asntools.common.records import kind_of

AssociationError = Fault
"""A file, or a value, is not an association; the message says why, and where."""


def load_asn(source: str | os.PathLike[str] | IO[Any], *, validate: bool = True) -> Association:
    """Read one association.

    Parameters
    ----------
    source : str, path or file
        A file's name, or an open file of text or bytes. It holds one association as JSON or YAML.
    validate : bool
        Check it against the schema of its stage.

    Returns
    -------
    dict
        What the file holds, as plain dicts and lists, its keys in the order of the file.

    Raises
    ------
    AssociationError
        The file cannot be read, is neither JSON nor YAML, holds no association or several, or holds one
        that is not valid.

    Examples
    --------
    >>> asn = load_asn("jw01234-o001_image3_00001_asn.json")  # doctest: +SKIP
    >>> asn["products"][0]["members"][0]["expname"]  # doctest: +SKIP
    'jw01234001001_02101_00001_nrcalong_cal.fits'
    """
    name, data = _contents(source)
    faults: list[Fault] = []
    documents = list(read_documents(io.BytesIO(data), name, faults.append))
    if faults:
        raise faults[0]
    if not documents:
        raise AssociationError("holds no association: it is empty", name)
    if len(documents) > 1:
        raise AssociationError(f"holds {len(documents)} associations, where one is wanted", name)
    document = documents[0]
    if validate:
        _check(document.value, name, document)
    return document.value


def _contents(source: str | os.PathLike[str] | IO[Any]) -> tuple[str, bytes]:
    name = (
        os.fspath(source)
        if isinstance(source, (str, os.PathLike))
        else str(getattr(source, "name", "<file>"))
    )
    try:
        if isinstance(source, (str, os.PathLike)):
            return name, Path(source).read_bytes()
        data = source.read()
        return name, data.encode("utf-8") if isinstance(data, str) else bytes(data)
    except OSError as error:
        raise AssociationError(f"cannot read: {os_reason(error)}", name) from error
    except ValueError as error:  # a null character in the name, a closed file, text that is not UTF-8
        raise AssociationError(f"cannot read: {error}", name) from error


def _check(asn: object, name: str | None, document: Document | None = None) -> None:
    from asntools.asn.schema import wanted_schema
    from asntools.common.schemas import validator

    if not isinstance(asn, dict):
        raise AssociationError(f"{kind_of(asn)} is no association", name)
    errors = sorted(
        validator(wanted_schema(asn)).iter_errors(asn), key=lambda error: list(map(str, error.path))
    )
    if errors:
        path = tuple(errors[0].absolute_path)
        line = document.position(path)[0] if document is not None else None
        raise AssociationError(f"not valid: {errors[0].json_path}: {errors[0].message}", name, line)


def dump_asn(
    asn: Association,
    target: str | os.PathLike[str] | IO[Any],
    *,
    format: str | None = None,
    validate: bool = True,
) -> None:
    """Write one association.

    Parameters
    ----------
    asn : dict
        The association.
    target : str, path or file
        A file's name, or a file open for writing text or bytes. A named file is replaced whole or, where
        that fails, left as it was.
    format : {"json", "jsonl", "yaml"}, optional
        How to write it: JSON with an indent of 4, JSON on one line, or YAML. Where this is not given, the end
        of a file's name says it: ``.jsonl`` is JSON on one line, ``.yaml`` and ``.yml`` are YAML, and all
        else, an open file too, is JSON with an indent of 4.
    validate : bool
        Check it against the schema of its stage first.

    Raises
    ------
    AssociationError
        It is not valid, or holds what JSON has not, or the file cannot be written.
    ValueError
        There is no such format.
    """
    if format is None:
        format = _format_by_name(target)
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; the formats are {', '.join(FORMATS)}")
    if validate:
        _check(asn, None)
    try:
        # YAML and the writer of lines have more than JSON, or make null of NaN: one notion for all formats.
        plain = json.loads(COMPACT.text(asn), parse_float=read_float, parse_int=read_int)
        data = b"".join(dump_documents([plain], FORMATS[format]))
    except (TypeError, ValueError, RecursionError) as error:
        raise AssociationError(f"not what JSON can hold: {error}") from error
    if isinstance(target, (str, os.PathLike)):
        from asntools.common.files import write_file

        write_file(Path(target), data, _warn)
        return
    try:
        if isinstance(target, io.TextIOBase):
            target.write(data.decode("utf-8"))
        else:
            target.write(data)
    except OSError as error:
        raise AssociationError(f"cannot write: {os_reason(error)}") from error


def _format_by_name(target: str | os.PathLike[str] | IO[Any]) -> str:
    suffix = Path(target).suffix if isinstance(target, (str, os.PathLike)) else ""
    return {".jsonl": "jsonl", ".yaml": "yaml", ".yml": "yaml"}.get(suffix, "json")


def _warn(fault: Fault) -> None:
    import warnings

    warnings.warn(str(fault), stacklevel=2)
