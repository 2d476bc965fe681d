"""What each calibration pipeline reads: the levels of product, and the keywords of the association.

One table from the code of jwst 3.0.0. Each fact is next to the file that it comes from; paths are relative to
the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from asntools.jwst.exptypes import BACKGROUND, PSF, SCIENCE, SELFCAL
from asntools.jwst.suffixes import stem

LEVELS = frozenset(
    """
    uncal ramp rate rateints
    cal calints i2d s2d s3d x1d x1dints cat segm
    crf crfints c1d psfstack psfalign psfsub wfscmb ami-oi aminorm-oi
    """.split()
)
"""The suffixes that tell the level of a file. Others may be the user's own and mean nothing."""


class Pipeline(NamedTuple):
    """What a pipeline reads from an association."""

    stage: int  # of calibration, 2 or 3
    reads: Mapping[str, tuple[str, ...]]  # for each exptype, the levels that the stage before makes for it
    keywords: tuple[str, ...] = ()  # without which it stops
    takes_yaml: bool = True
    needs_psf: bool = False  # and stops without
    pairs: bool = False  # makes any number of products, each of two exposures and with its name as it is
    drops_capitals: bool = False  # passes over members whose exptype is in capitals


RATES = ("rate", "rateints")
"""The levels that Stage 2 starts from."""
_ID_AND_POOL = ("asn_id", "asn_pool")

PIPELINES: dict[str, Pipeline] = {
    # Both pipelines of Stage 2 read the name of each product. Whichever reads asn_pool gets a default
    # (jwst/associations/lib/rules_level2_base.py).
    # jwst/pipeline/calwebb_image2.py: process_exposure_product opens science and background as they are, and
    # runs the steps that follow ramp fitting.
    **dict.fromkeys(
        ("image2", "tso-image2", "wfs-image2"), Pipeline(2, {"science": RATES, "background": RATES})
    ),
    # jwst/pipeline/calwebb_spec2.py: process_exposure_product; jwst/badpix_selfcal and jwst/imprint open
    # selfcal and imprint. The three companions are read for slitless spectra alone: the catalogue is a table
    # (jwst/lib/catalog_utils.py), the image and the map are of the same pixels (jwst/wfss_contam).
    # target_acquisition is read for MIRI's LRS alone, which an association does not tell; of another level
    # than _cal, jwst/targ_centroid passes it over.
    **dict.fromkeys(
        ("spec2", "tso-spec2", "nrslamp-spec2"),
        Pipeline(
            2,
            {
                **dict.fromkeys(("science", "background", "imprint", "selfcal"), RATES),
                **{"sourcecat": ("cat",), "segmap": ("segm",), "direct_image": ("i2d",)},
            },
        ),
    ),
    # jwst/pipeline/calwebb_image3.py reads science alone; resample takes 2D images alone
    # (jwst/resample/resample_step.py). It reads YAML (_load_input_as_library), and no keyword unguarded; it
    # picks its members by exptype as written (stpipe 1.1.0, library.py).
    "image3": Pipeline(3, {"science": ("cal",)}, drops_capitals=True),
    # The next three open the association as a ModelContainer, which reads asn_pool
    # (jwst/datamodels/container.py, from_asn) and which is found by the extension .json (stdatamodels 6.0.0,
    # filetype.py).
    # jwst/pipeline/calwebb_spec3.py: the backgrounds are combined as spectra (jwst/master_background,
    # combine_1d_spectra).
    "spec3": Pipeline(3, {"science": ("cal",), "background": ("x1d",)}, ("asn_pool",), takes_yaml=False),
    # jwst/pipeline/calwebb_coron3.py: asn_id; jwst/outlier_detection/coron.py takes cubes alone.
    "coron3": Pipeline(
        3, dict.fromkeys(("science", "psf"), ("calints",)), _ID_AND_POOL, takes_yaml=False, needs_psf=True
    ),
    # jwst/pipeline/calwebb_tso3.py: asn_id; int_times of cubes; jwst/tso_photometry opens a cube.
    "tso3": Pipeline(3, {"science": ("calints",)}, _ID_AND_POOL, takes_yaml=False),
    # jwst/pipeline/calwebb_ami3.py: asn_id and asn_pool; jwst/ami/ami_analyze_step.py opens images and cubes.
    "ami3": Pipeline(3, dict.fromkeys(("science", "psf"), ("cal", "calints")), _ID_AND_POOL),
    # jwst/wfs_combine/wfs_combine_step.py: asn_pool; combines two images, and takes the product's name as it
    # is.
    "wfs-image3": Pipeline(3, {"science": ("cal",)}, ("asn_pool",), pairs=True),
}
"""Every asn_type, and the pipeline that takes it."""

READ_ONCE = ("science", "direct_image", "segmap", "sourcecat")
"""The roles in which Stage 2 reads only the first member of a product (jwst 3.0.0, jwst.pipeline)."""


def level_of(expname: str) -> str | None:
    """Return the level of a file, according to its suffix: ``rate`` for ``a/jw1_nis_rate.fits.gz``."""
    suffix = stem(expname).rpartition("_")[2].lower()
    return suffix if suffix in LEVELS else None


_NONE = Pipeline(0, {})


def pipeline_of(asn_type: str) -> Pipeline:
    """Return the pipeline that takes a type; for an unknown type, one that reads and needs nothing."""
    return PIPELINES.get(asn_type, _NONE)


def is_of_integrations(level: str | None) -> bool:
    """Return whether the files of a level keep integrations apart: ``rateints``, ``calints``."""
    return level is not None and level.endswith("ints")


def may_be(role: str, kind: str, stage: int | None, asn_type: str) -> bool:
    """Return whether an exposure that was taken as one kind may have a role in an association."""
    if role == SCIENCE:
        # Stage 2 calibrates every exposure as science, and Stage 3 makes products of backgrounds too.
        if stage != 3 or kind in (SCIENCE, BACKGROUND):
            return True
        return kind == PSF and PSF not in pipeline_of(asn_type).reads
    if role in (BACKGROUND, SELFCAL):
        return kind in (SCIENCE, BACKGROUND)  # in a nod, each is sky to the others
    return role == kind


MADE_BY_STAGE2 = frozenset(("cal", "calints", "x1d", "x1dints"))
"""The levels of Stage 3 members that Stage 2 makes from an exposure."""

# What Stage 3 makes of a level first, once outliers are flagged; its pipelines can start from that again.
_FLAGGED = {"cal": "crf", "calints": "crfints"}


def levels_read(asn_type: str, stage: int | None) -> Mapping[str, tuple[str, ...]]:
    """Return the levels that are read in each role, for an association of a type or, failing that, a stage.

    For an unknown type, a role is included only if all pipelines of the stage read it.
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
