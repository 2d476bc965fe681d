"""asn-pool: FITS files and pools in, exposure records out."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.pool.amendments import Amendments, Extra, Setting
    from asntools.pool.inputs import Choices, read_files
    from asntools.pool.reading import read_exposures, read_pool
    from asntools.pool.sorting import by_program
    from asntools.pool.writing import pool_lines, write_pool

__all__ = [
    "Amendments",
    "Choices",
    "Extra",
    "Setting",
    "by_program",
    "pool_lines",
    "read_exposures",
    "read_files",
    "read_pool",
    "write_pool",
]

__getattr__, __dir__ = face(
    __name__,
    amendments="Amendments Extra Setting",
    inputs="Choices read_files",
    reading="read_exposures read_pool",
    sorting="by_program",
    writing="pool_lines write_pool",
)
