"""The manual: complete, without faults of form, in step with the programs, and with examples that work."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import make_docs
import pytest
import yaml
from fitsfiles import write_pool

import asntools
from asntools.build.finishing import FINISHES
from asntools.common.schemas import load_schema, validator
from asntools.edit import add_members, create, merge
from asntools.fmt import table
from asntools.jwst.exptypes import KNOWN_EXPTYPES
from asntools.jwst.optical_paths import OPTICAL_PATHS
from asntools.jwst.product_names import PRODUCTS
from asntools.match.rule_files import DEFAULT_RULE_FILES, read_rule_file
from asntools.pool import read_exposures

ROOT = make_docs.ROOT
POOL = ROOT / "tests" / "data" / "pool.csv"
PAGES = sorted(make_docs.MAN.iterdir())
COMMON_SECTIONS = ["NAME", "DESCRIPTION", "EXAMPLES", "SEE ALSO"]
pytestmark = pytest.mark.usefixtures("at_once")


def plain(roff: str) -> str:
    """Return roff as text, less what only changes how it looks."""
    roff = re.sub(r"\\f[A-Z]|\\%", "", roff)
    return roff.replace("\\-", "-").replace("\\(aq", "'").replace("\\(dq", '"').replace("\\e", "\\")


def sections(page: Path) -> dict[str, str]:
    parts = re.split(r'^\.SH "?([^"\n]*)"?\n', page.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def headings(roff: str) -> list[str]:
    """Return what the tagged paragraphs are of."""
    return [
        plain(line.removeprefix(".").partition(" ")[2] if line[:1] == "." else line)
        for line in re.findall(r"^\.T[PQ]\n(.*)", roff, flags=re.MULTILINE)
    ]


def blocks(roff: str) -> list[str]:
    """Return what is shown as it is."""
    found = re.findall(r"^\.(?:EX|nf)\n(.*?)^\.(?:EE|fi)$", roff, flags=re.MULTILINE | re.DOTALL)
    return ["".join(line + "\n" for line in plain(block).splitlines() if line[:2] != ".R") for block in found]


def is_script(block: str) -> bool:
    return re.match(r"(asn-\w+|jq|grep|find) ", block) is not None


def man_page(command: str) -> Path:
    return make_docs.MAN / f"{command}.1"


@pytest.mark.parametrize("command", make_docs.COMMANDS)
def test_every_command_has_a_whole_page(command):
    have = list(sections(man_page(command)))
    wanted = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]
    assert [name for name in have if name in wanted] == wanted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_form_of_page(page):
    parts = sections(page)
    assert set(COMMON_SECTIONS) <= set(parts)
    name, section = page.name.rsplit(".", 1)
    [title] = re.findall(r"^\.TH (.*)", plain(page.read_text()), flags=re.MULTILINE)
    assert title.split()[:2] == [name.upper(), section]
    assert re.match(rf"{name} - \w", plain(parts["NAME"]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_refer_to_pages_that_exist(page):
    references = re.findall(r"\b(asn[a-z-]*) \((\d)\)", plain(page.read_text()))
    assert references
    assert {f"{name}.{section}" for name, section in references} <= {each.name for each in PAGES}


@pytest.mark.skipif(
    shutil.which("groff") is None or shutil.which("man") is None, reason="needs man and groff"
)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_is_free_of_warnings(page):
    for line in (["groff", "-man", "-ww", "-z", "-K", "utf8"], ["man", "--warnings", "-l"]):
        done = subprocess.run(
            [*line, str(page)],
            env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")


def test_an_installation_has_every_page():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    installed = {source: target for source, target in shared.items() if source.startswith("man/")}
    assert installed == {f"man/{page.name}": f"share/man/man{page.suffix[1:]}/{page.name}" for page in PAGES}


@pytest.mark.parametrize("command", make_docs.COMMANDS)
def test_page_has_the_options_of_the_parser(command):
    parser = make_docs.parser_of(command)
    known = {option for action in make_docs.all_actions(parser) for option in action.option_strings}
    parts = sections(man_page(command))
    tags = headings(parts["OPTIONS"] + parts.get("VERBS", ""))
    described = {option for tag in tags for option in re.findall(r"(?<![\w-])--?[a-z0-9][a-z-]*", tag)}
    assert described == known


@pytest.mark.parametrize("command", sorted({*make_docs.COMMANDS} - {"asn-edit", "asn-generate"}))
def test_synopsis_has_the_options_of_the_parser(command):
    shown = set(re.findall(r"(?<![\w-])--?[a-z0-9][a-z-]*", plain(sections(man_page(command))["SYNOPSIS"])))
    for action in make_docs.all_actions(make_docs.parser_of(command)):
        names = {*action.option_strings}
        assert not names or names & (shown | {*make_docs.COMMON}), action


@pytest.mark.parametrize("command", make_docs.COMMANDS)
def test_every_option_and_argument_has_help(command):
    for action in make_docs.all_actions(make_docs.parser_of(command)):
        assert action.help


def test_generated_options_are_fresh():
    stale = [
        page.name
        for page in map(man_page, make_docs.GENERATED_PAGES)
        if make_docs.with_options(page.read_text(), make_docs.parser_of(page.stem)) != page.read_text()
    ]
    assert stale == [], "run tests/make_docs.py"


def keys_of(schema) -> set[str]:
    found = set()
    for value in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(value, dict | list):
            found |= keys_of(value)
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}))
    return found


def default_blocks() -> set[str]:
    return {name for file in DEFAULT_RULE_FILES for name in read_rule_file(file).document["blocks"]}


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("asn-rules.5", keys_of(load_schema("rules"))),
        ("asn-rules.5", {"kind", "tso", "target", "direct_candidate", "optical_path"}),
        ("asn-rules.5", {"set", "unset", *FINISHES, *PRODUCTS, *OPTICAL_PATHS}),
        ("asn-rules.5", default_blocks()),
        ("asn-records.5", keys_of(load_schema("exposure")) | keys_of(load_schema("group"))),
        ("asn-records.5", keys_of(load_schema("association"))),
    ],
)
def test_page_describes(page, words):
    text = (make_docs.MAN / page).read_text()
    bold = [plain(line) for line in re.findall(r"^\.(?:B|BR|IB|RB) .*", text, flags=re.MULTILINE)]
    described = {word for line in [*headings(text), *bold] for word in re.findall(r"[\w-]+", line)}
    assert words
    assert words - described == set()


def test_every_exptype_is_described():
    assert set(KNOWN_EXPTYPES) <= set(
        re.findall(r"\w+", sections(make_docs.MAN / "asn-records.5")["ASSOCIATIONS"])
    )


@pytest.mark.parametrize(
    ("section", "schema"),
    [("EXPOSURES", "exposure"), ("GROUPS", "group"), ("ASSOCIATIONS", "association-level3")],
)
def test_sample_records_fit_their_schemas(section, schema):
    samples = [
        block for block in blocks(sections(make_docs.MAN / "asn-records.5")[section]) if block[0] == "{"
    ]
    assert len(samples) == 1
    validator(schema).validate(json.loads(samples[0]))


def rule_files() -> dict[str, str]:
    """Return the rule files of the manual by the names that their first lines give them."""
    texts = [
        block for block in blocks(sections(make_docs.MAN / "asn-rules.5")["EXAMPLES"]) if block[0] == "#"
    ]
    return {text.split()[1]: text for text in texts}


def groups_by(name: str, folder: Path) -> list[dict]:
    (folder / name).write_text(rule_files()[name])
    line = f"asn-pool {POOL} | asn-match --no-default-rules --rules {name}"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, capture_output=True, check=True)
    assert done.stderr == b""
    groups = [json.loads(group) for group in done.stdout.splitlines()]
    assert {group["rule"] for group in groups} == set(yaml.safe_load(rule_files()[name])["rules"])
    return groups


def test_a_rule_of_the_manual_has_exposures_in_two_roles(tmp_path):
    for group in groups_by("selfcal.yaml", tmp_path):
        roles = defaultdict(list)
        for member in group["members"]:
            roles[member["exposure"]["filename"]].append(member["exptype"])
        assert sorted(roles.values())[-1] == ["science", "selfcal"]
        assert sorted(roles.values())[:-1] == [["background", "selfcal"]] * (len(roles) - 1)
        assert len(roles) > 1


def test_rule_file_of_the_manual_matches(tmp_path):
    groups = groups_by("my-rules.yaml", tmp_path)
    [visit] = [
        group["members"]
        for group in groups
        if group["rule"] == "My_Lv3Visit" and group["candidate"]["id"] == "o001"
    ]
    assert {member["exposure"]["pupil"] for member in visit} == {"f150w", "f200w"}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Return a folder with a file of each name that the examples use."""
    from astropy.table import Table

    here = tmp_path_factory.mktemp("samples")
    (here / "tests" / "data").mkdir(parents=True)
    for copy in ("pool.csv", "tests/data/pool.csv"):
        shutil.copyfile(POOL, here / copy)
    Table.read(POOL, format="ascii.basic", delimiter="|").write(here / "pool.ecsv", format="ascii.ecsv")
    for name, text in rule_files().items():
        (here / name).write_text(text)
    run(
        "asn-pool pool.csv > exposures.jsonl && asn-match exposures.jsonl > groups.jsonl\n"
        "asn-build --outdir . groups.jsonl\n"
        "jq -r '.products[].members[].expname' *_asn.json | xargs touch a_cal.fits b_cal.fits\n"
        "cp jw01523-o001_image3_00001_asn.json asn.json && cp asn.json mosaic_asn.json\n"
        "mkdir before && cp jw*_asn.json before\n"
        "mkdir data && cp *.fits data\n"
        "sed '$ s/}/,}/' asn.json > edited_asn.txt\n",
        here,
    )
    with POOL.open("rb") as stream:
        rows = list(read_exposures(stream, "pool.csv", pytest.fail))
    write_pool(here / "data", rows, "rate")
    return here


def copied(source: str, target: str) -> None:
    # There are many FITS files, and nothing writes into them.
    (os.link if source.endswith(".fits") else shutil.copyfile)(source, target)


def run(script: str, folder: Path) -> str:
    # That two sets differ is an answer of asn-diff, with status 1.
    answer = 'asn-diff() { command asn-diff "$@" || (($? == 1)); }\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", answer + script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stderr}"
    return done.stdout


def examples_of_pages():
    for page in PAGES:
        # test_edit_help.py runs those of asn-edit, on files of its own.
        if page.stem == "asn-edit":
            continue
        parts = sections(page)
        for block in blocks(parts["EXAMPLES"] + parts.get("SYNOPSIS", "")):
            if is_script(block):
                yield block.strip()
            else:
                assert isinstance(yaml.safe_load(block), dict | list), block


def examples_of_help():
    for command in make_docs.COMMANDS:
        lines = make_docs.parser_of(command).epilog.splitlines()
        assert lines[0] == "examples:"
        assert len(lines) > 2
        if command != "asn-edit":
            yield from (line.strip() for line in lines[1:])


def fenced(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )


def examples_of_readme():
    # The lines that set up an environment are for CI; what the first runs in it is run here.
    scripts = [re.sub(r"python3 -m venv .*PATH=\S+ && ", "", script) for script in fenced("sh")]
    return [script for script in scripts if "-m venv" not in script]


@pytest.mark.parametrize(
    "script",
    dict.fromkeys([*examples_of_pages(), *examples_of_help(), *examples_of_readme()]),
    ids=lambda script: script.splitlines()[0][:80],
)
def test_example(script, samples, tmp_path):
    here = tmp_path / "here"
    shutil.copytree(samples, here, copy_function=copied)
    if "edited_asn.json" in script:
        (here / "edited_asn.txt").rename(here / "edited_asn.json")
    output = run(script, here)
    # Where all is well, these two have nothing to say.
    if not output and not re.search("asn-validate|--orphans", script):
        assert sorted(contents(here)) != sorted(contents(samples))


@pytest.mark.parametrize("block", fenced("console"))
def test_the_readme_shows_what_comes_out(block, samples):
    line, shown = block.removeprefix("$ ").split("\n", 1)
    assert run(line, samples) == shown


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def functions_of_the_manual():
    for heading in headings(sections(make_docs.MAN / "asntools.7")["PYTHON"]):
        first, *others = heading.split(", ")
        module, _, name = first.rpartition(".")
        yield from ((module, each) for each in (name, *others))


def test_functions_of_the_manual_are_typed_and_documented():
    functions = [getattr(importlib.import_module(module), name) for module, name in functions_of_the_manual()]
    assert {add_members, create, merge, table} <= set(functions)
    for function in functions:
        assert function.__doc__
        assert set(inspect.signature(function).parameters) | {"return"} == set(function.__annotations__)


@pytest.mark.parametrize("room", ["asn", *(command.removeprefix("asn-") for command in make_docs.COMMANDS)])
def test_every_name_for_scripts_is_in_the_manual(room):
    text = plain(sections(make_docs.MAN / "asntools.7")["PYTHON"])
    names = importlib.import_module(f"asntools.{room}").__all__
    assert set(names) - set(re.findall(r"\w+", text)) == set()


def test_dir_shows_what_the_package_offers():
    assert dir(asntools) == ["AssociationError", "__version__", "dump_asn", "load_asn"]
    assert all(getattr(asntools, name) for name in dir(asntools))


def test_there_are_examples_in_the_readme():
    assert len(examples_of_readme()) > 1
    assert fenced("python")


@pytest.mark.parametrize(
    "script", [*blocks(sections(make_docs.MAN / "asntools.7")["PYTHON"]), *fenced("python")]
)
def test_example_in_python(script, samples, tmp_path):
    here = tmp_path / "here"
    shutil.copytree(samples, here, copy_function=copied)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=here, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "jw01523" in done.stdout
    assert [path.stem for path in here.glob("copy.*")] == ["copy"]
