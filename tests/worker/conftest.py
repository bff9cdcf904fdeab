"""Footage of a made-up recorder, bound to the city's cameras, with a grant over it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import Style, write_recording
from broker.bootstrap import Broker, operator
from broker.domain.footage.grants import Grant, Terms
from broker.domain.footage.retrievals import Retrieval, RetrievalState
from broker.domain.ids import CameraId, RetrievalId
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AskedLine, Place
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from broker.services.sources.sources import NewSource
from tests.city import City

FPS = 10
MINUTES = 3
ENDED = {RetrievalState.READY, RetrievalState.DELIVERED, RetrievalState.FAILED, RetrievalState.ABORTED}


@dataclass(frozen=True)
class Footage:
    """A folder of one-minute files of one camera, and what it covers."""

    folder: Path
    span: TimeSpan


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    folder = tmp_path_factory.mktemp("recorder")
    begin = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
    write_recording(folder, "01", begin, MINUTES, style=Style(fps=FPS, size=(480, 270)), name="环城路卡口")
    return Footage(folder, TimeSpan(begin, begin + timedelta(minutes=MINUTES)))


@dataclass(frozen=True)
class Bench:
    """Everything an investigator needs."""

    broker: Broker
    looker: Caller
    owner: Caller
    camera: CameraId
    grant: Grant
    footage: Footage

    def wait(self, key: RetrievalId, until: Callable[[Retrieval], bool], seconds: float = 60) -> Retrieval:
        """Follow a retrieval until it is as wanted."""
        deadline = time.monotonic() + seconds
        while not until(found := self.broker.retrievals.read(self.looker, key)):
            assert time.monotonic() < deadline, f"{found.state} after {seconds} s: {found.error}"
            time.sleep(0.05)
        return found

    def ended(self, key: RetrievalId) -> Retrieval:
        return self.wait(key, lambda found: found.state in ENDED)


@pytest.fixture
def bench(broker: Broker, city: City, footage: Footage) -> Bench:
    camera = city.cameras_of("dh-cg")[0]
    me = operator("tests")
    broker.sources.add(me, NewSource("nvr", "录像机", "local_files", {"folder": str(footage.folder)}, "dh-cg"))
    broker.catalog.bind(me, camera.gb_code or "", "nvr", "01")
    form = Form(
        Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间"),
        Terms(),
        ("looker",),
        (AskedLine(camera.id, footage.span),),
        place=Place(30.61, 104.01, "桥头"),
    )
    asker = city.caller(broker, "asker")
    request = broker.access_requests.submit(asker, broker.access_requests.draft(asker, form).id)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    owner = city.caller(broker, "owner.cg")
    grant = broker.request_items.authorize(owner, request.items[0].id, Verdict(1))
    assert grant is not None
    return Bench(broker, city.caller(broker, "looker"), owner, camera.id, grant, footage)
