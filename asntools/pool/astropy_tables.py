"""Tables in the formats that astropy reads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from asntools.common.faults import Fault, reading
from asntools.common.records import Line
from asntools.pool.tables import check_columns, empty, without_rows


def astropy_rows(stream: BinaryIO, source: str, table_format: str) -> Iterator[Line]:
    """Read the rows of a table in a format that astropy names: ``ascii.ecsv``, ``fits``, ``votable``..."""
    import warnings

    from astropy.io.registry import IORegistryError
    from astropy.table import Table

    with reading(source):
        data = stream.read()
    if not data.strip():
        raise empty(source)
    binary = table_format.startswith(("fits", "votable", "hdf5", "parquet"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The line end tells astropy that this is a text and not the name of a file.
            table = Table.read(
                io.BytesIO(data) if binary else data.decode("utf-8-sig") + "\n", format=table_format
            )
    except IORegistryError as error:
        raise Fault(
            f"no table format is named {table_format!r}; astropy reads ascii.ecsv, fits, votable...", source
        ) from error
    except Exception as error:  # each of astropy's many readers raises what it likes
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise Fault(f"not a table in format {table_format}: {reason}", source) from error
    columns = [str(name).lower() for name in table.colnames]
    check_columns(columns, source, None)
    if not len(table):
        raise without_rows(source)
    for number, row in enumerate(table, 1):
        yield Line(dict(zip(columns, map(_plain, row), strict=True)), b"", source, number)


def _plain(value: Any) -> Any:
    # An element of an astropy column: masked, numpy scalar, bytes or text.
    import numpy as np

    if value is None or np.ma.is_masked(value):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value
