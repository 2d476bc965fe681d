"""asn-build: groups in, associations out."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.build.associations import Built
    from asntools.build.building import build
    from asntools.build.groups import check_group

__all__ = ["Built", "build", "check_group"]

__getattr__, __dir__ = face(__name__, associations="Built", building="build", groups="check_group")
