"""asn-edit: make and change associations."""

from typing import TYPE_CHECKING

from asntools.common.face import face

if TYPE_CHECKING:
    from asntools.edit.creation import create
    from asntools.edit.edits import (
        add_members,
        add_product,
        dedupe,
        mover,
        relocate,
        remove_members,
        remove_products,
        rename_product,
        select_members,
        set_exptype,
        set_keywords,
        set_members,
    )
    from asntools.edit.gathering import gather
    from asntools.edit.merging import merge, split_members, split_products
    from asntools.edit.naming import name_products

__all__ = [
    "add_members",
    "add_product",
    "create",
    "dedupe",
    "gather",
    "merge",
    "mover",
    "name_products",
    "relocate",
    "remove_members",
    "remove_products",
    "rename_product",
    "select_members",
    "set_exptype",
    "set_keywords",
    "set_members",
    "split_members",
    "split_products",
]

__getattr__, __dir__ = face(
    __name__,
    creation="create",
    edits="add_members add_product dedupe mover relocate remove_members remove_products rename_product "
    "select_members set_exptype set_keywords set_members",
    gathering="gather",
    merging="merge split_members split_products",
    naming="name_products",
)
