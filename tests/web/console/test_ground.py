"""Points around the stated place as the server draws them: true to scale, north up, all of them on the sheet."""

import math
from uuid import UUID

import pytest

from broker.domain.catalog.catalog import Camera
from broker.domain.ids import CameraId, DepartmentId
from broker.domain.requests.findings import metres_between
from broker.web.api.requests.request_views import PlaceOut
from broker.web.console.ground import HEIGHT, WIDTH, Spot, ground_of

PLACE = PlaceOut(latitude=30.61, longitude=104.01, name="桥头")


def camera(number: int, latitude: float, longitude: float) -> Camera:
    return Camera(CameraId(UUID(int=number)), DepartmentId(UUID(int=1)), f"点{number}", latitude, longitude)


def apart(one: Spot, other: Spot) -> float:
    return math.hypot(one[0] - other[0], one[1] - other[1])


def test_a_drawing_is_true_to_its_scale_and_the_north_is_up() -> None:
    cameras = [camera(1, 30.615, 104.01), camera(2, 30.61, 104.02), camera(3, 30.609, 104.008)]
    drawn = ground_of(cameras, PLACE)
    assert drawn is not None
    assert drawn.place is not None
    for it, dot in zip(cameras, drawn.dots, strict=True):
        metres = metres_between(PLACE.latitude, PLACE.longitude, it.latitude, it.longitude)
        assert drawn.far[it.id] == dot.metres == metres
        assert apart(dot.at, drawn.place) / drawn.bar * drawn.metres == pytest.approx(metres, rel=0.01, abs=2)
    north, east, _ = drawn.dots
    assert north.at[1] < drawn.place[1] == pytest.approx(east.at[1], abs=1)
    assert east.at[0] > drawn.place[0] == pytest.approx(north.at[0], abs=1)
    assert drawn.metres in {100.0, 200.0, 500.0}


@pytest.mark.parametrize("cameras", [[], [camera(1, 30.61, 104.01)], [camera(1, 30.0, 104.0), camera(2, 31.9, 90.0)]])
def test_all_of_it_lies_on_the_sheet(cameras: list[Camera]) -> None:
    drawn = ground_of(cameras, PLACE)
    assert drawn is not None
    assert drawn.place is not None
    for across, down in [dot.at for dot in drawn.dots] + [drawn.place]:
        assert 0 < across < WIDTH
        assert 0 < down < HEIGHT
    assert 0 < drawn.bar <= WIDTH / 2


def test_without_a_place_there_are_no_distances_and_without_anything_no_drawing() -> None:
    drawn = ground_of([camera(1, 30.61, 104.01), camera(2, 30.62, 104.02)], None)
    assert drawn is not None
    assert (drawn.place, drawn.star, dict(drawn.far)) == (None, "", {})
    assert drawn.dots[0].at != drawn.dots[1].at
    assert ground_of([], None) is None
