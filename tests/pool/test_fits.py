"""The reader of FITS headers agrees with astropy, reads no data, and names what is wrong."""

from __future__ import annotations

import contextlib
import gzip
import io
import warnings

import pytest
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from fitsfiles import write_fits
from hypothesis import given
from hypothesis import strategies as st

from asntools.common.faults import Fault
from asntools.pool.fits import BLOCK, CARD, Header, read_headers, value_of
from asntools.pool.headers import attributes_from, complete

printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=150)
values = (
    printable
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.none()
)


def ours(header: fits.Header) -> Header:
    return Header(header.tostring(endcard=True).encode())


@given(values, printable)
def test_values_are_those_of_astropy(value, comment):
    header = fits.Header()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VerifyWarning)
        header["BEFORE"] = "x"
        header["KEY"] = (value, comment)
        header["AFTER"] = 1
        text = header.tostring()
    theirs = fits.Header.fromstring(text)["KEY"]
    mine = Header(text.encode()).get("KEY")
    if isinstance(theirs, fits.card.Undefined):
        theirs = None
    if isinstance(value, str):
        theirs = value.rstrip(" ")  # astropy takes what follows a quote and a slash for a comment
    assert (mine, type(mine)) == (theirs, type(theirs))


@pytest.mark.parametrize(
    ("card", "value"),
    [
        ("= 'NRS1    '           / detector", "NRS1"),
        ("= '        '", ""),
        ("= ''", ""),
        ("= 'it''s'", "it's"),
        ("='close'", "close"),
        ("=                    T / flag", True),
        ("= F", False),
        ("=                   12", 12),
        ("= -1.5D3", -1500.0),
        ("= 1.E-2 / small", 0.01),
        ("=", None),
        ("=  / no value", None),
        ("= 'a / b' / c", "a / b"),
    ],
)
def test_forms_of_values(card, value):
    assert value_of(card.ljust(72).encode()) == value


@pytest.mark.parametrize("card", ["= 'open", "= what", "= 12 13", "= (1"])
def test_a_card_that_cannot_be_read(card):
    with pytest.raises(ValueError, match=r"^the card .* cannot be read$"):
        value_of(card.ljust(72).encode())


def test_the_first_of_two_cards_counts():
    header = fits.Header()
    header["KEY"] = 1
    header.append(("KEY", 2))
    assert ours(header).get("KEY") == fits.Header.fromstring(header.tostring())["KEY"] == 1


def test_a_text_that_ends_like_a_keyword_is_none():
    header = fits.Header()
    header["LONG"] = "x" * 60 + "&" + "EXP_TYPE= 'WRONG'" + "y" * 80
    header["HISTORY"] = "END" + " " * 69
    header["EXP_TYPE"] = "MIR_MRS"
    assert ours(header).get("EXP_TYPE") == "MIR_MRS"
    assert ours(header).get("LONG") == header["LONG"]


class Counting(io.BytesIO):
    """A stream that says how far it was read."""

    def __init__(self, data):
        super().__init__(data)
        self.read_to = 0

    def read(self, size=-1):
        data = super().read(size)
        self.read_to = max(self.read_to, self.tell())
        return data


@pytest.fixture
def exposure(tmp_path):
    return write_fits(tmp_path / "a.fits", {"EXP_TYPE": "MIR_MRS"})


def test_a_header_of_many_blocks_is_read_to_its_end_and_no_data(tmp_path):
    primary = fits.PrimaryHDU()
    for number in range(1000):
        primary.header[f"K{number}"] = number
    primary.header["EXP_TYPE"] = "MIR_MRS"
    extension = fits.ImageHDU(name="SCI")
    extension.header["S_REGION"] = "POLYGON"
    fits.HDUList([primary, extension]).writeto(tmp_path / "a.fits")
    content = (tmp_path / "a.fits").read_bytes()
    stream = Counting(content + bytes(50_000_000))
    headers = read_headers(stream, "a.fits")
    assert value_of(headers.card("EXP_TYPE")) == "MIR_MRS"
    assert value_of(headers.card("S_REGION")) == "POLYGON"
    assert stream.read_to <= len(content) + 32 * BLOCK


def test_compressed(exposure):
    packed = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(exposure.read_bytes())))
    assert value_of(read_headers(packed, "a.fits.gz").card("EXP_TYPE")) == "MIR_MRS"


@pytest.mark.parametrize("size", [100, BLOCK - 1, BLOCK + 100])
def test_cut_short_within_a_header(exposure, size):
    with pytest.raises(Fault, match=r"is cut short: it ends within a header$"):
        read_headers(io.BytesIO(exposure.read_bytes()[:size]), "a.fits")


def test_cut_short_within_the_data(tmp_path):
    import numpy as np

    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((100, 100)), name="SCI")]).writeto(path)
    whole = path.read_bytes()
    for size in (len(whole) - BLOCK, len(whole) - 1):
        path.write_bytes(whole[:size])
        with path.open("rb") as stream, pytest.raises(Fault) as fault:
            read_headers(stream, "a.fits")
        assert fault.value.message == f"is cut short: it has {size} bytes, and needs {len(whole)} or more"


def test_no_end(tmp_path):
    with pytest.raises(Fault, match="a header has no END"):
        read_headers(io.BytesIO(b"SIMPLE  =                    T".ljust(80) + b" " * 10_000_000), "a.fits")


def test_compressed_and_cut_short(exposure):
    packed = gzip.compress(exposure.read_bytes())
    stream = gzip.GzipFile(fileobj=io.BytesIO(packed[: len(packed) // 2]))
    with pytest.raises(Fault, match="the compressed data end too early"):
        read_headers(stream, "a.fits.gz")


def test_more_axes_than_there_can_be():
    cards = ["SIMPLE  =                    T", "NAXIS   =            999999999", "END"]
    content = "".join(card.ljust(CARD) for card in cards).ljust(BLOCK).encode()
    with pytest.raises(Fault, match="not FITS: it has 999999999 axes"):
        read_headers(io.BytesIO(content), "a.fits")


whole = io.BytesIO()
fits.HDUList(
    [
        fits.PrimaryHDU(header=fits.Header({"EXP_TYPE": "MIR_MRS", "PROGRAM": "01523"})),
        fits.ImageHDU(name="SCI"),
    ]
).writeto(whole)
edits = st.lists(
    st.tuples(
        st.integers(0, len(whole.getvalue()) - 1),
        st.binary(max_size=12) | st.sampled_from([b"'", b"&'", b"="]),
    ),
    max_size=8,
)


@given(edits, st.integers(0, 3 * BLOCK), st.booleans())
def test_whatever_a_file_holds_it_is_read_or_refused(edits, size, compress):
    content = bytearray(whole.getvalue())
    for place, data in edits:
        content[place : place + len(data)] = data
    data = bytes(content[: max(size, 9)])
    stream = io.BytesIO(gzip.compress(data)[:-5]) if compress else io.BytesIO(data)
    try:
        headers = read_headers(gzip.GzipFile(fileobj=stream) if compress else stream, "a.fits")
    except Fault:
        return
    with contextlib.suppress(ValueError):
        complete(attributes_from(headers))
