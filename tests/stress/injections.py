"""Two ways to let the N-th call of a kind fail, or be the last: in the process itself, and by strace."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress

ERRORS = ("ENOSPC", "EIO", "EACCES", "EINTR", "EMFILE", "EDQUOT")


class Injection:
    """What fails in one run: here nothing."""

    def begin(self) -> None:
        """Begin, in the process of the run."""

    def watch(self, process: int) -> None:
        """See to it from outside, once `begin` is called."""

    def end(self) -> str:
        """Return the call that failed, or nothing where there was none."""
        return ""


class Inside(Injection):
    """Functions of `os` fail, are the last thing that is done, or write a part only."""

    CALLS = (
        *("open", "write", "fsync", "close", "replace", "link", "unlink", "mkdir", "rmdir"),
        *("fchmod", "fchown", "setxattr"),
    )

    def __init__(self, call: str, failure: str, number: int):
        self._names = [name for name in (self.CALLS if call == "any" else (call,)) if hasattr(os, name)]
        self._call, self._failure, self._number = call, failure, number
        self._count = 0
        self._hit = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end

    @classmethod
    def kinds(cls, run: Callable[[Injection], object]) -> list[str]:
        """Return what may fail; "any" call may be the last."""
        return [*(name for name in cls.CALLS if hasattr(os, name)), "any"]

    @staticmethod
    def failures(call: str) -> tuple[str, ...]:
        """Return how a call may fail, beside the errors."""
        return {"any": ("kill",), "write": ("short",)}.get(call, ())

    def begin(self) -> None:
        write = os.write
        for name in self._names:
            setattr(os, name, self._spoiled(name, getattr(os, name), write))

    def _spoiled(
        self, name: str, right: Callable[..., object], write: Callable[[int, bytes], int]
    ) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            self._count += 1
            if self._count != self._number:
                return right(*arguments, **named)
            write(self._hit.fileno(), name.encode())
            if self._failure == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self._failure == "short":
                descriptor, data = arguments
                return right(descriptor, data[: max(1, len(data) // 2)])  # type: ignore[index, arg-type]
            if name == "close":  # which gives the descriptor up even so
                right(*arguments)
            code = getattr(errno, self._failure)
            raise OSError(code, os.strerror(code))

        return call

    def end(self) -> str:
        with self._hit as hit:
            hit.seek(0)
            return hit.read().decode()


class Outside(Injection):
    """System calls fail, or a signal comes in their place; strace sees to it once the command begins."""

    # Those that do not fail, and those of memory and threads, over which the interpreter itself may hang.
    _NEVER = re.compile(
        "exit|exit_group|futex|rseq|set_robust_list|rt_sigreturn|restart_syscall|brk|mmap|munmap|madvise|get[pt]id|get[eu]*[ug]id"
    )

    def __init__(self, call: str = "", failure: str = "", number: int = 0):
        signals = {"kill": "SIGKILL", "term": "SIGTERM"}
        how = f"signal={signals[failure]}" if failure in signals else f"error={failure}"
        self._what = ["-e", f"trace={call}", "-e", f"inject={call}:{how}:when={number}"] if call else []
        self._sign = {"kill": "+++ killed", "term": "--- SIGTERM"}.get(failure, "(INJECTED)")
        self._log = tempfile.NamedTemporaryFile("r", errors="replace")  # noqa: SIM115 - closed by end
        self._strace: subprocess.Popen[str] | None = None
        self.log = ""

    @classmethod
    def kinds(cls, run: Callable[[Injection], object]) -> list[str]:
        """Return the system calls that a run makes."""
        seen = cls()
        run(seen)
        calls = dict.fromkeys(re.findall(r"^\d+ +(\w+)\(", seen.log, re.MULTILINE))
        return [call for call in calls if not cls._NEVER.fullmatch(call)]

    @staticmethod
    def failures(call: str) -> tuple[str, ...]:
        """Return how a call may fail, beside the errors."""
        return ("kill", "term")

    def begin(self) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)

    def watch(self, process: int) -> None:
        os.waitpid(process, os.WUNTRACED)
        line = ["strace", "-f", "-p", str(process), "-o", self._log.name, *self._what]
        self._strace = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
        assert self._strace.stderr is not None
        said = self._strace.stderr.readline()
        if "attached" not in said:
            os.kill(process, signal.SIGKILL)
            raise OSError(said)
        os.kill(process, signal.SIGCONT)

    def end(self) -> str:
        assert self._strace is not None
        self._strace.communicate()
        with self._log as log:
            self.log = log.read()
        return next((line for line in self.log.splitlines() if self._sign in line), "")


def can_trace() -> bool:
    """Return whether strace is there and may trace what we start."""
    if shutil.which("strace") is None:
        return False
    with suppress(OSError, AssertionError):
        injection = Outside("getppid", "EIO", 1)
        child = os.fork()
        if child == 0:
            injection.begin()
            with suppress(OSError):
                os.getppid()
            os._exit(0)
        injection.watch(child)
        os.waitpid(child, 0)
        return "INJECTED" in injection.end()
    return False
