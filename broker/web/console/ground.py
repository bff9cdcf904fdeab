"""Points on the ground as the server draws them: where they lie around the stated place, with a scale, without script.

Units are those of the view box, the north is up. What the drawing shows stands in a list beside it, distances too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, radians, sin
from uuid import UUID

from broker.domain.catalog.catalog import Camera
from broker.domain.requests.findings import EARTH, metres_between
from broker.web.api.requests.request_views import PlaceOut

WIDTH, HEIGHT = 480.0, 260.0
MARGIN = 30.0
FOOT = 24.0
"""Room for the scale."""
LEAST = 50.0
"""Metres that the drawing is wide at least: nearer than that nobody places a camera."""
BAR = 0.3
"""The longest that the scale may be, as a part of the width."""
LABELLED = 12
"""How many points have their distance written beside them; of more it would cover the points."""
STAR = 9.0

Spot = tuple[float, float]
"""Across and down."""


@dataclass(frozen=True)
class Dot:
    """A point of the catalogue; `metres` from the stated place, None without one."""

    camera: UUID
    name: str
    at: Spot
    metres: float | None


@dataclass(frozen=True)
class Ground:
    """The drawing: points, the stated place, a scale of `metres` that is `bar` units long, and all distances."""

    dots: tuple[Dot, ...]
    place: Spot | None
    star: str
    bar: float
    metres: float
    width: float = WIDTH
    height: float = HEIGHT
    margin: float = MARGIN
    labelled: int = LABELLED

    @property
    def far(self) -> Mapping[UUID, float]:
        """How far each point is from the stated place."""
        return {dot.camera: dot.metres for dot in self.dots if dot.metres is not None}


def ground_of(cameras: Sequence[Camera], place: PlaceOut | None) -> Ground | None:
    """Return the drawing; None where there is nothing to draw."""
    spots = [(it.longitude, it.latitude) for it in cameras] + ([(place.longitude, place.latitude)] if place else [])
    if not spots:
        return None
    plane = [_on_plane(spot, spots[-1]) for spot in spots]
    left, low = (min(it[axis] for it in plane) for axis in (0, 1))
    wide, tall = (max(LEAST, max(it[axis] for it in plane) - least) for axis, least in ((0, left), (1, low)))
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN - FOOT) / tall)
    middle = [(max(it[axis] for it in plane) + min(it[axis] for it in plane)) / 2 for axis in (0, 1)]

    def drawn(spot: Spot) -> Spot:
        across, up = ((spot[axis] - middle[axis]) * scale for axis in (0, 1))
        return round(WIDTH / 2 + across, 1), round((HEIGHT - FOOT) / 2 - up, 1)

    dots = tuple(Dot(it.id, it.name, drawn(at), _apart(it, place)) for it, at in zip(cameras, plane, strict=False))
    at = drawn(plane[-1]) if place else None
    metres = _round_length(WIDTH * BAR / scale)
    return Ground(dots, at, _star(at) if at else "", round(metres * scale, 1), metres)


def _on_plane(spot: Spot, middle: Spot) -> Spot:
    """Return metres east and north of the middle: true enough over a city, and over a province for orientation."""
    east = (spot[0] - middle[0] + 180) % 360 - 180
    return radians(east) * EARTH * cos(radians(middle[1])), radians(spot[1] - middle[1]) * EARTH


def _apart(camera: Camera, place: PlaceOut | None) -> float | None:
    if place is None:
        return None
    return metres_between(place.latitude, place.longitude, camera.latitude, camera.longitude)


def _round_length(most: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20, 50, … metres that is not longer."""
    lengths = (first * 10.0**zeros for zeros in range(8) for first in (1, 2, 5))
    return max((length for length in lengths if length <= most), default=1.0)


def _star(at: Spot) -> str:
    """Return the corners of a star of five, as `points` of a polygon."""
    turns = [(STAR if corner % 2 == 0 else STAR * 0.42, pi * corner / 5) for corner in range(10)]
    return " ".join(f"{at[0] + r * sin(turn):.1f},{at[1] - r * cos(turn):.1f}" for r, turn in turns)
