"""`make bench NAME=main`: the main path over HTTP, on the embedded database, side by side with what bounds it.

Sign-in is not counted. Each figure's reference is measured in the same run: a request that does nothing for the
requests per second, the bare work without broker for the retrievals, a stream copy of the same span for the clip.
"""

import itertools
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import uvicorn

from adapters.media.testcard import Style, write_recording
from adapters.registry import load
from benchmarks.figures import figure, interleaved, seconds
from broker.bootstrap import Broker, open_broker, operator
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.time import TimeSpan
from broker.services.sources.sources import NewSource
from broker.settings import Settings
from broker.web.app import create_app
from broker.worker.app import worker_thread
from tests.city import PASSWORD, City, found_city

LISTS, DECISIONS, RETRIEVALS = 300, 40, 5  # a department may hand in fifty requests a day
CLIP = timedelta(seconds=60)
KEY_FRAME = 4  # seconds between two


class Desk:
    """Somebody signed in, over one kept connection."""

    def __init__(self, url: str, login: str) -> None:
        self.client = httpx.Client(base_url=f"{url}/api/v1", trust_env=False, timeout=120)
        answer = self.client.post("/sessions", json={"login": login, "password": PASSWORD})
        self.client.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
        self.client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        self.client.cookies.clear()

    def post(self, path: str, body: object = None) -> Any:
        answer = self.client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def served(folder: Path) -> Iterator[tuple[Broker, City, str]]:
    """Run the whole program as `serve` does, in a fresh city."""
    settings = Settings(data=folder, password_memory_kib=64, password_passes=1, workers=1)
    with open_broker(settings) as broker, worker_thread(broker, 1):
        city = found_city(broker)
        config = uvicorn.Config(create_app(broker), host="127.0.0.1", port=0, log_config=None, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield broker, city, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def draft(city: City, span: TimeSpan) -> dict[str, object]:
    """Return the form of a request for the first camera."""
    camera = city.cameras_of("dh-cg")[0]
    return {
        "purpose": {
            "basis": "administrative",
            "matter": "environment",
            "case_number": "东环罚〔2026〕12号",
            "reason": "夜间倾倒渣土，需核对车辆进出时间",
        },
        "investigators": ["looker"],
        "lines": [{"camera": str(camera.id), "begin": span.begin.isoformat(), "end": span.end.isoformat()}],
    }


def submitted(asker: Desk, form: dict[str, object]) -> Any:
    """Draft and submit a request."""
    return asker.post(f"/access-requests/{asker.post('/access-requests', form)['id']}/submit")


def bench_requests(city: City, url: str, span: TimeSpan) -> None:
    """Requests per second of one client on one connection."""
    asker, center = Desk(url, "asker"), Desk(url, "center.dh")
    alive = httpx.Client(base_url=url, trust_env=False)
    listed, idle = interleaved(LISTS, lambda: asker.get("/cameras?limit=50"), lambda: alive.get("/health/live"))
    figure("main.cameras.list", 1 / listed, "requests/s", reference="GET /health/live", ratio=idle / listed, n=LISTS)
    form = draft(city, span)
    waiting = iter([submitted(asker, form)["id"] for _ in range(DECISIONS)])
    body = {"revision": 1, "comment": "同意"}
    decided, idle = interleaved(
        DECISIONS,
        lambda: center.post(f"/access-requests/{next(waiting)}/approve", body),
        lambda: alive.get("/health/live"),
    )
    figure("main.decision", 1 / decided, "requests/s", reference="GET /health/live", ratio=idle / decided, n=DECISIONS)


def bench_retrievals(broker: Broker, city: City, url: str, folder: Path, span: TimeSpan) -> None:
    """From order to ready, against the same work by the adapter alone, and against a stream copy."""
    me, camera = operator("bench"), city.cameras_of("dh-cg")[0]
    broker.sources.add(me, NewSource("nvr", "录像机", "local_files", {"folder": str(folder)}, "dh-cg"))
    broker.catalog.bind(me, camera.gb_code or "", "nvr", "01")
    looker, owner = Desk(url, "looker"), Desk(url, "owner.cg")
    request = submitted(Desk(url, "asker"), draft(city, span))
    request = Desk(url, "center.dh").post(f"/access-requests/{request['id']}/approve", {"revision": 1})
    owner.post(f"/request-items/{request['items'][0]['id']}/authorize", {"revision": 1})
    family = load("local_files")
    adapter = family(family.checked_options({"folder": str(folder)}))
    numbers = itertools.count()
    begin = span.begin + timedelta(seconds=7, milliseconds=380)  # between key frames
    clip = TimeSpan(begin, begin + CLIP)
    target = folder.parent / "bare"

    def ordered(**ask: object) -> Callable[[], None]:
        return lambda: until_ready(looker, looker.post("/retrievals", {"camera": str(camera.id), **ask})["id"])

    def room() -> Path:
        made = target.with_suffix(f".{next(numbers)}")
        made.mkdir()
        return made

    def snapshot() -> None:
        adapter.snapshot(SnapshotAsk("01", begin), room())

    def cut() -> None:
        adapter.clip(ClipAsk("01", clip), room(), lambda _: None)

    whole, bare = interleaved(RETRIEVALS, ordered(action="snapshot", instant=begin.isoformat()), snapshot)
    figure("main.snapshot.ready", whole, "s", reference="adapter alone", ratio=whole / bare, n=RETRIEVALS)
    ask = {"action": "clip", "begin": clip.begin.isoformat(), "end": clip.end.isoformat()}
    whole, bare, copied = interleaved(RETRIEVALS, ordered(**ask), cut, lambda: stream_copy(folder, clip, target))
    figure("main.clip.ready", whole, "s", reference="adapter alone", ratio=whole / bare, n=RETRIEVALS)
    figure("main.clip.cut", bare, "s", reference="stream copy (not exact)", ratio=bare / copied, n=RETRIEVALS)


def until_ready(looker: Desk, key: str) -> None:
    """Wait for a result, asking every 20 ms."""
    while (found := looker.get(f"/retrievals/{key}"))["state"] != "READY":
        if found["state"] in {"FAILED", "ABORTED"}:
            raise RuntimeError(found)
        time.sleep(0.02)


def stream_copy(folder: Path, clip: TimeSpan, target: Path) -> None:
    """Copy the packets of the files that the clip touches: what a remuxer does, key frames and all."""
    with av.open(str(target.with_suffix(".copy.mp4")), "w") as out:
        stream = None
        for place, path in enumerate(sorted(folder.rglob("*.mp4"))[:2]):
            with av.open(str(path)) as source:
                video = source.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                for packet in source.demux(video):
                    if packet.dts is None or packet.pts is None or packet.time_base is None:
                        continue
                    moment = float(packet.pts * packet.time_base) + 60 * place
                    if not KEY_FRAME <= moment < clip.seconds + 2 * KEY_FRAME:  # from the key frame before the begin
                        continue
                    shift = round(60 * place / packet.time_base)
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    out.mux(packet)


def main() -> None:
    """Make 90 s of 1080p25 footage, start the program, print the figures."""
    with tempfile.TemporaryDirectory(prefix="xueliang-bench-") as place:
        folder = Path(place) / "recorder"
        begin = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
        style = Style(fps=25, size=(1920, 1080), gop=100)
        made = seconds(lambda: write_recording(folder, "01", begin, 2, style=style))
        print(f"# {os.cpu_count()} cores; two minutes of 1080p25 made in {made:.0f} s")
        span = TimeSpan(begin, begin + timedelta(minutes=2))
        with served(Path(place) / "data") as (broker, city, url):
            bench_requests(city, url, span)
            bench_retrievals(broker, city, url, folder, span)


if __name__ == "__main__":
    main()
