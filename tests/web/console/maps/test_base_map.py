"""What lies under the points: tiles of a server as configured, through the program or past it, a file, or outlines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Invalid
from broker.fittings import base_map
from broker.services.catalog.base_map import house as fetching
from tests.storage.map_file import written
from tests.web.console.conftest import Enter, entrance
from tests.web.console.maps.house import Answer, Settable, plain, settable, settings_with
from tests.web.console.page import Person

RED = plain((0, 0, 255))
PNG = {"Content-Type": "image/png"}


@pytest.fixture(scope="module")
def console(busy_broker: Broker) -> Iterator[Settable]:
    with settable(busy_broker) as opened:
        yield opened


@pytest.fixture
def person(console: Settable) -> Iterator[Person]:
    with entrance(console.url) as come:
        yield come("looker2")


def test_the_program_fetches_what_a_browser_may_not(console: Settable, person: Person) -> None:
    console.set(map_basemap="xyz", map_url=f"{console.house.url}/{{z}}/{{x}}/{{-y}}?k={{key}}", map_key="s3cret")
    console.house.answers((200, PNG, RED))
    console.house.asked.clear()
    assert "s3cret" not in person.get("/map").answer.text
    told = person.client.get("/map/base/3/6/3")
    assert (told.status_code, told.headers["content-type"], told.content) == (200, "image/png", RED)
    assert console.house.asked == ["/3/6/4?k=s3cret"]
    assert "private" in told.headers["cache-control"]
    amiss: list[tuple[Answer, int]] = [
        ((302, {"Location": "http://127.0.0.2/secret"}, b""), 503),
        ((200, {"Content-Type": "text/html"}, b"<script>"), 503),
        ((200, {"Content-Type": "image/svg+xml"}, b"<svg/>"), 503),
        ((200, PNG, b"<html>no picture"), 503),
        ((200, PNG, RED + bytes(fetching.LARGEST)), 503),
        ((200, {**PNG, "Content-Encoding": "gzip"}, b"\x1f\x8b"), 503),
        ((500, PNG, RED), 503),
        ((404, {}, b""), 204),
    ]
    for answer, status in amiss:
        console.house.answers(answer)
        assert person.client.get("/map/base/3/6/3").status_code == status, answer[:2]


def test_numbers_alone_get_into_the_address(console: Settable, person: Person, hall: Enter) -> None:
    console.set(map_basemap="xyz", map_url=f"{console.house.url}/{{z}}/{{x}}/{{y}}", map_proxy=True)
    console.house.asked.clear()
    for place in (
        "99/0/0", "19/0/0", "-1/0/0", "3/8/0", "3/0/-1", "a/0/0", "3/0/0?layer=9", "3/0/0?layer=-1",
        "3/0/0?url=http://127.0.0.2/", "3/0/99999999999999999999",
    ):  # fmt: skip
        assert person.client.get(f"/map/base/{place}").status_code == 422, place
    assert person.client.get("/map/base/3/0/0?layer=1").status_code == 404
    assert console.house.asked == []
    assert person.client.get("/map/outline.geojson").status_code == 404  # there is a base map
    assert hall("asker").client.get("/map/base/3/0/0").status_code == 404  # there is none


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [
        ({"map_basemap": "xyz"}, "/map_url"),
        ({"map_basemap": "xyz", "map_url": "ftp://tiles/{z}/{x}/{y}"}, "/map_url"),
        ({"map_basemap": "xyz", "map_url": "https://{z}.tiles/{x}/{y}"}, "/map_url"),
        ({"map_basemap": "xyz", "map_url": "https://tiles/{z}/{x}"}, "/map_url"),
        ({"map_basemap": "xyz", "map_url": "https://a:b@tiles/{z}/{x}/{y}"}, "/map_url"),
        ({"map_basemap": "xyz", "map_url": "https://tiles:x/{z}/{x}/{y}"}, "/map_url"),
        ({"map_basemap": "xyz", "map_url": "https://tiles/{z}/{x}/{y}/{city}"}, "/map_url"),
        ({"map_basemap": "xyz", "map_url": "https://tiles/{z}/{x}/{y} " * 5}, "/map_url"),
        ({"map_basemap": "wmts", "map_url": "https://tiles/wmts"}, "/map_url"),
        ({"map_basemap": "pmtiles"}, "/map_file"),
        ({"map_basemap": "pmtiles", "map_file": Path(__file__)}, "/map_file"),
    ],
)
def test_wrong_settings_are_told(busy_broker: Broker, settings: dict[str, object], pointer: str) -> None:
    told = settings_with(busy_broker, **settings)
    with pytest.raises(Invalid) as refused:
        base_map(told)
    assert (refused.value.slug, refused.value.pointer) == ("map-setting", pointer)


def test_a_file_hands_out_its_tiles(console: Settable, person: Person, tmp_path: Path) -> None:
    path = tmp_path / "city.pmtiles"
    path.write_bytes(written({(0, 0, 0): b"vector"}, kind=1, tiles_packed=True))
    console.set(map_basemap="pmtiles", map_file=path)
    answer = person.client.get("/map/base/0/0/0")
    assert answer.content == b"vector"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert person.client.get("/map/base/1/0/0").status_code == 422


def test_outlines_stand_in_where_nothing_is_configured(hall: Enter, console: Settable, person: Person) -> None:
    reader = hall("asker")
    told = reader.client.get("/map/outline.geojson")
    assert told.headers["content-type"] == "application/geo+json"
    assert int(told.headers["content-length"]) < 60_000  # as it is packed
    lines = told.json()["features"][0]["geometry"]["coordinates"]
    spots = [spot for line in lines for spot in line]
    assert min(latitude for _, latitude in spots) < 5  # the whole country, its islands too
    assert any(120 < longitude < 122.1 and 21.8 < latitude < 25.4 for longitude, latitude in spots)
    plain_one = reader.client.get("/map/outline.geojson", headers={"Accept-Encoding": "identity"})
    assert plain_one.json() == told.json()
    assert "img-src" not in reader.get("/map").answer.headers["content-security-policy"]
    console.set(map_outline=False)
    assert person.client.get("/map/outline.geojson").status_code == 404
    assert "outline.geojson" not in person.get("/map").answer.text
