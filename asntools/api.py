"""For scripts and notebooks: read and write associations, and call the commands as functions.

The functions are named after the commands, and take and return plain dicts: exposure records, groups and
associations, as the commands write them. Where a command takes many associations, the function takes one (a
dict) or any number of them. Bad input raises an `AssociationError`; remarks are Python warnings.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, overload

from asntools.asn.document import Document
from asntools.asn.documents import read_documents
from asntools.asn.formats import FORMATS, JSON, dump_documents, format_of
from asntools.asn.json_writer import COMPACT
from asntools.asn.numbers import read_float, read_int
from asntools.asn.products import Association
from asntools.common.face import face
from asntools.common.faults import Fault, os_reason, raise_or_warn
from asntools.common.given import check_source, dicts, refuse_no_file, several
from asntools.common.records import Record, kind_of
from asntools.pool import read_pool

if TYPE_CHECKING:
    from asntools.generate import generate
    from asntools.validate import Finding

__all__ = [
    "AssociationError",
    "build",
    "dump_asn",
    "edit",
    "format",
    "generate",
    "load_asn",
    "match",
    "read_pool",
    "validate",
]

# It imports all of matching and building.
__getattr__, _ = face("asntools.generate", generating="generate")

P = ParamSpec("P")
R = TypeVar("R")


AssociationError = Fault
"""A file or value is not an association; the message says why, and where."""


def load_asn(source: str | os.PathLike[str] | IO[Any], *, validate: bool = True) -> Association:
    """Read one association.

    Parameters
    ----------
    source : str, path or file
        A file name, or an open file of text or bytes, with one association as JSON or YAML.
    validate : bool
        Check it against the schema of its stage.

    Returns
    -------
    dict
        The association, as plain dicts and lists, with keys in the order of the file.

    Raises
    ------
    AssociationError
        The file cannot be read, is neither JSON nor YAML, or does not hold exactly one valid association.

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
        raise AssociationError(f"holds {len(documents)} associations; expected one", name)
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
    check_source(source, "load_asn", "an association")
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
        raise AssociationError(f"{kind_of(asn)} is not an association", name)
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
        A file name, or a file open for writing text or bytes. A named file is replaced completely or, if
        that fails, left as it was.
    format : {"json", "jsonl", "yaml"}, optional
        JSON with an indent of 4, JSON on one line, or YAML. By default the suffix of the file name decides:
        ``.jsonl`` means JSON on one line, ``.yaml`` and ``.yml`` mean YAML, and anything else, including an
        open file, means JSON with an indent of 4.
    validate : bool
        Check it against the schema of its stage first.

    Raises
    ------
    AssociationError
        It is not valid, or cannot be expressed in JSON, or the file cannot be written.
    ValueError
        The format is unknown.
    """
    if format is None:
        form = format_of(target) if isinstance(target, (str, os.PathLike)) else JSON
    elif format in FORMATS:
        form = FORMATS[format]
    else:
        raise ValueError(f"unknown format {format!r}; the formats are {', '.join(FORMATS)}")
    refuse_no_file(target, "write")
    if validate:
        _check(asn, None)
    try:
        # YAML and the writer of lines have more than JSON, or make null of NaN: one notion for all formats.
        plain = json.loads(COMPACT.text(asn), parse_float=read_float, parse_int=read_int)
        data = b"".join(dump_documents([plain], form))
    except (TypeError, ValueError, RecursionError) as error:
        raise AssociationError(f"cannot be written as JSON: {error}") from error
    if isinstance(target, (str, os.PathLike)):
        from asntools.common.files import write_file

        write_file(Path(target), data, raise_or_warn)
        return
    try:
        if isinstance(target, io.TextIOBase):
            target.write(data.decode("utf-8"))
        else:
            target.write(data)
    except OSError as error:
        raise AssociationError(f"cannot write: {os_reason(error)}") from error


def match(
    exposures: Iterable[Record],
    *,
    rule: str | Iterable[str] = (),
    rules: str | Path | Iterable[str | Path] = (),
    default_rules: bool = True,
    candidate: str | Iterable[str] | None = None,
    all_candidates: bool = False,
    discover: bool = False,
) -> list[Record]:
    """Group exposure records according to rules, like asn-match.

    Parameters
    ----------
    exposures : iterable of dict
        Exposure records, such as those of `read_pool`.
    rule : str or iterable of str
        Use only these rules: names, types, levels or globs; by default all.
    rules : path or iterable of path
        Files with additional rules.
    default_rules : bool
        Whether to use the rules that come with asntools.
    candidate : str or iterable of str, optional
        Only groups in these candidates.
    all_candidates, discover : bool
        Only groups in candidates; only groups outside any candidate.
    """
    from asntools.match import load_rules
    from asntools.match import match as grouped

    chosen = load_rules(rules, names=rule, defaults=default_rules)
    candidates = None if candidate is None else several(candidate)
    groups = grouped(
        dicts(exposures), chosen, candidates=candidates, all_candidates=all_candidates, discover=discover
    )
    return list(groups)


def build(
    groups: Record | Iterable[Record],
    *,
    merge: bool = False,
    version_id: str | None = None,
    product_name: str | None = None,
) -> list[Association]:
    """Make associations from groups, like asn-build.

    Parameters
    ----------
    groups : dict or iterable of dict
        Groups, as returned by `match`.
    merge : bool
        Merge the Stage 2 associations of one candidate and type into one.
    version_id : str, optional
        Stamped on each association; ``now`` is the time.
    product_name : str, optional
        A template for the names of Stage 3 products.
    """
    from asntools.build.building import build as built
    from asntools.build.options import stamp

    made = built(
        dicts(groups), merge=merge, version_id=stamp(version_id), product_name=product_name, say=_warn
    )
    return [one.asn for one in made]


def _warn(line: str) -> None:
    raise_or_warn(Fault(line, serious=False))


@overload
def edit(
    associations: Association,
    change: Callable[Concatenate[Association, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R: ...


@overload
def edit(
    associations: Iterable[Association],
    change: Callable[Concatenate[Association, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> list[R]: ...


def edit(
    associations: Association | Iterable[Association],
    change: Callable[Concatenate[Association, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R | list[R]:
    """Apply a function of `asntools.edit` to one association, or to each of many, and return new ones.

    Examples
    --------
    >>> from asntools.edit import add_members
    >>> edit(asn, add_members, ["x_cal.fits"], exptype="science")  # doctest: +SKIP
    """
    _check_change(change)
    if isinstance(associations, dict):
        return change(associations, *args, **kwargs)
    return [change(association, *args, **kwargs) for association in dicts(associations)]


_OTHER_FUNCTIONS = ("create", "gather", "merge", "mover")


def _check_change(change: object) -> None:
    from asntools import edit as room
    from asntools.common.words import did_you_mean

    name = str(getattr(change, "__name__", change)).replace("-", "_")
    if name in _OTHER_FUNCTIONS and (not callable(change) or change is getattr(room, name)):
        raise Fault(f"{name} does not change a single association; call asntools.edit.{name} directly")
    if callable(change):
        return
    names = [name for name in room.__all__ if name not in _OTHER_FUNCTIONS]
    hint = did_you_mean(name, names, f"they are {', '.join(names)}")
    if name in names:
        hint = f"; give the function itself: from asntools.edit import {name}"
    raise Fault(f"expected a function of asntools.edit, not {change!r}{hint}")


def validate(associations: Association | Iterable[Association]) -> list[Finding]:
    """Check associations, each by itself and against the others, like asn-validate."""
    from asntools.validate import validate as findings

    return list(findings(dicts(associations)))


def format(associations: Association | Iterable[Association], to: str = "json") -> str:
    """Return associations as text, like asn-fmt.

    Parameters
    ----------
    associations : dict or iterable of dict
        The associations.
    to : {"json", "jsonl", "yaml", "table", "csv", "tree", "mermaid", "dot", "svg", "html"}
        The format.
    """
    from asntools.asn.key_order import in_order
    from asntools.fmt.rendering import RENDERINGS, rendered

    many = dicts(associations)
    if to in RENDERINGS:
        return "".join(rendered(many, to))
    if to not in FORMATS:
        raise ValueError(f"unknown format {to!r}; the formats are {', '.join((*FORMATS, *RENDERINGS))}")
    return b"".join(dump_documents(map(in_order, many), FORMATS[to])).decode()
