"""Tables in the formats that astropy reads, passed to it as lines or bytes.

Astropy opens anything that it takes for a name, even over the network, and unpacks compressed data, however
large; so neither names nor compressed data are passed to it.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.parsers import expat

from asntools.common.faults import Fault, reading
from asntools.common.words import did_you_mean
from asntools.pool.tables import Row, check_columns, empty, refuse_packed, without_rows

if TYPE_CHECKING:
    from astropy.table import Table

_FORMATS = "asn-pool reads ascii.ecsv and the other ascii.* formats of astropy, fits and votable"


def astropy_rows(stream: BinaryIO, source: str, table_format: str) -> Iterator[Row]:
    """Read the rows of a table in one of astropy's formats: ``ascii.ecsv``, ``fits``, ``votable``..."""
    if table_format not in ("ascii", "fits", "votable") and not table_format.startswith("ascii."):
        raise _unknown(table_format, source)
    with reading(source):
        data = stream.read()
    if not data.strip():
        raise empty(source)
    refuse_packed(data, source, f" --format {table_format}")
    table = _read(data, source, table_format)
    columns = tuple(str(name).strip().lower() for name in table.colnames)
    check_columns(columns, source, None)
    if not len(table):
        raise without_rows(source)
    for number, row in enumerate(table, 1):
        yield Row(columns, list(map(_plain, row)), number)


def _unknown(table_format: str, source: str) -> Fault:
    near = did_you_mean(table_format, ("ascii.ecsv", "ascii.csv", "fits", "votable"), _FORMATS)
    return Fault(f"no table format {table_format!r}{near}", source)


def _read(data: bytes, source: str, table_format: str) -> Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from astropy.io.registry import IORegistryError
            from astropy.table import Table
        except Exception as error:  # its configuration is read, and may fail, on import
            raise Fault(
                f"astropy, which reads {table_format}, cannot start: {_first_line(error)}", source
            ) from error
        try:
            if table_format == "votable":
                _check_votable(data)
            table = Table.read(_content(data, table_format), format=table_format)
            return _with_undefined_flags(table, data) if table_format == "fits" else table
        except IORegistryError as error:
            raise _unknown(table_format, source) from error
        except Exception as error:  # each of astropy's many readers raises its own errors
            raise Fault(f"not a table in format {table_format}: {_first_line(error)}", source) from error


def _with_undefined_flags(table: Table, data: bytes) -> Table:
    # Of a logical column neither T nor F is undefined (FITS standard 4.0, 7.3.3), which astropy takes for F.
    import numpy as np
    from astropy.io import fits
    from astropy.table import MaskedColumn

    with fits.open(io.BytesIO(data)) as units:
        unit = next(unit for unit in units if isinstance(unit, (fits.BinTableHDU, fits.TableHDU)))
        for column in unit.columns:
            if column.format != "L" or column.name not in table.colnames:
                continue
            undefined = ~np.isin(np.rec.recarray.field(unit.data, column.name), (ord("T"), ord("F")))
            if undefined.any():
                known = table[column.name]
                table[column.name] = MaskedColumn(known, mask=undefined | np.ma.getmaskarray(known))
    return table


def _content(data: bytes, table_format: str) -> BinaryIO | list[str]:
    if not table_format.startswith("ascii"):
        return io.BytesIO(data)
    lines = data.decode("utf-8-sig").splitlines()
    return lines if len(lines) > 1 else [*lines, ""]  # a list of one is taken for the name of a file


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _check_votable(data: bytes) -> None:
    # Raise a ValueError for anything in a VOTable that makes astropy fetch, unpack or allocate.
    parents: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2].upper()
        if name == "STREAM":
            if "href" in attributes:
                raise ValueError(
                    f"its rows are elsewhere, in {attributes['href']!r}, and asn-pool fetches nothing"
                )
            if parents[-1:] == ["FITS"]:
                raise ValueError("its rows are in a FITS file within it; give asn-pool that file")
        for attribute in ("nrows", "arraysize"):
            if _largest(attributes.get(attribute, "")) > len(data):
                raise ValueError(f"{attribute} {attributes[attribute]!r} is more than the file can hold")
        parents.append(name)

    def entity(name: str, *_: object) -> None:
        raise ValueError(f"it declares the entity {name!r}; a VOTable needs none")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: parents.pop()
    parser.EntityDeclHandler = entity
    parser.Parse(data, True)


def _largest(size: str) -> int:
    return max((int(digits) for digits in size.replace("*", "x").split("x") if digits.isdigit()), default=0)


def _plain(value: Any) -> Any:
    # An element of an astropy column: masked, numpy scalar, bytes or text.
    import numpy as np

    if value is None or np.ma.is_masked(value):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value
