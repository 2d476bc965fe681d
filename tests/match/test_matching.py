"""Matching: what holds for every pool, what it costs, and what it needs to start."""

from __future__ import annotations

import importlib.util
import io
import itertools
import json
import random
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import tries

from asntools.build.cli import main as asn_build
from asntools.common.faults import Fault
from asntools.jwst.candidates import Candidate, parse_candidates
from asntools.jwst.exposures import AttributeReader, attributes_of, seen_by, with_direct_image
from asntools.match import join, load_rules, match, matching, select_rules
from asntools.match.cli import main as asn_match
from asntools.match.groups import NO_CANDIDATE, Exposure, dump_group
from asntools.match.index import Index
from asntools.match.matching import Matcher
from asntools.match.rule_compiler import compile_rule
from asntools.match.selection import Selection, match_program
from asntools.pool.exposures import normal

ROOT = Path(__file__).parents[2]
RULES = load_rules()


def _simulate_pool():
    spec = importlib.util.spec_from_file_location("simulate_pool", ROOT / "benchmarks" / "simulate_pool.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


simulate_pool = _simulate_pool()


def records_of(program):
    return [
        normal(dict(zip(simulate_pool.COLUMNS, values, strict=True)), "pool.csv")
        for values in program.table()
    ]


SHARED = sorted({source for rule in RULES for shared in rule.shared for source in shared.sources})


def disturb(records, chance):
    """Take values that exposures share away from some, and give some those of others."""
    for record in records:
        if chance.random() < 0.2:
            name = chance.choice([name for name in SHARED if name in record and name != "program"])
            record[name] = chance.choice([None, chance.choice(records)[name]])


@st.composite
def pools(draw):
    """Return the exposure records of one to a few programs, a list a program."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    modes = draw(st.lists(st.sampled_from(sorted(simulate_pool.MODES)), min_size=1, max_size=4))
    without_end = simulate_pool.programs(sys.maxsize, chance, modes, 1001)
    made = [records_of(program) for program in itertools.islice(without_end, draw(st.integers(1, 3)))]
    disturbed, shuffled = draw(st.booleans()), draw(st.booleans())
    for exposures in made:
        if disturbed:
            disturb(exposures, chance)
        if shuffled:
            chance.shuffle(exposures)
    return made


def exposures_of(records):
    return [
        Exposure(
            record,
            orjson.dumps(record),
            attributes_of(record),
            parse_candidates(record["asn_candidate"]),
            position,
        )
        for position, record in enumerate(records)
    ]


def groups_of(records):
    """Return the groups of one program, candidates' and discovered ones."""
    return list(match_program(Matcher(RULES), exposures_of(records), Selection()))


def run(command, data):
    """Run a command in this process and return what it writes."""
    stdin, stdout = io.TextIOWrapper(io.BytesIO(data)), io.TextIOWrapper(io.BytesIO())
    with mock.patch.object(sys, "stdin", stdin), mock.patch.object(sys, "stdout", stdout):
        assert command([]) == 0
    return stdout.buffer.getvalue()


def associations_of(records):
    exposures = b"".join(orjson.dumps(record) + b"\n" for record in records)
    return run(asn_build, run(asn_match, exposures)).splitlines()


# What holds for every pool


@settings(max_examples=tries(40))
@given(pools())
def test_a_pool_split_by_program_makes_the_same_associations(pool):
    whole = associations_of(itertools.chain(*pool))
    assert whole == list(itertools.chain(*map(associations_of, pool)))


@settings(max_examples=tries(40))
@given(pools(), st.randoms(use_true_random=False))
def test_the_order_of_programs_does_not_matter(pool, chance):
    whole = sorted(associations_of(itertools.chain(*pool)))
    assert sorted(associations_of(itertools.chain(*reversed(pool)))) == whole
    # Mixed with each other, the exposures of each program in their order.
    turns = [number for number, exposures in enumerate(pool) for _ in exposures]
    chance.shuffle(turns)
    waiting = [iter(exposures) for exposures in pool]
    assert sorted(associations_of(next(waiting[turn]) for turn in turns)) == whole


def agrees(group, role, attributes):
    """Say whether an exposure fits the values of a group where a role asks it to."""
    values = group.values()
    for shared in (group.rule.shared[at] for at in role.same):
        mine = [attributes[source] for source in shared.sources if source in attributes]
        name = next((name for name in (shared.name, *shared.sources) if name in values), None)
        if name is None:
            if mine:  # it would have given the group its value
                return False
            continue
        value = attributes.get(name) if name in shared.sources else next(iter(mine), None)
        if value is None:
            if not shared.optional:
                return False
        elif value not in (values[name] if isinstance(values[name], list) else [values[name]]):
            return False
    if role.within is not None and attributes.get(role.within) not in values.get(role.within, ()):
        return False
    if role.unlike is None:
        return True
    other = group.rule.shared[role.unlike]
    mine, others = attributes.get(other.sources[0]), values.get(other.name)
    return None not in (mine, others) and mine != others


@settings(max_examples=tries(50))
@given(pools())
def test_members_have_a_role_and_agree_on_the_values(pool):
    for group in itertools.chain(*map(groups_of, pool)):
        assert group.members
        for exposure, exptype in group.members:
            attributes = attributes_of(orjson.loads(exposure.raw))
            if seen_by(attributes, group.candidate if group.candidate != NO_CANDIDATE else None):
                attributes = with_direct_image(attributes)
            assert any(
                role.admits(attributes)
                and agrees(group, role, attributes)
                and exptype == (role.takes_part_as or group.rule.exptype_of(attributes["kind"]))
                for role in group.rule.roles
            ), (group.rule.name, exposure.filename, exptype, group.values())


@settings(max_examples=tries(50))
@given(pools())
def test_no_exposure_is_twice_in_a_group(pool):
    for group in itertools.chain(*map(groups_of, pool)):
        names = Counter(exposure.filename for exposure, _ in group.members)
        assert set(names.values()) == {1}
        programs = {orjson.loads(exposure.raw)["program"] for exposure, _ in group.members}
        assert len(programs) == 1


@settings(max_examples=tries(50))
@given(pools())
def test_a_group_has_what_its_rule_requires(pool):
    for group in itertools.chain(*map(groups_of, pool)):
        discovered = group.candidate == NO_CANDIDATE
        needs = group.rule.needs("discovered" if discovered else group.candidate.type)
        exptypes = Counter(exptype for _, exptype in group.members)
        assert exptypes["science"] >= group.rule.requires["science"]
        assert exptypes["background"] >= needs.get("background", 0)
        assert len({orjson.loads(each.raw)["obs_num"] for each, _ in group.members}) >= needs.get(
            "observations", 1
        )
        named = {each for exposure, _ in group.members for each in exposure.candidates}
        assert discovered or group.candidate in named


class SearchingIndex(Index):
    """An index that looks at every group, by the definition of what joins what."""

    looked_at = 0

    def __init__(self, *args):
        super().__init__(*args)
        self.groups = {}

    def add(self, group):
        if not (self.open_only and group.has_science):
            self.groups[id(group)] = group

    def remove(self, group):
        self.groups.pop(id(group), None)

    def gather(self, group, value):
        pass

    def find(self, exposure, values, *, undecided=False):
        SearchingIndex.looked_at += len(self.groups)
        found = [group for group in self.groups.values() if self.fits(group, exposure, values)]
        if not undecided:
            return found
        has = [at for at in self.same if self.plan.first(at, values)]
        return [group for group in found if any(group.bound[at] is None for at in has)]

    def has(self, exposure, values):
        return bool(self.find(exposure, values))

    def fits(self, group, exposure, values):
        if self.unlike is not None:
            bound, mine = group.bound[self.unlike], self.plan.first(self.unlike, values)
            if bound is None or mine is None or bound[1] == mine:
                return False
        if self.within is not None:
            value = exposure.attributes.get(self.within)
            if value is None or value not in group.gathered.get(self.within, ()):
                return False
        for at in self.same:
            shared, bound = self.plan.rule.shared[at], group.bound[at]
            own = [values[position] for position in self.plan.spans[at]]
            mine = next(filter(None, own), None) if bound is None else own[bound[0]]
            if mine is None:
                if not shared.optional:
                    return False
            elif bound is not None and mine != bound[1] and not shared.mixing(mine):
                return False
        return True


@contextmanager
def searching():
    """Let matching find groups by a search, exposure after exposure."""
    with (
        mock.patch.object(join, "Index", SearchingIndex),
        mock.patch.object(matching, "shortcut", return_value=None),
    ):
        yield


@settings(max_examples=tries(40))
@given(pools())
def test_the_join_finds_what_a_search_finds(pool):
    for records in pool:
        joined = list(map(dump_group, groups_of(records)))
        with searching():
            assert list(map(dump_group, groups_of(records))) == joined


SAMES = ["a", "b?", "c|d", "e|f?", {"attribute": "g?", "as": "h", "mixes": ["y*"]}]


@st.composite
def rules(draw):
    """Return a rule that real ones do not hold back."""

    def sames():
        return draw(st.lists(st.sampled_from(SAMES), max_size=3, unique_by=str))

    members = []
    for _ in range(draw(st.integers(1, 3))):
        member = {
            "same": sames(),
            "only_science": draw(st.booleans()),
            "begins": draw(st.sampled_from(["alone", "always"])),
        }
        member |= draw(st.sampled_from([{}, {"where": {"is_psf": "set"}}, {"where": {"is_psf": "unset"}}]))
        member |= draw(
            st.sampled_from([{}, {"joins_later": True}, {"joins_later": "last"}, {"begins": "never"}])
        )
        member |= draw(st.sampled_from([{}, {}, {"within": "o"}, {"unlike": "a"}]))
        members.append(member)
    choices = {"next": "n"}, {"first": {"is_psf": "set"}}, {"like": ["n", "f"]}
    choosing = [{"choose": choice} | way for choice in choices for way in ({}, {"unlike": "a"})]
    for role in draw(st.lists(st.sampled_from([{"as": "selfcal", "also": True}, *choosing]), max_size=2)):
        members.insert(draw(st.integers(0, len(members))), {**role, "same": sames()})
    text = {"stage": 2, "asn_type": "image2", "gather": ["o"], "same": sames(), "members": members}
    if draw(st.booleans()):
        text["same"] += ["p"]
        text["where"] = {"exp_type": "nis_image"}
        text["companions"] = [{"where": {"exp_type": "nis_tacq"}, "same": ["p"], "within": "o"}]
    text["requires"] = draw(
        st.sampled_from([{}, {"science": 1}, {"psf": 1}, {"science": 2, "target_acquisition": 1}])
    )
    return compile_rule("Asn_Any", text, {})


@st.composite
def any_exposures(draw):
    value = st.sampled_from(["x", "y", None])
    return exposures_of(
        [
            {"filename": f"{number}.fits", "program": "1", "asn_candidate": "[]"}
            | {"exp_type": draw(st.sampled_from(["nis_image", "nis_image", "nis_tacq"]))}
            | {name: draw(value) for name in "abcdefgop"}
            | {"is_psf": draw(st.sampled_from(["t", "f"])), "n": draw(st.sampled_from(["1", "2", "3", None]))}
            for number in range(draw(st.integers(1, 12)))
        ]
    )


@settings(max_examples=tries(500))
@given(rules(), any_exposures())
def test_the_join_finds_what_a_search_finds_with_any_rule(rule, exposures):
    joined = list(Matcher([rule]).match(exposures, None))
    with searching():
        searched = list(Matcher([rule]).match(exposures, None))
    assert list(map(dump_group, joined)) == list(map(dump_group, searched))
    for group in joined:
        assert {1} == set(
            Counter((exposure.filename, exptype) for exposure, exptype in group.members).values()
        )
        chosen = Counter(exposure.filename for exposure, exptype in group.members if exptype != "selfcal")
        assert {1} == set(chosen.values())
        for exposure, _ in group.members:
            assert any(
                role.admits(exposure.attributes) and agrees(group, role, exposure.attributes)
                for role in rule.roles
            )
        for at, mixed in group.mixed.items():
            sources = rule.shared[at].sources
            assert mixed <= {
                exposure.attributes.get(name) for exposure, _ in group.members for name in sources
            }


@settings(max_examples=tries(50))
@given(pools())
def test_the_attributes_that_are_read_are_those_that_are_derived(pool):
    names = set().union(*(rule.reads for rule in RULES))
    reader = AttributeReader(names)
    for record in itertools.chain(*pool):
        every, some = attributes_of(record), reader(record)
        assert some.items() <= every.items()
        assert names & every.keys() <= some.keys()


def test_scripts_match_as_the_command_does():
    records = records_of(next(simulate_pool.programs(1, random.Random(0), ["nirspec_ifu"], 1001)))
    lines = run(asn_match, b"".join(orjson.dumps(record) + b"\n" for record in records)).splitlines()
    assert list(match(records)) == list(map(orjson.loads, lines))
    chosen = select_rules(load_rules(), ["level3"])
    assert {group["stage"] for group in match(records, chosen)} == {3}
    assert {group["candidate"]["id"] for group in match(records, discover=True)} == {"a3001"}
    assert {group["candidate"]["id"] for group in match(records, candidates=["o001"])} == {"o001"}
    with pytest.raises(Fault, match=r"exposure 2: \$\.program: missing"):
        list(match([records[0], {"filename": "x"}]))


# What it costs


class CountingIndex(Index):
    """An index that counts what it looks at: the patterns, the groups found, the keys made."""

    looked_at = 0

    def find(self, exposure, values, **options):
        found = super().find(exposure, values, **options)
        CountingIndex.looked_at += len(self.patterns) + len(found)
        return found

    def _key(self, group, mask):
        CountingIndex.looked_at += 1
        return super()._key(group, mask)


def many_targets(exposures):
    """Return a program of images and spectra of one in four as many targets, in random order."""
    chance = random.Random(exposures)
    records = []
    for mode in ("nircam_image", "miri_image", "niriss_wfss", "nirspec_slits"):
        program = simulate_pool.Program(1001, chance)
        while len(program.rows) < exposures / 4:
            simulate_pool.MODES[mode](program)
        records += records_of(program)
    records = [
        {**record, "filename": f"jw{number}_uncal.fits", "targetid": str(chance.randrange(exposures // 4))}
        for number, record in enumerate(records)
        if record["bkgdtarg"] != "t"
    ]
    chance.shuffle(records)
    return records


def work(records, index):
    """Return how much the index looks at an exposure, where no candidate limits it, and the groups."""
    exposures = exposures_of(records)
    index.looked_at = 0
    with mock.patch.object(join, "Index", index):
        groups = list(Matcher(RULES).match(exposures, None))
    members = sum(len(group.members) for group in groups)
    return index.looked_at / members, len(groups)


def test_the_work_an_exposure_does_not_grow_with_the_groups():
    few, groups = work(many_targets(100), CountingIndex)
    many, more_groups = work(many_targets(1000), CountingIndex)
    assert more_groups > 5 * groups
    assert many < 1.3 * few
    # The same count tells a search from a join.
    few, _ = work(many_targets(100), SearchingIndex)
    many, _ = work(many_targets(1000), SearchingIndex)
    assert many > 4 * few


def test_the_work_of_simulated_programs_does_not_grow_with_their_number():
    def of_programs(exposures):
        chance = random.Random(1)
        made = list(simulate_pool.programs(exposures, chance, list(simulate_pool.MODES), 1001))
        CountingIndex.looked_at = 0
        with mock.patch.object(join, "Index", CountingIndex):
            for program in made:
                groups_of(records_of(program))
        return CountingIndex.looked_at / sum(len(program.rows) for program in made)

    assert of_programs(2000) < 1.5 * of_programs(200)


def test_groups_that_cannot_be_complete_are_made_for_explanations_alone():
    exposures = exposures_of(
        records_of(next(simulate_pool.programs(1, random.Random(0), ["nircam_image"], 1)))
    )
    images = [each for each in exposures if each.attributes["exp_type"] == "nrc_image"]
    matcher = Matcher(select_rules(RULES, ["Asn_Lv2WFSSNRC"]))
    observation = Candidate("o001", "observation")
    with mock.patch.object(matching, "Join") as work:
        assert matcher.match(images, observation) == []
    work.assert_not_called()
    assert list(matcher.attempts(images, observation))


# What it needs to start

HEAVY = {"astropy", "jq", "jsonschema", "numpy"}
LOADED = """
import json, sys
from asntools.{module}.cli import main
status = main(sys.argv[1:])
sys.stderr.write(json.dumps([status, sorted({{name.partition(".")[0] for name in sys.modules}})]))
"""


def loaded_by(command, *options, stdin=b""):
    code = LOADED.format(module=command.removeprefix("asn-"))
    done = subprocess.run(
        [sys.executable, "-c", code, *options], input=stdin, capture_output=True, check=True
    )
    status, names = json.loads(done.stderr)
    assert status == 0
    assert done.stdout
    return set(names), done.stdout


POOL = str(ROOT / "tests" / "data" / "pool.csv")


def test_a_command_starts_without_what_it_does_not_need():
    names, exposures = loaded_by("asn-pool", POOL)
    assert not names & (HEAVY | {"yaml"})
    names, groups = loaded_by("asn-match", stdin=exposures)
    assert not names & HEAVY
    names, _ = loaded_by("asn-build", stdin=groups)
    assert not names & (HEAVY | {"yaml"})


@pytest.mark.parametrize(
    ("command", "options", "needed"),
    [
        ("asn-pool", ["--where", "true", POOL], "jq"),
        ("asn-pool", ["--format", "ascii.basic", "PIPES"], "astropy"),
        ("asn-match", ["--list-rules", "--rules", "MINE"], "jsonschema"),
    ],
)
def test_a_command_loads_what_it_needs(command, options, needed, tmp_path):
    (tmp_path / "pool").write_text("filename program instrume exp_type obs_num\nx.fits 1 miri mir_image 1\n")
    (tmp_path / "mine.yaml").write_text("rules: {}\n")
    files = {"PIPES": str(tmp_path / "pool"), "MINE": str(tmp_path / "mine.yaml")}
    names, _ = loaded_by(command, *[files.get(option, option) for option in options])
    assert needed in names
