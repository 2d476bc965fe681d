"""Progress is for people at a terminal, and leaves it clean."""

from __future__ import annotations

import io

import pytest

from asntools.common import progress
from asntools.common.faults import Fault
from asntools.common.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    times = iter(range(0, 1000, 1))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(times)))


@pytest.mark.parametrize(("kind", "shown"), [(Terminal, True), (io.StringIO, False)])
def test_progress_is_shown_on_a_terminal_only(clock, monkeypatch, kind, shown):
    stream = kind()
    monkeypatch.setattr("sys.stderr", stream)
    with Progress("asn-pool", 4, "files") as steps:
        for _ in range(4):
            steps.step()
    text = stream.getvalue()
    assert ("asn-pool: 4 of 4 files" in text) is shown
    assert text.endswith("\r\x1b[K") is shown
    assert "1 of 4" not in text  # what is done at once needs none


def test_a_fault_stands_on_a_line_of_its_own(clock, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with Progress("asn-pool", 4, "files") as steps:
        report = steps.clearing(lambda fault: stream.write(f"{fault}\n") and None)
        for _ in range(3):
            steps.step()
        report(Fault("is cut short", "a.fits"))
    assert stream.getvalue().endswith("3 of 4 files\x1b[K\r\x1b[Ka.fits: is cut short\n")
