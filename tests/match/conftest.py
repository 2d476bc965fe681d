"""What the tests of asn-match share."""

from __future__ import annotations

import io
import sys

import pytest

from asntools.match.cli import main as asn_match


class Unread:
    """A standard input that must not be read."""

    def isatty(self):
        return False

    @property
    def buffer(self):
        raise AssertionError("standard input was read")


@pytest.fixture
def match(monkeypatch, capfdbinary):
    """Run asn-match; without `exposures` it must not read standard input."""

    def run(*options, exposures=None):
        text = None if exposures is None else io.TextIOWrapper(io.BytesIO(b"".join(exposures)))
        monkeypatch.setattr(sys, "stdin", text or Unread())
        status = asn_match([str(option) for option in options])
        out, err = capfdbinary.readouterr()
        return status, out, err.decode()

    return run
