"""Lists, counts, the nearest and tiles answer one question alike, and tell nobody of what may not be seen."""

import gzip
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import mapbox_vector_tile
import numpy as np
import pytest
from sqlalchemy import update

from broker.bootstrap import Broker, operator
from broker.domain.catalog import places
from broker.domain.catalog.catalog import Status
from broker.domain.catalog.finding import Point, Question
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Forbidden, Invalid, Unavailable, Unknown
from broker.domain.ids import CameraId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.services.catalog import finding as finding_service
from broker.services.catalog.finding import Wanted
from broker.services.catalog.map import tiles
from broker.services.catalog.map.grid import Grid
from storage.db.catalog import finding
from storage.db.catalog.sought import folded
from storage.db.tables import camera
from storage.geometry import distances, inside
from tests.city import City

Row = dict[str, Any]
ME = operator("tests")
MIDDLE = (104.5, 31.1)
STAR = places.polygon([(104.5, 31.6), (104.7, 30.7), (104.1, 31.3), (104.9, 31.3), (104.3, 30.7)])
QUESTIONS = [
    Question(),
    Question(text="人民"),
    Question(text="路口 重庆"),
    Question(text="cqlx"),
    Question(text="9901010000132"),
    Question(text="站"),
    Question(text="没有"),
    Question(division="990102"),
    Question(division="9901", statuses=frozenset({Status.OFF})),
    Question(classes=frozenset({1, 9}), tags=frozenset({"学校"})),
    Question(sensitive=True, bound=False),
    Question(places=(places.box(104.2, 30.8, 104.6, 31.2),)),
    Question(places=(places.circle(*MIDDLE, 30_000),), text="路"),
    Question(places=(STAR,)),
    Question(places=(places.corridor([(104.1, 30.7), (104.5, 31.5), (104.9, 31.0)], 9_000),)),
    Question(places=(places.box(170, -90, 105, 90),)),
]


def everything(broker: Broker, caller: Caller, wanted: Wanted, step: int = 37) -> list[Point]:
    """Read all pages."""
    found: list[Point] = []
    after: CameraId | None = None
    while page := broker.finding.page(caller, wanted, after=after, limit=step):
        found += page
        after = CameraId(page[-1].id)
    return found


def plainly(cameras: Sequence[Point], question: Question) -> set[UUID]:
    """Return the ids of the cameras that answer, told in the fewest words."""
    return {one.id for one in cameras if _answers(one, question)}


def _answers(one: Point, asked: Question) -> bool:
    spot = np.array([one.longitude]), np.array([one.latitude])
    text = folded(f"{one.name} {one.address} {one.gb_code or ''}")
    initials = {"人民路": "rml", "重庆路": "cql", "解放街": "jfj", "滨江大道": "bjdd", "中山巷": "zsx"}
    ends = {"路口": "lk", "小学": "xx", "公园": "gy", "地铁站": "dtz"}
    letters = next((short for road, short in initials.items() if one.name.startswith(road)), "")
    letters += next((short for what, short in ends.items() if what in one.name), "")
    return (
        all(word in text or word in letters for word in asked.text.split())
        and one.division.startswith((asked.division or "").removesuffix("00"))
        and (not asked.statuses or one.status in asked.statuses)
        and (not asked.classes or one.point_class in asked.classes)
        and asked.tags <= set(one.tags)
        and (asked.sensitive is None or one.sensitive is asked.sensitive)
        and (asked.bound is None or (one.source_id is not None) is asked.bound)
        and all(bool(inside(place, *spot)[0]) for place in asked.places)
    )


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize(("short", "long"), [(1_000, 20_000), (40, 120)])
def test_pages_and_counts_hold_exactly_what_answers(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, short: int, long: int
) -> None:
    monkeypatch.setattr(finding, "SHORT_WALK", short)
    monkeypatch.setattr(finding, "LONG_WALK", long)
    whole = everything(broker, ME, Wanted(Question()))
    assert len(whole) > 400
    for question in QUESTIONS:
        found = everything(broker, ME, Wanted(question))
        assert {one.id for one in found} == plainly(whole, question), question
        assert [one.id for one in found] == sorted(one.id for one in found)
        counts = broker.finding.facets(ME, Wanted(question))
        assert counts.total == len(found), question
        assert sum(counts.owners.values()) == sum(counts.divisions.values()) == len(found)
        assert counts.statuses.get("off", 0) == sum(one.status is Status.OFF for one in found)
        assert counts.tags.get("学校", 0) == sum("学校" in one.tags for one in found)


@pytest.mark.usefixtures("points")
def test_departments_are_asked_for_alone_or_with_all_below(broker: Broker, city: City) -> None:
    whole = everything(broker, ME, Wanted(Question()))
    below = {it.id for it in city.departments.values() if it.path.startswith(city.departments["dh"].path)}
    found = everything(broker, ME, Wanted(Question(text="人民"), department="dh"))
    assert {it.id for it in found} == {it.id for it in whole if it.owner_id in below and "人民" in it.name + it.address}
    alone = everything(broker, ME, Wanted(Question(), owner="dh-jt"), step=9)
    assert {it.id for it in alone} == {it.id for it in whole if it.owner_id == city.departments["dh-jt"].id}
    assert everything(broker, ME, Wanted(Question(), owner="dh-jt", department="xs")) == []
    with pytest.raises(Unknown):
        broker.finding.facets(ME, Wanted(Question(), owner="nobody"))


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize(
    "question", [Question(), Question(text="小学"), Question(places=(STAR,)), Question(text="没有")]
)
@pytest.mark.parametrize("tried", [2_000, 3])
def test_the_nearest_are_the_nearest(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, question: Question, tried: int
) -> None:
    monkeypatch.setattr(finding, "NEAREST_TRIED", tried)
    answers = everything(broker, ME, Wanted(question))
    spots = np.array([(it.longitude, it.latitude) for it in answers]).reshape(-1, 2)
    far = distances(MIDDLE, spots[:, 0], spots[:, 1])
    wanted = sorted(zip(far.tolist(), [it.id for it in answers], strict=True))[:12]
    found = broker.finding.nearest(ME, Wanted(question), MIDDLE, 12)
    assert [(metres, it.id) for it, metres in found] == wanted


def features(content: bytes) -> list[Row]:
    return mapbox_vector_tile.decode(content)["points"]["features"] if content else []


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize("grid", list(Grid))
def test_each_scale_shows_every_point_once(broker: Broker, monkeypatch: pytest.MonkeyPatch, grid: Grid) -> None:
    wanted = Wanted(Question(places=(places.box(104, 30.6, 105, 31.6),)))
    whole = everything(broker, ME, wanted)
    for few in (300, 20):  # clusters, and single points
        monkeypatch.setattr(tiles, "FEW", few)
        view = finding_service.Finding(broker.work, broker.policy).view(ME, wanted)
        for z in (0, 6):
            across = [int((104 + part + 180) / 360 * 2**z) for part in (0.0, 1.0)]
            shown = [
                feature["properties"]
                for x in range(across[0], across[1] + 1)
                for y in range(2**z)
                for feature in (features(view.tile(grid, z, x, y).content) if _near(y, z) else ())
            ]
            assert sum(it.get("count", 1) for it in shown) == len(whole), (z, few)
            single = {it["id"] for it in shown if "id" in it}
            assert single <= {str(it.id) for it in whole}
            on = sum(it.get("on", it.get("status") == "on") for it in shown)
            assert on == sum(it.status is Status.ON for it in whole)


def _near(y: int, z: int) -> bool:
    """Spare the rows of either grid that are far from 31 degrees north."""
    return bool((y + 1) / 2**z >= 0.1 and y / 2**z <= 0.5)


def test_a_tile_lies_where_its_points_are(broker: Broker, points: list[Row]) -> None:
    one = points[0]
    wanted = Wanted(Question(text=str(one["name"])))
    z = 14
    n = 2.0**z
    x = (one["longitude"] + 180) / 360 * n
    y = (1 - np.arcsinh(np.tan(np.radians(one["latitude"]))) / np.pi) / 2 * n
    found = broker.finding.view(ME, wanted).tile(Grid.MERCATOR, z, int(x), int(y))
    (feature,) = features(found.content)
    assert feature["properties"]["id"] == str(one["id"])
    drawn = mapbox_vector_tile.decode(found.content, default_options={"y_coord_down": True})["points"]["features"][0]
    assert drawn["geometry"]["coordinates"] == pytest.approx([x % 1 * 4096, y % 1 * 4096], abs=1.5)
    assert gzip.decompress(found.packed) == found.content
    assert broker.finding.view(ME, wanted).tile(Grid.MERCATOR, z, int(x) + 1, int(y)).content == b""
    with pytest.raises(Invalid, match="no-such-tile"):
        broker.finding.view(ME, wanted).tile(Grid.MERCATOR, 1, 2, 0)


@pytest.mark.usefixtures("points")
def test_forty_viewers_find_and_count_what_they_can_get(broker: Broker, viewers: Sequence[Caller]) -> None:
    whole = everything(broker, ME, Wanted(Question()), step=150)
    differing = set()
    for viewer in viewers:
        with broker.work() as work:
            open_to = set(work.cameras.load_many([it.id for it in whole], Viewer.of(viewer, work.now)))
        for one in whole[::150]:
            assert _got(broker, viewer, one) == (one.id in open_to and may_list(broker, viewer))
        differing.add(frozenset(open_to))
        for question in (Question(), Question(text="人民")):
            right = plainly([it for it in whole if it.id in open_to], question)
            wanted = Wanted(question)
            if not may_list(broker, viewer):
                with pytest.raises(Forbidden):
                    broker.finding.page(viewer, wanted, after=None, limit=5)
                continue
            assert {it.id for it in everything(broker, viewer, wanted, step=500)} == right
            assert broker.finding.facets(viewer, wanted).total == len(right)
            shown = features(broker.finding.view(viewer, wanted).tile(Grid.MERCATOR, 0, 0, 0).content)
            assert sum(it["properties"].get("count", 1) for it in shown) == len(right)
            near = broker.finding.nearest(viewer, wanted, MIDDLE, 40)
            assert {it.id for it, _ in near} <= right
    assert len(differing) > 8, "the viewers see different things"


def may_list(broker: Broker, viewer: Caller) -> bool:
    try:
        broker.finding.page(viewer, Wanted(Question()), after=None, limit=1)
    except Forbidden:
        return False
    return True


def _got(broker: Broker, viewer: Caller, one: Point) -> bool:
    try:
        read = broker.catalog.read(viewer, one.id)
        return Point(**{name: getattr(read, name) for name in Point._fields}) == one
    except (Unknown, Forbidden):
        return False


def test_the_map_follows_what_changes(broker: Broker, points: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.services.catalog.map.following.FRESH", 0.0)
    nobody = replace(ME, assignments=())
    before = broker.finding.facets(ME, Wanted(Question()))
    key = next(row["id"] for row in points if row["status"] == "on" and row["visibility"] == "shared")
    with broker.work() as work:
        permit = broker.policy.require(ME, "camera:import", ME.roles(work.now))
        work.audit.append(permit, (Entry("catalogue/tests", "catalogue:imported", {}),))
        moved = {"longitude": 10.0, "latitude": 50.0, "status": "off", "tags": ["新"], "version": 2}
        work._open.execute(update(camera).where(camera.c.id == key).values(**moved))
        work.commit(permit)
    after = broker.finding.facets(ME, Wanted(Question()))
    assert after.total == before.total
    assert after.statuses["off"] == before.statuses.get("off", 0) + 1
    assert after.tags["新"] == 1
    there = Wanted(Question(places=(places.circle(10.0, 50.0, 10.0),)))
    assert broker.finding.facets(ME, there).total == 1
    (feature,) = features(broker.finding.view(ME, there).tile(Grid.DEGREES, 3, 4, 0).content)
    assert feature["properties"]["id"] == str(key)
    with pytest.raises(Forbidden):
        broker.finding.facets(nobody, there)


def test_a_database_that_goes_while_the_map_is_read_is_told_as_that(broker: Broker) -> None:
    """The map reads past SQLAlchemy, which tells other errors than the driver does."""

    def read() -> None:
        with broker.work() as work:
            pid = work._open.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            os.kill(pid, signal.SIGTERM)
            work.map_rows.read(since=1)

    with pytest.raises(Unavailable, match="database-unreachable"):
        read()
