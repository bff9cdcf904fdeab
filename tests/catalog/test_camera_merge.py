"""What a merge makes of drafts, on a real PostgreSQL; the small city's own cameras are there already."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Camera, Direction, Merged, PointDraft
from broker.domain.catalog.gb_code import compose
from broker.domain.catalog.visibility import EVERYBODY
from broker.domain.ids import DepartmentId
from storage.db.catalog.camera_merge import Writing
from storage.db.catalog.cameras import CameraRepository
from storage.db.tables import camera
from tests.catalog.lists import drafts_of, write_text
from tests.city import City

CODES = [str(compose("990102", serial, industry="08")) for serial in range(501, 505)]


class Catalogue:
    """A repository that numbers its imports, so that each test reads as a story."""

    def __init__(self, connection: Connection, owner: DepartmentId) -> None:
        self.cameras = CameraRepository(connection)
        self.owner = owner
        self.number = 0

    def take(self, *drafts: PointDraft, dry_run: bool = False) -> Merged:
        self.number += 1
        writing = Writing(f"catalogue/{self.owner}", 1000 + self.number, datetime.now(UTC), "tests")
        return self.cameras.merge(self.owner, drafts, writing, dry_run=dry_run)

    def mine(self) -> dict[str, Camera]:
        found = self.cameras.page(viewer=EVERYBODY, owner=self.owner, limit=50)
        return {known.name: known for known in found}


def catalogue(connection: Connection, city: City, department: str = "dh-hb") -> Catalogue:
    return Catalogue(connection, city.departments[department].id)


def points(*rows: dict[str, object]) -> list[PointDraft]:
    return drafts_of({"name": "n", "latitude": 1.5, "longitude": 2.5, **row} for row in rows)


def test_the_same_list_twice_changes_nothing(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    drafts = points(
        {"name": "coded", "gb_code": CODES[0], "direction": "N", "note": {"a": [1, 2.5, None, True, "é"]}},
        {"name": "keyed", "id": "k1", "address": "somewhere", "point_class": 2, "synthetic": 1},
        {"name": "placed", "latitude": 0.1 + 0.2, "longitude": -179.999999999},
    )
    assert store.take(*drafts) == (3, 0, 0, ())
    before = store.mine()
    assert store.take(*drafts) == (0, 0, 3, ())
    assert store.mine() == before
    assert {name: known.version for name, known in before.items()} == {"coded": 1001, "keyed": 1001, "placed": 1001}
    assert before["coded"].extra == {"note": {"a": [1, 2.5, None, True, "é"]}}
    assert before["coded"].direction is Direction.NORTH
    assert (before["keyed"].point_class, before["keyed"].synthetic, before["keyed"].external_key) == (2, True, "k1")


def test_only_what_differs_is_written(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    first, second = points({"name": "a", "gb_code": CODES[0]}, {"name": "b", "gb_code": CODES[1]})
    store.take(first, second)
    assert store.take(first, second._replace(address="new")) == (0, 1, 1, ())
    assert [(known.name, known.address, known.version) for known in store.mine().values()] == [
        ("a", "", 1001), ("b", "new", 1002),
    ]  # fmt: skip


def test_a_dry_run_counts_and_writes_nothing(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    (known,) = points({"name": "a", "id": "1"})
    store.take(known)
    before = store.mine()
    drafts = [known._replace(name="renamed"), *points({"name": "b", "id": "2"})]
    assert store.take(*drafts, dry_run=True) == (1, 1, 0, ())
    assert store.mine() == before
    assert store.take(*drafts) == (1, 1, 0, ())


def test_an_empty_cell_clears_nothing_and_extra_is_the_latest_lists(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    store.take(*points({"gb_code": CODES[0], "direction": "N", "address": "a", "point_class": 1, "old": "x"}))
    assert store.take(*points({"gb_code": CODES[0], "new": "y"})).updated == 1
    known = store.mine()["n"]
    assert (known.direction, known.address, known.point_class) == (Direction.NORTH, "a", 1)
    assert known.extra == {"new": "y"}


def test_a_code_of_another_owner_is_a_conflict_of_its_row(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    (foreign,) = city.cameras_of("xs-ga")
    merged = store.take(*points({"name": "mine", "gb_code": CODES[0]}, {"name": "theirs", "gb_code": foreign.gb_code}))
    assert merged[:3] == (1, 0, 0)
    assert [(c.where, c.field, c.reason, c.value) for c in merged.conflicts] == [
        ("3", "gb_code", "point-code-foreign", foreign.gb_code),
    ]
    assert store.cameras.load(foreign.id) == foreign


def test_a_point_learns_its_code_and_keeps_it(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    store.take(*points({"name": "keyed", "id": "k1"}, {"name": "placed", "longitude": 9}))
    coded = points(
        {"name": "keyed", "id": "k1", "gb_code": CODES[0]},
        {"name": "placed", "longitude": 9, "gb_code": CODES[1]},
        {"name": "placed", "longitude": 9, "gb_code": CODES[2]},  # a second camera on the same pole
    )
    assert store.take(*coded) == (1, 2, 0, ())
    assert store.take(*coded) == (0, 0, 3, ())
    assert store.take(*points({"name": "keyed", "id": "k1", "division": "990102"})) == (0, 0, 1, ())
    assert store.mine()["keyed"].gb_code == CODES[0]


def test_a_coded_camera_beside_an_uncoded_one_leaves_it_alone(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    uncoded, coded = points({"name": "pole"}, {"name": "pole", "gb_code": CODES[0]})
    assert store.take(uncoded) == (1, 0, 0, ())
    assert store.take(uncoded, coded) == (1, 0, 1, ())
    assert store.take(coded, uncoded) == (0, 0, 2, ())


def test_keys_that_point_at_two_cameras_are_conflicts(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    store.take(*points({"name": "a", "gb_code": CODES[0], "id": "k1"}, {"name": "b", "gb_code": CODES[1], "id": "k2"}))
    merged = store.take(
        *points(
            {"name": "a", "gb_code": CODES[0], "id": "k2"},  # code of one, key of the other
            {"name": "c", "gb_code": CODES[2], "id": "k1"},  # a new code on a key that has another
        )
    )
    assert merged[:3] == (0, 0, 0)
    assert [(c.where, c.reason, c.value, c.allowed) for c in merged.conflicts] == [
        ("2", "point-key-taken", "k2", CODES[1]),
        ("3", "point-key-taken", "k1", CODES[0]),
    ]


def test_two_rows_that_mean_one_camera_are_told_apart_by_the_first(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    store.take(*points({"name": "a", "gb_code": CODES[0], "id": "k1"}))
    merged = store.take(*points({"name": "by code", "gb_code": CODES[0]}, {"name": "by key", "id": "k1"}))
    assert merged[:3] == (0, 1, 0)
    assert [(c.where, c.reason, c.allowed) for c in merged.conflicts] == [("3", "point-same-camera", "2")]


def test_two_owners_may_use_the_same_key(connection: Connection, city: City) -> None:
    draft = points({"id": "k1"})
    assert catalogue(connection, city, "dh-hb").take(*draft).inserted == 1
    assert catalogue(connection, city, "dh-jt").take(*draft).inserted == 1


def test_nothing_is_nothing(connection: Connection, city: City) -> None:
    assert catalogue(connection, city).take() == (0, 0, 0, ())


def test_thousands_of_rows_are_merged_in_sets(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    drafts = points(*({"name": f"p{n}", "id": f"k{n}", "latitude": n / 1000} for n in range(2_000)))
    assert store.take(*drafts) == (2_000, 0, 0, ())
    assert store.take(*drafts) == (0, 0, 2_000, ())
    assert store.take(*(draft._replace(address="x") for draft in drafts)) == (0, 2_000, 0, ())
    held = select(func.count()).where(camera.c.owner_id == store.owner)
    assert connection.execute(held).scalar_one() == 2_000


def test_what_is_copied_straight_is_what_is_staged(
    connection: Connection, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = catalogue(connection, city)
    drafts = points(
        {"name": 'back\\slash \'n "quote"', "gb_code": CODES[0], "direction": "N", "tags": 'a;b "c"', "note": "x\\y"},
        {"name": "keyed", "id": "k\\1", "address": "中山路1号", "point_class": 2, "synthetic": 1, "edition": "2016"},
        {
            "name": "repaired",
            "id": "k2",
            "lifecycle": "维修",
            "common_name": "长江路口",
            "sensitive": "是",
            "mac": "00-1B-44-11-3A-B7",
        },
        {"name": "placed", "latitude": 0.1 + 0.2, "longitude": -179.999999999},
    )
    columns = [column for column in camera.c if column.name not in {"id", "changed"}]
    rows = []
    for placed in (False, True):
        monkeypatch.setattr("storage.db.catalog.camera_merge.knows_places", lambda *_, placed=placed: placed)
        store.number = 0
        with connection.begin_nested() as attempt:
            assert store.take(*drafts) == (4, 0, 0, ())
            held = select(*columns).where(camera.c.owner_id == store.owner, camera.c.stream.like("catalogue/%"))
            rows.append(connection.execute(held.order_by(camera.c.name)).all())
            attempt.rollback()
    assert rows[0] == rows[1]
    assert len(rows[0]) == 4


def test_new_and_known_points_of_one_list_take_both_ways(connection: Connection, city: City) -> None:
    store = catalogue(connection, city)
    named: list[dict[str, object]] = [{"name": f"p{n}", "id": f"k{n}"} for n in range(6)]
    drafts = points(*named)
    assert store.take(*drafts[::2]) == (3, 0, 0, ())
    seen: list[int] = []
    writing = Writing("catalogue/test", 7, datetime.now(UTC), "tests", mandatory={2: ("contact",)})
    lacking = drafts[5]._replace(point_class=2)
    merged = store.cameras.merge(
        store.owner, [*drafts[:5], lacking], writing, merged=seen.append
    )  # fmt: skip
    assert merged[:3] == (2, 0, 3)
    assert [(c.where, c.reason, c.allowed) for c in merged.conflicts] == [("7", "point-lacking", "contact")]
    assert seen == [6], "the number of the last row that is through"


def test_of_two_imports_at_once_only_one_takes_a_code(broker: Broker, city: City, tmp_path: Path) -> None:
    rows = "\n".join(f"{compose('990102', serial)},p{serial},1.5,2.5" for serial in range(600, 1600))
    path = write_text(tmp_path, f"gb_code,name,lat,lon\n{rows}\n")
    owners = [city.departments[code].code for code in ("dh-hb", "dh-jt")]
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda owner: broker.imports.import_file(operator("tests"), path, owner=owner), owners))
    assert sorted((report.inserted, report.quarantined) for report in reports) == [(0, 1000), (1000, 0)]
