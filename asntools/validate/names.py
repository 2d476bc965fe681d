"""The names of products and members: whether they can name files, and what the pipelines make of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asntools.common.faults import unseen_in
from asntools.jwst.exptypes import SOURCECAT
from asntools.jwst.levels import pipeline_of
from asntools.jwst.suffixes import OPENED_EXTENSIONS, exposure_root, stem, written_name
from asntools.validate.findings import Finding
from asntools.validate.products import Member, Product


def check_product_names(products: Sequence[Product], asn_type: str, stage: int | None) -> Iterator[Finding]:
    """Check the names of the products of one association."""
    first: dict[str, int] = {}
    for number, product in enumerate(products):
        name = product.name
        if name is None:
            if stage != 3:  # where the schema requires one
                yield Finding("ASN221", "the product has no name", product.path)
            continue
        path = (*product.path, "name")
        written = files_named(name, asn_type)
        if written in first:
            yield Finding("ASN220", _twice(name, written, products[first[written]], first[written]), path)
        first.setdefault(written, number)
        fault = _why_no_name(name)
        collision = _collision(product, name, stage)
        if fault is not None:
            yield Finding("ASN225", f"the product's name {name!r} {fault}", path)
        elif collision is not None:
            yield collision
        elif written != name:
            message = f"the pipelines cut the product's name {name!r} to {written!r}"
            yield Finding("ASN224", message, path)


def files_named(name: str, asn_type: str) -> str:
    """Return the beginning of the names of a product's files."""
    return name if pipeline_of(asn_type).pairs else written_name(name)


def _twice(name: str, written: str, other: Product, number: int) -> str:
    if other.name == name:
        return f"product {name!r} occurs twice, first as products[{number}]"
    return f"products {other.name!r} and {name!r} are both written as {written!r}"


def _why_no_name(name: str) -> str | None:
    """Return what keeps a product's name from naming files in one folder, or None."""
    if not name.strip():
        return "is blank"
    if ".." in name.split("/") or name.startswith("/"):
        return "leads out of the folder"
    if name.endswith("/"):
        return "is the name of a folder"
    if "\\" in name:
        return "contains a Windows folder"
    return unseen_in(name)


def _collision(product: Product, name: str, stage: int | None) -> Finding | None:
    for expname in (member.expname for member in product.members if name in member.expname):
        root = exposure_root(expname)
        if stage == 3 and name == root:
            hint = "with this name it would overwrite files that Stage 2 made from the exposure"
        # A Stage 2 product is named by its exposure.
        elif name in (expname, expname.rsplit("/", 1)[-1]) or (name == stem(expname) and name != root):
            hint = f"did you mean {root!r}?" if stage == 2 else "leave out suffix and extension"
        else:
            continue
        message = f"the product's name equals that of its member {expname!r}"
        return Finding("ASN223", message, (*product.path, "name"), hint)
    return None


_PLAIN_ENDS = (".fits", ".asdf", ".fits.gz")


def is_plain(expname: str) -> bool:
    """Return whether an expname is like most: letters, digits and a few signs, with a FITS extension."""
    signs_aside = expname.replace("_", "").replace("-", "").replace(".", "")
    return signs_aside.isalnum() and expname.isascii() and expname.endswith(_PLAIN_ENDS)


def check_expname(member: Member) -> Iterator[Finding]:
    """Check that a member's expname is the name of a file, one that the pipelines open."""
    expname = member.expname
    if not expname:  # which is a fault of structure
        return
    path = (*member.path, "expname")
    fault = _why_no_file(expname, member.role)
    if fault is not None:
        yield Finding("ASN226", f"expname {expname!r} {fault}", path, members=(expname,))
    elif "/" in expname:
        hint = f"write {expname.rsplit('/', 1)[-1]!r} and keep the file in the association's folder"
        yield Finding("ASN217", f"expname {expname!r} contains a folder", path, hint, (expname,))


def _why_no_file(expname: str, role: str) -> str | None:
    from asntools.common.given import is_url

    if not expname.strip():
        return "is blank"
    unseen = unseen_in(expname)
    if unseen is not None:
        return unseen
    if "\\" in expname or (expname[1:2] == ":" and expname[0].isalpha()):
        return "contains a Windows folder"
    if is_url(expname):
        return "is a URL, which no pipeline opens"
    if "*" in expname or "?" in expname:
        return "is a pattern, which no pipeline expands"
    # The last extension counts, or the one before it if that is unknown (stdatamodels, filetype.py).
    # Catalogues are tables, which are not opened so.
    extensions = expname.rsplit("/", 1)[-1].split(".")[1:][-2:]
    if role == SOURCECAT or any(extension in OPENED_EXTENSIONS for extension in extensions):
        return None
    capital = next((each for each in extensions if each.lower() in OPENED_EXTENSIONS), None)
    if capital is not None:
        return f"ends in .{capital}, but the pipelines open only .{capital.lower()}"
    return "has no extension .fits or .asdf" if extensions else "has no extension"
