"""Outlines of divisions to be drawn under points where there is no other map.

    outlines({"3301"}) -> GeoJSON, gzipped: the borders of all provinces with the lines that mark the border of the
    country elsewhere, the borders of the counties of 3301, and their names as points

They are coarse, and for orientation alone.
"""

import gzip
import json
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final

import shapely
from shapely.geometry import mapping, shape

from storage.geography.borders import features, features_in

FAR: Final = 0.03
NEAR: Final = 0.002
"""Degrees that an outline may lie off: of provinces, and of counties."""

Line = list[tuple[float, float]]


@lru_cache(16)
def outlines(cities: frozenset[str]) -> bytes:
    """Return outlines as packed GeoJSON; `cities` are the first four digits of those whose counties are drawn."""
    counties = features_in("district", sorted(cities))
    shapes = [_area(it) for it in counties]
    drawn = [_provinces(), *([_lines(shapes, NEAR, 3)] if shapes else [])]
    found = [
        *({"type": "Feature", "geometry": {"type": "MultiLineString", "coordinates": lines}, "properties": {}}
          for lines in drawn),
        *(_name(it["properties"]["name"], area) for it, area in zip(counties, shapes, strict=True)),
    ]  # fmt: skip
    told = json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(told.encode(), 9, mtime=0)


@cache
def _provinces() -> list[Line]:
    return _lines([_area(it) for it in features("province")], FAR, 2)


def _area(feature: dict[str, Any]) -> shapely.Geometry:
    found = shape(feature["geometry"])
    return found if found.is_valid else shapely.make_valid(found)


def _lines(areas: Sequence[shapely.Geometry], tolerance: float, digits: int) -> list[Line]:
    """Return the borders of areas, those that two share once; no island is left out."""
    coarse = [shapely.simplify(area, tolerance) for area in areas]
    edges = [shapely.boundary(area) if area.geom_type.endswith("Polygon") else area for area in coarse]
    merged = shapely.line_merge(shapely.unary_union(edges))
    return [_rounded(part.coords, digits) for part in shapely.get_parts(merged).tolist()]


def _rounded(spots: Sequence[tuple[float, float]], digits: int) -> Line:
    rounded = [(round(x, digits), round(y, digits)) for x, y in spots]
    if len(set(rounded)) > 2:  # noqa: PLR2004
        return rounded
    return [(round(x, digits + 2), round(y, digits + 2)) for x, y in spots]  # an islet, which would be a spot


def _name(name: str, area: shapely.Geometry) -> dict[str, Any]:
    spot = mapping(shapely.set_precision(shapely.point_on_surface(area), 0.001))
    return {"type": "Feature", "geometry": spot, "properties": {"name": name}}
