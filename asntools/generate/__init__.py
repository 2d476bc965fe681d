"""asn-generate: pools in, associations out; asn-pool, asn-match and asn-build in one command."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.generate.generating import generate

__all__ = ["generate"]

__getattr__, __dir__ = face(__name__, generating="generate")
