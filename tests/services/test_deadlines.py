"""Deadlines on the real database: reminded at half, escalated at three quarters, over at the end, swept or not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from broker.bootstrap import Broker, operator
from broker.domain.deciding import decisions
from broker.domain.errors import BrokerError, Conflict, Unavailable, Unknown
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.people.accounts import NewPerson
from broker.services.requests.access_requests import Verdict
from broker.worker.app import build_app
from storage.db.house.jobs import NOTICES_QUEUE
from tests.city import PASSWORD, City
from tests.clock import Turned
from tests.rules.steps import for_cameras, item_of, ruled, sent
from tests.services.alarms import happened, notices, scene_of, told
from tests.services.members import refusal
from tests.services.test_races import together

FRIDAY = datetime(2026, 6, 5, 8, 0, tzinfo=UTC)  # 16:00 in the offices of the city, an hour and a half before closing
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICK = timedelta(seconds=1)


@pytest.fixture
def friday(turned: Broker, clock: Turned) -> Broker:
    clock.at = FRIDAY
    return turned


def in_office(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return an instant of June 2026 by the clock on the office's wall."""
    return datetime(2026, 6, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=8)


def told_since(broker: Broker, city: City, before: int) -> dict[str, set[str]]:
    return told(broker, city, before)


def request_of(broker: Broker, city: City, request: AccessRequest) -> AccessRequest:
    return broker.access_requests.read(city.caller(broker, "asker"), request.id)


def approved(broker: Broker, city: City, request: AccessRequest) -> AccessRequest:
    return broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))


def test_a_center_is_reminded_then_the_one_above_may_decide_then_it_is_over(
    friday: Broker, city: City, clock: Turned
) -> None:
    """Over a weekend: half of the office time is Monday 11:45, three quarters 13:52:30, the end Monday 16:00."""
    request = sent(friday, city, for_cameras(friday, city, "dh-cg"))
    assert request.due == in_office(8, 16)
    above, below = city.caller(friday, "center.jc"), city.caller(friday, "center.dh")
    friday.deadlines.tick()
    before = notices(friday)
    clock.at = in_office(8, 11, 45) - TICK
    assert friday.deadlines.tick() == 0
    clock.at = in_office(8, 11, 45)
    together([friday.deadlines.tick, friday.deadlines.tick])
    assert told_since(friday, city, before) == {"deadline.reminder": {"center.dh", "center.dh2"}}
    with pytest.raises(Unknown):
        friday.access_requests.read(above, request.id)
    clock.at = in_office(8, 13, 52, 29)
    assert friday.deadlines.tick() == 0
    before, clock.at = notices(friday), in_office(8, 13, 52, 30)
    together([friday.deadlines.tick, friday.deadlines.tick])
    assert told_since(friday, city, before) == {"deadline.escalated": {"center.jc"}}
    assert happened(friday, "access_request:escalated") == 1
    assert len(friday.access_requests.read(above, request.id).items) == 1, "whoever decides sees all of it"
    assert [each.act for each in friday.inbox.page(above, after=None, limit=9)] == ["approve"]
    assert [each.act for each in friday.inbox.page(below, after=None, limit=9)] == ["approve"]
    decided = friday.approvals.approve(above, request.id, Verdict(1))
    assert (decided.state, decided.approver_id) == (RequestState.DEPARTMENT_REVIEW, city.persons["center.jc"])


def test_after_an_escalation_the_center_below_may_still_decide(friday: Broker, city: City, clock: Turned) -> None:
    request = sent(friday, city, for_cameras(friday, city, "dh-cg"))
    clock.at = in_office(8, 15)
    assert friday.deadlines.tick() == 2, "a worker that was away does both"
    clock.at = in_office(8, 16) - TICK
    assert approved(friday, city, request).state is RequestState.DEPARTMENT_REVIEW


def test_what_is_late_is_refused_without_any_sweep_and_lapses_once(friday: Broker, city: City, clock: Turned) -> None:
    request = sent(friday, city, for_cameras(friday, city, "dh-cg"))
    clock.at = in_office(8, 16)
    center = city.caller(friday, "center.dh")
    for decide in (
        lambda: friday.approvals.approve(center, request.id, Verdict(1)),
        lambda: friday.approvals.reject(center, request.id, 1, "理由不足"),
        lambda: friday.approvals.send_back(center, request.id, 1, "请补充"),
    ):
        assert refusal(decide).slug == "deadline-passed"
    assert friday.inbox.page(center, after=None, limit=9) == []
    assert request_of(friday, city, request).state is RequestState.CENTER_REVIEW, "nobody swept"
    before = notices(friday)
    together([friday.deadlines.tick] * 3)
    after = request_of(friday, city, request)
    assert (after.state, {item.state for item in after.items}) == (RequestState.LAPSED, {ItemState.VOID})
    assert happened(friday, "access_request:lapsed") == 1
    assert told_since(friday, city, before) == {"access_request.lapsed": {"asker"}}
    assert friday.deadlines.tick() == 0
    with pytest.raises(Conflict, match="transition-refused"):
        friday.approvals.approve(center, request.id, Verdict(1))


def test_a_holiday_moves_the_end_and_what_comes_before_it(friday: Broker, city: City, clock: Turned) -> None:
    ruled(friday, calendar={"holidays": ["2026-06-08"], "extra_workdays": ["2026-06-07"]})
    request = sent(friday, city, for_cameras(friday, city, "dh-cg"))
    assert request.due == in_office(7, 16), "the Sunday is worked in exchange"
    ruled(friday, calendar={"holidays": ["2026-06-08"], "extra_workdays": []})
    later = sent(friday, city, for_cameras(friday, city, "dh-jt"))
    assert later.due == in_office(9, 16)
    clock.at = in_office(8, 12)
    friday.deadlines.tick()
    assert request_of(friday, city, request).state is RequestState.LAPSED
    assert happened(friday, "access_request:escalated") == 0
    before, clock.at = notices(friday), in_office(9, 11, 45)
    friday.deadlines.tick()
    assert told_since(friday, city, before) == {"deadline.reminder": {"center.dh", "center.dh2"}}


def test_an_urgent_request_runs_by_the_clock_on_the_wall(friday: Broker, city: City, clock: Turned) -> None:
    request = sent(friday, city, for_cameras(friday, city, "dh-cg", urgent=True))
    assert request.due == FRIDAY + 4 * HOUR
    friday.deadlines.tick()
    before, clock.at = notices(friday), FRIDAY + 2 * HOUR
    friday.deadlines.tick()
    assert set(told_since(friday, city, before)) == {"deadline.reminder"}
    before, clock.at = notices(friday), FRIDAY + 3 * HOUR
    friday.deadlines.tick()
    assert set(told_since(friday, city, before)) == {"deadline.escalated"}


def test_an_owner_that_lets_it_lie_is_reminded_escalated_and_passed_over(
    friday: Broker, city: City, clock: Turned
) -> None:
    chief = NewPerson("chief", "区长", "dh", PASSWORD, (("department_authorizer", "dh"),))
    key = str(friday.accounts.add_person(operator("tests"), chief).person.id)
    request = approved(friday, city, sent(friday, city, for_cameras(friday, city, "dh-cg", "dh-jt")))
    cg, jt = (item_of(request, city, department) for department in ("dh-cg", "dh-jt"))
    assert cg.due == jt.due == in_office(9, 16)
    friday.request_items.authorize(city.caller(friday, "owner.jt"), jt.id, Verdict(1))
    friday.deadlines.tick()
    before, clock.at = notices(friday), in_office(8, 16)
    together([friday.deadlines.tick, friday.deadlines.tick])
    assert told_since(friday, city, before) == {"deadline.reminder": {"owner.cg", "owner.cg2", key}}
    before, clock.at = notices(friday), in_office(9, 11, 45)
    together([friday.deadlines.tick, friday.deadlines.tick])
    assert told_since(friday, city, before) == {"deadline.escalated": {key}}
    assert happened(friday, "request_item:escalated") == 1
    clock.at = in_office(9, 16)
    refused = refusal(lambda: friday.request_items.authorize(city.caller(friday, "owner.cg"), cg.id, Verdict(1)))
    assert refused.slug == "deadline-passed"
    before = notices(friday)
    together([friday.deadlines.tick, friday.deadlines.tick])
    after = request_of(friday, city, request)
    assert (after.state, after.outcome) == (RequestState.DECIDED, "partially granted")
    assert item_of(after, city, "dh-cg").state is ItemState.LAPSED
    heard = told_since(friday, city, before)
    assert heard["item.lapsed"] == {"asker", "owner.cg", "owner.cg2", key}
    assert heard["access_request.decided"] == {"asker"}
    assert friday.audit.verify(city.caller(friday, "auditor")).faults == ()


def test_a_return_and_a_draft_that_nobody_takes_up_again_lapse(friday: Broker, city: City, clock: Turned) -> None:
    asker = city.caller(friday, "asker")
    returned = sent(friday, city, for_cameras(friday, city, "dh-cg"))
    returned = friday.approvals.send_back(city.caller(friday, "center.dh"), returned.id, 1, "请补充案由")
    left = friday.access_requests.draft(asker, for_cameras(friday, city, "dh-jt"))
    assert (returned.due, left.due) == (in_office(16, 16), FRIDAY + 30 * DAY)
    clock.at = in_office(16, 16)
    assert refusal(lambda: friday.access_requests.submit(asker, returned.id)).slug == "deadline-passed"
    friday.deadlines.tick()
    assert request_of(friday, city, returned).state is RequestState.LAPSED
    clock.at = FRIDAY + 30 * DAY - TICK
    assert friday.deadlines.tick() == 0
    clock.at += TICK
    assert refusal(lambda: friday.access_requests.submit(asker, left.id)).slug == "deadline-passed"
    friday.deadlines.tick()
    assert request_of(friday, city, left).state is RequestState.LAPSED


def test_the_requester_is_reminded_of_a_return(friday: Broker, city: City, clock: Turned) -> None:
    returned = sent(friday, city, for_cameras(friday, city, "dh-cg"))
    returned = friday.approvals.send_back(city.caller(friday, "center.dh"), returned.id, 1, "请补充案由")
    friday.deadlines.tick()
    before, clock.at = notices(friday), in_office(15, 16)
    assert friday.deadlines.tick() == 2
    assert told_since(friday, city, before) == {"deadline.reminder": {"asker"}}, "there is nobody above a requester"


def test_who_does_not_report_is_closed_by_the_clock(friday: Broker, city: City, clock: Turned) -> None:
    request = approved(friday, city, sent(friday, city, for_cameras(friday, city, "dh-cg")))
    grant = friday.request_items.authorize(city.caller(friday, "owner.cg"), request.items[0].id, Verdict(1))
    assert grant is not None
    end = grant.valid.end + 7 * DAY
    clock.at = grant.valid.end
    waiting = friday.inbox.page(city.caller(friday, "asker"), after=None, limit=9)
    assert [(each.act, each.number) for each in waiting] == [("report", request.number)]
    clock.at = end - TICK
    assert friday.deadlines.tick() == 0
    before, clock.at = notices(friday), end
    together([friday.deadlines.tick, friday.deadlines.tick])
    after = request_of(friday, city, request)
    assert (after.state, after.report) == (RequestState.CLOSED, "")
    assert happened(friday, "access_request:closed") == 1
    assert told_since(friday, city, before) == {"access_request.closed": {"asker"}}


def test_a_request_that_cannot_be_closed_keeps_back_no_other(
    friday: Broker, city: City, clock: Turned, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = []
    requests = [approved(friday, city, sent(friday, city, for_cameras(friday, city, "dh-cg"))) for _ in range(2)]
    for request in requests:
        grant = friday.request_items.authorize(city.caller(friday, "owner.cg"), request.items[0].id, Verdict(1))
        assert grant is not None
        ends.append(grant.valid.end)
    clock.at = max(ends) + 7 * DAY
    close, bad = decisions.close, requests[0].id

    def failing(error: BrokerError) -> Callable[..., object]:
        def closing(request: AccessRequest, *more: Any) -> object:
            if request.id == bad:
                raise error
            return close(request, *more)

        return closing

    monkeypatch.setattr(decisions, "close", failing(Unavailable("database-unreachable", detail="")))
    with pytest.raises(Unavailable):  # the next tick tries again
        friday.deadlines.tick()
    monkeypatch.setattr(decisions, "close", failing(Conflict("changed-meanwhile", subject="request")))
    friday.deadlines.tick()
    states = [request_of(friday, city, request).state for request in requests]
    assert states == [RequestState.DECIDED, RequestState.CLOSED]
    monkeypatch.setattr(decisions, "close", close)
    assert friday.deadlines.tick() == 1
    assert request_of(friday, city, requests[0]).state is RequestState.CLOSED


def test_an_emergency_is_escalated_after_eight_hours(turned: Broker, city: City, clock: Turned) -> None:
    scene = scene_of(turned, city, clock)
    request, _ = scene.opened("dh-cg")
    turned.deadlines.tick()
    before = notices(turned)
    clock.at += 8 * HOUR - TICK
    assert turned.deadlines.tick() == 0
    clock.at += TICK
    turned.deadlines.tick()
    assert told_since(turned, city, before) == {"deadline.escalated": {"center.jc"}}
    assert [each.act for each in turned.inbox.page(city.caller(turned, "center.jc"), after=None, limit=9)] == ["ratify"]
    assert scene.ratify(request, "center.jc").state is RequestState.DECIDED


def test_the_worker_has_the_clock_beside_the_notices(friday: Broker, city: City, clock: Turned) -> None:
    request = sent(friday, city, for_cameras(friday, city, "dh-cg"))
    clock.at = in_office(8, 16)
    app = build_app(friday)
    task = app.tasks["watch_deadlines"]
    assert task.queue == NOTICES_QUEUE, "a long fetch must not hold it up"
    assert ("watch_deadlines", "") in app.periodic_registry.periodic_tasks
    task(timestamp=0)
    assert request_of(friday, city, request).state is RequestState.LAPSED


def test_a_deadline_that_fails_keeps_back_no_other(
    friday: Broker, city: City, clock: Turned, database_url: str
) -> None:
    bad = sent(friday, city, for_cameras(friday, city, "dh-cg"))
    good = sent(friday, city, for_cameras(friday, city, "dh-jt"))
    friday.deadlines.tick()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # as if a newer program had changed the rules
        connection.execute("UPDATE access_request SET rulebook = 99 WHERE id = %s", (bad.id,))
    before, clock.at = notices(friday), in_office(8, 12)
    assert friday.deadlines.tick() == 1
    assert told_since(friday, city, before) == {"deadline.reminder": {"center.dh", "center.dh2"}}
    clock.at = in_office(8, 17)
    friday.deadlines.tick()
    assert request_of(friday, city, good).state is RequestState.LAPSED
    assert request_of(friday, city, bad).state is RequestState.LAPSED, "a lapse asks no rules"
