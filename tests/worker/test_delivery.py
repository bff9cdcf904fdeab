"""Results over HTTP: whole, in parts, and cut off at the next byte by a revocation."""

import hashlib
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from broker.domain.errors import Unavailable
from broker.domain.footage.media import ClipAsk
from broker.domain.footage.retrievals import Retrieval, RetrievalState
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.ids import RetrievalId
from broker.domain.time import TimeSpan
from broker.web import guard as guarding
from broker.web.app import create_app
from broker.web.guard import GrantGuard
from broker.web.ranges import parse_range
from tests.web.door import API, Door, serving
from tests.worker.conftest import Bench


@pytest.fixture
def ready(bench: Bench) -> Retrieval:
    span = TimeSpan(bench.footage.span.begin, bench.footage.span.begin + timedelta(seconds=20))
    order = bench.broker.retrievals.order(bench.looker, bench.camera, ClipAsk("", span))
    bench.broker.runs.run(order.id)
    return bench.broker.retrievals.read(bench.looker, order.id)


@pytest.fixture
def door(bench: Bench) -> Iterator[Door]:
    with serving(create_app(bench.broker), lifespan="on") as url, Door(url) as opened:
        yield opened


REVOKE_AFTER = 32 * 1024


def path_of(key: RetrievalId) -> str:
    return f"/retrievals/{key}/media"


def kinds(bench: Bench) -> list[str]:
    with bench.broker.work() as work:
        return [event.kind for _, event in work.audit.page(case=bench.grant.request_id, limit=200)]


def test_a_whole_download_has_the_promised_digest_and_is_noted(bench: Bench, ready: Retrieval, door: Door) -> None:
    answer = door["looker"].send("GET", path_of(ready.id))
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == ready.items[0].digest
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["etag"] == f'"{ready.items[0].digest}"'
    assert answer.headers["cache-control"] == "no-store"
    bench.wait(ready.id, lambda found: found.state is RetrievalState.DELIVERED, 5)
    assert kinds(bench)[-2:] == ["retrieval:opened", "retrieval:delivered"]
    assert bench.broker.grants.read(bench.looker, bench.grant.id).used.bytes == ready.size


def test_parts_join_to_the_whole(ready: Retrieval, door: Door) -> None:
    looker = door["looker"]
    first = looker.send("GET", path_of(ready.id), headers={"Range": "bytes=0-9999"})
    rest = looker.send("GET", path_of(ready.id), headers={"Range": "bytes=10000-"})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.headers["content-range"] == f"bytes 0-9999/{ready.size}"
    assert hashlib.sha256(first.content + rest.content).hexdigest() == ready.items[0].digest
    beyond = looker.send("GET", path_of(ready.id), headers={"Range": f"bytes={ready.size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{ready.size}")
    head = looker.send("HEAD", path_of(ready.id))
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(ready.size), b"")


def test_another_person_gets_what_an_absent_result_gets(ready: Retrieval, door: Door) -> None:
    absent = RetrievalId(UUID(int=ready.id.int ^ 1))
    for login in ("looker2", "asker", "owner.cg", "auditor", "sysadmin"):
        theirs, nothing = (door[login].send("GET", path_of(key)) for key in (ready.id, absent))
        assert theirs.status_code == nothing.status_code
        assert theirs.status_code in {403, 404}
    assert httpx.get(f"{door.url}{API}{path_of(ready.id)}", trust_env=False).status_code == 401


def test_a_result_that_is_not_there_yet(bench: Bench, door: Door) -> None:
    ask = ClipAsk("", TimeSpan(bench.footage.span.begin, bench.footage.span.begin + timedelta(seconds=1)))
    order = bench.broker.retrievals.order(bench.looker, bench.camera, ask)
    answer = door["looker"].send("GET", path_of(order.id))
    assert (answer.status_code, answer.json()["slug"]) == (409, "no-result")


def test_a_revocation_reaches_the_next_byte(
    bench: Bench, ready: Retrieval, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow reader is cut off in the middle, the file stays incomplete and cannot be resumed."""
    chunks = bench.broker.blobs.read

    def slowly(digest: str, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
        for chunk in chunks(digest, begin, end):
            for place in range(0, len(chunk), 1024):
                time.sleep(0.005)
                yield chunk[place : place + 1024]

    monkeypatch.setattr(type(bench.broker.blobs), "read", lambda _self, *arguments: slowly(*arguments))
    looker = door["looker"]
    received: list[int] = []
    with pytest.raises(httpx.ReadError, match="reset"):
        read_until_cut(bench, door, f"{API}{path_of(ready.id)}", looker.headers, received)
    at_return, total = next(n for n in received if n > REVOKE_AFTER), received[-1]
    assert total - at_return <= 64 * 1024, "more than a chunk flowed after the revocation"
    assert total < ready.size
    stopped = bench.wait(ready.id, lambda found: found.state is RetrievalState.ABORTED, 5)
    assert stopped.error == "grant-revoked"
    again = looker.send("GET", path_of(ready.id), headers={"Range": f"bytes={total}-"})
    assert (again.status_code, again.json()["slug"]) == (403, "footage-live")
    deadline = time.monotonic() + 5
    while "retrieval:interrupted" not in kinds(bench):
        assert time.monotonic() < deadline


def read_until_cut(bench: Bench, door: Door, url: str, headers: dict[str, str], received: list[int]) -> None:
    """Read a download, revoke its grant in the middle, and note after each part how much there is."""
    with door.client.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200
        for part in answer.iter_raw():
            before = received[-1] if received else 0
            received.append(before + len(part))
            if before <= REVOKE_AFTER < received[-1]:
                bench.broker.grants.revoke(bench.owner, bench.grant.id, "撤销")


def test_without_a_lease_nothing_flows(bench: Bench, ready: Retrieval, monkeypatch: pytest.MonkeyPatch) -> None:
    """The follower cannot read the log: fail closed."""
    app = create_app(bench.broker)
    app.state.guard = GrantGuard("postgresql://nobody@/none?host=/nowhere", bench.broker.clock)
    monkeypatch.setattr(guarding, "POLL", 0.05)
    with serving(app, lifespan="on") as url, Door(url) as opened:
        answer = opened["looker"].send("GET", path_of(ready.id))
    assert (answer.status_code, answer.json()["slug"]) == (503, "lease-lost")


def test_the_follower_kills_cells_and_keeps_the_lease(bench: Bench) -> None:
    guard = GrantGuard(bench.broker.database_url, bench.broker.clock)
    stops = {Stop(StopKind.GRANT, str(bench.grant.id))}
    with pytest.raises(Unavailable, match="lease-lost"), guard.watch(stops, lambda: None):
        pass
    deaths: list[str] = []
    guard.start()
    try:
        deadline = time.monotonic() + 5
        while not guard.leased:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with guard.watch(stops, lambda: deaths.append("died")) as cell:
            assert cell.refusal() == "grant-expired", "a cell without an end lets nothing pass"
            cell.until = bench.grant.valid.end
            assert cell.refusal() is None
            bench.broker.grants.revoke(bench.owner, bench.grant.id, "撤销")
            assert deaths == ["died"], "the call returned before this process had acted"
            assert cell.refusal() == "grant-revoked"
    finally:
        guard.stop()


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, (0, 100)), ("bytes=0-", (0, 100)), ("bytes=10-19", (10, 20)), ("bytes=90-200", (90, 100)),
        ("bytes=-10", (90, 100)), ("bytes=-200", (0, 100)), ("bytes=-0", None), ("bytes=100-", None),
        ("bytes=20-10", None), ("bytes=0-1,5-6", (0, 100)), ("bytes=-", (0, 100)), ("lines=1-2", (0, 100)),
        ("bytes=" + "9" * 40 + "-", (0, 100)),
    ],
)  # fmt: skip
def test_ranges(header: str | None, part: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == part
