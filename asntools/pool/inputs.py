"""Inputs of every kind as one stream of exposures: headers of FITS files, pools and records."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple, cast

from asntools.common.faults import STDIN, Fault, Report, raise_or_warn, reading
from asntools.common.foreign import FITS
from asntools.common.given import check_source, is_url, several
from asntools.common.records import Record
from asntools.common.templates import unfit_in_path
from asntools.jwst.suffixes import COMBINED_IMAGE, exposure_of
from asntools.pool.amendments import Amendments
from asntools.pool.collection import Collection, Product
from asntools.pool.exposures import observation_candidate
from asntools.pool.fits import BLOCK, Headers, read_headers
from asntools.pool.headers import attributes_from, complete
from asntools.pool.reading import NO_POOL, read_exposures
from asntools.pool.repeats import OfBoth, Repeats
from asntools.pool.sources import Source, open_source, overlapping, shown, sources
from asntools.pool.targets import TOLERANCE, number_targets

EXPNAMES: dict[str, Callable[[str, str], str]] = {
    "basename": lambda path, _: os.path.basename(path),
    "relative": lambda path, folder: os.path.relpath(os.path.join(folder, path), folder or os.curdir),
    "absolute": lambda path, folder: os.path.abspath(os.path.join(folder, path)),
}
"""How members are named after their files: without folder, with a relative path, or with the full path."""

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Choices:
    """How inputs are read."""

    table_format: str | None = None  # the format of tables, by astropy's name; by default text
    keywords: tuple[str, ...] = ()  # additional keywords of headers to read, in capitals
    expname: str = "basename"  # one of `EXPNAMES`
    tolerance: float = TOLERANCE  # how far apart positions of the same target may be, in arcseconds
    remote: bool = False  # whether to open URLs
    jobs: int = 1  # how many files to open at once
    amendments: Amendments = field(default_factory=Amendments)  # changes made by hand
    folder: str = ""  # where relative names start, if not in the current folder


class _Opened(NamedTuple):
    # What a source turned out to be: the exposure of a FITS file, the stream of a pool, or a fault.
    source: Source
    exposure: tuple[Product, Record] | None = None
    pool: tuple[BinaryIO, str | None] | None = None
    fault: Fault | None = None


def read_files(
    names: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    choices: Choices | None = None,
    *,
    recursive: bool = False,
    report: Report = raise_or_warn,
) -> list[Record]:
    """Read exposures from FITS files, pools and, if `recursive`, folders of FITS files.

    Without `report`, the first faulty file raises a `Fault`, and remarks become Python warnings.
    """
    given = several(names)
    for name in given:
        check_source(name, "read_pool", "a pool")
    found = sources(map(os.fspath, given), report, recursive=recursive)
    return list(read_inputs(found, choices or Choices(), report))


def read_inputs(
    inputs: Iterable[Source], choices: Choices, report: Report, progress: Callable[[], None] = lambda: None
) -> Iterator[Record]:
    """Read exposures from pools, records and FITS files, in the order in which they are given.

    Up to the first FITS file, exposures are passed on as they are read. After it they are kept until all
    have been read, since only then is it known which exposures have the same target, and which files belong
    to the same exposure. Faults are reported, and `progress` is called after each source.
    """
    collection = Collection(report, choices.folder)
    repeats = Repeats(report)
    of_both = OfBoth()
    kept: list[Record] = []
    for opened in overlapping(lambda source: _open(source, choices), inputs, choices.jobs):
        try:
            if opened.fault is not None:
                report(opened.fault)
            elif opened.exposure is not None:
                product, exposure = opened.exposure
                before = repeats.place_of(exposure["program"], product.name)
                if before is None:
                    new = collection.add(product, exposure)
                    kept += [] if new is None else [new]
                else:
                    of_both.leave_out(product.name, product.path, before)
            elif opened.pool is not None:
                for record in _pool_exposures(opened.source, opened.pool, choices, report, repeats):
                    name = record["filename"]
                    if not kept:
                        yield record
                    elif before := collection.path_of(record["program"], exposure_of(name)):
                        of_both.leave_out(name, shown(opened.source), before)
                    else:
                        kept.append(record)
        finally:
            if opened.pool is not None and opened.source.name != "-":
                opened.pool[0].close()
        progress()
    repeats.finish()
    of_both.finish(report)
    kept += collection.finish()
    number_targets(collection, choices.tolerance)
    yield from kept
    for fault in choices.amendments.unused():
        report(fault)


def read_fits(inputs: Iterable[Source], choices: Choices) -> Iterator[tuple[Product, Record] | Fault | None]:
    """Yield, for each source, the exposure of a FITS file, the fault, or None if there is nothing to read."""
    for opened in overlapping(lambda source: _open(source, choices), inputs, choices.jobs):
        if opened.pool is not None:
            opened.pool[0].close()
            what = (
                "is not an exposure; with so many files at once, all must be exposures; give pools separately"
            )
            yield Fault(what, shown(opened.source))
        else:
            yield opened.exposure or opened.fault


def _pool_exposures(
    source: Source, pool: tuple[BinaryIO, str | None], choices: Choices, report: Report, repeats: Repeats
) -> Iterator[Record]:
    stream, table_format = pool
    amendments = choices.amendments
    try:
        exposures = read_exposures(stream, shown(source), report, table_format=table_format, repeats=repeats)
        for record in exposures:
            amendments.set_attributes(record, record["filename"])
            amendments.add_candidates(record)
            yield record
    except Fault as fault:
        report(fault)


def _open(source: Source, choices: Choices) -> _Opened:
    try:
        stream = open_source(source, remote=choices.remote, folder=choices.folder)
    except Fault as fault:
        return _Opened(source, fault=fault)
    opened = _Opened(source)
    try:
        opened = _recognized(source, stream, choices)
    except Fault as fault:
        opened = _Opened(source, fault=fault)
    finally:
        if opened.pool is None and source.name != "-":
            stream.close()
    return opened


def _recognized(source: Source, stream: BinaryIO, choices: Choices) -> _Opened:
    name = shown(source)
    with reading(name):
        head = _head(stream)
    packed = head.startswith(_GZIP)
    if _unpacked(head).startswith(FITS) if packed else head.startswith(FITS):
        headers = read_headers(cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if packed else stream, name)
        try:
            is_pool = headers.is_pool
        except ValueError as error:
            raise Fault(str(error), name) from error
        if not is_pool:
            return _Opened(source, exposure=_exposure(name, headers, choices))
        if not source.found:
            stream = _rewound(stream, name)
        if not source.found and not packed:
            return _Opened(source, pool=(stream, choices.table_format or "fits"))
    # In a folder there is much that is not meant.
    return _Opened(source, pool=None if source.found else (stream, choices.table_format))


def _head(stream: BinaryIO) -> bytes:
    # The first bytes, which the stream gives again.
    peek = getattr(stream, "peek", None)
    if peek is not None:
        return bytes(peek(len(FITS)))
    head = stream.read(BLOCK)
    stream.seek(0)
    return head


def _unpacked(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, len(FITS))
    except zlib.error:
        return b""


def _rewound(stream: BinaryIO, name: str) -> BinaryIO:
    try:
        stream.seek(0)
    except OSError as error:
        raise Fault(
            "is a table in FITS, which cannot be read from a pipe; give the file by name", name
        ) from error
    return stream


def _exposure(source: str, headers: Headers, choices: Choices) -> tuple[Product, Record]:
    path = source
    if source == STDIN or source.startswith("/dev/"):  # a pipe, whose name says nothing of the file
        path = str(headers.primary.get("FILENAME") or source)
    try:
        record = {"filename": None, **attributes_from(headers, choices.keywords)}
        product = Product.of(path, _expname(path, choices))
        record["filename"] = product.name
        choices.amendments.set_attributes(record, path)
        complete(record)
        record.setdefault("asn_candidate", observation_candidate(record["obs_num"]))
    except ValueError as error:
        raise Fault(str(error), source) from error
    choices.amendments.add_candidates(record)
    return product, {**record, "asn_pool": NO_POOL, "files": None, COMBINED_IMAGE: None}


def _expname(path: str, choices: Choices) -> str:
    if unfit_in_path(path):
        raise ValueError("its name contains a character that associations must not contain; rename it")
    form = "basename" if is_url(path) and choices.expname == "relative" else choices.expname
    return EXPNAMES[form](path, choices.folder)
