"""File names: suffixes, and the names of other products of the same exposure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

EXPOSURE_EXTENSIONS = (".fits", ".fits.gz", ".fits.fz", ".fits.bz2", ".asdf", ".ecsv")
"""The extensions of exposures, and of the catalogues among the members."""

OPENED_EXTENSIONS = ("fits", "asdf")
"""The extensions of files that the pipelines open. Source: stdatamodels 6.0.0, filetype.py."""

# The suffixes that the calibration pipelines put at the end of a product's name, and the names of their
# steps, which they accept as suffixes. Source: jwst 3.0.0, jwst.lib.suffix.
PRODUCT_SUFFIXES = frozenset(
    """
    ami ami-oi aminorm aminorm-oi blot bsub bsubints c1d cal calints cat crf crfints dark i2d mbsub
    median phot psfalign psfstack psfsub ramp rate rateints residual_fringe s2d s3d snr uncal wfscmb
    whtlt x1d x1dints
    """.split()
)
STEP_SUFFIXES = frozenset(
    """
    adaptive_trace_model adaptivetracemodelstep align_refs alignrefsstep ami3pipeline ami_analyze
    ami_normalize amianalyzestep aminormalizestep assign_mtwcs assign_wcs assignmtwcsstep
    assignwcsstep backgroundstep badpixselfcalstep barshadowstep bkg_subtract chargemigrationstep
    clean_flicker_noise cleanflickernoisestep combine1dstep combine_1d coron3pipeline cube_build
    cubebuildstep dark_current darkcurrentstep darkpipeline detector1pipeline dq_init dqinitstep
    emicorr emicorrstep engdblog extract1dstep extract2dstep extract_1d extract_2d firstframe
    firstframestep flat_field flatfieldstep fringe fringestep gain_scale gainscalestep group_scale
    groupscalestep guider_cds guidercdsstep guiderpipeline hlsp hlspstep image2pipeline
    image3pipeline imprint imprintstep ipc ipcstep jump jumpstep klip klipstep lastframe
    lastframestep linearity linearitystep master_background masterbackgroundmosstep
    masterbackgroundstep msaflagopenstep outlier_detection outlierdetectionstep pathloss
    pathlossstep persistence persistencestep photom photomstep picture_frame pictureframestep
    pixelreplacestep ramp_fit rampfitstep refpix refpixstep resample resample_spec resamplespecstep
    resamplestep reset resetstep residualfringestep rscd saturation saturationstep skymatch
    skymatchstep source_catalog sourcecatalogstep sourcetypestep spec2nrslamp spec2pipeline
    spec3pipeline spectral_leak spectralleakstep srctype stackrefs stackrefsstep straylight
    straylightstep superbias superbiasstep targ_centroid targcentroidstep tso3pipeline
    tsophotometrystep tweakreg tweakregstep wavecorrstep wfscombine wfscombinestep wfsscontamstep
    white_light whitelightstep
    """.split()
)


# The products that Stages 1 and 2 make of one exposure, and those that Stage 3 writes for each of its
# members, which have the id of the association before the suffix; the least processed first. Source: jwst
# documentation, "Science products".
EXPOSURE_SUFFIXES = """uncal ramp rate rateints bsub bsubints blot cal calints crf crfints i2d mbsub
    residual_fringe s2d s3d x1d x1dints c1d psfalign psfsub ami-oi aminorm-oi""".split()
_OF_AN_EXPOSURE = re.compile(
    rf"_(?:[aco]\d{{3,4}}_(?=crf|psf|ami))?(?P<suffix>{'|'.join(EXPOSURE_SUFFIXES)})(?P<extension>\.[^/]+)\Z",
    re.IGNORECASE,
)
_OF_STAGE3 = re.compile(r"jw\d{5}-[a-z]\d+_", re.IGNORECASE)  # program and candidate: jw01523-o001_t001_...

COMBINED_IMAGE = "i2d"
"""The suffix of combined images, and the attribute of an exposure that names its combined image."""

_OF_ONE = re.compile(r"jw\d{11}_", re.IGNORECASE)
# Stage 2 makes these from one exposure, and Stage 3 from many; the name says which it is.
_RESAMPLED = frozenset({COMBINED_IMAGE, "s2d", "s3d"})
# The ends of names that need no search for what they tell.
_FREQUENT_FILES = frozenset(f"{suffix}.fits" for suffix in ("uncal", "rate", "rateints", "cal", "calints"))

RAW = "uncal"
"""The suffix of the files that the pipelines start from."""

BEFORE_STAGE2 = frozenset((RAW, "ramp", "rate", "rateints"))
"""The suffixes of files that Stage 2 reads, and so never makes."""


@lru_cache(maxsize=1024)
def _product_of_exposure(filename: str) -> tuple[str, str, str] | None:
    # Root, suffix and extension of one exposure's product; None for another file.
    start = filename.rfind("/") + 1
    match = None if _OF_STAGE3.match(filename, start) else _OF_AN_EXPOSURE.search(filename, start + 1)
    if match is None or (match["suffix"].lower() == "c1d" and not exposure_attributes(filename)):
        return None  # a combined spectrum is of one exposure if its name says so
    return filename[: match.start()], match["suffix"], match["extension"]


def other_product(filename: str, suffix: str) -> str:
    """Return the file of another product of the same exposure, or itself if it is not a single exposure's.

    ``jw1_nis_uncal.fits.gz`` and ``rate`` give ``jw1_nis_rate.fits.gz``.
    """
    found = _product_of_exposure(filename)
    return f"{found[0]}_{suffix}{found[2]}" if found else filename


def spectrum_of(filename: str) -> str:
    """Return the spectrum that Stage 2 extracts from an exposure: ``a_x1d.fits`` for ``a_cal.fits``."""
    spectrum = other_product(filename, "x1d")
    return spectrum if spectrum != filename else f"{exposure_root(filename)}_x1d.fits"


def exposure_product(filename: str) -> tuple[str, str] | None:
    """Return the exposure and the suffix in the name of its product, or None.

    ``a/jw1_nis_o001_crf.fits.gz`` gives ``jw1_nis`` and ``crf``.
    """
    found = _product_of_exposure(filename.rsplit("/", 1)[-1])
    return (found[0], found[1].lower()) if found else None


def exposure_of(filename: str) -> str:
    """Return the common part of the names of an exposure's files: ``jw1_nis`` for ``a/jw1_nis_rate.fits``."""
    root, _, end = filename.rpartition("_")
    if root and end in _FREQUENT_FILES:
        return root.rpartition("/")[2]
    product = exposure_product(filename)
    return product[0] if product else filename


def is_of_many(filename: str) -> bool:
    """Return whether a file, by its name without a folder, is a product of several exposures."""
    product = exposure_product(filename)
    if product is not None and product[1] in _RESAMPLED:
        return _OF_ONE.match(filename) is None
    return _OF_STAGE3.match(filename) is not None


def join_files(names: Iterable[str]) -> str:
    """Return file names in the form of an exposure's attribute ``files``: separated by blanks."""
    return " ".join(re.sub(r"[%\s]", lambda match: f"%{ord(match[0]):02X}", name) for name in names)


def split_files(text: str) -> list[str]:
    """Return the names that `join_files` joined."""
    return [re.sub(r"%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), name) for name in text.split()]


@cache
def _suffix_pattern() -> re.Pattern[str]:
    suffixes = "|".join(sorted(PRODUCT_SUFFIXES | STEP_SUFFIXES))
    return re.compile(f"(?P<root>.+?)([_-]({suffixes}))?", re.DOTALL)


# Suffixes that no other one ends in, so that they need no search.
_FREQUENT = frozenset("cal calints crf rate rateints uncal x1d".split())


def remove_suffix(name: str) -> str:
    """Return `name`, which has no extension, without a known suffix: ``jw1_nis_rate`` gives ``jw1_nis``."""
    match = _suffix_pattern().fullmatch(name)
    return match["root"] if match else name


def stem(expname: str) -> str:
    """Return a file's name without folder and extension: ``jw1_rate`` for ``a/jw1_rate.fits.gz``."""
    name = expname.rsplit("/", 1)[-1]
    if name.lower().endswith((".gz", ".fz", ".bz2")):
        name = name.rpartition(".")[0]
    dot = name.rfind(".")
    return name[:dot] if dot > 0 else name


def without_candidate(root: str) -> str:
    """Return an exposure's name without the id of a candidate, which Stage 3 adds to those that it flags."""
    return re.sub(r"_[oca]\d{3,4}$", "", root)


def written_name(product: str) -> str:
    """Return the beginning of a product's files, which is its name without the parts that the pipelines cut.

    These are folders, everything from the last dot on, and a known suffix: ``m31`` for ``x/m31.north`` and
    ``m31_dark``. Source: stpipe 1.1.0, step.py, _make_output_path.
    """
    name = product.rsplit("/", 1)[-1]
    root = name[: len(name) - len(name.lstrip("."))]
    return remove_suffix(root + name[len(root) :].rsplit(".", 1)[0])


def exposure_root(expname: str) -> str:
    """Return the common part of the names of an exposure's products: ``jw1_nis_rate.fits`` gives ``jw1_nis``.

    Suffixes may be in capitals, as in ``jw1_nis_UNCAL.FITS``.
    """
    name = stem(expname)
    root, _, suffix = name.rpartition("_")
    if root and suffix.lower() in _FREQUENT:
        return root
    lower = name.lower()
    return name[: len(name) - (len(lower) - len(remove_suffix(lower)))]


# Source: jwst documentation, "File Naming Schemes", exposures.
_EXPOSURE = re.compile(r"jw\d{5}(\d{3})\d{3}_\d{5}_\d{5}_([a-z0-9]+)", re.ASCII)


def exposure_attributes(expname: str) -> dict[str, str]:
    """Return what the name of an exposure's file tells, by the names and in the form of a pool's columns."""
    match = _EXPOSURE.fullmatch(exposure_root(expname).lower())
    return {} if match is None else {"obs_num": str(int(match[1])), "detector": match[2]}


def program_in(filename: str) -> str | None:
    """Return the program in a file's name, or None."""
    match = re.match(r"jw(\d{5})", filename.rsplit("/", 1)[-1])
    return match[1] if match else None
