"""Golden cases: what a command prints for given input, one text file per case.

A case, ``tests/cases/<command>/<name>.case``, is a command line after ``$``, which may go on in lines that
start with ``>``, and then sections, each headed by ``== `` and a name: ``stdin``, the input files by their
names, then what must come out, ``stdout``, ``stderr``, ``status`` (empty, empty and 0 where absent), and
``after/NAME``, a file as it must be once the command has run. ``== asn.json < mosaic.json`` takes the content
of an input file from ``tests/cases/inputs/``. Lines that start with ``#`` before the command are remarks.

Where bytes matter (line ends, encodings, a missing last line end), a case is a folder instead, with a file
for the command, ``cmd``, and one per section.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

CASES = Path(__file__).parent / "cases"
INPUTS = CASES / "inputs"
OUTPUTS = ("stdout", "stderr", "status")
_SILENT = {"stdout": "", "stderr": "", "status": "0\n"}


@dataclass
class Case:
    """A case; `sources` names the shared inputs that it uses."""

    path: Path
    command: str
    remark: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The command and the case: ``asn-edit/dedupe``."""
        return f"{self.path.parent.name}/{self.path.stem if self.path.suffix == '.case' else self.path.name}"

    @property
    def stdin(self) -> str:
        """What the command reads."""
        return self.files.get("stdin", b"").decode()

    @property
    def expected(self) -> dict[str, str]:
        """What comes out: standard output and error, and the status."""
        return {name: self.files.get(name, _SILENT[name].encode()).decode() for name in OUTPUTS}

    @property
    def after(self) -> dict[str, str]:
        """The files as they must be afterwards."""
        return {
            name.removeprefix("after/"): content.decode()
            for name, content in self.files.items()
            if name.startswith("after/")
        }

    def lay(self, folder: Path) -> None:
        """Write the input files into a folder."""
        for name, content in self.files.items():
            if name not in ("stdin", *OUTPUTS) and not name.startswith("after/"):
                file = folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)

    def update(self, got: dict[str, str], after: dict[str, bytes]) -> None:
        """Write what came out as what is expected."""
        for name, text in got.items():
            self.files.pop(name, None)
            if text != _SILENT[name]:
                self.files[name] = text.encode()
        self.files.update({f"after/{name}": content for name, content in after.items()})
        self.write()

    def write(self) -> None:
        """Write the case."""
        order = [name for name in self.files if name not in OUTPUTS and not name.startswith("after/")]
        order += [name for name in OUTPUTS if name in self.files]
        order += [name for name in self.files if name.startswith("after/")]
        if self.path.suffix != ".case":
            for name in {*OUTPUTS} - self.files.keys():
                (self.path / name).unlink(missing_ok=True)
            for name in order:
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                (self.path / name).write_bytes(self.files[name])
            return
        first, *more = self.command.splitlines()
        text = [self.remark, f"$ {first}\n", *(f"> {line}\n" for line in more)]
        for name in order:
            if name in self.sources:
                text.append(f"== {name} < {self.sources[name]}\n")
            else:
                text.append(f"== {name}\n{self.files[name].decode()}")
        self.path.write_text("".join(text), newline="")


def read_case(path: Path) -> Case:
    """Read a case, a file or a folder."""
    if path.is_dir():
        files = {
            str(file.relative_to(path)): file.read_bytes()
            for file in sorted(path.rglob("*"))
            if file.is_file()
        }
        return Case(path, files.pop("cmd").decode().strip(), files=files)
    case = Case(path, "")
    name = None
    for line in path.open(newline="\n"):
        if line.startswith("== "):
            name, _, source = line[3:].rstrip("\n").partition(" < ")
            case.files[name] = (INPUTS / source).read_bytes() if source else b""
            if source:
                case.sources[name] = source
        elif name is not None:
            case.files[name] += line.encode()
        elif line.startswith(("$ ", "> ")):
            case.command += line[2:] if not case.command else "\n" + line[2:]
            case.command = case.command.rstrip("\n")
        else:
            case.remark += line
    return case


def cases(command: str = "*") -> list[Case]:
    """Return all cases, or those of a command."""
    paths = [*CASES.glob(f"{command}/*.case"), *(path.parent for path in CASES.glob(f"{command}/*/cmd"))]
    return [read_case(path) for path in sorted(paths)]
