"""asn-pool: pools in, exposure records out."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.pool.reading import read_exposures
    from asntools.pool.writing import pool_lines

__all__ = ["pool_lines", "read_exposures"]

__getattr__, __dir__ = face(__name__, {"pool_lines": "writing", "read_exposures": "reading"})
