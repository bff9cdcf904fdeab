"""Where to look for points: boxes, circles, polygons, and corridors along a line. Degrees of WGS-84, metres.

A place may lie across the date line: a box whose west is greater than its east, a polygon or line with a step of more
than half the globe between two corners. Edges of polygons are straight in longitude and latitude, as in GeoJSON; a
point on an edge is inside; where edges cross, what an odd number of them encloses. Which points are inside is worked
out in `storage/geometry.py`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from broker.domain.errors import Invalid

EARTH = 6_371_008.8
"""Mean radius in metres: distances are those on a sphere (haversine), up to half a percent off the ellipsoid."""
DEGREE = math.pi * EARTH / 180
FARTHEST = 100_000.0
"""Metres: the largest radius of a circle and width of a corridor."""
MOST_CORNERS = 500
MOST_PIECES = 48
HALF = 180.0

Spot = tuple[float, float]
"""Longitude, latitude."""


@dataclass(frozen=True)
class Box:
    """Between two meridians and two parallels, edges included; over the date line where west > east."""

    west: float
    south: float
    east: float
    north: float

    @property
    def halves(self) -> tuple["Box", ...]:
        """The box as one that does not cross the date line, or as two."""
        if self.west <= self.east:
            return (self,)
        return (Box(self.west, self.south, HALF, self.north), Box(-HALF, self.south, self.east, self.north))

    @property
    def boxes(self) -> tuple["Box", ...]:
        return self.halves


@dataclass(frozen=True)
class Circle:
    """What is at most `metres` from a spot."""

    longitude: float
    latitude: float
    metres: float

    @property
    def boxes(self) -> tuple[Box, ...]:
        return _around([(self.longitude, self.latitude)], self.metres).halves


@dataclass(frozen=True)
class Polygon:
    """What corners enclose, the last joined to the first; they go on over ±180 where the date line is crossed."""

    corners: tuple[Spot, ...]

    @property
    def boxes(self) -> tuple[Box, ...]:
        return _bounds(self.corners).halves


@dataclass(frozen=True)
class Corridor:
    """What is at most `metres` from a line; `line` goes on over ±180 where the date line is crossed."""

    line: tuple[Spot, ...]
    metres: float

    @property
    def pieces(self) -> tuple[tuple[Spot, Spot], ...]:
        """The line in pieces so short that the box of a piece leaves most of a city out."""
        parts = list(pairwise(self.line)) if len(self.line) > 1 else [(self.line[0], self.line[0])]
        cuts = max(1, MOST_PIECES // len(parts))
        return tuple(
            piece
            for begin, end in parts
            for piece in _cut(begin, end, min(cuts, 1 + int(_length(begin, end) / max(2 * self.metres, 200))))
        )

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(half for piece in self.pieces for half in _around(piece, self.metres).halves)


Place = Box | Circle | Polygon | Corridor


def box(west: float, south: float, east: float, north: float, pointer: str = "#query/box") -> Box:
    """Return a checked box.

    Raises:
        Invalid: `bad-place`, as do all functions here: a number is outside its range, or nothing is enclosed.
    """
    _checked([(west, south), (east, north)], pointer)
    if south > north:
        raise Invalid("bad-place", pointer=pointer, reason="south > north")
    return Box(west, south, east, north)


def circle(longitude: float, latitude: float, metres: float, pointer: str = "#query/circle") -> Circle:
    """Return a checked circle; a radius of nought is the spot itself."""
    _checked([(longitude, latitude)], pointer)
    _width(metres, pointer)
    return Circle(longitude, latitude, metres)


def polygon(corners: Sequence[Spot], pointer: str = "#query/polygon") -> Polygon:
    """Return a checked polygon; a last corner that repeats the first is dropped."""
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners = corners[:-1]
    _checked(corners, pointer)
    if not 3 <= len(corners) <= MOST_CORNERS:  # noqa: PLR2004  # a triangle
        raise Invalid("bad-place", pointer=pointer, reason=f"3-{MOST_CORNERS} corners")
    going = _unwrapped([*corners, corners[0]])
    if going[-1] != going[0]:
        raise Invalid("bad-place", pointer=pointer, reason="encloses a pole")
    return Polygon(tuple(going[:-1]))


def corridor(line: Sequence[Spot], metres: float, pointer: str = "#query/line") -> Corridor:
    """Return a checked corridor of one spot or more."""
    _checked(line, pointer)
    if not 1 <= len(line) <= MOST_CORNERS:
        raise Invalid("bad-place", pointer=pointer, reason=f"1-{MOST_CORNERS} corners")
    _width(metres, pointer)
    return Corridor(tuple(_unwrapped(line)), metres)


def _checked(spots: Iterable[Spot], pointer: str) -> None:
    for longitude, latitude in spots:
        if not (-HALF <= longitude <= HALF and -HALF / 2 <= latitude <= HALF / 2):  # NaN is refused with the rest
            raise Invalid("bad-place", pointer=pointer, reason=f"{longitude},{latitude}")


def _width(metres: float, pointer: str) -> None:
    if not 0 <= metres <= FARTHEST:
        raise Invalid("bad-place", pointer=pointer, reason=f"0-{FARTHEST:.0f} m")


def _unwrapped(spots: Sequence[Spot]) -> list[Spot]:
    """Return spots whose longitudes go on over ±180 instead of jumping to the other side."""
    going = [spots[0]]
    turn = 0.0
    for (before, _), (longitude, latitude) in pairwise(spots):
        if longitude - before > HALF:
            turn -= 2 * HALF
        elif before - longitude > HALF:
            turn += 2 * HALF
        going.append((longitude + turn, latitude))
    return going


def _bounds(spots: Iterable[Spot], aside: float = 0.0, up: float = 0.0) -> Box:
    """Return the box around spots and a margin of so many degrees."""
    longitudes, latitudes = zip(*spots, strict=True)
    west, east = min(longitudes) - aside, max(longitudes) + aside
    south, north = max(min(latitudes) - up, -HALF / 2), min(max(latitudes) + up, HALF / 2)
    if east - west >= 2 * HALF:
        return Box(-HALF, south, HALF, north)
    return Box(_wrapped(west), south, _wrapped(east), north)


def _wrapped(longitude: float) -> float:
    return longitude if -HALF <= longitude <= HALF else (longitude + HALF) % (2 * HALF) - HALF


def _around(spots: Sequence[Spot], metres: float) -> Box:
    """Return a box that holds all that is at most `metres` from the line through the spots, and a little more."""
    up = metres / DEGREE * 1.01 + 1e-9
    highest = max(abs(latitude) for _, latitude in spots) + up
    if highest >= HALF / 2:
        return _bounds([(-HALF, spots[0][1]), (HALF, spots[-1][1])], 0.0, up)
    reach = math.sin(min(metres / EARTH * 1.01, math.pi / 2)) / math.cos(math.radians(highest))
    aside = HALF if reach >= 1 else math.degrees(math.asin(reach)) + 1e-9
    return _bounds(spots, aside, up)


def _cut(begin: Spot, end: Spot, pieces: int) -> Iterable[tuple[Spot, Spot]]:
    (west, south), (east, north) = begin, end
    cuts = [
        (west + (east - west) * part / pieces, south + (north - south) * part / pieces) for part in range(pieces + 1)
    ]
    return pairwise(cuts)


def _length(begin: Spot, end: Spot) -> float:
    middle = math.radians((begin[1] + end[1]) / 2)
    return DEGREE * math.hypot((end[0] - begin[0]) * math.cos(middle), end[1] - begin[1])
