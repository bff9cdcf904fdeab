"""Points over time: looked at in the real sandbox, on real recordings, by a clock that the test turns."""

import re
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.gateway import Gateway
from adapters.media.testcard import Style, write_recording
from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Camera
from broker.domain.errors import Conflict
from broker.domain.sources.point_health import PointState
from broker.domain.sources.point_judgement import MOVED
from broker.domain.sources.point_looks import LookAsk
from broker.domain.sources.source_health import HealthState
from broker.domain.time import TimeSpan
from broker.services.sources.source_health import Seen
from broker.services.sources.sources import NewSource
from storage.db.sources.source_slots import SourceSlots
from tests.city import City
from tests.clock import Turned

ME = operator("tests")
CHANNELS = {"good": "", "dark": "black", "stuck": "frozen"}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """Three recorders' files and the instant at which they end: one camera is well, one is black, one stands still."""
    folder = tmp_path_factory.mktemp("recorded")
    end = datetime.now(UTC).replace(microsecond=0)
    for channel, fault in CHANNELS.items():
        style = Style(size=(640, 360), fps=2, fault=fault)  # type: ignore[arg-type]  # one of three words
        write_recording(folder, channel, end - timedelta(seconds=30), 0.5, style=style)
    return folder, end


def bound(broker: Broker, city: City, folder: Path, channels: Mapping[str, str]) -> list[Camera]:
    """Add a source of three sessions and bind one camera to each of the channels."""
    broker.sources.add(ME, NewSource("shelf", "录像柜", "local_files", {"folder": str(folder)}, "dh-cg", 3))
    cameras = city.cameras_of("dh-cg")
    for camera, channel in zip(cameras, channels, strict=False):
        broker.catalog.bind(ME, camera.gb_code or "", "shelf", channel)
    return cameras


def looks(broker: Broker, clock: Turned, minutes: float) -> int:
    """Turn the clock, let the source be asked and take a turn."""
    clock.at += timedelta(minutes=minutes)
    broker.source_health.tick()
    return broker.point_looks.tick()


def states(broker: Broker, cameras: list[Camera]) -> list[PointState | None]:
    return [broker.point_health.now(ME, camera.id).state for camera in cameras]


def status(broker: Broker, camera: Camera) -> str:
    with broker.work() as work:
        return work.cameras.load(camera.id).status


def test_black_and_frozen_pictures_are_told_after_the_second_look(
    turned: Broker, clock: Turned, city: City, recorded: tuple[Path, datetime]
) -> None:
    folder, clock.at = recorded
    cameras = bound(turned, city, folder, CHANNELS)
    assert looks(turned, clock, 0) == 0  # they are watched from now on
    assert states(turned, cameras) == [PointState.ONLINE] * 3  # as their source is
    assert looks(turned, clock, 11) == 3
    assert states(turned, cameras) == [PointState.ONLINE] * 3
    assert looks(turned, clock, 13) == 2  # those that seemed to have something
    assert states(turned, cameras) == [PointState.ONLINE, PointState.BLACK, PointState.FROZEN]
    assert [status(turned, camera) for camera in cameras] == ["on"] * 3
    good = turned.point_health.now(ME, cameras[0].id)
    assert good.picture_at == recorded[1]
    (stuck,) = turned.point_health.page(ME, cameras[2].id, before=None, limit=5)
    assert (stuck.since, stuck.until) == (clock.at, None)
    assert re.fullmatch(r"moved=0\.000\d", stuck.detail)  # what the encoder leaves of a picture that stands still
    assert list(turned.settings.data.rglob("picture*")) == []


def test_a_point_that_is_not_listed_one_that_falls_silent_and_both_back_again(
    turned: Broker, clock: Turned, city: City, recorded: tuple[Path, datetime], tmp_path: Path
) -> None:
    folder, clock.at = tmp_path / "shelf", recorded[1]
    (folder / "good").mkdir(parents=True)
    for file in (recorded[0] / "good").iterdir():
        shutil.copy(file, folder / "good")
    cameras = bound(turned, city, folder, {"good": "", "nobody": ""})
    looks(turned, clock, 0)
    assert states(turned, cameras[:2]) == [PointState.ONLINE, PointState.OFFLINE]  # its channels were listed
    assert looks(turned, clock, 11) == 2
    assert [status(turned, camera) for camera in cameras] == ["on", "off", "unknown"]
    looks(turned, clock, 26 * 60)
    assert states(turned, cameras[:2]) == [PointState.SILENT, PointState.OFFLINE]
    assert status(turned, cameras[0]) == "off"
    lasting = turned.point_health.troubles(ME, state=None, before=None, limit=9)
    assert [it.trouble.state for it in lasting] == [PointState.SILENT, PointState.OFFLINE]
    begin = clock.at.replace(microsecond=0) + timedelta(hours=1)
    for channel in ("good", "nobody"):
        write_recording(folder, channel, begin, 0.5, style=Style(size=(640, 360), fps=2))
    looks(turned, clock, 62)
    assert states(turned, cameras[:2]) == [PointState.ONLINE, PointState.ONLINE]
    looks(turned, clock, 40)
    assert [status(turned, camera) for camera in cameras[:2]] == ["on", "on"]
    (missed,) = turned.point_health.page(ME, cameras[1].id, before=None, limit=5)
    assert (missed.state, missed.until is not None) == (PointState.OFFLINE, True)
    with pytest.raises(Conflict), turned.work() as work:
        work.point_health.save([replace(missed, detail="another story")], [])


def test_a_source_that_goes_takes_its_points_with_it_without_a_row_for_any(
    turned: Broker, clock: Turned, city: City, recorded: tuple[Path, datetime]
) -> None:
    folder, clock.at = recorded
    cameras = bound(turned, city, folder, CHANNELS)
    looks(turned, clock, 0)
    looks(turned, clock, 11)
    with turned.work() as work:
        source = work.sources.by_code("shelf")
    for _ in range(2):  # the second look makes sure
        clock.at += timedelta(minutes=1)
        turned.source_health.note(Seen(source.id, HealthState.OFFLINE, "source-unreachable"))
    clock.at += timedelta(hours=7)
    assert turned.point_looks.tick() == 0  # nobody looks at points behind a source that does not answer
    assert states(turned, cameras) == [PointState.OFFLINE] * 3
    assert [status(turned, camera) for camera in cameras] == ["off"] * 3
    assert turned.point_health.troubles(ME, state=None, before=None, limit=9) == []
    for _ in range(2):
        clock.at += timedelta(minutes=1)
        turned.source_health.note(Seen(source.id, HealthState.ONLINE, ""))
    turned.point_looks.tick()
    assert [status(turned, camera) for camera in cameras] == ["on"] * 3


def test_sessions_are_left_to_those_who_fetch(
    turned: Broker, clock: Turned, city: City, recorded: tuple[Path, datetime]
) -> None:
    folder, clock.at = recorded
    bound(turned, city, folder, CHANNELS)
    looks(turned, clock, 0)
    with turned.work() as work:
        source = work.sources.by_code("shelf")
    clock.at += timedelta(minutes=11)
    with ExitStack() as stack:
        slots = SourceSlots(turned.database_url)
        assert all(stack.enter_context(slots.one_of(source)) for _ in range(source.sessions))
        assert turned.point_looks.tick() == 0
    assert turned.point_looks.tick() == 0  # put off for a moment, not for hours
    clock.at += timedelta(minutes=3)
    assert turned.point_looks.tick() == 3


def test_a_point_that_moves_to_another_source_keeps_the_days_behind_the_first(
    turned: Broker, clock: Turned, city: City, recorded: tuple[Path, datetime]
) -> None:
    folder, clock.at = recorded
    cameras = bound(turned, city, folder, {"good": ""})
    looks(turned, clock, 0)
    looks(turned, clock, 7)
    turned.point_settlement.tick()
    first = clock.at.astimezone(turned.zone).date()
    clock.at += timedelta(days=2)
    turned.sources.add(ME, NewSource("other", "新录像柜", "local_files", {"folder": str(folder)}, "dh-cg", 1))
    turned.catalog.bind(ME, cameras[0].gb_code or "", "other", "good")
    looks(turned, clock, 0)
    looks(turned, clock, 7)
    clock.at += timedelta(minutes=31)
    turned.point_settlement.tick()
    days = turned.point_health.days(ME, cameras[0].id, first, first + timedelta(days=3))
    assert [it.day for it in days if it.online] == [first, first + timedelta(days=2)]


def test_one_broken_channel_does_not_spoil_a_look_at_the_others(
    tmp_path: Path, recorded: tuple[Path, datetime]
) -> None:
    folder, end = tmp_path / "shelf", recorded[1]
    shutil.copytree(recorded[0], folder)
    for file in (folder / "stuck").iterdir():
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
    gateway = Gateway(timedelta(minutes=1), 2 * 1024**3)
    span = TimeSpan(end - timedelta(hours=1), end)
    asks = [LookAsk(channel, span) for channel in ("stuck", "nobody", "good", "dark")]
    broken, unknown, good, dark = gateway.look("local_files", {"folder": str(folder)}, asks)
    assert (broken.picture_at, broken.moved) == (None, None)
    assert (unknown.fault, unknown.recorded) == ("unknown-channel", None)
    assert good.recorded == (TimeSpan(end - timedelta(seconds=30), end),)
    assert good.moved is not None
    assert good.moved > 0.01 > MOVED
    assert (dark.dark, dark.fault) == (1.0, "")
    assert gateway.look("local_files", {"folder": str(folder)}, [LookAsk("good", span, pictures=False)])[0].dark is None
