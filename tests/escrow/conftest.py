"""A recorder that overwrites soon, and a request for what it has."""

import importlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import Style, write_recording
from broker.bootstrap import Broker, operator
from broker.domain.footage.escrows import Escrow
from broker.domain.footage.grants import Grant, Terms
from broker.domain.footage.media import Kept, KeptFile
from broker.domain.ids import CameraId
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from broker.services.sources.sources import NewSource
from tests.city import City

FPS = 5
SECONDS = 24
KEPT_DAYS = 3


@dataclass(frozen=True)
class Recorded:
    """A folder of files of eight seconds, of one camera."""

    folder: Path
    span: TimeSpan


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("master")
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    style = Style(fps=FPS, size=(320, 180), segment=timedelta(seconds=8))
    write_recording(folder, "01", begin, SECONDS / 60, style=style, name="环城路卡口")
    return Recorded(folder, TimeSpan(begin, begin + timedelta(seconds=SECONDS)))


@pytest.fixture
def recorded(master: Recorded, tmp_path: Path) -> Recorded:
    """Return the recording where a test may delete it."""
    shutil.copytree(master.folder, tmp_path / "recorder")
    return replace(master, folder=tmp_path / "recorder")


@dataclass(frozen=True)
class Stage:
    """A request that waits for its first decision, and those who act on it."""

    broker: Broker
    city: City
    recorded: Recorded
    camera: CameraId
    request: AccessRequest

    def caller(self, login: str) -> Caller:
        return self.city.caller(self.broker, login)

    @property
    def now(self) -> AccessRequest:
        return self.broker.access_requests.read(self.caller("asker"), self.request.id)

    def escrow(self) -> Escrow:
        """Return the newest sealed copy of the request."""
        return self.broker.escrows.of_request(self.caller("asker"), self.request.id)[-1]

    def approve(self) -> AccessRequest:
        return self.broker.approvals.approve(self.caller("center.dh"), self.request.id, Verdict(self.now.revision))

    def grant(self) -> Grant:
        """Let center and owner decide."""
        item = self.approve().items[0]
        grant = self.broker.request_items.authorize(self.caller("owner.cg"), item.id, Verdict(item.revision))
        assert grant is not None
        return grant

    def sealed(self, content: bytes = b"recorded") -> Escrow:
        """Have a copy sealed without asking the source."""
        assert self.broker.escrows.plan(self.request.id) == 1
        runs = self.broker.escrows
        attempt = runs._begin(self.escrow().id)
        assert attempt is not None
        room = self.broker.settings.data
        (room / "original-1").write_bytes(content)
        kept = Kept((KeptFile("original-1", "a.mp4", self.recorded.span.begin, self.recorded.span),))
        runs._accept(attempt, runs._copies.seal(kept, room, attempt.escrow.stream, 0.0, lambda: False))
        return self.escrow()


def until(reached: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def form(camera: CameraId, span: TimeSpan) -> Form:
    purpose = Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间")
    return Form(purpose, Terms(), ("looker", "looker2"), (AskedLine(camera, span),))


def staged(broker: Broker, city: City, recorded: Recorded, source: NewSource) -> Stage:
    camera = city.cameras_of("dh-cg")[0]
    broker.sources.add(operator("tests"), source)
    broker.catalog.bind(operator("tests"), camera.gb_code or "", source.code, "01")
    asker = city.caller(broker, "asker")
    drafted = broker.access_requests.draft(asker, form(camera.id, recorded.span))
    request = broker.access_requests.submit(asker, drafted.id)
    return Stage(broker, city, recorded, camera.id, request)


def recorder(recorded: Recorded) -> NewSource:
    return NewSource("nvr", "录像机", "local_files", {"folder": str(recorded.folder)}, "dh-cg", keeps_days=KEPT_DAYS)


@pytest.fixture
def stage(broker: Broker, city: City, recorded: Recorded) -> Stage:
    return staged(broker, city, recorded, recorder(recorded))


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Recorded], NewSource]]:
    """Install the adapter of `tests.escrow.far`, and return what makes a source of it that bears one session."""
    site = tmp_path / "site"
    metadata = site / "far-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: far\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[xueliang.adapters]\nfar = tests.escrow.far:FarAdapter\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    importlib.invalidate_caches()

    def source(recorded: Recorded) -> NewSource:
        options = {"folder": str(recorded.folder), "log": str(tmp_path / "fetched")}
        return NewSource("far", "远端平台", "far", options, "dh-cg", sessions=1)

    yield source
    sys.path_importer_cache.pop(str(site), None)
