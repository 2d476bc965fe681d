from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from samples import LINE

from asntools.common.faults import Fault
from asntools.common.jq import MEGABYTES, SECONDS, Query


@pytest.fixture(params=["free", "limited"], autouse=True)
def limits(request, monkeypatch):
    """Run each test with and without limits: but for what they forbid, they change nothing."""
    if request.param == "limited":
        monkeypatch.setenv(SECONDS, "20")
        monkeypatch.setenv(MEGABYTES, "500")
    return request.param


@pytest.mark.parametrize(
    ("program", "holds"),
    [
        (".a", True),
        (".b", False),
        (".c", False),
        (".d", True),
        ("empty", False),
        (".a == 1", True),
        ("false, true", False),
    ],
)
def test_holds_as_jq_sees_truth(program, holds):
    assert Query(program).holds({"a": 1, "b": False, "d": 0}) is holds


def test_the_first_answer_needs_no_others():
    assert Query("repeat(1)").first({}) == 1
    assert Query("1, error").first({}) == 1


def test_gives_all_answers():
    assert [*Query(".[]").answers([1, "x", None])] == [1, "x", None]


def test_says_what_is_wrong_with_a_program():
    with pytest.raises(
        Fault, match=r"^not a jq program: '\.a ===': syntax error, unexpected '=' at .* column 6$"
    ):
        Query(".a ===")


@pytest.mark.parametrize(
    "program", [".n == 9007199254740993", "-12345678901234567890", '"\\(9007199254740993)"', "1" * 400]
)
def test_a_number_that_jq_would_round_is_refused(program):
    with pytest.raises(
        Fault, match=r"^jq cannot represent the number \d{16,40}; integers are exact up to 9007199254740992"
    ):
        Query(program)


@pytest.mark.parametrize(
    "program", ['"9007199254740993"', ".n9007199254740993", "1 # 9007199254740993", "9007199254740994, 1e400"]
)
def test_no_other_digits_are_refused(program):
    assert list(Query(program).answers({}))


def test_says_where_a_program_fails():
    with pytest.raises(Fault, match=r"^jq program '\.a\.b' fails: Cannot index number with string"):
        [*Query(".a.b").answers({"a": 1})]


def test_many_values_one_after_another():
    query = Query(".a, .a + 1")
    assert [query.first({"a": number}) for number in range(5)] == [0, 1, 2, 3, 4]
    assert [[*query.answers({"a": number})] for number in range(3)] == [[0, 1], [1, 2], [2, 3]]
    with pytest.raises(Fault):
        [*query.answers({"a": "x"})]
    assert [*query.answers({"a": 7})] == [7, 8]


@pytest.mark.parametrize("program", ["halt_error", "halt_error(1)", "1, halt_error"])
def test_halt_error_is_an_error(program):
    with pytest.raises(Fault, match=r"fails: why$"):
        [*Query(program).answers("why")]


def test_what_is_in_the_home_is_not_loaded(tmp_path, monkeypatch):
    (tmp_path / ".jq").write_text("def foo: 42;")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Fault, match="foo/0 is not defined"):
        Query("foo")
    answers = (query := Query("1, 2")).answers({})
    assert (next(answers), [*query.answers({})]) == (1, [1, 2]) or os.environ.get(SECONDS)
    assert os.environ["HOME"] == str(tmp_path)


def test_a_limited_program_sees_no_environment_and_no_files(limits, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    (tmp_path / "x.json").write_text("[1]")
    foreign = f'import "x" as $x {{search: "{tmp_path}"}}; $x'
    if limits == "free":
        assert [*Query("$ENV.TOKEN, env.TOKEN").answers({})] == ["secret", "secret"]
        assert [*Query(foreign).answers({})] == [[[1]]]
        return
    assert [*Query("$ENV.TOKEN, env.TOKEN").answers({})] == [None, None]
    with pytest.raises(Fault, match="not a jq program"):
        Query(foreign)


def test_there_is_no_other_input():
    with pytest.raises(Fault, match="fails"):
        [*Query("input").answers({})]


def test_a_limit_of_time_ends_a_program(monkeypatch):
    monkeypatch.setenv(SECONDS, "0.2")
    query = Query('if . == 1 then last(range(1e12)) else "done" end')
    with pytest.raises(Fault, match=r"fails: it takes longer than 0\.2 s$"):
        [*query.answers(1)]
    assert [*query.answers(2)] == ["done"]


def test_a_limit_of_memory_ends_a_program(monkeypatch):
    monkeypatch.delenv(SECONDS, raising=False)
    monkeypatch.setenv(MEGABYTES, "20")
    query = Query('if . == 1 then [range(1e8)] | length else "done" end')
    with pytest.raises(Fault, match=r"fails: it takes more memory than 20 MB$"):
        [*query.answers(1)]
    assert [*query.answers(2)] == ["done"]


@pytest.mark.parametrize("text", ["0", "-1", "x", "nan", "1e99"])
def test_a_limit_is_a_positive_number(text, monkeypatch):
    monkeypatch.setenv(SECONDS, text)
    with pytest.raises(Fault, match=f"^{SECONDS} must be a positive number, not '{text}'$"):
        Query(".")


def test_an_interrupt_ends_a_program_at_once(tmp_path):
    (tmp_path / "asn.json").write_text(LINE)
    process = subprocess.Popen(
        ["asn-fmt", "--query", "last(range(1e10))", tmp_path / "asn.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=0.4)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=5) == (b"", b"")
        assert process.returncode == -signal.SIGINT
        assert time.monotonic() - start < 2
    finally:
        process.kill()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc to look at")
def test_no_program_outlives_its_command(limits, tmp_path):
    (tmp_path / "asn.json").write_text(LINE)
    process = subprocess.Popen(["asn-fmt", "--query", "last(range(1e12))", tmp_path / "asn.json"])
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 30
    while not (found := children.read_text().split()) and limits == "limited" and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert len(found) == (limits == "limited")
    while any(_runs(pid) for pid in found):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False
