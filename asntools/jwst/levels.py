"""What each calibration pipeline reads: the levels of product, and the keywords of the association.

One table from the code of jwst 3.0.0. A fact stands beside the file that it is from; the paths are
those of the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from asntools.jwst.exposures import ACQUISITIONS, CALIBRATED, CORONAGRAPHIC, TIME_SERIES, attributes_of
from asntools.jwst.exptypes import BACKGROUND, SCIENCE
from asntools.jwst.optical_paths import is_occulted
from asntools.jwst.suffixes import stem

LEVELS = frozenset(
    """
    uncal ramp rate rateints
    cal calints i2d s2d s3d x1d x1dints cat segm
    crf crfints c1d psfstack psfalign psfsub wfscmb ami-oi aminorm-oi
    """.split()
)
"""The suffixes that tell the level of a file. Others may be anybody's own and tell nothing."""


class Pipeline(NamedTuple):
    """What a pipeline reads of an association."""

    stage: int  # of calibration, 2 or 3
    reads: Mapping[str, tuple[str, ...]]  # for each exptype, the levels that the stage before makes for it
    keywords: tuple[str, ...] = ()  # without which it stops
    takes_yaml: bool = True


_RATES = ("rate", "rateints")

# Both pipelines of Stage 2 read the name of each product. Whichever reads asn_pool gets a default
# (jwst/associations/lib/rules_level2_base.py).
# jwst/pipeline/calwebb_image2.py: process_exposure_product opens science and background as they are, and runs
# the steps that follow ramp fitting.
_IMAGE2 = Pipeline(2, {"science": _RATES, "background": _RATES})

# jwst/pipeline/calwebb_spec2.py: process_exposure_product; jwst/badpix_selfcal and jwst/imprint open selfcal
# and imprint. The three companions are read for slitless spectra alone: the catalogue is a table
# (jwst/lib/catalog_utils.py), the image and the map are of the same pixels (jwst/wfss_contam).
# target_acquisition is read for MIRI's LRS alone, which an association does not tell; of another level than
# _cal, jwst/targ_centroid passes it over.
_SPEC2 = Pipeline(
    2,
    {
        "science": _RATES,
        "background": _RATES,
        "imprint": _RATES,
        "selfcal": _RATES,
        "sourcecat": ("cat",),
        "segmap": ("segm",),
        "direct_image": ("i2d",),
    },
)

# jwst/pipeline/calwebb_image3.py reads science alone; resample takes 2D images alone
# (jwst/resample/resample_step.py). It reads YAML (_load_input_as_library), and no keyword unguarded.
_IMAGE3 = Pipeline(3, {"science": ("cal",)})

# The next three open the association as a ModelContainer, which reads asn_pool (jwst/datamodels/container.py,
# from_asn) and which is found by the extension .json (stdatamodels 6.0.0, filetype.py).
# jwst/pipeline/calwebb_spec3.py: the backgrounds are combined as spectra (jwst/master_background,
# combine_1d_spectra).
_SPEC3 = Pipeline(3, {"science": ("cal",), "background": ("x1d",)}, ("asn_pool",), takes_yaml=False)

# jwst/pipeline/calwebb_coron3.py: asn_id; jwst/outlier_detection/coron.py takes cubes alone.
_COUPLE = {"science": ("calints",), "psf": ("calints",)}
_CORON3 = Pipeline(3, _COUPLE, ("asn_id", "asn_pool"), takes_yaml=False)

# jwst/pipeline/calwebb_tso3.py: asn_id; int_times of cubes; jwst/tso_photometry opens a cube.
_TSO3 = Pipeline(3, {"science": ("calints",)}, ("asn_id", "asn_pool"), takes_yaml=False)

# jwst/pipeline/calwebb_ami3.py: asn_id and asn_pool; jwst/ami/ami_analyze_step.py opens images and cubes.
_AMI3 = Pipeline(3, {"science": ("cal", "calints"), "psf": ("cal", "calints")}, ("asn_id", "asn_pool"))

# jwst/wfs_combine/wfs_combine_step.py: asn_pool; combines two images.
_WFS_IMAGE3 = Pipeline(3, {"science": ("cal",)}, ("asn_pool",))

PIPELINES: dict[str, Pipeline] = {
    "image2": _IMAGE2,
    "tso-image2": _IMAGE2,
    "wfs-image2": _IMAGE2,
    "spec2": _SPEC2,
    "tso-spec2": _SPEC2,
    "nrslamp-spec2": _SPEC2,
    "image3": _IMAGE3,
    "spec3": _SPEC3,
    "coron3": _CORON3,
    "tso3": _TSO3,
    "ami3": _AMI3,
    "wfs-image3": _WFS_IMAGE3,
}
"""Every asn_type, and the pipeline that takes it."""

READ_ONCE = ("science", "direct_image", "segmap", "sourcecat")
"""The roles in which Stage 2 reads the first member of a product and no other (jwst 3.0.0, jwst.pipeline)."""


def level_of(expname: str) -> str | None:
    """Return the level of a file, as its suffix tells it: ``rate`` for ``a/jw1_nis_rate.fits.gz``."""
    suffix = stem(expname).rpartition("_")[2].lower()
    return suffix if suffix in LEVELS else None


# What Stage 3 makes of a level first, once outliers are flagged; its pipelines can start from that again.
_FLAGGED = {"cal": "crf", "calints": "crfints"}


def levels_read(asn_type: str, stage: int | None) -> Mapping[str, tuple[str, ...]]:
    """Return the levels that are read in each role, for an association of a type or else of a stage.

    Of an unknown type, a role is in it only where all pipelines of the stage read it.
    """
    if asn_type in PIPELINES:
        return PIPELINES[asn_type].reads
    pipelines = [each for each in PIPELINES.values() if each.stage == stage]
    return {
        role: tuple(dict.fromkeys(level for each in pipelines for level in each.reads[role]))
        for role in (pipelines[0].reads if pipelines else ())
        if all(role in each.reads for each in pipelines)
    }


def is_read(level: str, levels: tuple[str, ...]) -> bool:
    """Return whether a pipeline that reads some levels can start from this one."""
    return level in levels or any(_FLAGGED.get(each) == level for each in levels)


NAMING_ATTRIBUTES = ("detector", "exp_type", "pntgtype", "pupil", "subarray", "tsovisit")
"""The attributes of an exposure that decide on the name of a member."""


@lru_cache(maxsize=4096)
def level_before(
    naming: tuple[str | None, ...], stage: int, exptype: str, time_series: bool, averaging: bool
) -> str:
    """Return the level of the file that the pipelines make of an exposure before a stage.

    Parameters
    ----------
    naming : tuple of str
        The exposure's values of `NAMING_ATTRIBUTES`.
    exptype : str
        What the exposure is in its group.
    time_series, averaging : bool
        As in `keeps_integrations`.
    """
    attributes = attributes_of(dict(zip(NAMING_ATTRIBUTES, naming, strict=True)))
    if stage == 2:
        level = "rate"
    elif exptype == BACKGROUND:
        level = "x1d"
    else:
        level = "cal" if attributes.get("exp_type") in CALIBRATED else "rate"
    integrations = keeps_integrations(attributes, time_series=time_series, averaging=averaging)
    return f"{level}ints" if integrations else level


def keeps_integrations(attributes: Mapping[str, str], *, time_series: bool, averaging: bool) -> bool:
    """Return whether the pipelines keep the integrations of an exposure apart in what they make of it.

    `attributes` are those of `attributes_of`. A group may be a time series, or take coronagraphic exposures
    as images (`averaging`).
    """
    exp_type = attributes.get("exp_type", "")
    if attributes.get("pntgtype") != SCIENCE or exp_type in ACQUISITIONS:
        return False
    if time_series or attributes.get("tsovisit") == "t" or exp_type == "nis_ami" or exp_type in TIME_SERIES:
        return True
    if exp_type not in CORONAGRAPHIC or averaging:
        return False
    return exp_type != "nrc_coron" or is_occulted(attributes)
