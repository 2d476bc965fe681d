"""asn-diff: what changed between two sets of associations."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.diff.changes import Change, compare
    from asntools.diff.pairing import Entry, differences

__all__ = ["Change", "Entry", "compare", "differences"]

__getattr__, __dir__ = face(__name__, changes="Change compare", pairing="Entry differences")
