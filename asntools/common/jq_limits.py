"""A jq program under limits of time and memory: in a process of its own, which can be ended."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

import jq  # noqa: F401 - here, where files can still be opened

from asntools.common.jq_programs import compiled, reason


def limited(text: str, seconds: float | None, megabytes: float | None) -> Callable[[Any], Iterator[Any]]:
    """Return a program as a function of a value; raises ValueError as `compiled` does.

    `seconds` limit the time for each value, `megabytes` the memory beyond what this process has.
    """
    process = _Process(text, seconds, megabytes)
    process.start()

    def answers(value: Any) -> Iterator[Any]:
        process.send(json.dumps(value).encode() + b"\n")
        while (line := process.receive()) != b"\n":
            yield json.loads(line)
            process.send(b"\n")  # on to the next answer

    return answers


class _Process:
    """The process of a program, and the two pipes to it: a value in, then an answer out at each line end."""

    def __init__(self, text: str, seconds: float | None, megabytes: float | None):
        self._text = text
        self._seconds = seconds
        self._megabytes = megabytes
        self._pid: int | None = None
        self._pipes: tuple[int, ...] = ()
        self._received = b""

    def start(self) -> None:
        theirs, to_them = os.pipe()
        from_them, ours = os.pipe()
        end_of_parent, parent = os.pipe()
        self._received = b""
        self._pid = os.fork()
        if self._pid == 0:
            for pipe in (to_them, from_them, parent):
                os.close(pipe)
            _end_at_hangup(end_of_parent)
            _serve(self._text, theirs, ours, self._megabytes)
        for pipe in (theirs, ours, end_of_parent):
            os.close(pipe)
        self._pipes = from_them, to_them, parent
        self.receive()  # that it is compiled

    def send(self, line: bytes) -> None:
        if self._pid is None:  # ended by an earlier value
            self.start()
        with suppress(BrokenPipeError):  # which the following read reports
            while line:
                line = line[os.write(self._pipes[1], line) :]

    def receive(self) -> bytes:
        """Return the next line; one that starts with a word of failure is raised."""
        deadline = None if self._seconds is None else time.monotonic() + self._seconds
        while b"\n" not in self._received:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._pipes[0]], [], [], left)
            if not ready:
                self._end()
                raise ValueError(f"it takes longer than {self._seconds:g} s")
            data = os.read(self._pipes[0], 1 << 16)
            if not data:
                self._end()
                limit = "there is" if self._megabytes is None else f"{self._megabytes:g} MB"
                raise ValueError(f"it takes more memory than {limit}")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        if line.startswith(b"!"):
            raise ValueError(json.loads(line[1:]))
        return line + b"\n"

    def _end(self) -> None:
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        for pipe in self._pipes:
            os.close(pipe)
        self._pid = None

    def __del__(self) -> None:
        if self._pid:
            self._end()


def _end_at_hangup(pipe: int) -> None:
    # Let this process end with its parent, however that ends: while a program runs, Python cannot look.
    signal.signal(signal.SIGIO, signal.SIG_DFL)  # which ends a process
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)


def _serve(text: str, requests: int, replies: int, megabytes: float | None) -> NoReturn:
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGABRT, signal.SIG_DFL)  # by which jq ends without memory
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        size = _size()
        os.environ.clear()
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        if megabytes is not None:
            limit = size + int(megabytes * 1e6)
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        _answer(text, requests, replies)
    finally:
        os._exit(1)


def _size() -> int:
    try:
        with open("/proc/self/statm", "rb") as pages:
            return int(pages.read().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux; what has been in memory is a part of it
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _answer(text: str, requests: int, replies: int) -> None:
    def reply(line: str) -> None:
        data = line.encode() + b"\n"
        while data:
            data = data[os.write(replies, data) :]

    try:
        answers = compiled(text)
    except ValueError as error:
        reply("!" + json.dumps(reason(error)))
        return
    reply("")
    with os.fdopen(requests, "rb") as lines:
        line = lines.readline()
        while line:
            value, line = line, b"\n"
            try:
                for answer in answers(json.loads(value)):
                    reply(json.dumps(answer))
                    line = lines.readline()
                    if line != b"\n":  # enough: this is the next value
                        break
                else:
                    reply("")
            except ValueError as error:
                reply("!" + json.dumps(reason(error)))
            if line == b"\n":
                line = lines.readline()
