"""Outlines of divisions beside each other as one small drawing, where figures and not points are shown.

    sketch(codes) -> the areas in units of a drawing WIDTH wide, y downwards, as paths of SVG

They are simplified together, so that neighbours keep one border between them; no island is left out. Coarse, and for
orientation alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from broker.domain.catalog.divisions import GROUPS, prefix
from storage.geography.borders import Feature, code_of, features, features_in
from storage.geography.polygons import PROVINCES

WIDTH: Final = 720.0
HEIGHT: Final = 600.0
MARGIN: Final = 4.0
COARSE: Final = 2.0
"""Units that an outline may lie off, about."""

MOST: Final = 150
PROVINCE, CITY, COUNTY = GROUPS[:3]
_FILES: Final = {PROVINCE: ("province",), CITY: ("city", "district"), COUNTY: ("district",)}
"""Where the borders of a level stand; a city that has none of its own is what its counties are together."""


@dataclass(frozen=True)
class Area:
    """A division as it is drawn: its path, and the middle and the radius of the largest circle within it."""

    code: str
    name: str
    path: str
    x: float
    y: float
    room: float


@dataclass(frozen=True)
class Sketch:
    """What was drawn: the areas asked for, those beside them, and lines that mark the border of the country elsewhere.

    Attributes:
        unknown: codes of which no outline is known: towns, villages, divisions newer than the borders.
    """

    areas: tuple[Area, ...] = ()
    beside: tuple[Area, ...] = ()
    lines: str = ""
    height: float = 0.0
    unknown: tuple[str, ...] = ()


@lru_cache(64)
def sketch(codes: frozenset[str]) -> Sketch:
    """Return a drawing of divisions of one level, and of their neighbours within the same one above.

    More than MOST of them are not drawn at all: nothing could be told apart.
    """
    held = {prefix(code): code for code in sorted(codes) if PROVINCES.match(code)}
    level = max(map(len, held), default=0)
    if level not in _FILES or len(held) > MOST:
        return Sketch(unknown=tuple(sorted(codes)))
    found = _found(level, _around(list(held), level))
    if len(found) > MOST:
        found = {key: each for key, each in found.items() if key in held}
    known = [key for key in found if key in held]
    unknown = tuple(sorted(codes - {held[key] for key in known}))
    if not known:
        return Sketch(unknown=unknown)
    lines = [_geometry(it) for it in features("province") if not code_of(it)] if level == PROVINCE else []
    plane = _Plane([*(each for _, each in found.values()), *lines])
    drawn = {
        key: Area(held.get(key, key.ljust(COUNTY, "0")), name, _path(outline), *_middle(outline))
        for (key, (name, _)), outline in zip(
            found.items(), plane.simplified([each for _, each in found.values()]), strict=True
        )
    }
    return Sketch(
        tuple(drawn[key] for key in known), tuple(each for key, each in drawn.items() if key not in held),
        "".join(_path(plane.laid(each)) for each in lines), plane.height, unknown,
    )  # fmt: skip


def _around(keys: Sequence[str], level: int) -> Sequence[str]:
    """Return the digits of what lies right above divisions of a level, or their own where only the country does."""
    shared = (end for end in reversed(GROUPS) if end < level and len({key[:end] for key in keys}) == 1)
    above = keys[0][: next(shared, 0)]
    return [above] if above or level == PROVINCE else keys


def _found(level: int, within: Sequence[str]) -> dict[str, tuple[str, shapely.Geometry]]:
    """Return the divisions of a level whose codes begin with one of `within`: first digits -> name and outline."""
    groups: dict[str, list[Feature]] = {}
    for file in _FILES[level]:
        own: dict[str, list[Feature]] = {}
        for feature in features_in(file, within):
            code = code_of(feature)
            if len(prefix(code)) >= level:  # a city right under the state stands among the provinces
                own.setdefault(code[:level], []).append(feature)
        groups = {**own, **groups}
    return {key: (_name(each), shapely.union_all(list(map(_geometry, each)))) for key, each in sorted(groups.items())}


def _name(each: Sequence[Feature]) -> str:
    return str(each[0]["properties"]["name"]) if len(each) == 1 else ""


def _geometry(feature: Feature) -> shapely.Geometry:
    found = shape(feature["geometry"])
    return found if found.is_valid else shapely.make_valid(found)


class _Plane:
    """Degrees as units of the drawing, at the latitude of its middle."""

    def __init__(self, shown: Sequence[shapely.Geometry]) -> None:
        west, south, east, north = shapely.total_bounds(np.array(shown)).tolist()
        narrow = float(np.cos(np.radians((south + north) / 2)))
        wide, high = (east - west) * narrow, north - south
        scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
        self._left = (WIDTH - wide * scale) / 2
        self._corner = np.array([west, north])
        self._scale = np.array([narrow * scale, -scale])
        self.height = round(high * scale + 2 * MARGIN, 1)

    def laid(self, outline: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(outline, lambda at: (at - self._corner) * self._scale + (self._left, MARGIN))

    def simplified(self, outlines: Sequence[shapely.Geometry]) -> Sequence[shapely.Geometry]:
        found: list[shapely.Geometry] = shapely.coverage_simplify([self.laid(it) for it in outlines], COARSE).tolist()
        return found


def _middle(outline: shapely.Geometry) -> tuple[float, float, float]:
    """Return where there is most room inside an area, and how far it is from there to its border."""
    largest = max(shapely.get_parts(outline).tolist(), key=shapely.area)
    radius = shapely.maximum_inscribed_circle(largest, 1.0)
    x, y = shapely.get_coordinates(radius)[0].tolist()
    return round(x, 1), round(y, 1), round(float(shapely.length(radius)), 1)


def _path(outline: shapely.Geometry) -> str:
    """Return the lines of a geometry as a path in whole units; an islet that would vanish is a short stroke."""
    parts = shapely.get_parts(outline)
    polygons = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004  # an area
    strokes = parts[shapely.get_dimensions(parts) == 1]
    rings = [_ring(shapely.get_coordinates(ring)) for ring in shapely.get_rings(polygons)]
    return "".join([*rings, *(_stroke(_whole(shapely.get_coordinates(line))) for line in strokes)])


def _whole(spots: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return spots in whole units, none twice in a row."""
    rounded = np.round(spots).astype(np.int64)
    keep = np.concatenate([[True], np.diff(rounded, axis=0).any(axis=1)])
    told: NDArray[np.int64] = rounded[keep]
    return told


def _ring(spots: NDArray[np.float64]) -> str:
    whole = _whole(spots)
    return f"{_stroke(whole[:-1])}z" if len(whole) > 3 else f"M{whole[0][0]} {whole[0][1]}h1"  # noqa: PLR2004  # closed


def _stroke(spots: NDArray[np.int64]) -> str:
    """Return a line, told by its steps."""
    steps = " ".join(f"{x} {y}" for x, y in np.diff(spots, axis=0))
    return f"M{spots[0][0]} {spots[0][1]}l{steps}" if steps else f"M{spots[0][0]} {spots[0][1]}h1"
