"""Which of many points lie in a place: exact for polygons, haversine for circles, all at once in numpy."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from broker.domain.catalog.places import DEGREE, EARTH, HALF, Box, Circle, Corridor, Place, Polygon, Spot

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOO_CLOSE = 1e-14
"""Below this share of what was subtracted, the sign of a difference of products of doubles is not to be trusted."""


def inside(place: Place, longitudes: Floats, latitudes: Floats) -> Mask:
    """Return for each point whether it is in the place; longitudes within ±180."""
    if isinstance(place, Box):
        return _in_box(place, longitudes, latitudes)
    if isinstance(place, Circle):
        return distances((place.longitude, place.latitude), longitudes, latitudes) <= place.metres
    if isinstance(place, Polygon):
        return _in_polygon(place, longitudes, latitudes)
    return _in_corridor(place, longitudes, latitudes)


def distances(spot: Spot, longitudes: Floats, latitudes: Floats) -> Floats:
    """Return how far each point is from a spot, in metres on the sphere."""
    there, here = np.radians(latitudes), np.radians(spot[1])
    aside = np.radians(longitudes - spot[0])
    root = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(aside / 2) ** 2
    return np.asarray(2 * EARTH * np.arcsin(np.sqrt(np.minimum(root, 1.0))))


def _in_box(place: Box, longitudes: Floats, latitudes: Floats) -> Mask:
    found = np.zeros(len(longitudes), dtype=np.bool_)
    for half in place.halves:
        found |= (longitudes >= half.west) & (longitudes <= half.east)
    return found & (latitudes >= place.south) & (latitudes <= place.north)


def _turns(spots: tuple[Spot, ...]) -> list[float]:
    """Return by how many degrees points are shifted to meet corners that go on over ±180."""
    longitudes = [longitude for longitude, _ in spots]
    turns = [0.0]
    if max(longitudes) >= HALF:
        turns.append(2 * HALF)
    if min(longitudes) <= -HALF:
        turns.append(-2 * HALF)
    return turns


def _in_polygon(place: Polygon, longitudes: Floats, latitudes: Floats) -> Mask:
    found = np.zeros(len(longitudes), dtype=np.bool_)
    for turn in _turns(place.corners):
        found |= _enclosed(place.corners, longitudes + turn, latitudes)
    return found


def _enclosed(corners: tuple[Spot, ...], xs: Floats, ys: Floats) -> Mask:
    """Say which points an odd number of edges lies east of, or that lie on an edge."""
    odd = np.zeros(len(xs), dtype=np.bool_)
    edge = np.zeros(len(xs), dtype=np.bool_)
    for begin, end in pairwise((*corners, corners[0])):
        side = _sides(begin, end, xs, ys)
        low, high = min(begin[1], end[1]), max(begin[1], end[1])
        west, east = min(begin[0], end[0]), max(begin[0], end[0])
        edge |= (side == 0) & (ys >= low) & (ys <= high) & (xs >= west) & (xs <= east)
        spans = (begin[1] > ys) != (end[1] > ys)
        odd ^= spans & ((side > 0) == (end[1] > begin[1]))
    return odd | edge


def _sides(begin: Spot, end: Spot, xs: Floats, ys: Floats) -> NDArray[np.int8]:
    """Return on which side of a line each point is: 1 left, -1 right, 0 exactly on it."""
    one = (end[0] - begin[0]) * (ys - begin[1])
    other = (xs - begin[0]) * (end[1] - begin[1])
    turned = one - other
    signs = np.sign(turned).astype(np.int8)
    for place in np.flatnonzero(np.abs(turned) <= TOO_CLOSE * (np.abs(one) + np.abs(other)) + 1e-300):
        signs[place] = _exact_side(begin, end, (float(xs[place]), float(ys[place])))
    return signs


def _exact_side(begin: Spot, end: Spot, point: Spot) -> int:
    ax, ay, bx, by, px, py = map(Fraction, (*begin, *end, *point))
    turned = (bx - ax) * (py - ay) - (px - ax) * (by - ay)
    return (turned > 0) - (turned < 0)


def _in_corridor(place: Corridor, longitudes: Floats, latitudes: Floats) -> Mask:
    found = np.zeros(len(longitudes), dtype=np.bool_)
    line = place.line if len(place.line) > 1 else place.line * 2
    for turn in _turns(place.line):
        for begin, end in pairwise(line):
            found |= _off(begin, end, longitudes + turn, latitudes) <= place.metres
    return found


def _off(begin: Spot, end: Spot, longitudes: Floats, latitudes: Floats) -> Floats:
    """Return how far each point is from a piece of a line, in metres on the plane that touches the globe there."""
    narrow = np.cos(np.radians(latitudes))
    ax, ay = (begin[0] - longitudes) * narrow, begin[1] - latitudes
    dx, dy = (end[0] - begin[0]) * narrow, end[1] - begin[1]
    long = dx * dx + dy * dy
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(long > 0, -(ax * dx + ay * dy) / long, 0.0)
    part = np.clip(part, 0.0, 1.0)
    return np.asarray(np.hypot(ax + part * dx, ay + part * dy) * DEGREE)
