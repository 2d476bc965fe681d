"""The small FITS files of the recipes, and the groups that the observatory's notebooks make of them by hand.

A notebook opens the headers and compares keywords; so do the functions here, in their own words. None uses
anything of asntools. Source: spacetelescope/jwst-pipeline-notebooks, the notebook of each mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from fitsfiles import write_fits

PROGRAM = "01523"


class File(NamedTuple):
    """A file: its name without level, and its header."""

    folder: str
    root: str
    cards: dict[str, Any]

    def __getitem__(self, keyword: Any) -> Any:
        return self.cards.get(keyword)

    def at(self, level: str) -> str:
        """Return the name of the file at a level."""
        return f"{self.root}_{level}.fits"


Association = tuple[str, frozenset[tuple[str, str]]]
Expected = Callable[[list[File]], Iterable[Association]]


def exposures(
    folder: str, observation: int, detectors: str, count: int = 1, *, act: str = "02", **cards: Any
) -> list[File]:
    """Return exposures of an activity: `count` of them, on each detector."""
    return [
        File(
            folder,
            f"jw{PROGRAM}{observation:03d}001_{act}101_{number:05d}_{detector}",
            {
                "TELESCOP": "JWST",
                "PROGRAM": PROGRAM,
                "OBSERVTN": f"{observation:03d}",
                "VISIT": "001",
                "OBS_ID": f"V{PROGRAM}{observation:03d}001P00000000021{act}",
                "ACT_ID": act,
                "EXPOSURE": f"{number:05d}",
                "DETECTOR": detector.upper(),
                "SUBARRAY": "FULL",
                "VISITYPE": "PRIME_TARGETED_FIXED",
                "TARGPROP": "TARGET",
                "TARGNAME": cards.get("TARGPROP", "TARGET"),
                "TSOVISIT": False,
                "BKGDTARG": False,
                "IS_PSF": False,
                "IS_IMPRT": False,
                "PATT_NUM": number,
                "NUMDTHPT": count,
                "SUBPXPTS": 1,
                **cards,
            },
        )
        for number in range(1, count + 1)
        for detector in detectors.split()
    ]


def write(files: Iterable[File], here: Path, *levels: str) -> None:
    """Write files at some levels."""
    for file in files:
        for level in levels:
            write_fits(here / file.folder / file.at(level), file.cards)


def one(kind: str, *members: tuple[str, str]) -> Association:
    """Return an association: its type, and its members as roles and names."""
    return kind, frozenset(members)


def same(one: File, other: File, *keywords: str) -> bool:
    """Return whether two files have the same values of some keywords."""
    return all(one[keyword] == other[keyword] for keyword in keywords)


class Recipe(NamedTuple):
    """What a recipe of asn-recipes(7) is run on, and what it should give.

    Attributes
    ----------
    files : list of File
    levels : tuple of str
        The levels at which each is there.
    expected : callable
        Gives the associations for the files.
    """

    files: list[File]
    levels: tuple[str, ...]
    expected: Expected


def in_folder(files: list[File], folder: str) -> list[File]:
    return [file for file in files if file.folder == folder]


def with_backgrounds(files: list[File], kind: str, level: str, *keywords: str) -> Iterable[Association]:
    """Each science exposure with the background exposures that have the same keywords."""
    for file in in_folder(files, "science"):
        yield one(
            kind,
            ("science", file.at(level)),
            *(("background", sky.at(level)) for sky in in_folder(files, "sky") if same(file, sky, *keywords)),
        )


def alone(files: Iterable[File], kind: str, level: str) -> Iterable[Association]:
    """Each file by itself."""
    return (one(kind, ("science", file.at(level))) for file in files)


# MIRI MRS: science and background observation, four dithers, two of the three bands.
MRS = [
    file
    for folder, observation, count, target in (("science", 1, 4, "GALAXY"), ("sky", 2, 2, "GALAXY-SKY"))
    for act, band in (("02", "SHORT"), ("04", "LONG"))
    for detector, channel in (("mirifushort", "12"), ("mirifulong", "34"))
    for file in exposures(
        folder, observation, detector, count, act=act, INSTRUME="MIRI", EXP_TYPE="MIR_MRS", BAND=band,
        CHANNEL=channel, TARGPROP=target, PATTTYPE="4-POINT" if folder == "science" else "2-POINT",
    )
]  # fmt: skip


def mrs(files: list[File]) -> Iterable[Association]:
    # Cells 53 to 72: backgrounds of the same CHANNEL and BAND; one spec3 of all bands with the backgrounds'
    # spectra, for which each background is calibrated by itself.
    yield from with_backgrounds(files, "spec2", "rate", "CHANNEL", "BAND")
    yield from alone(in_folder(files, "sky"), "spec2", "rate")
    yield one(
        "spec3",
        *(("science", file.at("cal")) for file in in_folder(files, "science")),
        *(("background", file.at("x1d")) for file in in_folder(files, "sky")),
    )


def selfcal(files: list[File]) -> Iterable[Association]:
    # MRS, cells 57 and 59: all files of the same CHANNEL find bad pixels, the exposure itself too.
    for kind, members in with_backgrounds(files, "spec2", "rate", "CHANNEL", "BAND"):
        [science] = [file for file in files if ("science", file.at("rate")) in members]
        channel = [file for file in files if same(science, file, "CHANNEL")]
        yield one(kind, *members, *(("selfcal", file.at("rate")) for file in channel))


# MIRI LRS in the slit: two nods, in each of which the other is the sky.
LRS = exposures(
    "lrs", 1, "mirimage", 2, INSTRUME="MIRI", EXP_TYPE="MIR_LRS-FIXEDSLIT", FILTER="P750L",
    PATTTYPE="ALONG-SLIT-NOD",
)  # fmt: skip


def lrs(files: list[File]) -> Iterable[Association]:
    # Cells 46 to 63: the list of nods, and the same reversed.
    for file, other in zip(files, reversed(files), strict=True):
        yield one("spec2", ("science", file.at("rate")), ("background", other.at("rate")))
    yield one(
        "spec3",
        *(("science", file.at("cal")) for file in files),
        *(("background", file.at("x1d")) for file in files),
    )


# MIRI imaging: two filters, a background observation of each.
IMAGES = [
    file
    for folder, observation, count in (("science", 1, 3), ("sky", 2, 2))
    for act, name in (("02", "F770W"), ("04", "F1500W"))
    for file in exposures(
        folder, observation, "mirimage", count, act=act, INSTRUME="MIRI", EXP_TYPE="MIR_IMAGE", FILTER=name,
        TARGPROP=folder.upper(),
    )
]  # fmt: skip


def images(files: list[File]) -> Iterable[Association]:
    # Cells 50 to 64: backgrounds of the same FILTER; a mosaic, which here is one for each filter.
    yield from with_backgrounds(files, "image2", "rate", "FILTER")
    yield from by(in_folder(files, "science"), "image3", "cal", "FILTER")


def by(files: Iterable[File], kind: str, level: str, *keywords: str) -> Iterable[Association]:
    """An association for each combination of values of some keywords."""
    groups: dict[tuple[Any, ...], list[File]] = {}
    for file in files:
        groups.setdefault(tuple(file[keyword] for keyword in keywords), []).append(file)
    for group in groups.values():
        yield one(kind, *(("science", file.at(level)) for file in group))


# MIRI coronagraphy: two rolls of the star, a reference star, a sky for each of the two.
CORON = [
    file
    for folder, observation, count, target, is_psf in (
        ("roll1", 1, 1, "STAR", False),
        ("roll2", 2, 1, "STAR", False),
        ("reference", 3, 3, "REFERENCE", True),
        ("sky", 4, 2, "SKY", False),
        ("sky-reference", 5, 2, "SKY-REFERENCE", False),
    )
    for file in exposures(
        folder, observation, "mirimage", count, INSTRUME="MIRI", EXP_TYPE="MIR_4QPM", FILTER="F1065C",
        CORONMSK="4QPM_1065", SUBARRAY="MASK1065", TARGPROP=target, IS_PSF=is_psf, BKGDTARG="sky" in folder,
    )
]  # fmt: skip


def coron(files: list[File]) -> Iterable[Association]:
    # Cells 57 to 71: the star's sky for both rolls, the reference's for the reference; all of one FILTER and
    # CORONMSK; then both rolls with the reference.
    rolls, reference = in_folder(files, "roll1") + in_folder(files, "roll2"), in_folder(files, "reference")
    for stars, folder in ((rolls, "sky"), (reference, "sky-reference")):
        for star in stars:
            sky = [each for each in in_folder(files, folder) if same(star, each, "FILTER", "CORONMSK")]
            yield one(
                "image2",
                ("science", star.at("rateints")),
                *(("background", each.at("rateints")) for each in sky),
            )
    yield one(
        "coron3",
        *(("science", file.at("calints")) for file in rolls),
        *(("psf", file.at("calints")) for file in reference),
    )


# NIRSpec IFU: four nods with their leakcals.
IFU = [
    file
    for folder, act, imprint in (("ifu", "02", False), ("ifu", "04", True))
    for file in exposures(
        folder, 1, "nrs1 nrs2", 4, act=act, INSTRUME="NIRSPEC", EXP_TYPE="NRS_IFU", FILTER="F170LP",
        GRATING="G235H", PATTTYPE="4-POINT-NOD", IS_IMPRT=imprint, GWA_XTIL=0.3, GWA_YTIL=0.1,
    )
]  # fmt: skip


def ifu(files: list[File]) -> Iterable[Association]:
    # Cells 62 to 85: per detector, the other nods are the sky, and the leakcals of the same tilt of the
    # grating the imprints.
    nods = [file for file in files if not file["IS_IMPRT"]]
    for nod in nods:
        like = [file for file in files if same(nod, file, "DETECTOR", "FILTER", "GRATING")]
        yield one(
            "spec2",
            ("science", nod.at("rate")),
            *(("background", each.at("rate")) for each in like if not each["IS_IMPRT"] and each is not nod),
            *(
                ("imprint", each.at("rate"))
                for each in like
                if each["IS_IMPRT"] and same(nod, each, "GWA_XTIL", "GWA_YTIL")
            ),
        )
    yield from by(nods, "spec3", "cal", "FILTER", "GRATING")


# NIRSpec fixed slit: three nods with two subpixel positions each.
SLIT = exposures(
    "fs", 1, "nrs1 nrs2", 6, INSTRUME="NIRSPEC", EXP_TYPE="NRS_FIXEDSLIT", FILTER="F170LP", GRATING="G235H",
    FXD_SLIT="S200A1", SUBARRAY="SUBS200A1", SUBPXPTS=2, PATTTYPE="3-POINT",
)  # fmt: skip


def slit(files: list[File]) -> Iterable[Association]:
    # Cells 66 to 79: the exposures at other primary positions, (PATT_NUM - 1) // SUBPXPTS, are the sky.
    for nod in files:
        yield one(
            "spec2",
            ("science", nod.at("rate")),
            *(
                ("background", each.at("rate"))
                for each in files
                if same(nod, each, "DETECTOR", "FILTER", "GRATING", "FXD_SLIT")
                and (nod["PATT_NUM"] - 1) // nod["SUBPXPTS"] != (each["PATT_NUM"] - 1) // each["SUBPXPTS"]
            ),
        )
    yield from by(files, "spec3", "cal", "FILTER", "GRATING", "FXD_SLIT")


# NIRSpec MOS: three nods, of two configurations.
MOS = [
    file
    for act, metafile in (("02", "jw01523001001_01_msa.fits"), ("04", "jw01523001001_02_msa.fits"))
    for file in exposures(
        "mos", 1, "nrs1 nrs2", 3, act=act, INSTRUME="NIRSPEC", EXP_TYPE="NRS_MSASPEC", FILTER="F170LP",
        GRATING="G235M", MSAMETFL=metafile, NOD_TYPE="3-SHUTTER-SLITLET",
    )
]  # fmt: skip


def mos(files: list[File]) -> Iterable[Association]:
    # Cells 64 to 82: the other nods of the same configuration are the sky.
    for nod in files:
        yield one(
            "spec2",
            ("science", nod.at("rate")),
            *(
                ("background", each.at("rate"))
                for each in files
                if each is not nod and same(nod, each, "DETECTOR", "FILTER", "GRATING", "MSAMETFL")
            ),
        )
    yield from by(files, "spec3", "cal", "FILTER", "GRATING")


def segments(files: Iterable[File], count: int) -> list[File]:
    """Cut exposures into segments, as long time series are."""
    return [
        file._replace(
            root=file.root.replace(
                f"_{file['DETECTOR'].lower()}", f"-seg{number:03d}_{file['DETECTOR'].lower()}"
            ),
            cards={**file.cards, "EXSEGNUM": number, "EXSEGTOT": count},
        )
        for file in files
        for number in range(1, count + 1)
    ]


# NIRSpec bright object time series, and NIRISS SOSS with an exposure that is for calibration only.
SERIES = [
    *segments(
        exposures(
            "bots", 1, "nrs1 nrs2", INSTRUME="NIRSPEC", EXP_TYPE="NRS_BRIGHTOBJ", FILTER="F290LP",
            GRATING="G395H", FXD_SLIT="S1600A1", SUBARRAY="SUB2048", TSOVISIT=True, NINTS=400,
        ),
        3,
    ),
    *segments(
        exposures(
            "soss", 2, "nis", INSTRUME="NIRISS", EXP_TYPE="NIS_SOSS", FILTER="CLEAR", PUPIL="GR700XD",
            SUBARRAY="SUBSTRIP256", TSOVISIT=True, NINTS=300,
        ),
        2,
    ),
    *exposures(
        "soss", 2, "nis", act="04", INSTRUME="NIRISS", EXP_TYPE="NIS_SOSS", FILTER="F277W", PUPIL="GR700XD",
        SUBARRAY="SUBSTRIP256", TSOVISIT=True, NINTS=1,
    ),
]  # fmt: skip


def series(files: list[File]) -> Iterable[Association]:
    # BOTS, cells 51 to 65, less its self-calibration; SOSS, cells 66 and 67: all segments of one setting.
    bots, soss = (
        in_folder(files, "bots"),
        [file for file in in_folder(files, "soss") if file["FILTER"] == "CLEAR"],
    )
    yield from alone(bots + soss, "tso-spec2", "rateints")
    yield from by(bots, "tso3", "calints", "FILTER", "GRATING")
    yield from by(soss, "tso3", "calints", "FILTER")


# NIRISS and NIRCam slitless: direct images before and after each grism.
WFSS = [
    *(
        file
        for act, kind, name in (
            ("02", "NIS_IMAGE", "CLEAR"), ("04", "NIS_WFSS", "GR150R"), ("06", "NIS_IMAGE", "CLEAR"),
            ("08", "NIS_WFSS", "GR150C"), ("0A", "NIS_IMAGE", "CLEAR"),
        )
        for file in exposures(
            "niriss", 1, "nis", 2, act=act, INSTRUME="NIRISS", EXP_TYPE=kind, FILTER=name, PUPIL="F115W"
        )
    ),
    *(
        file
        for act, kind, pupil in (("02", "NRC_WFSS", "GRISMR"), ("04", "NRC_IMAGE", "CLEAR"))
        for file in exposures(
            "nircam", 2, "nrcalong", 2, act=act, INSTRUME="NIRCAM", EXP_TYPE=kind, FILTER="F444W",
            PUPIL=pupil, CHANNEL="LONG", MODULE="A",
        )
    ),
]  # fmt: skip


def wfss(files: list[File]) -> Iterable[Association]:
    # NIRISS WFSS, cells 68 to 110: direct images combined by PUPIL; each grism exposure with the combined
    # image of its PUPIL, whose name is the one that image3 gives it; spectra by grism and PUPIL.
    for folder, observation, path in (("niriss", 1, "clear-f115w"), ("nircam", 2, "clear-f444w")):
        name = f"jw{PROGRAM}-o{observation:03d}_t001_{folder}_{path}"
        here = in_folder(files, folder)
        grism = [file for file in here if file["EXP_TYPE"].endswith("WFSS")]
        direct = [file for file in here if file not in grism]
        yield from alone(direct, "image2", "rate")
        yield from by(direct, "image3", "cal", "FILTER", "PUPIL")
        for file in grism:
            yield one(
                "spec2",
                ("science", file.at("rate")),
                ("direct_image", f"{name}_i2d.fits"),
                ("sourcecat", f"{name}_cat.ecsv"),
                ("segmap", f"{name}_segm.fits"),
            )
        yield from by(grism, "spec3", "cal", "FILTER", "PUPIL")


# NIRISS AMI: a star and a reference star, in two filters.
AMI = [
    file
    for folder, observation, target, is_psf in (
        ("star", 1, "STAR", False), ("reference", 2, "REFERENCE", True)
    )
    for act, name in (("02", "F380M"), ("04", "F480M"))
    for file in exposures(
        folder, observation, "nis", act=act, INSTRUME="NIRISS", EXP_TYPE="NIS_AMI", FILTER=name, PUPIL="NRM",
        SUBARRAY="SUB80", TARGPROP=target, IS_PSF=is_psf,
    )
]  # fmt: skip


def ami(files: list[File]) -> Iterable[Association]:
    # Cells 19 to 72: the star with the reference of the same FILTER.
    yield from alone(files, "image2", "rateints")
    for star in in_folder(files, "star"):
        yield one(
            "ami3",
            ("science", star.at("calints")),
            *(
                ("psf", each.at("calints"))
                for each in in_folder(files, "reference")
                if same(star, each, "FILTER")
            ),
        )


# NIRCam imaging: two observations of one field in a short and a long filter.
MOSAIC = [
    file
    for observation in (1, 2)
    for detectors, name, channel in (("nrca1 nrca2", "F200W", "SHORT"), ("nrcalong", "F444W", "LONG"))
    for file in exposures(
        "nircam", observation, detectors, 2, INSTRUME="NIRCAM", EXP_TYPE="NRC_IMAGE", FILTER=name,
        PUPIL="CLEAR", CHANNEL=channel, MODULE="A",
    )
]  # fmt: skip


def mosaic(files: list[File]) -> Iterable[Association]:
    # Cells 74 to 78, which part short and long by the names of detectors: here by FILTER.
    yield from by(files, "image3", "cal", "FILTER", "PUPIL")


# NIRCam coronagraphy: two rolls and a reference star.
NIRCAM_CORON = [
    file
    for folder, observation, count, target, is_psf in (
        ("roll1", 1, 1, "STAR", False), ("roll2", 2, 1, "STAR", False), ("reference", 3, 5, "REFERENCE", True)
    )
    for file in exposures(
        folder, observation, "nrcalong", count, INSTRUME="NIRCAM", EXP_TYPE="NRC_CORON", FILTER="F335M",
        PUPIL="MASKRND", CHANNEL="LONG", MODULE="A", SUBARRAY="SUB320A335R", TARGPROP=target, IS_PSF=is_psf,
    )
]  # fmt: skip


def nircam_coron(files: list[File]) -> Iterable[Association]:
    # Cells 66 to 70: science and reference told apart by IS_PSF, by FILTER.
    yield one(
        "coron3",
        *(("psf" if file["IS_PSF"] else "science", file.at("calints")) for file in files),
    )


RECIPES = {
    "MIRI MRS with a dedicated background": Recipe(MRS, ("rate",), mrs),
    "Self-calibration, for MIRI MRS": Recipe(MRS, ("rate",), selfcal),
    "MIRI LRS, nodded along the slit": Recipe(LRS, ("rate",), lrs),
    "MIRI images with a dedicated background": Recipe(IMAGES, ("rate",), images),
    "MIRI coronagraphy": Recipe(CORON, ("rateints",), coron),
    "NIRSpec IFU with leakcals and nods": Recipe(IFU, ("rate",), ifu),
    "NIRSpec fixed slits, nodded": Recipe(SLIT, ("rate",), slit),
    "NIRSpec MOS, nodded": Recipe(MOS, ("rate",), mos),
    "Time series in segments": Recipe(SERIES, ("rateints",), series),
    "Slitless spectra with direct images": Recipe(WFSS, ("rate",), wfss),
    "NIRISS AMI with a reference star": Recipe(AMI, ("rateints",), ami),
    "NIRCam mosaic of two observations": Recipe(MOSAIC, ("rate", "cal"), mosaic),
    "NIRCam coronagraphy": Recipe(NIRCAM_CORON, ("calints",), nircam_coron),
}
