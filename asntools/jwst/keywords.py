"""The keywords of FITS headers that describe an exposure, and the attribute of a pool that each becomes.

Keywords and paths are those of the core schema of stdatamodels 6.0.0, stdatamodels.jwst.datamodels,
core.schema; attributes without a keyword there are read from the keyword with the attribute's name, if a
header has it.
"""

from __future__ import annotations

from typing import NamedTuple


class Keyword(NamedTuple):
    """A keyword of a header, and the exposure's attribute that it becomes.

    The attribute's form is lower-case ``text``, an ``integer`` without leading zeros, a ``real`` number, a
    ``tilt``, which is a number rounded to 8 decimals, or a ``flag``, t or f.
    """

    name: str
    attribute: str
    form: str
    path: str  # its path below ``meta`` in the core schema, or ``-``


KEYWORDS = tuple(
    Keyword(*row.split())
    for row in """
PROGRAM   program    integer  observation.program_number
OBSERVTN  obs_num    integer  observation.observation_number
VISIT     visit      integer  observation.visit_number
VISIT_ID  visit_id   text     observation.visit_id
VISITGRP  visitgrp   integer  observation.visit_group
SEQ_ID    seq_id     integer  observation.sequence_id
ACT_ID    act_id     text     observation.activity_id
EXPOSURE  exposure   integer  observation.exposure_number
OBS_ID    obs_id     text     observation.obs_id
TEMPLATE  template   text     observation.template
VISITYPE  visitype   text     visit.type
TSOVISIT  tsovisit   flag     visit.tsovisit
BKGDTARG  bkgdtarg   flag     observation.bkgdtarg
IS_IMPRT  is_imprt   flag     exposure.imprint
IS_PSF    is_psf     flag     exposure.psf_reference
TARGPROP  targprop   text     target.proposer_name
TARGNAME  targname   text     target.catalog_name
TARGTYPE  targtype   text     target.type
TARG_RA   targ_ra    real     target.ra
TARG_DEC  targ_dec   real     target.dec
INSTRUME  instrume   text     instrument.name
DETECTOR  detector   text     instrument.detector
MODULE    module     text     instrument.module
CHANNEL   channel    text     instrument.channel
BAND      band       text     instrument.band
FILTER    filter     text     instrument.filter
PUPIL     pupil      text     instrument.pupil
GRATING   grating    text     instrument.grating
FXD_SLIT  fxd_slit   text     instrument.fixed_slit
CORONMSK  coronmsk   text     instrument.coronagraph
OPMODE    opmode     text     instrument.lamp_mode
LAMP      lamp       text     instrument.lamp_state
MSASTATE  msastate   text     instrument.msa_state
MSAMETFL  msametfl   text     instrument.msa_metadata_file
GWA_XTIL  gwa_xtil   tilt     instrument.gwa_xtilt
GWA_YTIL  gwa_ytil   tilt     instrument.gwa_ytilt
SUBARRAY  subarray   text     subarray.name
APERNAME  apername   text     aperture.name
EXP_TYPE  exp_type   text     exposure.type
EXPSTART  expstart   real     exposure.start_time
NINTS     nints      integer  exposure.nints
EXSEGNUM  exsegnum   integer  exposure.segment_number
EXSEGTOT  exsegtot   integer  exposure.segment_total
PATTTYPE  patttype   text     dither.primary_type
PATT_NUM  patt_num   integer  dither.position_number
NUMDTHPT  numdthpt   integer  dither.total_points
PRIDTPTS  pridtpts   integer  dither.primary_points
SUBPXPTS  subpxpts   integer  dither.subpixel_total_points
NOD_TYPE  nod_type   text     dither.nod_type
XOFFSET   xoffset    real     dither.x_offset
YOFFSET   yoffset    real     dither.y_offset
S_REGION  s_region   text     wcsinfo.s_region
TARGETID  targetid   integer  -
PNTGTYPE  pntgtype   text     -
MOSTILNO  mostilno   integer  -
EXPSPCIN  expspcin   integer  -
DITHPTIN  dithptin   integer  -
SUBPXPNS  subpxpns   integer  -
DMS_NOTE  dms_note   text     -
EXPOSERR  exposerr   text     -
""".strip().splitlines()
)

NEEDED = {"program": "PROGRAM", "instrume": "INSTRUME", "exp_type": "EXP_TYPE", "obs_num": "OBSERVTN"}
"""The attributes that every exposure needs, and their keywords."""
