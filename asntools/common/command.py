"""What all commands share: messages, exit statuses, standard input and output."""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, BinaryIO, TypeAlias, cast

from asntools.common import status
from asntools.common.faults import STDIN, Fault, Report, os_reason, printable
from asntools.common.output import Output, OutputError
from asntools.common.version import __version__

Main: TypeAlias = Callable[[Sequence[str] | None], int]

# How many bytes are read at a time, and wait in a pipe, where filters wait less for one another with more.
_BUFFER = 1 << 16
_PIPE = 1 << 20


class Console:
    """The messages of one run of a command, and the worst status that they call for.

    If consecutive lines of a file have the same fault, the first is reported, and then the last line number.
    """

    def __init__(self, name: str):
        self.name = name
        self.status = status.OK
        self._last: Fault | None = None
        self._same = 0

    def report(self, fault: Fault) -> None:
        """Print a fault and let it count towards the exit status."""
        if fault.serious:
            self.status = max(self.status, status.ERROR)
        if self._last is not None and fault.follows(self._last):
            self._same += 1
        else:
            self.say(fault)
        self._last = fault

    def say(self, message: Fault | str) -> None:
        """Print one line on standard error, prefixed by the command's name."""
        self.finish()
        separator = ":" if isinstance(message, Fault) and message.source is not None else ": "
        _write_error(f"{self.name}{separator}{printable(str(message))}\n")

    def finish(self) -> None:
        """Report the lines that had the same fault as the line before."""
        same, self._same = self._same, 0
        if same and self._last is not None and self._last.line is not None:
            first = self._last.line - same + 1
            until = f", down to line {self._last.line}" if same > 1 else ""
            _write_error(f"{self.name}:{printable(str(self._last.source))}:{first}: the same{until}\n")


def _write_error(text: str) -> None:
    # If standard error cannot take a message, the exit status still says it.
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError):
        _discard(sys.stderr)


class _Parser(argparse.ArgumentParser):
    """An argument parser whose messages look like all the others."""

    def parse_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Read arguments; files may stand between options, but not where a verb has its own."""
        words = list(sys.argv[1:] if args is None else args)
        takes_files = any(action.dest == "files" for action in self._actions)
        if self._subparsers is not None or ("--" in words and not takes_files):
            return super().parse_args(words, namespace)
        # With mixed arguments, argparse skips '--'; after it come files, whatever they look like.
        end = words.index("--") if "--" in words else len(words)
        options = self.parse_intermixed_args(words[:end], namespace)
        if end < len(words):
            options.files = [*options.files, *words[end + 1 :]]
        return options

    def _get_value(self, action, arg_string):  # type: ignore[no-untyped-def]
        """Convert a value; of a `Fault`, as of any ValueError, argparse itself hides what it says."""
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError as error:
            if isinstance(error.__context__, Fault):
                raise argparse.ArgumentError(action, str(error.__context__)) from error
            raise

    def error(self, message: str) -> None:  # type: ignore[override]
        _write_error(f"{self.prog.split()[0]}: {printable(message)}; see '{self.prog} --help'\n")
        raise SystemExit(status.ERROR)

    def _print_message(self, message: str, file: object = None) -> None:
        # argparse's own loses what cannot be written, and uses standard error if standard output is closed.
        Output().write(message.encode())


def make_parser(name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    """Return a parser with what every command has: help with examples, --version and --debug."""
    parser = _Parser(prog=name, **described(summary, examples))
    version = f"{name} {__version__}"
    parser.add_argument("--version", action="version", version=version, help="print the version and exit")
    parser.add_argument("--debug", action="store_true", help="print a traceback for an unexpected error")
    return parser


def described(summary: str, examples: str) -> dict[str, Any]:
    """Return the settings of a parser whose help is a sentence or two, the options and command lines."""
    shown = "".join(f"  {line.strip()}\n" for line in examples.strip().splitlines())
    return {
        "description": summary,
        "epilog": f"examples:\n{shown}",
        "formatter_class": _HelpFormatter,
        "allow_abbrev": False,
    }


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    # Each argument that is added makes one of these, which asks for the terminal's width; argparse's own way
    # loads shutil, bz2 and lzma.
    def __init__(self, prog: str):
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    with contextlib.suppress(KeyError, ValueError):
        if (columns := int(os.environ["COLUMNS"])) > 0:
            return columns
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 80


def add_files(parser: argparse.ArgumentParser, what: str) -> None:
    """Give `parser` the argument ``FILE...``."""
    parser.add_argument("files", metavar="FILE", nargs="*", help=f"{what}; - is standard input, the default")


def command(name: str) -> Callable[[Callable[[Sequence[str] | None, Console], int | None]], Main]:
    """Turn a function of arguments and a console into a command's ``main``.

    The function may return a status; the worst of it and of the faults reported is the exit status.
    A `Fault` that it raises is printed. A closed pipe ends the process by SIGPIPE and an interrupt by
    SIGINT, as the shell expects of a filter.
    """

    def decorate(function: Callable[[Sequence[str] | None, Console], int | None]) -> Main:
        @functools.wraps(function)
        def main(argv: Sequence[str] | None = None) -> int:
            console = Console(name)
            arguments = sys.argv[1:] if argv is None else list(argv)
            try:
                code = _run(lambda: function(arguments, console), console, debug="--debug" in arguments)
                console.finish()
                return _end_output(code, console)
            except BrokenPipeError:
                return _die_by(signal.SIGPIPE)
            except KeyboardInterrupt:
                return _die_by(signal.SIGINT)

        return main

    return decorate


def _run(function: Callable[[], int | None], console: Console, *, debug: bool) -> int:
    try:
        return max(function() or status.OK, console.status)
    except SystemExit as leaving:  # argparse's way out, after --help too
        return leaving.code if isinstance(leaving.code, int) else status.OK
    except Fault as fault:
        console.report(fault)
        return console.status
    except OutputError as error:
        return _lose_output(error, console)
    except RecursionError:
        console.say("the input is nested too deeply")
        return status.ERROR
    except MemoryError:
        console.say("out of memory")
        return status.ERROR
    except BrokenPipeError:
        raise
    except OSError as error:  # of the system, and so not a bug; most are reported with their file before
        name = None if error.filename is None else os.fsdecode(error.filename)
        console.say(Fault(os_reason(error), name))
        return status.ERROR
    except Exception as error:
        if isinstance(error, ImportError) and not (error.name or "asntools").startswith("asntools"):
            console.say(f"cannot load {error.name}: {error}")
            return status.ERROR
        if debug:
            import traceback

            _write_error(traceback.format_exc())
        console.say(f"bug: {type(error).__name__}: {error}; please report it, with --debug")
        return status.BUG


def _end_output(code: int, console: Console) -> int:
    # What is written last may be what fails first: a small output is held back until here.
    try:
        if sys.stdout is not None:
            Output().flush()
        return code
    except OutputError as error:
        return max(code, _lose_output(error, console))


def _lose_output(error: OutputError, console: Console) -> int:
    console.say(f"cannot write standard output: {error}")
    _discard(sys.stdout)
    return status.ERROR


def _discard(stream: IO[str] | None) -> None:
    # Let no later flush, at the latest the interpreter's own, fail a second time.
    if stream is not None:
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as null:
            os.dup2(null.fileno(), stream.fileno())


def _die_by(number: signal.Signals) -> int:
    _discard(sys.stdout)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number  # not reached if the signal is deadly


def open_input(name: str) -> BinaryIO:
    """Open an input file, ``-`` being standard input; raises a `Fault` if it cannot be opened."""
    if name == "-":
        return standard_input()
    try:
        return open(name, "rb", buffering=_BUFFER)
    except IsADirectoryError as error:
        raise Fault("is a folder, not a file", name) from error
    except OSError as error:
        raise Fault(f"cannot open: {os_reason(error)}", name) from error
    except ValueError as error:
        raise Fault("cannot open: the name contains a null character", name) from error


def standard_input() -> BinaryIO:
    """Return standard input as bytes."""
    if sys.stdin is None:
        raise Fault("standard input is closed", STDIN)
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return io.BytesIO(sys.stdin.read().encode("utf-8", "surrogateescape"))
    if not (isinstance(stream, io.BufferedReader) and isinstance(stream.raw, io.FileIO)):
        return cast(BinaryIO, stream)
    with contextlib.suppress(ImportError, AttributeError, OSError):  # no pipe, or none that can hold more
        import fcntl

        fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
    return open(stream.fileno(), "rb", buffering=_BUFFER, closefd=False)


def source_name(name: str) -> str:
    """Return the name of an input as messages show it."""
    return STDIN if name == "-" else name


def say_what_is_awaited(names: Sequence[str], console: Console) -> None:
    """Tell a person at a terminal that the command waits for input, if it reads nothing else."""
    if list(names) == ["-"] and all(each is not None and each.isatty() for each in (sys.stdin, sys.stderr)):
        console.say("reading standard input (end with Ctrl-D)")


def inputs(
    names: Iterable[str], console: Console, report: Report | None = None
) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the name, as messages show it, and the stream of each input.

    One that cannot be opened is reported, by default to the console, and skipped.
    """
    names = list(names) or ["-"]
    say_what_is_awaited(names, console)
    for name in names:
        try:
            stream = open_input(name)
        except Fault as fault:
            (report or console.report)(fault)
            continue
        try:
            yield source_name(name), stream
        finally:
            if name != "-":
                stream.close()
