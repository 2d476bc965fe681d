#!/usr/bin/env python3
"""Write a pool of simulated programs, of every instrument and mode.

usage: simulate_pool.py EXPOSURES [--seed N] [--mode MODE]... [--program N] [--shuffle] [--one KIND]

The pool goes to standard output. Programs are added until there are EXPOSURES rows at least. The programs
are made up: what they have of real ones is the attributes, their values and how they go together. With --one
there is a single program of EXPOSURES rows, all alike but for one thing, whose associations grow with them.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from types import FunctionType

COLUMNS = """
    filename obs_id program obs_num visit visit_id visitgrp visitype seq_id act_id exposure exp_type
    nexposur expcount instrume detector channel targetid targprop targname targtype template
    pntgtype pntg_seq targordn expspcin dithptin mostilno module filter pupil ditherid patttype
    pattstrt numdthpt pattsize subpxpts subpxpns patt_num subpixel apername sdp_ver subarray grating
    fxd_slit band gwa_xtil gwa_ytil asn_candidate exposerr is_psf is_imprt bkgdtarg tsovisit
    msastate msametfl opmode lamp spec_num spat_num dms_note exsegtot nints
    """.split()


def _values(text: str, columns: str = "") -> dict[str, object]:
    plain, named = [], {}
    for word in text.split():
        column, equals, value = word.partition("=")
        if equals:
            named[column] = value
        else:
            plain.append(word)
    return {**dict(zip(columns.split(), plain, strict=False)), **named}


# What holds for an exposure unless it is said otherwise.
COMMON = _values(
    """
    visit=1 visitgrp=2 visitype=prime_targeted_fixed seq_id=1 targetid=1 targtype=fixed pntgtype=science
    expspcin=1 dithptin=1 mostilno=1 subarray=full bkgdtarg=f tsovisit=f sdp_ver=2026_1a
    """
)
# The columns that the words of a setting are of, by instrument.
SETTINGS = {
    "fgs": "exp_type",
    "miri": "exp_type filter subarray",
    "nircam": "exp_type channel filter pupil subarray",
    "niriss": "exp_type filter pupil subarray",
    "nirspec": "exp_type filter grating subarray fxd_slit",
}


class Program:
    """A program under way: its rows, and the observations and candidates that they belong to."""

    def __init__(self, number: int, chance: random.Random):
        self.number = number
        self.chance = chance
        self.rows: list[dict[str, str]] = []
        self.observations = 0
        self.candidates = 0
        self.planned = True

    def observe(self, instrument: str, **common: object) -> str:
        """Begin an observation, of target 1 unless said otherwise; `common` holds for all its exposures."""
        self.observations += 1
        self.activity = 0
        self.exposures: dict[str, int] = {}
        self.instrument = instrument
        self.common = {"obs_num": self.observations, **common}
        return f"{self.observations}"

    def expose(self, detectors: str, setting: str, **values: object) -> None:
        """Take one exposure with some detectors, in an activity of its own unless `act_id` is given.

        The first words of `setting` are those of `SETTINGS`, the others name their columns.
        """
        self.activity += 1
        values |= _values(setting, SETTINGS[self.instrument])
        activity = f"{values.pop('act_id', self.activity):02d}"
        exposure = self.exposures[activity] = self.exposures.get(activity, 0) + 1
        visit = f"{self.number:05d}{self.observations:03d}001"
        for detector in detectors.split():
            found = {
                **COMMON,
                "filename": f"jw{visit}_021{activity}_{exposure:05d}_{detector}_uncal.fits",
                "obs_id": f"v{visit}p00000000021{activity}",
                "program": self.number,
                "visit_id": visit,
                "act_id": activity,
                "exposure": exposure,
                "instrume": self.instrument,
                "detector": detector,
                **self.common,
                **values,
            }
            self.rows.append({name: str(found.get(name, "null")) for name in COLUMNS})

    def candidate(self, kind: str, *observations: str) -> None:
        """Put observations into a candidate of their own."""
        name = f"c{1000 + self.candidates}"
        self.candidates += 1
        for row in self.rows:
            if row["obs_num"] in observations:
                row["candidates"] = row.get("candidates", "") + f", ('{name}', '{kind}')"

    def table(self) -> Iterator[list[str]]:
        """Return the rows, as lists of values."""
        for row in self.rows:
            more = row.pop("candidates", "")
            own = f"('o{int(row['obs_num']):03d}', 'observation')"
            row["asn_candidate"] = f"[{own}{more}]"
            if not self.planned:
                row["asn_candidate"] = "null"
            elif more and self.chance.random() < 0.5:  # planners write them in either order
                row["asn_candidate"] = f"[{more[2:]}, {own}]"
            yield [row[name] for name in COLUMNS]


NRC_SHORT = "nrca1 nrca2 nrca3 nrca4 nrcb1 nrcb2 nrcb3 nrcb4"
NRC_LONG = "nrcalong nrcblong"
NRS = "nrs1 nrs2"
NRS_ELEMENTS = ["f290lp g395h", "f100lp g140m", "clear prism"]


def _dithers(chance: random.Random) -> range:
    return range(1, chance.choice([1, 2, 3, 4]) + 1)


def _flag(value: bool) -> str:
    return "t" if value else "f"


def nircam_image(program: Program) -> None:
    chance = program.chance
    observations = []
    target = chance.randint(1, 4)
    for _ in range(chance.randint(1, 3)):
        observations.append(program.observe("nircam", targetid=target))
        for filter_ in chance.sample(["f090w", "f150w", "f200w"], chance.randint(1, 2)):
            dithers = _dithers(chance)
            for dither in dithers:
                for detectors, light in ((NRC_SHORT, f"short {filter_}"), (NRC_LONG, "long f444w")):
                    setting = f"nrc_image {light} clear patttype=none numdthpt={len(dithers)}"
                    program.expose(detectors, setting, dithptin=dither, act_id=dither)
    if len(observations) > 1:
        program.candidate(chance.choice(["mosaic", "group"]), *observations)


def miri_image(program: Program) -> None:
    chance = program.chance
    science = program.observe("miri")
    for filter_ in chance.sample(["f560w", "f770w", "f1000w"], 2):
        for dither in _dithers(chance):
            program.expose("mirimage", f"mir_image {filter_}", dithptin=dither)
    if chance.random() < 0.6:
        background = program.observe("miri", targetid=2, bkgdtarg="t")
        for filter_ in ["f560w", "f770w"]:
            program.expose("mirimage", f"mir_image {filter_}")
        program.candidate("background", science, background)


def miri_mrs(program: Program) -> None:
    chance = program.chance
    science = []
    for tile in range(chance.randint(1, 2)):
        science.append(program.observe("miri", mostilno=tile + 1))
        if chance.random() < 0.5:
            program.expose("mirimage", "mir_tacq fnd")
        _mrs(program)
    if chance.random() < 0.7:
        background = program.observe("miri", targetid=2, bkgdtarg="t")
        _mrs(program)
        program.candidate("background", *science, background)
    elif len(science) > 1:
        program.candidate("mosaic", *science)


def _mrs(program: Program) -> None:
    for band in program.chance.sample(["short", "medium", "long"], program.chance.randint(1, 3)):
        for dither in range(1, program.chance.choice([2, 4]) + 1):
            for detector, channel in (("mirifushort", "12"), ("mirifulong", "34")):
                setting = f"mir_mrs patttype=4-point band={band} channel={channel}"
                program.expose(detector, setting, dithptin=dither, act_id=dither)


def miri_lrs(program: Program) -> None:
    chance = program.chance
    slitless = chance.random() < 0.3
    nodded = not slitless and chance.random() < 0.7
    science = program.observe("miri")
    program.expose("mirimage", "mir_tacq f560w")
    if chance.random() < 0.7:
        program.expose("mirimage", f"mir_taconfirm {chance.choice(['f560w', 'p750l'])}")
    setting = "mir_lrs-slitless p750l slitlessprism" if slitless else "mir_lrs-fixedslit p750l full"
    time_series = _flag(slitless and chance.random() < 0.7)
    for nod in range(1, (3 if nodded else chance.randint(1, 2) + 1)):
        pattern = f"patttype={'along-slit-nod' if nodded else 'none'} numdthpt=2 tsovisit={time_series}"
        program.expose("mirimage", f"{setting} {pattern}", dithptin=nod, patt_num=nod)
    if chance.random() < 0.4:
        program.expose("mirimage", "mir_taconfirm f560w")
    if chance.random() < 0.5:
        background = program.observe("miri", targetid=2, bkgdtarg="t")
        for _ in range(chance.randint(1, 2)):
            program.expose("mirimage", setting, patttype="none", patt_num=1)
        program.candidate("background", science, background)


def miri_coron(program: Program) -> None:
    chance = program.chance
    exp_type, filter_, mask = chance.choice(
        [("mir_4qpm", "f1550c", "mask1550"), ("mir_lyot", "f2300c", "masklyot")]
    )
    observations = []
    for psf in (False, False, True):
        observations.append(program.observe("miri", targetid=2 if psf else 1, is_psf=_flag(psf)))
        program.expose("mirimage", f"mir_tacq fnd {mask}")
        for dither in range(1, (5 if psf else 1) + 1):
            program.expose("mirimage", f"{exp_type} {filter_} {mask}", dithptin=dither)
    if chance.random() < 0.5:
        observations.append(program.observe("miri", targetid=3, bkgdtarg="t"))
        program.expose("mirimage", f"{exp_type} {filter_} {mask}")
    program.candidate("coronagraphy", *observations)


def miri_wfss(program: Program) -> None:
    program.observe("miri", targetid=program.chance.choice([1, 3]))
    for dither in _dithers(program.chance):
        program.expose("mirimage", "mir_image f1000w", expspcin=2 * dither, dithptin=dither)
        program.expose("mirimage", "mir_wfss p750l", expspcin=2 * dither - 1, dithptin=dither)


def nircam_wfss(program: Program) -> None:
    chance = program.chance
    program.observe("nircam")
    for grism in ("grismr", "grismc")[: chance.randint(1, 2)]:
        for dither in _dithers(chance):
            place = {"expspcin": dither, "dithptin": dither}
            program.expose(NRC_LONG, f"nrc_wfss long f444w {grism}", **place)
            program.expose("nrca1 nrca2", "nrc_image short f150w clear", **place)
        program.expose(NRC_LONG, "nrc_image long f444w clear", expspcin=dither + 1)


def nircam_coron(program: Program) -> None:
    chance = program.chance
    full = chance.random() < 0.4
    mask = chance.choice(["maskrnd", "maskbar"])
    optics = f"short f210m {mask} {'full' if full else 'sub320a335r'}"
    observations = []
    for psf in (False, False, True):
        observations.append(program.observe("nircam", targetid=2 if psf else 1, is_psf=_flag(psf)))
        program.expose("nrca2", f"nrc_tacq {optics}")
        program.expose("nrca2", f"nrc_taconfirm {optics}")
        for dither in range(1, (5 if psf else 2)):
            detectors = "nrca1 nrca2 nrca3 nrca4" if full else "nrca2"
            program.expose(detectors, f"nrc_coron {optics}", dithptin=dither)
    program.candidate("coronagraphy", *observations)
    program.candidate("group", *observations[:2])


def nircam_tso(program: Program) -> None:
    program.observe("nircam", tsovisit="t")
    program.expose("nrcblong", "nrc_tacq long f335m clear sub32tats", tsovisit="f")
    if program.chance.random() < 0.5:
        program.expose("nrcalong", "nrc_tsgrism long f444w grismr subgrism256")
        program.expose("nrca1 nrca3", "nrc_tsimage short f212n wlp8 subgrism256")
    else:
        program.expose("nrcb1 nrcblong", "nrc_tsimage short f212n clear sub64p")


def niriss_image(program: Program) -> None:
    program.observe("niriss")
    for dither in _dithers(program.chance):
        program.expose("nis", "nis_image clear f200w", dithptin=dither)


def niriss_wfss(program: Program) -> None:
    chance = program.chance
    program.observe("niriss")
    place = 0
    for pupil in chance.sample(["f115w", "f150w", "f200w"], chance.randint(1, 2)):
        for grism in ("gr150r", "gr150c")[: chance.randint(1, 2)]:
            place += 1
            program.expose("nis", f"nis_image clear {pupil}", expspcin=place)
            for dither in _dithers(chance):
                place += 1
                program.expose("nis", f"nis_wfss {grism} {pupil}", expspcin=place, dithptin=dither)


def niriss_parallel(program: Program) -> None:
    chance = program.chance
    observations = []
    for exp_type in ("nis_image", "nis_wfss", "nis_wfss"):
        observations.append(program.observe("niriss", visitype="parallel_pure", targetid="null"))
        filter_ = "clear" if exp_type == "nis_image" else chance.choice(["gr150r", "gr150c"])
        for dither in _dithers(chance):
            program.expose("nis", f"{exp_type} {filter_} f150w", dithptin=dither)
    program.candidate("direct_image", *observations)


def nircam_parallel(program: Program) -> None:
    observations = []
    for exp_type, pupil in (("nrc_image", "clear"), ("nrc_wfss", "grismr")):
        observations.append(program.observe("nircam", visitype="parallel_pure", targetid="null"))
        program.expose(NRC_LONG, f"{exp_type} long f356w {pupil}")
        program.expose("nrca1 nrca2", "nrc_image short f150w clear")
    program.candidate("direct_image", *observations)


def niriss_soss(program: Program) -> None:
    chance = program.chance
    program.observe("niriss", tsovisit=chance.choice(["t", "f"]))
    program.expose("nis", "nis_tacq f480m nrm subtasoss", tsovisit="f")
    for filter_ in ("clear", "f277w"):
        more = f"nints={chance.choice([1, 10])} patttype={chance.choice(['null', 'null', '2-point-nod'])}"
        program.expose("nis", f"nis_soss {filter_} gr700xd substrip256 {more}")


def niriss_ami(program: Program) -> None:
    observations = []
    for psf in (False, True):
        observations.append(program.observe("niriss", targetid=2 if psf else 1, is_psf=_flag(psf)))
        program.expose("nis", "nis_tacq f480m nrm subtaami")
        for filter_ in ("f380m", "f480m"):
            program.expose("nis", f"nis_ami {filter_} nrm sub80")
    program.candidate("group", *observations)


def nirspec_ifu(program: Program) -> None:
    chance = program.chance
    pattern = chance.choice(["none", "2-point-nod", "4-point-nod", "4-point-dither"])
    elements = chance.choice(NRS_ELEMENTS)
    science = []
    for _ in range(chance.randint(1, 2)):
        science.append(program.observe("nirspec"))
        program.expose(NRS, "nrs_tacq f110w mirror")
        for tile in range(1, chance.randint(1, 2) + 1):
            for dither in range(1, {"2-point-nod": 2, "none": 1}.get(pattern, 4) + 1):
                _ifu(program, elements, patttype=pattern, dithptin=dither, mostilno=tile)
    if chance.random() < 0.6:
        background = program.observe("nirspec", targetid=2, bkgdtarg="t")
        for dither in range(1, chance.randint(1, 3)):
            _ifu(program, elements, patttype="none", dithptin=dither)
        program.candidate("background", *science, background)
    elif len(science) > 1:
        program.candidate("mosaic", *science)
    if chance.random() < 0.3:
        program.expose("nrs1", f"nrs_autowave {elements}", patttype="none", lamp="line1")


def _ifu(program: Program, elements: str, **values: object) -> None:
    program.expose(NRS, f"nrs_ifu {elements}", **values)
    if program.chance.random() < 0.5:
        program.expose(NRS, f"nrs_ifu {elements}", is_imprt="t", **values)


def nirspec_msa(program: Program) -> None:
    chance = program.chance
    program.observe("nirspec")
    program.expose(NRS, "nrs_msata f110w mirror")
    for spec in range(1, chance.randint(1, 2) + 1):
        for nod in range(1, 4):
            shutters = f"msastate=primarypark_config msametfl=jw{program.number:05d}001001_0{spec}_msa.fits"
            setting = f"nrs_msaspec f290lp g395m {shutters} patttype=3-shutter-slitlet numdthpt=3 subpxpts=1"
            program.expose(NRS, setting, expspcin=spec, patt_num=nod, dithptin=nod)
    if chance.random() < 0.5:
        shutters = "msastate=primarypark_allopen msametfl=jw_msa.fits"
        program.expose(NRS, f"nrs_msaspec f110w mirror {shutters} numdthpt=1 patt_num=1")


def nirspec_slits(program: Program) -> None:
    chance = program.chance
    science = program.observe("nirspec")
    program.expose("nrs1", "nrs_wata f140x mirror sub32")
    subarray = chance.choice(["allslits", "subs200a1", "full"])
    nods = chance.choice([1, 2, 3, 5])
    subpixels = chance.choice([1, 1, 2])
    slits = chance.sample(["s200a1", "s200a2", "s400a1", "s1600a1", "s200b1"], chance.randint(1, 3))
    for spec, slit in enumerate(slits, 1):
        setting = f"nrs_fixedslit {chance.sample(NRS_ELEMENTS, 1)[0]} {subarray} {slit}"
        pattern = f"patttype={nods}-point-nod numdthpt={nods * subpixels} subpxpts={subpixels}"
        for nod in range(1, nods * subpixels + 1):
            program.expose(NRS, f"{setting} {pattern}", expspcin=spec, patt_num=nod, dithptin=nod)
    if chance.random() < 0.4:
        background = program.observe("nirspec", targetid=2, bkgdtarg="t")
        program.expose(NRS, f"{setting} numdthpt=1 patt_num=1 subpxpts=1 patttype=none")
        program.candidate("background", science, background)


def nirspec_bots(program: Program) -> None:
    program.observe("nirspec", tsovisit="t")
    program.expose("nrs1", "nrs_wata f140x mirror sub32", tsovisit="f")
    elements = program.chance.choice(["f290lp g395h", "clear prism", "f170lp g235m"])
    program.expose(NRS, f"nrs_brightobj {elements} sub2048 s1600a1")


def nirspec_lamp(program: Program) -> None:
    program.observe("nirspec", visitype="prime_untargeted", targetid="null")
    lamps = "ifu g140h flat4, fixedslit g395m line3, msaspec prism test, image mirror flat1"
    for opmode, grating, lamp in map(str.split, f"{lamps}, grating-only g140m line1".split(",")):
        msametfl = program.chance.choice(["null", "jw_msa.fits"])
        program.expose(NRS, f"nrs_lamp opaque {grating} lamp={lamp} opmode={opmode} msametfl={msametfl}")
    program.expose(NRS, "nrs_autoflat opaque g235h full s200a1 lamp=flat2 opmode=fixedslit")


def fgs_image(program: Program) -> None:
    program.observe("fgs")
    for detector in ("guider1", "guider2"):
        program.expose(detector, "fgs_image")


def wavefront(program: Program) -> None:
    chance = program.chance
    program.observe("nircam", visitype="prime_wfsc_sensing_control")
    for activity in range(1, chance.randint(1, 3) + 1):
        for dither in (1, 2):
            setting = "nrc_image short f212n wlp8 patttype=wfsc"
            note = "wfsc_los_jitter" if chance.random() < 0.2 else "null"
            program.expose("nrca3 nrcalong", setting, act_id=activity, dithptin=dither, dms_note=note)


MODES: dict[str, Callable[[Program], None]] = {
    name: value for name, value in globals().items() if isinstance(value, FunctionType) and name[0] != "_"
}


def _alike(program: Program, setting: str, count: int, **values: object) -> None:
    detector = {"miri": "mirifulong", "niriss": "nis", "nirspec": "nrs1"}[program.instrument]
    for dither in range(1, count + 1):
        program.expose(detector, setting, act_id=1, dithptin=dither, **values)


def _image(program: Program, count: int) -> None:
    program.observe("niriss")
    _alike(program, "nis_image clear f200w", count)


def _mosaic(program: Program, count: int) -> None:
    observations = []
    for _ in range(count // 10):
        observations.append(program.observe("niriss"))
        _alike(program, "nis_image clear f200w", 10)
    program.candidate("mosaic", *observations)


def _discovered(program: Program, count: int) -> None:
    program.planned = False
    _image(program, count)


def _filters(program: Program, count: int) -> None:
    program.observe("niriss")
    for number in range(50):
        _alike(program, f"nis_image clear f{number:03d}w", count // 50)


def _nods(program: Program, count: int) -> None:
    program.observe("nirspec")
    _alike(program, "nrs_ifu f290lp g395h", count, patttype="4-point-nod")


def _background(program: Program, count: int) -> None:
    observations = []
    for target, flag in ((1, "f"), (2, "t")):
        observations.append(program.observe("miri", targetid=target, bkgdtarg=flag))
        _alike(program, "mir_mrs", count // 2, channel=34, band="medium")
    program.candidate("background", *observations)


def _slitless(program: Program, count: int) -> None:
    program.observe("niriss")
    for place in range(1, count + 1):
        setting = "nis_wfss gr150r f200w" if place % 2 else "nis_image clear f200w"
        program.expose("nis", setting, act_id=1, expspcin=place, dithptin=place)


def _imprints(program: Program, count: int) -> None:
    program.observe("nirspec")
    for dither in range(1, count // 2 + 1):
        for imprint in "ft":
            setting = f"nrs_ifu f290lp g395h patttype=cycling is_imprt={imprint}"
            program.expose("nrs1", setting, act_id=1, dithptin=dither)


KINDS: dict[str, Callable[[Program, int], None]] = {
    make.__name__[1:]: make
    for make in (_image, _mosaic, _discovered, _filters, _nods, _background, _slitless, _imprints)
}


def one_program(kind: str, exposures: int, number: int, chance: random.Random) -> Iterator[Program]:
    """Make a single program."""
    program = Program(number, chance)
    KINDS[kind](program, exposures)
    yield program


def programs(exposures: int, chance: random.Random, modes: list[str], first: int) -> Iterator[Program]:
    """Make programs of one to four observing modes until there are so many exposures."""
    made = 0
    number = first
    while made < exposures:
        program = Program(number, chance)
        for mode in chance.choices(modes, k=chance.randint(1, 4)):
            MODES[mode](program)
        made += len(program.rows)
        number += 1
        yield program


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exposures", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--mode", action="append", choices=list(MODES), help="only this mode; may be repeated"
    )
    parser.add_argument("--program", type=int, default=1001, help="the first program's number")
    parser.add_argument("--shuffle", action="store_true", help="mix the rows of each program")
    parser.add_argument("--one", metavar="KIND", choices=KINDS, help=f"a single program: {', '.join(KINDS)}")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    sys.stdout.write("|".join(COLUMNS) + "\n")
    if args.one:
        made = one_program(args.one, args.exposures, args.program, chance)
    else:
        made = programs(args.exposures, chance, args.mode or list(MODES), args.program)
    for program in made:
        table = list(program.table())
        if args.shuffle:
            chance.shuffle(table)
        sys.stdout.writelines("|".join(values) + "\n" for values in table)


if __name__ == "__main__":
    main()
