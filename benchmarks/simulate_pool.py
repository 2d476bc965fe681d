#!/usr/bin/env python3
"""Write a pool of simulated programs, of every instrument and mode.

usage: simulate_pool.py EXPOSURES [--seed N] [--mode MODE]... [--program N] [--shuffle]

The pool goes to standard output. Programs are added until there are EXPOSURES rows at least. The programs
are made up: what they have of real ones is the attributes, their values and how they go together.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator

COLUMNS = """
    filename obs_id program obs_num visit visit_id visitgrp visitype seq_id act_id exposure exp_type
    nexposur expcount instrume detector channel targetid targprop targname targtype template
    pntgtype pntg_seq targordn expspcin dithptin mostilno module filter pupil ditherid patttype
    pattstrt numdthpt pattsize subpxpts subpxpns patt_num subpixel apername sdp_ver subarray grating
    fxd_slit band gwa_xtil gwa_ytil asn_candidate exposerr is_psf is_imprt bkgdtarg tsovisit
    msastate msametfl opmode lamp spec_num spat_num dms_note exsegtot nints
    """.split()


class Program:
    """A program under way: its rows, and the observations and candidates that they belong to."""

    def __init__(self, number: int, chance: random.Random):
        self.number = f"{number}"
        self.chance = chance
        self.rows: list[dict[str, str]] = []
        self.observations = 0
        self.candidates = 0
        self.activity = 0
        self.exposures: dict[str, int] = {}

    def observe(self, **common: str) -> str:
        """Begin an observation; `common` holds for all its exposures."""
        self.observations += 1
        self.activity = 0
        self.exposures = {}
        self.common = {"obs_num": f"{self.observations}", **common}
        return f"{self.observations}"

    def expose(self, detectors: list[str], **values: str) -> None:
        """Take one exposure with some detectors, in an activity of its own unless `act_id` is given."""
        self.activity += 1
        activity = values.pop("act_id", f"{self.activity:02d}")
        self.exposures[activity] = self.exposures.get(activity, 0) + 1
        exposure = f"{self.exposures[activity]}"
        visit = f"{int(self.number):05d}{self.observations:03d}001"
        for detector in detectors:
            row = dict.fromkeys(COLUMNS, "null")
            row.update(
                filename=f"jw{visit}_021{activity}_{int(exposure):05d}_{detector}_uncal.fits",
                obs_id=f"v{visit}p00000000021{activity}",
                program=self.number,
                visit="1",
                visit_id=visit,
                visitgrp="2",
                visitype="prime_targeted_fixed",
                seq_id="1",
                act_id=activity,
                exposure=exposure,
                detector=detector,
                targetid="1",
                targtype="fixed",
                pntgtype="science",
                expspcin="1",
                dithptin="1",
                mostilno="1",
                subarray="full",
                bkgdtarg="f",
                tsovisit="f",
                sdp_ver="2026_1a",
            )
            row.update(self.common)
            row.update(values)
            self.rows.append(row)

    def candidate(self, kind: str, *observations: str) -> None:
        """Put observations into a candidate of their own."""
        name = f"c{1000 + self.candidates}"
        self.candidates += 1
        for row in self.rows:
            if row["obs_num"] in observations:
                row.setdefault("candidates", "")
                row["candidates"] += f", ('{name}', '{kind}')"

    def table(self) -> Iterator[list[str]]:
        """Return the rows, as lists of values."""
        for row in self.rows:
            more = row.pop("candidates", "")
            row["asn_candidate"] = f"[('o{int(row['obs_num']):03d}', 'observation'){more}]"
            if more and self.chance.random() < 0.5:  # planners write them in either order
                row["asn_candidate"] = f"[{more[2:]}, ('o{int(row['obs_num']):03d}', 'observation')]"
            yield [row[name] for name in COLUMNS]


NRC_SHORT = [f"nrc{module}{n}" for module in "ab" for n in range(1, 5)]
NRC_LONG = ["nrcalong", "nrcblong"]


def _dithers(chance: random.Random) -> int:
    return chance.choice([1, 2, 3, 4])


def nircam_image(program: Program) -> None:
    chance = program.chance
    observations = []
    target = str(chance.randint(1, 4))
    for _ in range(chance.randint(1, 3)):
        observations.append(program.observe(instrume="nircam", exp_type="nrc_image", targetid=target))
        for filter_ in chance.sample(["f090w", "f150w", "f200w"], chance.randint(1, 2)):
            number = _dithers(chance)
            for dither in range(1, number + 1):
                for detectors, channel, name in ((NRC_SHORT, "short", filter_), (NRC_LONG, "long", "f444w")):
                    program.expose(
                        detectors,
                        channel=channel,
                        filter=name,
                        pupil="clear",
                        dithptin=str(dither),
                        numdthpt=str(number),
                        act_id=f"{dither:02d}",
                        patttype="none",
                    )
    if len(observations) > 1:
        program.candidate(chance.choice(["mosaic", "group"]), *observations)


def miri_image(program: Program) -> None:
    chance = program.chance
    science = program.observe(instrume="miri", exp_type="mir_image", targetid="1")
    for filter_ in chance.sample(["f560w", "f770w", "f1000w"], 2):
        for dither in range(1, _dithers(chance) + 1):
            program.expose(["mirimage"], filter=filter_, dithptin=str(dither))
    if chance.random() < 0.6:
        background = program.observe(instrume="miri", exp_type="mir_image", targetid="2", bkgdtarg="t")
        for filter_ in ["f560w", "f770w"]:
            program.expose(["mirimage"], filter=filter_)
        program.candidate("background", science, background)


def miri_mrs(program: Program) -> None:
    chance = program.chance
    science = []
    for tile in range(chance.randint(1, 2)):
        science.append(program.observe(instrume="miri", targetid="1", mostilno=str(tile + 1)))
        if chance.random() < 0.5:
            program.expose(["mirimage"], exp_type="mir_tacq", filter="fnd", subarray="full")
        _mrs(program)
    if chance.random() < 0.7:
        background = program.observe(instrume="miri", targetid="2", bkgdtarg="t")
        _mrs(program)
        program.candidate("background", *science, background)
    elif len(science) > 1:
        program.candidate("mosaic", *science)


def _mrs(program: Program) -> None:
    for band in program.chance.sample(["short", "medium", "long"], program.chance.randint(1, 3)):
        for dither in range(1, program.chance.choice([2, 4]) + 1):
            for detector, channel in (("mirifushort", "12"), ("mirifulong", "34")):
                program.expose(
                    [detector],
                    exp_type="mir_mrs",
                    band=band,
                    channel=channel,
                    dithptin=str(dither),
                    act_id=f"{dither:02d}",
                    patttype="4-point",
                )


def miri_lrs(program: Program) -> None:
    chance = program.chance
    slitless = chance.random() < 0.3
    nodded = not slitless and chance.random() < 0.7
    science = program.observe(instrume="miri", targetid="1")
    program.expose(["mirimage"], exp_type="mir_tacq", filter="f560w", subarray="full")
    if chance.random() < 0.7:
        program.expose(["mirimage"], exp_type="mir_taconfirm", filter=chance.choice(["f560w", "p750l"]))
    common = {
        "exp_type": "mir_lrs-slitless" if slitless else "mir_lrs-fixedslit",
        "filter": "p750l",
        "subarray": "slitlessprism" if slitless else "full",
    }
    time_series = "t" if slitless and chance.random() < 0.7 else "f"
    for nod in range(1, (3 if nodded else chance.randint(1, 2) + 1)):
        program.expose(
            ["mirimage"],
            dithptin=str(nod),
            patt_num=str(nod),
            tsovisit=time_series,
            patttype="along-slit-nod" if nodded else "none",
            numdthpt="2",
            **common,
        )
    if chance.random() < 0.4:
        program.expose(["mirimage"], exp_type="mir_taconfirm", filter="f560w")
    if chance.random() < 0.5:
        background = program.observe(instrume="miri", targetid="2", bkgdtarg="t")
        for _ in range(chance.randint(1, 2)):
            program.expose(["mirimage"], patttype="none", patt_num="1", **common)
        program.candidate("background", science, background)


def miri_coron(program: Program) -> None:
    chance = program.chance
    mode = chance.choice([("mir_4qpm", "f1550c", "mask1550"), ("mir_lyot", "f2300c", "masklyot")])
    observations = []
    for kind in ("science", "science", "psf"):
        is_psf = "t" if kind == "psf" else "f"
        observations.append(
            program.observe(instrume="miri", targetid="2" if kind == "psf" else "1", is_psf=is_psf)
        )
        program.expose(["mirimage"], exp_type="mir_tacq", filter="fnd", subarray=mode[2])
        for dither in range(1, (5 if kind == "psf" else 1) + 1):
            program.expose(
                ["mirimage"], exp_type=mode[0], filter=mode[1], subarray=mode[2], dithptin=str(dither)
            )
    if chance.random() < 0.5:
        observations.append(program.observe(instrume="miri", targetid="3", bkgdtarg="t"))
        program.expose(["mirimage"], exp_type=mode[0], filter=mode[1], subarray=mode[2])
    program.candidate("coronagraphy", *observations)


def miri_wfss(program: Program) -> None:
    program.observe(instrume="miri", targetid=program.chance.choice(["1", "3"]))
    for dither in range(1, _dithers(program.chance) + 1):
        program.expose(
            ["mirimage"],
            exp_type="mir_image",
            filter="f1000w",
            expspcin=str(2 * dither),
            dithptin=str(dither),
        )
        program.expose(
            ["mirimage"],
            exp_type="mir_wfss",
            filter="p750l",
            expspcin=str(2 * dither - 1),
            dithptin=str(dither),
        )


def nircam_wfss(program: Program) -> None:
    chance = program.chance
    program.observe(instrume="nircam", targetid="1")
    for grism in ("grismr", "grismc")[: chance.randint(1, 2)]:
        for dither in range(1, _dithers(chance) + 1):
            program.expose(
                NRC_LONG,
                exp_type="nrc_wfss",
                channel="long",
                filter="f444w",
                pupil=grism,
                expspcin=str(dither),
                dithptin=str(dither),
            )
            program.expose(
                NRC_SHORT[:2],
                exp_type="nrc_image",
                channel="short",
                filter="f150w",
                pupil="clear",
                expspcin=str(dither),
                dithptin=str(dither),
            )
        program.expose(
            NRC_LONG,
            exp_type="nrc_image",
            channel="long",
            filter="f444w",
            pupil="clear",
            expspcin=str(dither + 1),
        )


def nircam_coron(program: Program) -> None:
    chance = program.chance
    full = chance.random() < 0.4
    mask = chance.choice(["maskrnd", "maskbar"])
    subarray = "full" if full else "sub320a335r"
    detectors = ["nrca1", "nrca2", "nrca3", "nrca4"] if full else ["nrca2"]
    observations = []
    for psf in (False, False, True):
        observations.append(
            program.observe(instrume="nircam", targetid="2" if psf else "1", is_psf="t" if psf else "f")
        )
        program.expose(
            ["nrca2"], exp_type="nrc_tacq", channel="short", filter="f210m", pupil=mask, subarray=subarray
        )
        program.expose(
            ["nrca2"],
            exp_type="nrc_taconfirm",
            channel="short",
            filter="f210m",
            pupil=mask,
            subarray=subarray,
        )
        for dither in range(1, (5 if psf else 2)):
            program.expose(
                detectors,
                exp_type="nrc_coron",
                channel="short",
                filter="f210m",
                pupil=mask,
                subarray=subarray,
                dithptin=str(dither),
            )
    program.candidate("coronagraphy", *observations)
    program.candidate("group", *observations[:2])


def nircam_tso(program: Program) -> None:
    chance = program.chance
    program.observe(instrume="nircam", targetid="1", tsovisit="t")
    program.expose(
        ["nrcblong"],
        exp_type="nrc_tacq",
        channel="long",
        filter="f335m",
        pupil="clear",
        subarray="sub32tats",
        tsovisit="f",
    )
    if chance.random() < 0.5:
        program.expose(
            ["nrcalong"],
            exp_type="nrc_tsgrism",
            channel="long",
            filter="f444w",
            pupil="grismr",
            subarray="subgrism256",
        )
        program.expose(
            ["nrca1", "nrca3"],
            exp_type="nrc_tsimage",
            channel="short",
            filter="f212n",
            pupil="wlp8",
            subarray="subgrism256",
        )
    else:
        program.expose(
            ["nrcb1", "nrcblong"],
            exp_type="nrc_tsimage",
            channel="short",
            filter="f212n",
            pupil="clear",
            subarray="sub64p",
        )


def niriss_image(program: Program) -> None:
    program.observe(instrume="niriss", exp_type="nis_image", targetid="1")
    for dither in range(1, _dithers(program.chance) + 1):
        program.expose(["nis"], filter="clear", pupil="f200w", dithptin=str(dither))


def niriss_wfss(program: Program) -> None:
    chance = program.chance
    program.observe(instrume="niriss", targetid="1")
    place = 0
    for pupil in chance.sample(["f115w", "f150w", "f200w"], chance.randint(1, 2)):
        for grism in ("gr150r", "gr150c")[: chance.randint(1, 2)]:
            place += 1
            program.expose(["nis"], exp_type="nis_image", filter="clear", pupil=pupil, expspcin=str(place))
            for dither in range(1, _dithers(chance) + 1):
                place += 1
                program.expose(
                    ["nis"],
                    exp_type="nis_wfss",
                    filter=grism,
                    pupil=pupil,
                    expspcin=str(place),
                    dithptin=str(dither),
                )


def niriss_parallel(program: Program) -> None:
    chance = program.chance
    observations = []
    for kind in ("nis_image", "nis_wfss", "nis_wfss"):
        observations.append(program.observe(instrume="niriss", visitype="parallel_pure", targetid="null"))
        filter_ = "clear" if kind == "nis_image" else chance.choice(["gr150r", "gr150c"])
        for dither in range(1, _dithers(chance) + 1):
            program.expose(["nis"], exp_type=kind, filter=filter_, pupil="f150w", dithptin=str(dither))
    program.candidate("direct_image", *observations)


def nircam_parallel(program: Program) -> None:
    observations = []
    for kind, pupil in (("nrc_image", "clear"), ("nrc_wfss", "grismr")):
        observations.append(program.observe(instrume="nircam", visitype="parallel_pure", targetid="null"))
        program.expose(NRC_LONG, exp_type=kind, channel="long", filter="f356w", pupil=pupil)
        program.expose(NRC_SHORT[:2], exp_type="nrc_image", channel="short", filter="f150w", pupil="clear")
    program.candidate("direct_image", *observations)


def niriss_soss(program: Program) -> None:
    chance = program.chance
    time_series = chance.choice(["t", "f"])
    program.observe(instrume="niriss", targetid="1", tsovisit=time_series)
    program.expose(
        ["nis"], exp_type="nis_tacq", filter="f480m", pupil="nrm", subarray="subtasoss", tsovisit="f"
    )
    for filter_ in ("clear", "f277w"):
        program.expose(
            ["nis"],
            exp_type="nis_soss",
            filter=filter_,
            pupil="gr700xd",
            subarray="substrip256",
            nints=chance.choice(["1", "10"]),
            patttype=chance.choice(["null", "null", "2-point-nod"]),
        )


def niriss_ami(program: Program) -> None:
    observations = []
    for psf in (False, True):
        observations.append(
            program.observe(instrume="niriss", targetid="2" if psf else "1", is_psf="t" if psf else "f")
        )
        program.expose(["nis"], exp_type="nis_tacq", filter="f480m", pupil="nrm", subarray="subtaami")
        for filter_ in ("f380m", "f480m"):
            program.expose(["nis"], exp_type="nis_ami", filter=filter_, pupil="nrm", subarray="sub80")
    program.candidate("group", *observations)


def nirspec_ifu(program: Program) -> None:
    chance = program.chance
    pattern = chance.choice(["none", "2-point-nod", "4-point-nod", "4-point-dither"])
    grating, filter_ = chance.choice([("g395h", "f290lp"), ("g140m", "f100lp"), ("prism", "clear")])
    science = []
    for _ in range(chance.randint(1, 2)):
        science.append(program.observe(instrume="nirspec", targetid="1"))
        program.expose(
            ["nrs1", "nrs2"], exp_type="nrs_tacq", filter="f110w", grating="mirror", subarray="full"
        )
        for tile in range(1, chance.randint(1, 2) + 1):
            for dither in range(1, {"2-point-nod": 2, "none": 1}.get(pattern, 4) + 1):
                program.expose(
                    ["nrs1", "nrs2"],
                    exp_type="nrs_ifu",
                    filter=filter_,
                    grating=grating,
                    patttype=pattern,
                    dithptin=str(dither),
                    mostilno=str(tile),
                )
                if chance.random() < 0.5:
                    program.expose(
                        ["nrs1", "nrs2"],
                        exp_type="nrs_ifu",
                        filter=filter_,
                        grating=grating,
                        patttype=pattern,
                        dithptin=str(dither),
                        mostilno=str(tile),
                        is_imprt="t",
                    )
    if chance.random() < 0.6:
        background = program.observe(instrume="nirspec", targetid="2", bkgdtarg="t")
        for dither in range(1, chance.randint(1, 3)):
            program.expose(
                ["nrs1", "nrs2"],
                exp_type="nrs_ifu",
                filter=filter_,
                grating=grating,
                patttype="none",
                dithptin=str(dither),
            )
            if chance.random() < 0.5:
                program.expose(
                    ["nrs1", "nrs2"],
                    exp_type="nrs_ifu",
                    filter=filter_,
                    grating=grating,
                    patttype="none",
                    dithptin=str(dither),
                    is_imprt="t",
                )
        program.candidate("background", *science, background)
    elif len(science) > 1:
        program.candidate("mosaic", *science)
    if chance.random() < 0.3:
        program.expose(
            ["nrs1"], exp_type="nrs_autowave", filter=filter_, grating=grating, patttype="none", lamp="line1"
        )


def nirspec_msa(program: Program) -> None:
    chance = program.chance
    program.observe(instrume="nirspec", targetid="1")
    program.expose(["nrs1", "nrs2"], exp_type="nrs_msata", filter="f110w", grating="mirror")
    for spec in range(1, chance.randint(1, 2) + 1):
        for nod in range(1, 4):
            program.expose(
                ["nrs1", "nrs2"],
                exp_type="nrs_msaspec",
                filter="f290lp",
                grating="g395m",
                numdthpt="3",
                patt_num=str(nod),
                subpxpts="1",
                expspcin=str(spec),
                patttype="3-shutter-slitlet",
                msametfl=f"jw{int(program.number):05d}001001_0{spec}_msa.fits",
                msastate="primarypark_config",
                dithptin=str(nod),
            )
    if chance.random() < 0.5:
        program.expose(
            ["nrs1", "nrs2"],
            exp_type="nrs_msaspec",
            filter="f110w",
            grating="mirror",
            msastate="primarypark_allopen",
            msametfl="jw_msa.fits",
            numdthpt="1",
            patt_num="1",
        )


def nirspec_slits(program: Program) -> None:
    chance = program.chance
    science = program.observe(instrume="nirspec", targetid="1")
    program.expose(["nrs1"], exp_type="nrs_wata", filter="f140x", grating="mirror", subarray="sub32")
    subarray = chance.choice(["allslits", "subs200a1", "full"])
    nods = chance.choice([1, 2, 3, 5])
    subpixels = chance.choice([1, 1, 2])
    for spec, slit in enumerate(
        chance.sample(["s200a1", "s200a2", "s400a1", "s1600a1", "s200b1"], chance.randint(1, 3)), 1
    ):
        for grating, filter_ in chance.sample(
            [("g395h", "f290lp"), ("g140m", "f100lp"), ("prism", "clear")], 1
        ):
            for nod in range(1, nods * subpixels + 1):
                program.expose(
                    ["nrs1", "nrs2"],
                    exp_type="nrs_fixedslit",
                    filter=filter_,
                    grating=grating,
                    fxd_slit=slit,
                    subarray=subarray,
                    numdthpt=str(nods * subpixels),
                    patt_num=str(nod),
                    subpxpts=str(subpixels),
                    expspcin=str(spec),
                    patttype=f"{nods}-point-nod",
                    dithptin=str(nod),
                )
    if chance.random() < 0.4:
        background = program.observe(instrume="nirspec", targetid="2", bkgdtarg="t")
        program.expose(
            ["nrs1", "nrs2"],
            exp_type="nrs_fixedslit",
            filter=filter_,
            grating=grating,
            fxd_slit=slit,
            subarray=subarray,
            numdthpt="1",
            patt_num="1",
            subpxpts="1",
            patttype="none",
        )
        program.candidate("background", science, background)


def nirspec_bots(program: Program) -> None:
    program.observe(instrume="nirspec", targetid="1", tsovisit="t")
    program.expose(
        ["nrs1"], exp_type="nrs_wata", filter="f140x", grating="mirror", subarray="sub32", tsovisit="f"
    )
    grating, filter_ = program.chance.choice([("g395h", "f290lp"), ("prism", "clear"), ("g235m", "f170lp")])
    program.expose(
        ["nrs1", "nrs2"],
        exp_type="nrs_brightobj",
        filter=filter_,
        grating=grating,
        fxd_slit="s1600a1",
        subarray="sub2048",
    )


def nirspec_lamp(program: Program) -> None:
    program.observe(instrume="nirspec", visitype="prime_untargeted", targetid="null")
    for opmode, grating, lamp in (
        ("ifu", "g140h", "flat4"),
        ("fixedslit", "g395m", "line3"),
        ("msaspec", "prism", "test"),
        ("image", "mirror", "flat1"),
        ("grating-only", "g140m", "line1"),
    ):
        program.expose(
            ["nrs1", "nrs2"],
            exp_type="nrs_lamp",
            filter="opaque",
            grating=grating,
            lamp=lamp,
            opmode=opmode,
            msametfl=program.chance.choice(["null", "jw_msa.fits"]),
        )
    program.expose(
        ["nrs1", "nrs2"],
        exp_type="nrs_autoflat",
        filter="opaque",
        grating="g235h",
        lamp="flat2",
        opmode="fixedslit",
        fxd_slit="s200a1",
    )


def fgs_image(program: Program) -> None:
    program.observe(instrume="fgs", exp_type="fgs_image", targetid="1")
    for detector in ("guider1", "guider2"):
        program.expose([detector], channel="null")


def wavefront(program: Program) -> None:
    chance = program.chance
    program.observe(instrume="nircam", visitype="prime_wfsc_sensing_control", targetid="1")
    for activity in range(1, chance.randint(1, 3) + 1):
        for dither in (1, 2):
            program.expose(
                ["nrca3", "nrcalong"],
                exp_type="nrc_image",
                channel="short",
                filter="f212n",
                pupil="wlp8",
                patttype="wfsc",
                act_id=f"{activity:02d}",
                dithptin=str(dither),
                dms_note="wfsc_los_jitter" if chance.random() < 0.2 else "null",
            )


MODES: dict[str, Callable[[Program], None]] = {
    name: mode
    for name, mode in globals().items()
    if callable(mode)
    and getattr(mode, "__module__", None) == __name__
    and name[0] != "_"
    and name not in ("Program",)
}


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
    args = parser.parse_args()
    chance = random.Random(args.seed)
    sys.stdout.write("|".join(COLUMNS) + "\n")
    for program in programs(args.exposures, chance, args.mode or list(MODES), args.program):
        table = list(program.table())
        if args.shuffle:
            chance.shuffle(table)
        sys.stdout.writelines("|".join(values) + "\n" for values in table)


if __name__ == "__main__":
    main()
