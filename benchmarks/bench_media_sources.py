"""`make bench NAME=media_sources`: what twelve bad sources and two hundred hanging connections do to everyone else.

`xueliang serve` runs as its own program with its shipped settings. Calm and trouble take turns in one run: in trouble,
a hundred clips wait for twelve sources that hang, drip, lie or break off, and a hundred connections to the API hang in
the middle of a request. The figures are those of people who have to do with none of it.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from adapters.media.testcard import Style, write_recording
from benchmarks.bad_sources import HABITS, bad_sources
from benchmarks.figures import figure
from broker.bootstrap import Broker, open_broker, operator
from broker.domain.footage.grants import Terms
from broker.domain.ids import CameraId
from broker.domain.requests.access_requests import AskedLine
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from broker.services.sources.sources import NewSource
from broker.settings import Settings
from tests.city import City, found_city

ROUNDS, ASKED, FETCHED = 3, 300, 12  # turns of calm and trouble; questions to the API and snapshots in each
WAITING, HANGING = 100, 100
PROGRAM = [sys.executable, "-c", "import sys; from broker.cli import main; sys.exit(main())"]
PACE = 0.02  # seconds between two questions: people, not a flood


class House:
    """The city with one good recorder and twelve bad ones, a camera at each, and grants over all of them."""

    def __init__(self, broker: Broker, city: City, folder: Path, span: TimeSpan, ports: list[int]) -> None:
        self.broker, self.city, self.span = broker, city, span
        me = operator("bench")
        codes = [f"990102010813200{number:05d}" for number in range(100, 100 + len(ports))]
        lines = [f"{code},路口{code[-3:]},30.6,104.0" for code in codes]
        listed = folder.parent / "bad.csv"
        listed.write_text("\n".join(["gb_code,name,latitude,longitude", *lines]), encoding="utf-8")
        broker.imports.import_file(me, listed, owner="dh-cg")
        good = city.cameras_of("dh-cg")[0]
        broker.sources.add(me, NewSource("good", "好录像机", "local_files", {"folder": str(folder)}, "dh-cg"))
        broker.catalog.bind(me, good.gb_code or "", "good", "01")
        for number, (code, port) in enumerate(zip(codes, ports, strict=True)):
            options = {
                "address": f"http://127.0.0.1:{port}", "allow_addresses": ["127.0.0.0/8"], "channels": {"01": "一"},
            }  # fmt: skip
            broker.sources.add(me, NewSource(f"bad{number}", f"坏录像机{number}", "http_playback", options, "dh-cg"))
            broker.catalog.bind(me, code, f"bad{number}", "01")
        self.good = good.id
        with broker.work() as work:
            self.bad = [work.cameras.by_gb_code(code).id for code in codes]
        self._granted([self.good, *self.bad])
        looker = city.caller(broker, "looker")
        self.token = broker.accounts.issue_token(looker, "bench", ["*"], timedelta(days=1))[1]

    def _granted(self, cameras: list[CameraId]) -> None:
        purpose = Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间")
        form = Form(purpose, Terms(), ("looker",), tuple(AskedLine(camera, self.span) for camera in cameras))
        asker = self.city.caller(self.broker, "asker")
        request = self.broker.access_requests.submit(asker, self.broker.access_requests.draft(asker, form).id)
        request = self.broker.approvals.approve(self.city.caller(self.broker, "center.dh"), request.id, Verdict(1))
        owner = self.city.caller(self.broker, "owner.cg")
        for item in request.items:
            self.broker.request_items.authorize(owner, item.id, Verdict(1))


@contextmanager
def served(broker: Broker, logs: Path) -> Iterator[str]:
    """Run the program with its own workers; yield its address."""
    environment = os.environ | {
        "XUELIANG_DATABASE_URL": broker.database_url,
        "XUELIANG_DATA": str(broker.settings.data),
        "XUELIANG_LANGUAGE": "en",
    }
    log = logs / "serve.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*PROGRAM, "serve", "--port", "0"], env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))):
            if process.poll() is not None:
                raise RuntimeError(log.read_text(encoding="utf-8"))
            time.sleep(0.1)
        yield found[0]
    finally:
        process.terminate()
        process.wait()


def questions(client: httpx.Client) -> list[float]:
    """Return how long each of many questions to the API took."""
    taken = []
    for _ in range(ASKED):
        begun = time.perf_counter()
        client.get("/cameras?limit=20").raise_for_status()
        taken.append(time.perf_counter() - begun)
        time.sleep(PACE)
    return taken


def snapshots(client: httpx.Client, house: House) -> list[float]:
    """Return how long each snapshot of the good source took, from the order until it can be taken away."""
    taken = []
    for number in range(FETCHED):
        instant = house.span.begin + timedelta(seconds=5 + 3 * number)
        begun = time.perf_counter()
        ask = {"camera": str(house.good), "action": "snapshot", "instant": instant.isoformat()}
        key = client.post("/retrievals", json=ask).raise_for_status().json()["id"]
        while (found := client.get(f"/retrievals/{key}").json())["state"] != "READY":
            if found["state"] in {"FAILED", "ABORTED"}:
                raise RuntimeError(found)
            time.sleep(0.05)
        taken.append(time.perf_counter() - begun)
    return taken


@contextmanager
def trouble(client: httpx.Client, house: House, url: str) -> Iterator[None]:
    """Let a hundred clips wait for the bad sources, and a hundred connections hang at the API."""
    address = httpx.URL(url)
    with ExitStack() as stack:
        for _ in range(HANGING):
            line = stack.enter_context(closing(socket.create_connection((address.host, address.port or 80))))
            line.sendall(b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        keys = [ordered(client, house, number) for number in range(WAITING)]
        yield
        for key in keys:
            client.post(f"/retrievals/{key}/abort", json={})


def ordered(client: httpx.Client, house: House, number: int) -> str:
    """Order ten seconds of a camera at one of the bad sources, each a little later than the one before."""
    begin = house.span.begin + timedelta(milliseconds=number * 100)
    ask = {
        "camera": str(house.bad[number % len(house.bad)]), "action": "clip",
        "begin": begin.isoformat(), "end": (begin + timedelta(seconds=10)).isoformat(),
    }  # fmt: skip
    return str(client.post("/retrievals", json=ask).raise_for_status().json()["id"])


def p99(taken: list[float]) -> float:
    """Return the time that one of a hundred takes longer than."""
    return statistics.quantiles(taken, n=100)[98]


def measure(client: httpx.Client, house: House, url: str) -> None:
    """Take calm and trouble in turns and print what both were like."""
    calm: tuple[list[float], list[float]] = [], []
    troubled: tuple[list[float], list[float]] = [], []
    for _ in range(ROUNDS):
        calm[0].extend(questions(client))
        calm[1].extend(snapshots(client, house))
        with trouble(client, house, url):
            troubled[0].extend(questions(client))
            troubled[1].extend(snapshots(client, house))
    for name, now, before in (
        ("api.p50", statistics.median(troubled[0]), statistics.median(calm[0])),
        ("api.p99", p99(troubled[0]), p99(calm[0])),
        ("snapshot.median", statistics.median(troubled[1]), statistics.median(calm[1])),
        ("snapshot.worst", max(troubled[1]), max(calm[1])),
    ):
        n = len(calm["snapshot" in name])
        figure(f"sources.{name}", now, "s", reference="no trouble", ratio=now / before, n=n)


def main() -> None:
    """Found a city in a database of its own, start the program and the bad sources, print the figures."""
    with tempfile.TemporaryDirectory(prefix="xueliang-bench-") as place, ExitStack() as stack:
        folder = Path(place) / "recorder"
        begin = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
        write_recording(folder, "01", begin, 2, style=Style(fps=10, size=(640, 360)))
        settings = Settings(data=Path(place) / "data", password_memory_kib=64, password_passes=1, workers=0)
        ports = stack.enter_context(bad_sources())
        print(f"# {len(HABITS)} sources: {', '.join(HABITS)}")
        broker = stack.enter_context(open_broker(settings))
        house = House(broker, found_city(broker), folder, TimeSpan(begin, begin + timedelta(minutes=2)), ports)
        url = stack.enter_context(served(broker, Path(place)))
        client = httpx.Client(
            base_url=f"{url}/api/v1", trust_env=False, timeout=60, headers={"Authorization": f"Bearer {house.token}"}
        )
        measure(stack.enter_context(client), house, url)


if __name__ == "__main__":
    main()
