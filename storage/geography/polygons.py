"""How far points lie outside the division that their codes name.

    outside(points, codes) -> metres, one for each point
        points  array of shape (n, 2): longitude, latitude in degrees, WGS-84
        codes   n codes of 2 to 12 digits, each as it stands on the point
        answer  0.0 inside, metres to the border outside, nan where no border is known (or a coordinate is nan)

The borders are those of `borders.py`. They are coarse: within a kilometre of a border one point in five stands on the
wrong side, so the answer is good for a warning with a tolerance (`TOLERANCE`), never for a refusal.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from storage.geography.borders import code_of, features

TOLERANCE: Final = 2000.0
"""Metres beyond which a point is worth a warning: within them the borders themselves are not sure."""

METRES_A_DEGREE: Final = 111_195.0
_LEVELS = (("district", 6), ("city", 4), ("province", 2))
PROVINCES: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")
"""First digits of the divisions there are (GB/T 2260): for any other no border need be read, which takes seconds."""


def outside(points: NDArray[np.float64], codes: Sequence[str]) -> NDArray[np.float64]:
    """Return how many metres each point lies outside the division that its code names.

    Where the borders of a division are not known (it is newer than they are), those of what it lies in are taken.
    Towns and villages are held to their county. The distance is measured on a plane at the latitude of the point, which
    is good to a per cent up to a hundred kilometres.
    """
    found = np.full(len(points), np.nan)
    if not len(points):
        return found
    names, of = np.unique(np.asarray(codes, dtype=str), return_inverse=True)
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(len(names) + 1))
    for place, name in enumerate(names):
        area = _area(str(name))
        if area is not None:
            rows = order[starts[place] : starts[place + 1]]
            found[rows] = _beyond(area, points[rows])
    return found


def holding(points: NDArray[np.float64]) -> list[str]:
    """Return the county that holds each point, six digits; "" where none does."""
    codes, _ = _borders("district")
    told = [""] * len(points)
    rows, hits = _tree().query(shapely.points(points), predicate="intersects")
    for row, hit in zip(rows.tolist(), hits.tolist(), strict=True):
        told[row] = codes[hit]
    return told


def _beyond(area: shapely.Geometry, points: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(points).all(axis=1)
    metres = np.where(known, 0.0, np.nan)
    out = np.flatnonzero(known & ~shapely.intersects_xy(area, points[:, 0], points[:, 1]))
    if not len(out):
        return metres
    far = points[out]
    scale = np.cos(np.radians(np.clip(far[:, 1], -89.0, 89.0)))
    # One plane for all would bend distances: the country is wide. Points of one division mostly lie near each other.
    for band in np.unique(np.round(scale, 2)):
        rows = np.flatnonzero(np.round(scale, 2) == band)
        plane = shapely.transform(area, lambda xy, band=band: xy * (band, 1.0))
        metres[out[rows]] = shapely.distance(plane, shapely.points(far[rows] * (band, 1.0))) * METRES_A_DEGREE
    return metres


@cache
def _area(code: str) -> shapely.Geometry | None:
    """Return the narrowest area with known borders that has to hold what lies in `code`."""
    digits = code[:6] if code.isascii() and code.isdigit() and PROVINCES.match(code) else ""
    for level, length in _LEVELS:
        if len(digits) >= length:
            key = digits[:length].ljust(6, "0")
            area = _by_code(level).get(key)
            if area is not None:
                shapely.prepare(area)
                return area
    return None


@cache
def _by_code(level: str) -> dict[str, shapely.Geometry]:
    codes, areas = _borders(level)
    return dict(zip(codes, areas, strict=True))


@cache
def _tree() -> shapely.STRtree:
    return shapely.STRtree(_borders("district")[1])


@cache
def _borders(level: str) -> tuple[list[str], list[shapely.Geometry]]:
    """Return codes and areas of one level; lines that only mark a border have no code and are left out."""
    codes, areas = [], []
    for feature in features(level):
        code, shape = code_of(feature), feature["geometry"]
        if code and shape["type"] in {"Polygon", "MultiPolygon"}:
            parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
            area = shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in parts])
            codes.append(code)
            areas.append(area if area.is_valid else shapely.make_valid(area))
    return codes, areas
