"""A recorder with two cameras, the pages over it, and grants and results as tests want them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import Style, write_recording
from broker.bootstrap import Broker, operator
from broker.domain.footage.grants import Grant, Terms
from broker.domain.footage.media import Ask, ClipAsk
from broker.domain.footage.retrievals import Retrieval
from broker.domain.ids import CameraId
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AskedLine
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from broker.services.sources.sources import NewSource
from broker.web.app import create_app
from storage.db.embedded.embedded import EmbeddedServer
from storage.packages.authority import FOLDER, ROOT, new_key
from tests.city import City
from tests.web.conftest import over_a_copy
from tests.web.console.conftest import Enter, entrance, without_tls
from tests.web.door import Door, serving

FPS = 10
SECOND = timedelta(seconds=1)
GAP = (20, 35)
"""Seconds after the beginning in which the first camera recorded nothing."""

PURPOSE = Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间")


@dataclass(frozen=True)
class Studio:
    """Everything an investigator needs: camera 0 recorded H.264 with a gap, camera 1 recorded H.265."""

    broker: Broker
    city: City
    url: str
    enter: Enter
    door: Door
    span: TimeSpan

    @property
    def looker(self) -> Caller:
        return self.city.caller(self.broker, "looker")

    @property
    def root(self) -> Path:
        """Where the certificate lies that vouches for who signs packages."""
        return self.broker.settings.data / FOLDER / ROOT

    @property
    def cameras(self) -> list[CameraId]:
        return [camera.id for camera in self.city.cameras_of("dh-cg")[:2]]

    def grant(self, **terms: object) -> Grant:
        """Return a grant over both cameras; it allows originals unless `terms` say something else."""
        lines = tuple(AskedLine(camera, self.span) for camera in self.cameras)
        kept = Terms(**{"originals": True, **terms})  # type: ignore[arg-type]  # fields by name
        asker = self.city.caller(self.broker, "asker")
        request = self.broker.access_requests.draft(asker, Form(PURPOSE, kept, ("looker",), lines))
        request = self.broker.access_requests.submit(asker, request.id)
        request = self.broker.approvals.approve(self.city.caller(self.broker, "center.dh"), request.id, Verdict(1))
        owner = self.city.caller(self.broker, "owner.cg")
        grant = self.broker.request_items.authorize(owner, request.items[0].id, Verdict(1))
        assert grant is not None
        return grant

    def at(self, second: float) -> datetime:
        return self.span.begin + second * SECOND

    def clip(self, first: float, last: float) -> ClipAsk:
        return ClipAsk("", TimeSpan(self.at(first), self.at(last)))

    def ready(self, grant: Grant, ask: Ask, camera: int = 0, *, original: bool = False) -> Retrieval:
        """Return a result of the real worker's side."""
        order = self.broker.retrievals.order(self.looker, self.cameras[camera], ask, grant.id, original=original)
        self.broker.runs.run(order.id)
        return self.broker.retrievals.read(self.looker, order.id)

    def revoke(self, grant: Grant) -> None:
        self.broker.grants.revoke(self.city.caller(self.broker, "owner.cg"), grant.id, "案件已结")


@pytest.fixture(scope="session")
def studio(server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A console with footage for all tests that bring grants and results of their own."""
    with opened_studio(server, city_template, "test_console_studio", tmp_path_factory) as opened:
        yield opened


@contextmanager
def opened_studio(
    server: EmbeddedServer, city: City, database: str, folders: pytest.TempPathFactory
) -> Iterator[Studio]:
    """Open a console with footage over a copy of the city, in a database of this name."""
    folder = folders.mktemp("studio")
    begin = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
    gap = TimeSpan(begin + GAP[0] * SECOND, begin + GAP[1] * SECOND)
    write_recording(folder, "01", begin, 1, style=Style(fps=FPS, size=(480, 270), gaps=(gap,)), name="环城路卡口")
    write_recording(folder, "02", begin, 1, style=Style(fps=FPS, size=(480, 270), codec="hevc"), name="渣土场门口")
    with (
        over_a_copy(server, database, folders.mktemp("studio-data")) as broker,
        serving(create_app(without_tls(broker)), lifespan="on") as url,
        entrance(url) as enter,
        Door(url) as door,
    ):
        bind(broker, city, folder)
        new_key(broker.settings.data / FOLDER, "锦川市公安局", datetime.now(UTC))
        yield Studio(broker, city, url, enter, door, TimeSpan(begin, begin + timedelta(minutes=1)))


def bind(broker: Broker, city: City, folder: Path) -> None:
    me = operator("tests")
    broker.sources.add(me, NewSource("nvr", "录像机", "local_files", {"folder": str(folder)}, "dh-cg"))
    for channel, camera in zip(("01", "02"), city.cameras_of("dh-cg"), strict=False):
        broker.catalog.bind(me, camera.gb_code or "", "nvr", channel)
