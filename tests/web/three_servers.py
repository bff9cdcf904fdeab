"""Three `xueliang serve` over one database and one store, a large result, and grants to stop."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from broker.bootstrap import Broker, operator
from broker.domain.footage.grants import Grant, Terms
from broker.domain.footage.locks import Lock, LockKind
from broker.domain.footage.media import Capture, ClipAsk
from broker.domain.footage.retrievals import EvidenceItem, Retrieval
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AskedLine
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.footage.retrieval_runs import Attempt
from broker.services.requests.access_requests import Form, Verdict
from broker.services.sources.sources import NewSource
from tests.city import City

PROGRAM = [sys.executable, "-c", "import sys; from broker.cli import main; sys.exit(main())"]
PATIENCE = 180
SIZE = 16 * 1024 * 1024


@dataclass
class Server:
    """One process and where it is reached."""

    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)
    url: str = field(init=False)

    def start(self, port: int = 0) -> None:
        with self.log.open("wb") as file:
            self.process = subprocess.Popen(
                [*PROGRAM, "serve", "--port", str(port)], env=self.environment, stdout=file, stderr=subprocess.STDOUT
            )

    def wait(self) -> None:
        """Wait until it answers and has a lease."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", self.log.read_text(encoding="utf-8"))):
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, self.log.read_text(encoding="utf-8")
            time.sleep(0.05)
        self.url = found[0]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """End it at once and start it again at the same address."""
        self.stop()
        self.start(int(self.url.rpartition(":")[2]))
        self.wait()


@contextmanager
def three_servers(broker: Broker, logs: Path, count: int = 3, **more: str) -> Iterator[tuple[Server, ...]]:
    """Run three web processes beside each other, or another number of them, with more settings by their variables."""
    environment = os.environ | {
        "XUELIANG_DATABASE_URL": broker.database_url,
        "XUELIANG_DATA": str(broker.settings.data),
        "XUELIANG_LANGUAGE": "en",
        "XUELIANG_WORKERS": "0",
        **more,
    }
    with ExitStack() as stack:
        started = tuple(Server(environment, logs / f"serve-{number}") for number in range(count))
        for server in started:
            server.start()
            stack.callback(server.stop)
        for server in started:
            server.wait()
        yield started


class House:
    """A camera with footage, a person who looks, and as many grants as a test stops."""

    def __init__(self, broker: Broker, city: City, owner: str = "dh-cg") -> None:
        self.broker = broker
        self.city = city
        self.camera = city.cameras_of(owner)[0]
        self.owner: Caller = city.caller(broker, "owner.cg")
        self.span = TimeSpan(datetime.now(UTC) - timedelta(hours=2), datetime.now(UTC) - timedelta(hours=1))
        me = operator("tests")
        broker.sources.add(me, NewSource("nvr", "录像机", "local_files", {"folder": str(broker.settings.data)}, owner))
        broker.catalog.bind(me, self.camera.gb_code or "", "nvr", "01")

    def token(self, login: str) -> str:
        """Return an API token for somebody."""
        caller = self.city.caller(self.broker, login)
        return self.broker.accounts.issue_token(caller, "tests", ["*"], timedelta(days=1))[1]

    def grant(self) -> Grant:
        """Return a fresh grant over the camera, for the person `looker`."""
        purpose = Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间")
        form = Form(purpose, Terms(), ("looker",), (AskedLine(self.camera.id, self.span),))
        asker = self.city.caller(self.broker, "asker")
        request = self.broker.access_requests.submit(asker, self.broker.access_requests.draft(asker, form).id)
        center = self.city.caller(self.broker, "center.dh")
        request = self.broker.approvals.approve(center, request.id, Verdict(1))
        grant = self.broker.request_items.authorize(self.owner, request.items[0].id, Verdict(1))
        assert grant is not None
        return grant

    def order(self, grant: Grant | None = None) -> Retrieval:
        """Order ten seconds."""
        return self.order_as(self.city.caller(self.broker, "looker"), grant)

    def order_as(self, looker: Caller, grant: Grant | None = None) -> Retrieval:
        """Order ten seconds as somebody who was let in earlier."""
        ask = ClipAsk("", TimeSpan(self.span.begin, self.span.begin + timedelta(seconds=10)))
        return self.broker.retrievals.order(looker, self.camera.id, ask, grant.id if grant else None)

    def ready(self, grant: Grant, size: int = SIZE) -> Retrieval:
        """Return a large result under a grant; no decoder was troubled for it."""
        attempt = self.begun(self.order(grant))
        blob = self.broker.blobs.put_stream(os.urandom(64 * 1024) for _ in range(size // (64 * 1024)))
        span = TimeSpan(self.span.begin, self.span.begin + timedelta(seconds=10))
        capture = Capture("video/mp4", "mp4", "h264", 640, 360, 250, span.begin, span.end, (span,))
        self.broker.runs._accept(attempt, (EvidenceItem(1, blob.digest, blob.size, capture),), ())
        return self.broker.retrievals.read(self.city.caller(self.broker, "looker"), attempt.retrieval.id)

    def lock_camera(self) -> Lock:
        """Lock the camera, as the operator at the machine."""
        return self.broker.locks.set(operator("tests"), LockKind.CAMERA, self.camera.id, "画面外泄")

    def begun(self, order: Retrieval) -> Attempt:
        """Begin to fetch, as a worker does."""
        attempt = self.broker.runs._begin(order.id)
        assert attempt is not None
        return attempt


def call(server: Server, token: str, path: str, body: dict[str, object]) -> tuple[dict[str, object], float, float]:
    """Post to one of the servers; returns the answer, when it was asked and when the call returned."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        client.get("/health/live")  # the connection is there before the clock runs
        asked = time.monotonic()
        answer = client.post(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {token}"})
        returned = time.monotonic()
    assert answer.is_success, answer.text
    return answer.json(), asked, returned
