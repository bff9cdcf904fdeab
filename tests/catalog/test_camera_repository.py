from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.visibility import EVERYBODY
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import CameraId, SourceId, new_id
from storage.db.catalog.camera_merge import Writing
from storage.db.catalog.cameras import CameraRepository
from storage.db.tables import source
from tests.catalog.lists import drafts_of
from tests.city import City

NOBODY = CameraId(UUID(int=0))


def names(found: list[Camera]) -> list[str]:
    return [known.name for known in found]


@pytest.fixture
def cameras(connection: Connection, city: City) -> CameraRepository:
    """Seven cameras of the city, and four of the transport department to look for."""
    repository = CameraRepository(connection)
    rows: list[dict[str, object]] = [
        {"name": "Canal_1", "address": "100% 东岸", "division": "990102"},
        {"name": "Canal 2", "address": "西岸", "division": "990103"},
        {"name": "Harbour", "address": "", "division": "990200"},
        {"name": "Quay", "address": "canal house", "division": ""},
    ]
    drafts = drafts_of({"latitude": 1, "longitude": 2, **row} for row in rows)
    repository.merge(city.departments["dh-jt"].id, drafts, Writing("catalogue/test", 1, datetime.now(UTC)))
    return repository


def test_cameras_are_loaded_by_id_and_code(cameras: CameraRepository, city: City) -> None:
    (known,) = city.cameras_of("xs-ga")
    assert cameras.load(known.id) == known
    assert cameras.by_gb_code(str(known.gb_code)) == known
    assert cameras.load_many({known.id, NOBODY}) == {known.id: known}
    assert cameras.load_many([]) == {}
    with pytest.raises(Unknown, match="unknown-camera"):
        cameras.load(NOBODY)
    with pytest.raises(Unknown, match="unknown-camera"):
        cameras.by_gb_code("1")


def test_pages_follow_each_other_without_gap(cameras: CameraRepository) -> None:
    whole = cameras.page(viewer=EVERYBODY, limit=100)
    assert len(whole) == 11
    pages: list[Camera] = []
    while page := cameras.page(viewer=EVERYBODY, after=pages[-1].id if pages else None, limit=4):
        pages += page
    assert pages == whole
    assert [known.id for known in whole] == sorted(known.id for known in whole)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("canal", ["Canal_1", "Canal 2", "Quay"]),
        ("l_1", ["Canal_1"]),
        ("100%", ["Canal_1"]),
        ("西岸", ["Canal 2"]),
        ("\\", []),
    ],
)
def test_text_is_found_as_it_stands(cameras: CameraRepository, text: str, expected: list[str]) -> None:
    assert names(cameras.page(viewer=EVERYBODY, text=text, limit=10)) == expected


def test_a_code_is_found_by_its_digits(cameras: CameraRepository) -> None:
    assert len(cameras.page(viewer=EVERYBODY, text="0413200000", limit=10)) == 2


@pytest.mark.parametrize(
    ("division", "count"), [("990100", 9), ("990102", 6), ("99010201", 0), ("990200", 1), ("990000", 10), ("99", 10)]
)
def test_a_division_holds_what_lies_in_it(cameras: CameraRepository, division: str, count: int) -> None:
    assert len(cameras.page(viewer=EVERYBODY, division=division, limit=100)) == count


def test_a_camera_is_bound_to_a_channel(cameras: CameraRepository, connection: Connection, city: City) -> None:
    recorder = SourceId(new_id())
    owner = city.departments["dh-jt"].id
    connection.execute(
        source.insert().values(
            id=recorder, code="nvr", name="nvr", adapter="local_files", options={}, department_id=owner, sessions=1,
            stream="source/x", version=1,
        )
    )  # fmt: skip
    first = cameras.page(viewer=EVERYBODY, owner=owner, limit=1)[0]
    cameras.save(first, replace(first, source_id=recorder, channel="ch1", version=2))
    (bound,) = cameras.page(viewer=EVERYBODY, bound=True, limit=10)
    assert (bound.id, bound.source_id, bound.channel, bound.version) == (first.id, recorder, "ch1", 2)
    assert len(cameras.page(viewer=EVERYBODY, bound=False, limit=100)) == 10
    with pytest.raises(Conflict, match="changed-meanwhile"):
        cameras.save(first, replace(first, channel="ch2", version=3))
