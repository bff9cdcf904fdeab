"""A grant from both its ends: used up by what a worker hands in, stopped while it fetches and while bytes flow."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Conflict, Forbidden
from broker.domain.footage.grants import Action, Condition, Grant, GrantState, Quota, Terms
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import Retrieval, RetrievalState
from broker.domain.oversight.register import LookAct, RegisterLine, Sought
from broker.domain.requests.access_requests import AskedLine
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from broker.web.app import create_app
from broker.worker.app import worker_thread
from storage.db.requests.access_requests import EVERYTHING
from tests.city import City
from tests.web.door import API, Door, bad, serving
from tests.worker.conftest import Bench


def regranted(bench: Bench, city: City, terms: Terms) -> Grant:
    """Grant the camera of the bench anew under these terms, and end what was granted before."""
    broker = bench.broker
    with broker.work() as work:
        purpose = work.access_requests.load(bench.grant.request_id, EVERYTHING).purpose
    broker.grants.revoke(bench.owner, bench.grant.id, "另行授权")
    form = Form(purpose, terms, ("looker",), (AskedLine(bench.camera, bench.footage.span),))
    asker = city.caller(broker, "asker")
    request = broker.access_requests.submit(asker, broker.access_requests.draft(asker, form).id)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    grant = broker.request_items.authorize(bench.owner, request.items[0].id, Verdict(1))
    assert grant is not None
    return grant


def picture(bench: Bench, seconds: int, grant: Grant | None = None) -> Retrieval:
    ask = SnapshotAsk("", bench.footage.span.begin + timedelta(seconds=seconds))
    return bench.broker.retrievals.order(bench.looker, bench.camera, ask, grant.id if grant else None)


def clip(bench: Bench, seconds: int) -> Retrieval:
    span = TimeSpan(bench.footage.span.begin, bench.footage.span.begin + timedelta(seconds=seconds))
    return bench.broker.retrievals.order(bench.looker, bench.camera, ClipAsk("", span))


def state_of(bench: Bench, grant: Grant) -> GrantState:
    return bench.broker.grants.read(bench.looker, grant.id).state_at(bench.broker.clock.now())


TWO = Terms(actions=frozenset({Action.SNAPSHOT}), quota=Quota(2, 0, 10**9))


def test_the_last_result_ends_the_grant_and_may_still_be_taken(bench: Bench, city: City) -> None:
    grant = regranted(bench, city, TWO)
    first, last = picture(bench, 5), picture(bench, 6)
    assert bench.broker.runs.run(first.id) is RetrievalState.READY
    assert state_of(bench, grant) is GrantState.ACTIVE, "the other one may still fail and give its part back"
    with pytest.raises(Forbidden, match="footage-quota"):
        picture(bench, 7, grant)
    assert bench.broker.runs.run(last.id) is RetrievalState.READY
    assert state_of(bench, grant) is GrantState.EXHAUSTED
    with pytest.raises(Forbidden, match="footage-quota"):
        picture(bench, 7, grant)
    delivery = bench.broker.retrievals.open(bench.looker, last.id)
    bench.broker.retrievals.interrupted(bench.looker, last.id, 0, "client-left", delivery.line)
    assert bench.broker.retrievals.read(bench.looker, last.id).state is RetrievalState.READY
    again = bench.broker.retrievals.open(bench.looker, last.id)
    bench.broker.retrievals.delivered(bench.looker, last.id, last.size, again.line)
    assert bench.broker.retrievals.read(bench.looker, last.id).state is RetrievalState.DELIVERED
    for stop in (bench.broker.grants.suspend, bench.broker.grants.resume):
        with pytest.raises(Conflict, match="transition-refused"):
            stop(bench.owner, grant.id, "核实情况")
    told = bench.broker.notices.page(bench.looker, unread=True, after=None, limit=20)
    assert "grant.exhausted" in {received.notice.kind for received in told}
    bench.broker.grants.revoke(bench.owner, grant.id, "不宜继续")
    assert bench.broker.retrievals.read(bench.looker, first.id).state is RetrievalState.ABORTED
    with pytest.raises(Forbidden, match="footage-live"):
        bench.broker.retrievals.open(bench.looker, last.id)
    assert bench.broker.audit.verify(city.caller(bench.broker, "auditor")).faults == ()


def test_a_failure_gives_its_part_back_and_the_grant_goes_on(bench: Bench, city: City) -> None:
    grant = regranted(bench, city, TWO)
    first, last = picture(bench, 5), picture(bench, 65)
    assert bench.broker.runs.run(first.id) is RetrievalState.READY
    files = sorted(bench.footage.folder.rglob("*.mp4"))
    hidden = files[1].rename(files[1].with_suffix(".gone"))
    try:
        assert bench.broker.runs.run(last.id) is RetrievalState.FAILED
    finally:
        hidden.rename(files[1])
    assert state_of(bench, grant) is GrantState.ACTIVE
    third = picture(bench, 7)
    me = operator("tests")
    bench.broker.catalog.bind(me, city.cameras_of("dh-cg")[0].gb_code or "", "nvr", "none-of-it")
    assert bench.broker.runs.run(third.id) is RetrievalState.FAILED
    assert state_of(bench, grant) is GrantState.ACTIVE


def test_an_ended_request_takes_the_results_of_a_used_up_grant_along(bench: Bench, city: City) -> None:
    grant = regranted(bench, city, replace(TWO, quota=Quota(1, 0, 10**9)))
    only = picture(bench, 5)
    assert bench.broker.runs.run(only.id) is RetrievalState.READY
    assert state_of(bench, grant) is GrantState.EXHAUSTED
    renewal = bench.broker.renewals.renew(city.caller(bench.broker, "asker"), grant.id)
    assert renewal.renews == grant.id
    bench.broker.access_requests.close(city.caller(bench.broker, "asker"), grant.request_id, "已用于认定车辆")
    assert state_of(bench, grant) is GrantState.REVOKED
    assert bench.broker.retrievals.read(bench.looker, only.id).state is RetrievalState.ABORTED


def test_a_suspension_aborts_what_is_being_fetched(bench: Bench) -> None:
    with worker_thread(bench.broker, 1):
        order = bench.broker.retrievals.order(bench.looker, bench.camera, ClipAsk("", bench.footage.span))
        bench.wait(order.id, lambda found: found.state is RetrievalState.FETCHING)
        bench.broker.grants.suspend(bench.owner, bench.grant.id, "核实情况")
        done = bench.broker.retrievals.read(bench.looker, order.id)
        assert (done.state, done.error) == (RetrievalState.ABORTED, "grant-suspended")
        with pytest.raises(Forbidden, match="footage-live"):
            picture(bench, 5)
        bench.broker.grants.resume(bench.owner, bench.grant.id, "已核实")
        assert bench.ended(picture(bench, 5).id).state is RetrievalState.READY
    assert not list((bench.broker.settings.data / "fetching").rglob("*"))


def test_only_the_level_that_suspended_or_one_above_lets_a_grant_go_on(bench: Bench, city: City) -> None:
    grants, center = bench.broker.grants, city.caller(bench.broker, "center.dh")
    grants.suspend(center, bench.grant.id, "核实情况")
    with pytest.raises(Conflict, match="suspended-above"):
        grants.resume(bench.owner, bench.grant.id, "x")
    with pytest.raises(Forbidden):
        grants.resume(city.caller(bench.broker, "asker"), bench.grant.id, "x")
    assert grants.resume(center, bench.grant.id, "已核实").suspended_by is None
    grants.suspend(bench.owner, bench.grant.id, "再核实")
    grants.resume(center, bench.grant.id, "已核实")
    grants.suspend(bench.owner, bench.grant.id, "三核实")
    assert grants.revoke(bench.owner, bench.grant.id, "不宜继续").state is GrantState.REVOKED


@pytest.fixture
def door(bench: Bench) -> Iterator[Door]:
    with serving(create_app(bench.broker), lifespan="on") as url, Door(url) as opened:
        yield opened


def slowly(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store give a kibibyte at a time."""
    chunks = broker.blobs.read

    def drops(digest: str, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
        for chunk in chunks(digest, begin, end):
            for place in range(0, len(chunk), 1024):
                time.sleep(0.005)
                yield chunk[place : place + 1024]

    monkeypatch.setattr(type(broker.blobs), "read", lambda _self, *arguments: drops(*arguments))


@pytest.mark.parametrize("stopped", ["suspended", "transferred"])
def test_what_flows_is_cut(stopped: str, bench: Bench, city: City, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    order = clip(bench, 20)
    assert bench.broker.runs.run(order.id) is RetrievalState.READY
    size = bench.broker.retrievals.read(bench.looker, order.id).size
    slowly(bench.broker, monkeypatch)
    looker, received = door["looker"], [0]
    with pytest.raises(httpx.TransportError):
        read_until_cut(door, f"{API}/retrievals/{order.id}/media", received, lambda: stop(stopped, bench, city))
    assert received[-1] < size
    if stopped == "suspended":
        bad(looker.send("GET", f"/retrievals/{order.id}/media"), 403, "footage-live")
    else:
        assert looker.send("GET", f"/retrievals/{order.id}/media").status_code == 200
    assert bench.wait(order.id, lambda it: it.state is not RetrievalState.READY, 5).error in {"grant-suspended", ""}
    outcomes = [line.outcome.reason for line in lines(bench, city) if line.outcome]
    assert outcomes[0] == ("grant-suspended" if stopped == "suspended" else "camera-transferred")


def read_until_cut(door: Door, url: str, received: list[int], stopping: Callable[[], None]) -> None:
    """Read a download, stop it after the first part of it, and note how much there is."""
    with door.client.stream("GET", url, headers=door["looker"].headers) as answer:
        for part in answer.iter_raw():
            received.append(received[-1] + len(part))
            if received[-2] <= 16 * 1024 < received[-1]:
                stopping()


def stop(how: str, bench: Bench, city: City) -> None:
    if how == "suspended":
        bench.broker.grants.suspend(bench.owner, bench.grant.id, "核实情况")
    else:
        bench.broker.transfers.transfer(operator("tests"), city.cameras_of("dh-cg")[0].id, "dh-jt")


def lines(bench: Bench, city: City) -> list[RegisterLine]:
    auditor = city.caller(bench.broker, "auditor")
    found = bench.broker.register.page(auditor, Sought(act=LookAct.DELIVER), after=0, limit=10)
    return sorted(found, key=lambda line: line.number)


def test_what_may_only_be_viewed_is_shown_and_not_handed_over(bench: Bench, city: City, door: Door) -> None:
    regranted(bench, city, Terms(conditions=frozenset({Condition.VIEW_ONLY})))
    order = picture(bench, 5)
    assert bench.broker.runs.run(order.id) is RetrievalState.READY
    looker = door["looker"]
    bad(looker.send("GET", f"/retrievals/{order.id}/media"), 403, "footage-download")
    shown = looker.send("GET", f"/retrievals/{order.id}/view")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert (shown.headers["content-disposition"], shown.headers["cache-control"]) == ("inline", "no-store")
    part = looker.send("GET", f"/retrievals/{order.id}/view", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, shown.content[:10])
    bad(door["looker2"].send("GET", f"/retrievals/{order.id}/view"), 404, "unknown-retrieval")
    assert bench.broker.retrievals.read(bench.looker, order.id).state is RetrievalState.READY, "nothing was handed over"
    assert acts(bench, city) == [("order", "allowed"), ("deliver", "refused"), ("view", "allowed"), ("view", "allowed")]


def acts(bench: Bench, city: City) -> list[tuple[str, str]]:
    found = bench.broker.register.page(city.caller(bench.broker, "auditor"), Sought(), after=0, limit=10)
    return [(line.act, line.result) for line in sorted(found, key=lambda line: line.number)]


def test_what_may_be_taken_may_be_viewed_too(bench: Bench, door: Door) -> None:
    order = picture(bench, 5)
    assert bench.broker.runs.run(order.id) is RetrievalState.READY
    assert door["looker"].send("GET", f"/retrievals/{order.id}/view").status_code == 200
    bench.broker.grants.revoke(bench.owner, bench.grant.id, "不宜继续")
    with pytest.raises(BrokerError):
        bench.broker.retrievals.open(bench.looker, order.id)
    bad(door["looker"].send("GET", f"/retrievals/{order.id}/view"), 403, "footage-live")
