"""The footprints of the members of associations on the sky, as a picture."""

from __future__ import annotations

import io
import logging
import math
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from asntools.asn.products import exptype_of, name_of, products_of
from asntools.common.faults import Fault, Report, printable
from asntools.fmt.columns import cut
from asntools.fmt.diagrams import LOOKS
from asntools.fmt.footprints import Field, Footprints, fields_of
from asntools.fmt.graph import Role, role_of
from asntools.jwst.regions import Position, middle

MOST_PANELS = 12
"""How many fields are drawn; more would be too small to read."""

_ARCSECOND = 1 / 3600


def sky(
    asns: Iterable[Mapping[str, Any]], footprints: Footprints, report: Report, *, picture: str = "svg"
) -> bytes:
    """Draw the footprints of the members of each product, overlaid and coloured by role, as SVG or PNG.

    Anything left out is reported as a warning. Raises a `Fault` if matplotlib is not installed, or no
    positions are known.
    """
    # What it says of its own style sheets, with a newer pyparsing, is nothing to whoever wants a picture.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import astropy.visualization.wcsaxes  # noqa: F401 - which not every matplotlib suits
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise Fault(
            "--to sky needs matplotlib; install it with: pip install -U astropy 'asntools[sky]'"
        ) from error
    panels = _panels(asns, footprints, report)
    across = math.ceil(math.sqrt(len(panels)))
    down = math.ceil(len(panels) / across)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "asntools", "font.size": 8}):
        figure = Figure(figsize=(1.2 + 4.6 * across, 0.8 + 4.4 * down), layout="constrained")
        for number, (name, field) in enumerate(panels, 1):
            _draw(figure, (down, across, number), name, field)
        _legend(figure, {role for _, field in panels for _, role in field.footprints})
        made = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # a character that the font lacks is a box
            figure.savefig(
                made, format=picture, dpi=150, metadata={"Date": None} if picture == "svg" else None
            )
    return made.getvalue()


def _panels(
    asns: Iterable[Mapping[str, Any]], footprints: Footprints, report: Report
) -> list[tuple[str, Field]]:
    panels: list[tuple[str, Field]] = []
    unknown = members = 0
    for asn in asns:
        for product in products_of(dict(asn)):
            found = []
            for member in product["members"]:
                members += 1
                footprint = footprints.footprint(member["expname"])
                if footprint is None:
                    unknown += 1
                else:
                    found.append((footprint, role_of(exptype_of(member))))
            name = _text(name_of(product) or "(no name)")
            panels += [(name, field) for field in fields_of(found)]
    if not panels:
        raise Fault("the pool has no positions of the members; it needs s_region, or targ_ra and targ_dec")
    if unknown:
        report(Fault(f"the pool does not say where {unknown} of {members} members are", serious=False))
    if len(panels) > MOST_PANELS:
        what = f"only the first {MOST_PANELS} of {len(panels)} fields are drawn"
        report(Fault(f"{what}; choose fewer associations", serious=False))
    return panels[:MOST_PANELS]


def _draw(figure: Any, place: tuple[int, int, int], name: str, field: Field) -> None:
    from astropy.wcs import WCS
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Polygon

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = list(middle([footprint.centre for footprint, _ in field.footprints]))
    wcs.wcs.cdelt = [-_ARCSECOND, _ARCSECOND]

    def on_plane(places: list[Position]) -> Any:
        return wcs.wcs_world2pix(places, 0)

    axes = figure.add_subplot(*place, projection=wcs)
    extent = []
    for footprint, role in sorted(field.footprints, key=lambda each: -list(LOOKS).index(each[1])):
        line = LOOKS[role].line
        for shape in footprint.shapes:
            corners = on_plane(shape)
            extent += list(corners)
            axes.add_patch(Polygon(corners, facecolor=to_rgba(line, 0.12), edgecolor=line, linewidth=0.9))
        if not footprint.shapes:
            extent += list(on_plane([footprint.centre]))
            axes.plot(*extent[-1], marker="+", markersize=9, color=line, linestyle="none")
    xs, ys = zip(*extent, strict=True)
    half = max(max(xs) - min(xs), max(ys) - min(ys), 20) * 0.56
    axes.set_xlim((max(xs) + min(xs)) / 2 - half, (max(xs) + min(xs)) / 2 + half)
    axes.set_ylim((max(ys) + min(ys)) / 2 - half, (max(ys) + min(ys)) / 2 + half)
    axes.set_aspect("equal")
    axes.coords.grid(color="0.6", alpha=0.35, linewidth=0.5)
    axes.coords[0].set_axislabel("RA (ICRS)")
    axes.coords[1].set_axislabel("Dec (ICRS)")
    axes.set_title(cut(name, 52), fontsize=8, parse_math=False)


def _legend(figure: Any, roles: set[Role]) -> None:
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=to_rgba(look.line, 0.12), edgecolor=look.line, label=role)
        for role, look in LOOKS.items()
        if role in roles
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), frameon=False)


def _text(name: str) -> str:
    return re.sub("[\ufffe\uffff]", "\ufffd", printable(name))
