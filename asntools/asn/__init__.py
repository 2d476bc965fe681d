"""The association as a document: read from JSON and YAML with positions, walked, and written."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.asn.document import Document
    from asntools.asn.documents import read_documents
    from asntools.asn.formats import Format, dump_documents
    from asntools.asn.key_order import in_order
    from asntools.asn.products import members_of, walk, walk_members

__all__ = [
    "Document",
    "Format",
    "dump_documents",
    "in_order",
    "members_of",
    "read_documents",
    "walk",
    "walk_members",
]

__getattr__, __dir__ = face(
    __name__,
    document="Document",
    documents="read_documents",
    formats="Format dump_documents",
    key_order="in_order",
    products="members_of walk walk_members",
)
