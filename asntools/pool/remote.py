"""Files opened over the network with fsspec, which is installed with ``asntools[remote]``."""

from __future__ import annotations

from typing import BinaryIO, cast

from asntools.common.faults import Fault

_BLOCK = 64 * 1024


def open_url(url: str) -> BinaryIO:
    """Open a URL, fetching only the parts that are read.

    The public buckets of the archive are read without signing in.

    Raises
    ------
    Fault
        fsspec, or what it needs for this kind of URL, is not installed; or the URL cannot be opened.
    """
    try:
        import fsspec
    except ImportError as error:
        raise Fault("reading a URL needs fsspec; pip install 'asntools[remote]'", url) from error
    options = {"anon": True} if url.startswith("s3:") else {}
    try:
        files, path = fsspec.core.url_to_fs(url, **options)
        return cast(BinaryIO, files.open(path, "rb", block_size=_BLOCK, cache_type="readahead"))
    except Exception as error:  # each kind of file system has its own errors
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise Fault(f"cannot open: {reason}", url) from error
