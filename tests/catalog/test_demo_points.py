from pathlib import Path

import pytest

from broker.bootstrap import Broker, operator
from broker.demo.points import OWNERS, demo_points, write_csv, write_geojson, write_lists
from broker.domain.catalog.gb_code import Edition, parse
from tests.catalog.lists import read_list
from tests.city import City


def test_the_points_are_many_distinct_and_the_same_for_the_same_seed() -> None:
    points = demo_points()
    assert len(points) >= 2000
    assert points == demo_points()
    assert points != demo_points(seed=1)
    assert len({point.gb_code for point in points}) == len({point.name for point in points}) == len(points)
    assert {point.owner for point in points} == {owner.code for owner in OWNERS}


def test_the_codes_are_valid_and_of_no_real_place() -> None:
    for point in demo_points():
        assert parse(point.gb_code, edition=Edition.Y2022).division.startswith("99")


def test_crossings_near_the_centre_have_more_cameras() -> None:
    points = [point for point in demo_points() if point.division == "990102"]
    near = [
        point for point in points if abs(point.latitude - 40.105) < 0.0125 and abs(point.longitude - 102.29) < 0.0125
    ]
    assert len(near) / len(points) > 0.3  # a quarter of the crossings


@pytest.mark.parametrize("suffix", ["csv", "geojson"])
def test_the_import_takes_every_point_as_it_is(tmp_path: Path, suffix: str) -> None:
    points = demo_points(300)
    path = tmp_path / f"points.{suffix}"
    (write_csv if suffix == "csv" else write_geojson)(points, path)
    drafts, report = read_list(path)
    assert report.problems == ()
    assert all(draft.synthetic for draft in drafts)
    assert [
        (d.gb_code, d.name, d.division, d.address, d.latitude, d.longitude, d.direction, d.point_class) for d in drafts
    ] == [
        (p.gb_code, p.name, p.division, p.address, p.latitude, p.longitude, p.direction, p.point_class) for p in points
    ]


def test_more_than_there_are_places_is_refused() -> None:
    with pytest.raises(ValueError, match="places"):
        demo_points(100_000)


def test_a_department_imports_its_list_and_the_trace_holds(broker: Broker, city: City, tmp_path: Path) -> None:
    path = write_lists(demo_points(), tmp_path)["990102-cg"]
    me = operator("tests")
    owner = city.departments["dh-cg"].code
    first = broker.imports.import_file(me, path, owner=owner)
    again = broker.imports.import_file(me, path, owner=owner)
    assert first.inserted == first.read > 200
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, first.read)
