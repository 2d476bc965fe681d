"""Commands that start at once: their processes come from one that has their modules loaded.

`serve` is that process. A folder of launchers, by the names of the commands, goes in front of PATH; each
hands its arguments, environment, folder and open files to the server, which forks a process that takes them
over and runs the command; the launcher then ends as that one did. Limits, powers, process groups and signals
do not get there, and where a variable PYTHON* is not what it is for the tests, the command starts anew.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import io
import marshal
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

ROOMS = "pool match build generate edit validate fmt diff".split()
# What commands import only when they come to need it; the larger ones are left for them to load.
OFTEN = """
asntools.build.building asntools.common.in_place asntools.common.jq asntools.common.jq_limits
asntools.common.schemas asntools.edit.creation asntools.edit.diff asntools.edit.merging
asntools.fmt.rendering asntools.fmt.repair asntools.match.matching asntools.match.plan
asntools.validate.reporters asntools.asn.yaml_text jq jsonschema orjson yaml
""".split()

LAUNCHER = """#!{python} -IS
import _signal, _socket, marshal, posix, sys

line = [sys.argv[0].rpartition("/")[2], *sys.argv[1:]]
special = {{key: value for key, value in posix.environ.items() if key[:6] == b"PYTHON"}}
if special | {unbuffered} != {variables}:
    posix.execv({scripts!r} + line[0], line)
listed, streams = [int(number) for number in posix.listdir("/proc/self/fd")], []
for number in listed:
    try:  # one of them was for the list itself
        posix.fstat(number)
        streams.append(number)
    except OSError:
        pass
request = marshal.dumps((line, posix.environ, posix.getcwd(), streams))
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
server.connect({address!r})
rights = b"".join(number.to_bytes(4, sys.byteorder) for number in streams)
size = len(request).to_bytes(4, "big")
server.sendmsg([size], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)] if rights else [])
server.sendall(request)
status = int(server.recv(8) or b"99")
if status < 0:
    _signal.signal(-status, _signal.SIG_DFL)
    posix.kill(posix.getpid(), -status)
posix._exit(status)
"""


@contextmanager
def launchers(folder: Path):
    """Serve commands to launchers that are written into a folder."""
    folder.mkdir()
    address = str(folder / "socket")
    server = subprocess.Popen(
        [sys.executable, __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    server.stdout.readline()  # it listens
    unbuffered = {b"PYTHONUNBUFFERED": b"1"}  # whichever it is, `become` sees to it
    text = LAUNCHER.format(
        python=sys.executable,
        scripts=f"{Path(sys.executable).parent}/",
        unbuffered=unbuffered,
        variables={key: value for key, value in os.environb.items() if key[:6] == b"PYTHON"} | unbuffered,
        address=address,
    )
    for room in ROOMS:
        launcher = folder / f"asn-{room}"
        launcher.write_text(text)
        launcher.chmod(0o755)
    with server:
        yield


def serve(address: str) -> None:
    """Run commands for launchers until standard input ends."""
    mains = {f"asn-{room}": import_module(f"asntools.{room}.cli").main for room in ROOMS}
    for name in OFTEN:
        import_module(name)
    import_module("asntools.match").load_rules()  # which fills the tables of what reads them
    gc.collect()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(64)
    print("ready", flush=True)
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ)
    waiting.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fd == 0:
                return
            if key.fileobj is listener:
                launcher, _ = listener.accept()
                size, descriptors, _, _ = socket.recv_fds(launcher, 4, 64)
                request = launcher.recv(int.from_bytes(size), socket.MSG_WAITALL)
                child = os.fork()
                if child == 0:
                    line, environment, folder, streams = marshal.loads(request)
                    become(line, environment, folder, dict(zip(streams, descriptors, strict=True)))
                    end(mains[line[0]])
                for descriptor in descriptors:
                    os.close(descriptor)
                waiting.register(os.pidfd_open(child), selectors.EVENT_READ, (child, launcher))
            else:
                child, launcher = key.data
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                waiting.unregister(key.fd)
                os.close(key.fd)
                with launcher:
                    launcher.send(b"%d" % status)


def become(line: list[str], environment: dict[bytes, bytes], folder: str, streams: dict[int, int]) -> None:
    """Take over what a launcher was started with: `streams` has its descriptors, and what they are here."""
    os.chdir(folder)
    spare = {number: fcntl.fcntl(descriptor, fcntl.F_DUPFD, 256) for number, descriptor in streams.items()}
    os.closerange(0, 256)
    for number, descriptor in spare.items():
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environb.update(environment)
    sys.argv = line
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = None
        if number in streams:
            bare = bool(os.environ.get("PYTHONUNBUFFERED")) and number > 0
            stream = io.TextIOWrapper(
                open(number, "wb" if number else "rb", buffering=0 if bare else -1, closefd=False),  # noqa: SIM115
                "utf-8",
                "backslashreplace" if number == 2 else "strict",
                line_buffering=number == 2 or os.isatty(number),
                write_through=bare,
            )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def end(main: Callable[[], int]) -> None:
    """Run a command and end, without taking apart what was loaded."""
    status = 1
    try:
        status = main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1])
