"""Places against shapely, which did not have a part in them."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.domain.catalog import places
from broker.domain.catalog.places import Place
from broker.domain.errors import Invalid
from storage.geometry import Floats, Mask, distances, inside

KINDS = ("fine", "whole", "tenths", "date line", "flat")


def wrapped(longitudes: Floats) -> Floats:
    return np.asarray((longitudes + 180) % 360 - 180)


def corners(dice: np.random.Generator, kind: str) -> Floats:
    count = int(dice.integers(3, 14))
    if kind == "fine":
        return np.asarray(dice.uniform(-10, 10, (count, 2)))
    if kind == "whole":  # corners that meet, edges that cross or lie on each other
        return np.asarray(dice.integers(-3, 4, (count, 2)), dtype=np.float64)
    if kind == "tenths":
        return np.asarray(dice.integers(-3, 4, (count, 2)) * 0.1 + np.array([170, 30]))
    if kind == "date line":
        return np.asarray(dice.uniform(-8, 8, (count, 2)) + np.array([180, 0]))
    along = np.linspace(0, 1, count)
    return np.asarray(np.column_stack([along, along]) * dice.uniform(0, 1))


def points(dice: np.random.Generator, around: Floats) -> Floats:
    """Random points, the corners, points on edges, points of whole degrees."""
    low, high = around.min(0) - 1, around.max(0) + 1
    middles = (around + np.roll(around, 1, 0)) / 2
    anywhere = dice.uniform(low, high, (60, 2))
    return np.vstack([anywhere, np.round(anywhere), around, middles])


def cases() -> Iterator[tuple[places.Polygon, Floats]]:
    dice = np.random.default_rng(11)
    for number in range(400):
        around = corners(dice, KINDS[number % len(KINDS)])
        told = np.column_stack([wrapped(around[:, 0]), around[:, 1]])
        if len(np.unique(told, axis=0)) >= 3 and (told[0] != told[-1]).any():
            yield places.polygon([(float(x), float(y)) for x, y in told]), points(dice, around)


def test_polygons_hold_what_shapely_says() -> None:
    asked = 0
    for place, spots in cases():
        longitudes, latitudes = wrapped(spots[:, 0]), spots[:, 1]
        shape = shapely.Polygon(place.corners)
        wanted = np.zeros(len(spots), dtype=np.bool_)
        for turn in (0.0, 360.0, -360.0):
            wanted |= shapely.intersects_xy(shape, longitudes + turn, latitudes)
        found = inside(place, longitudes, latitudes)
        assert (found == wanted).all(), (place, spots[found != wanted])
        assert not (found & ~boxed(place, longitudes, latitudes)).any(), place
        asked += len(spots)
    assert asked > 40_000


def boxed(place: Place, longitudes: Floats, latitudes: Floats) -> Mask:
    held = np.zeros(len(longitudes), dtype=np.bool_)
    for box in place.boxes:
        held |= inside(box, longitudes, latitudes)
    return held


@settings(max_examples=60, deadline=None)
@given(st.floats(-180, 180), st.floats(-89, 89), st.floats(0, 50_000), st.integers(0, 2**32 - 1), st.floats(-0.9, 0.9))
def test_the_boxes_of_circles_and_corridors_hold_all_of_them(
    longitude: float, latitude: float, metres: float, seed: int, slope: float
) -> None:
    dice = np.random.default_rng(seed)
    spread = metres / places.DEGREE * 2 + 0.01
    narrow = max(math.cos(math.radians(latitude)), 0.02)
    longitudes = wrapped(longitude + dice.uniform(-spread, spread, 200) / narrow)
    latitudes = np.clip(latitude + dice.uniform(-spread, spread, 200), -90, 90)
    end = float(wrapped(np.array([longitude + slope]))[0]), min(max(latitude + slope, -90), 90)
    for place in (
        places.circle(longitude, latitude, metres),
        places.corridor([(longitude, latitude), end], min(metres, 5_000)),
    ):
        found = inside(place, longitudes, latitudes)
        assert not (found & ~boxed(place, longitudes, latitudes)).any()


def test_a_corridor_is_what_shapely_draws_around_a_line() -> None:
    dice = np.random.default_rng(3)
    line = [(0.0, 0.0), (0.01, 0.0), (0.02, 0.015), (0.02, 0.015)]  # where a degree is as wide as it is high
    spots = dice.uniform(-0.01, 0.03, (5_000, 2))
    far = shapely.distance(shapely.LineString(line), shapely.points(spots)) * places.DEGREE
    found = inside(places.corridor(line, 300), spots[:, 0], spots[:, 1])
    clear = np.abs(far - 300) > 0.01
    assert (found == (far <= 300))[clear].all()
    assert 0 < found.sum() < len(spots)


def test_distances_over_the_date_line_and_the_pole() -> None:
    over = distances((179.9, 0.0), np.array([-179.9, 179.8, 0.0]), np.array([0.0, 0.0, 90.0]))
    assert over == pytest.approx([0.2 * places.DEGREE, 0.1 * places.DEGREE, 90 * places.DEGREE])


@pytest.mark.parametrize(
    "told",
    [
        lambda: places.box(0, 2, 1, 1),
        lambda: places.box(float("nan"), 0, 1, 1),
        lambda: places.circle(0, 91, 1),
        lambda: places.circle(0, 0, float("inf")),
        lambda: places.polygon([(0, 0), (1, 1), (0, 0)]),
        lambda: places.polygon([(-120, 80), (0, 80), (120, 80)]),
        lambda: places.corridor([], 5),
        lambda: places.corridor([(0, 0)] * 501, 5),
    ],
)
def test_what_is_no_place_is_refused(told: object) -> None:
    assert callable(told)
    with pytest.raises(Invalid, match="bad-place"):
        told()
