"""Files that are not the expected text, recognized by their first bytes."""

from __future__ import annotations

from asntools.common.faults import Fault

PACKED = {
    b"\x1f\x8b": ("gzip", "gunzip -c"),
    b"BZh": ("bzip2", "bunzip2 -c"),
    b"\xfd7zXZ": ("xz", "xz -dc"),
    b"(\xb5/\xfd": ("zstd", "zstd -dc"),
}
"""For the first bytes of compressed files, what compressed them and the command that unpacks them."""
FITS = b"SIMPLE  ="
ZIP = b"PK\x03\x04"

_UTF_16 = ("UTF-16", "save it as UTF-8")
_SAID = {magic: (f"compressed by {by}", f"{unpack} unpacks it") for magic, (by, unpack) in PACKED.items()} | {
    FITS: ("FITS", "asn-pool makes exposure records from it"),
    ZIP: ("a zip file or a workbook (.xlsx)", "extract the file you want"),
    b"#ASDF ": ("ASDF", "asn-pool reads only the headers of FITS files"),
    b"\x89HDF": ("HDF5", "expected text"),
    b"%PDF-": ("a PDF", "expected text"),
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
    b"{\0": _UTF_16,
    b"\0{": _UTF_16,
}


def refuse_foreign(first: bytes, source: str) -> None:
    """Raise a `Fault` if a file that starts with these bytes is not text."""
    if (known := foreign(first)) is not None:
        raise Fault("is {}; {}".format(*known), source)


def foreign(first: bytes) -> tuple[str, str] | None:
    """Return what a file is that starts with these bytes, and what to do; None if it may be text."""
    return next((said for magic, said in _SAID.items() if first.startswith(magic)), None)
