"""The catalogue and the sources through the services."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import Style, write_recording
from broker.bootstrap import Broker, operator
from broker.domain.catalog.finding import Question
from broker.domain.errors import Conflict, Forbidden, Invalid, SourceFault, Unknown
from broker.domain.ids import CameraId, new_id
from broker.domain.time import TimeSpan
from broker.services.catalog.finding import Wanted
from broker.services.sources.sources import NewSource
from tests.city import CAMERAS, City

ME = operator("tests")
SPAN = TimeSpan(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 1, tzinfo=UTC))


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(("gb_code,name,latitude,longitude", *rows)), encoding="utf-8")
    return path


def test_an_import_says_its_balance_and_a_second_one_changes_nothing(
    broker: Broker, city: City, tmp_path: Path
) -> None:
    path = written(
        tmp_path / "list.csv",
        "99010201081320000001,改了名字,30.6,104.0",
        "99010201081320000099,新点位,30.61,104.01",
        "99010201081320000098,没有坐标,,",
    )
    events = len(broker.audit.page(ME, case=None, kind="catalogue:imported", after=0, limit=100))
    dry = broker.imports.import_file(ME, path, owner="dh-cg", dry_run=True)
    first = broker.imports.import_file(ME, path, owner="dh-cg")
    assert dry.balance == first.balance == "read 3 = inserted 1 + updated 1 + unchanged 0 + quarantined 1 + rejected 0"
    assert [(problem.where, problem.field) for problem in first.problems] == [("4", "latitude"), ("4", "longitude")]
    second = broker.imports.import_file(city.caller(broker, "sysadmin"), path, owner="dh-cg")
    assert second.balance == "read 3 = inserted 0 + updated 0 + unchanged 2 + quarantined 1 + rejected 0"
    after = broker.audit.page(ME, case=None, kind="catalogue:imported", after=0, limit=100)
    assert len(after) == events + 1


def test_an_import_that_cannot_be_read_leaves_everything_as_it_was(broker: Broker, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(Invalid, match="list-column-missing"):
        broker.imports.import_file(ME, path, owner="dh-cg")
    with pytest.raises(Unknown, match="unknown-department"):
        broker.imports.import_file(ME, path, owner="nowhere")


def test_only_who_may_imports(broker: Broker, city: City, tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", "99010201081320000099,新点位,30.61,104.01")
    for login in ("asker", "owner.cg", "secadmin", "auditor"):
        with pytest.raises(Forbidden):
            broker.imports.import_file(city.caller(broker, login), path, owner="dh-cg")


def test_cameras_are_found_page_by_page(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    seen: list[CameraId] = []
    everything = Wanted(Question())
    while page := broker.finding.page(asker, everything, after=seen[-1] if seen else None, limit=3):
        seen.extend(camera.id for camera in page)
    assert len(seen) == len(set(seen)) == sum(map(len, CAMERAS.values()))
    wanted = Wanted(Question(text="路口1", bound=False), owner="dh-cg")
    own = broker.finding.page(asker, wanted, after=None, limit=10)
    assert [camera.gb_code for camera in own] == ["99010201081320000002"]
    known = broker.names.of(asker, departments={own[0].owner_id})
    assert known.departments[own[0].owner_id].name == "东河区城市管理局"
    assert broker.catalog.read(asker, own[0].id).name == own[0].name
    with pytest.raises(Unknown, match="unknown-camera"):
        broker.catalog.read(asker, CameraId(new_id()))
    with pytest.raises(Forbidden):
        broker.catalog.read(city.caller(broker, "secadmin"), own[0].id)


def test_coverage_needs_a_source(broker: Broker, city: City, tmp_path: Path) -> None:
    asker = city.caller(broker, "asker")
    camera = city.cameras_of("dh-cg")[0]
    with pytest.raises(Conflict, match="camera-without-source"):
        broker.catalog.coverage(asker, camera.id, SPAN)
    (tmp_path / "01").mkdir()
    broker.sources.add(ME, NewSource("nvr", "录像机", "local_files", {"folder": str(tmp_path)}, "dh-cg"))
    broker.catalog.bind(ME, camera.gb_code or "", "nvr", "01")
    with pytest.raises(SourceFault, match="unknown-channel"):
        broker.catalog.coverage(asker, camera.id, SPAN)
    begin = SPAN.begin + timedelta(minutes=1)
    write_recording(tmp_path, "01", begin, 1, style=Style(fps=2, size=(320, 180)))
    assert broker.catalog.coverage(asker, camera.id, SPAN) == (TimeSpan(begin, begin + timedelta(minutes=1)),)
    tmp_path.rename(tmp_path.with_name("gone"))
    with pytest.raises(SourceFault, match="source-unreachable"):
        broker.catalog.coverage(asker, camera.id, SPAN)


@pytest.mark.parametrize("channel", ["", "x" * 201, "a\x00b", "a\nb"])
def test_a_wrong_channel_is_refused(broker: Broker, city: City, tmp_path: Path, channel: str) -> None:
    broker.sources.add(ME, NewSource("nvr", "录像机", "local_files", {"folder": str(tmp_path)}, "dh-cg"))
    code = city.cameras_of("dh-cg")[0].gb_code or ""
    with pytest.raises(Invalid) as refused:
        broker.catalog.bind(ME, code, "nvr", channel)
    assert refused.value.pointer == "/channel"


def test_a_binding_names_what_exists(broker: Broker, city: City, tmp_path: Path) -> None:
    code = city.cameras_of("dh-cg")[0].gb_code or ""
    with pytest.raises(Unknown, match="unknown-source"):
        broker.catalog.bind(ME, code, "nvr", "01")
    with pytest.raises(Unknown, match="unknown-camera"):
        broker.catalog.bind(ME, "99010201081329999999", "nvr", "01")
    broker.sources.add(ME, NewSource("nvr", "录像机", "local_files", {"folder": str(tmp_path)}, "dh-cg"))
    with pytest.raises(Forbidden):
        broker.catalog.bind(city.caller(broker, "owner.cg"), code, "nvr", "01")


def test_sources_are_added_listed_and_probed(broker: Broker, city: City, tmp_path: Path) -> None:
    system = city.caller(broker, "sysadmin")
    new = NewSource("nvr", "录像机", "local_files", {"folder": str(tmp_path)}, "dh-cg", sessions=2)
    added = broker.sources.add(system, new)
    assert [source.id for source in broker.sources.page(system, after="", limit=10)] == [added.id]
    assert broker.sources.page(system, after="nvr", limit=10) == []
    probe, points = broker.sources.probe(system, "nvr")
    assert (probe.ok, list(points)) == (False, [])
    write_recording(tmp_path, "01", SPAN.begin, 1, style=Style(fps=2, size=(320, 180)))
    probe, points = broker.sources.probe(system, "nvr")
    assert (probe.ok, [point.channel for point in points]) == (True, ["01"])
    with pytest.raises(Conflict, match="code-taken"):
        broker.sources.add(system, new)
    with pytest.raises(Unknown, match="unknown-source"):
        broker.sources.probe(system, "other")
    with pytest.raises(Forbidden):
        broker.sources.page(city.caller(broker, "owner.cg"), after="", limit=10)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"code": "no good"}, "/code"),
        ({"sessions": 0}, "/sessions"),
        ({"sessions": 65}, "/sessions"),
    ],
)
def test_a_wrong_source_is_refused(broker: Broker, tmp_path: Path, changes: dict[str, object], pointer: str) -> None:
    values: dict[str, object] = {
        "code": "nvr",
        "name": "x",
        "adapter": "local_files",
        "department": "dh-cg",
        "options": {"folder": str(tmp_path)},
    }
    with pytest.raises(Invalid) as refused:
        broker.sources.add(ME, NewSource(**(values | changes)))  # type: ignore[arg-type]  # by name
    assert refused.value.pointer == pointer


def test_unknown_options_and_adapters_are_named(broker: Broker, tmp_path: Path) -> None:
    with pytest.raises(SourceFault) as option:
        broker.sources.add(ME, NewSource("nvr", "x", "local_files", {"folder": str(tmp_path), "speed": 3}, "dh-cg"))
    assert option.value.pointer.endswith("/speed")
    with pytest.raises(SourceFault):
        broker.sources.add(ME, NewSource("nvr", "x", "teleport", {}, "dh-cg"))
