"""asn-validate: check associations."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.validate.codes import CODES, ERROR, NOTE, WARNING
    from asntools.validate.findings import Finding
    from asntools.validate.run import check_association, validate

__all__ = ["CODES", "ERROR", "NOTE", "WARNING", "Finding", "check_association", "validate"]

__getattr__, __dir__ = face(
    __name__, codes="CODES ERROR NOTE WARNING", findings="Finding", run="check_association validate"
)
