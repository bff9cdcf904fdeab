"""Limits before submission: of one request, and of one department in one day, also when two are sent at once."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from broker.bootstrap import Broker
from broker.domain.deciding.calendar import Calendar
from broker.domain.errors import Invalid
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.time import TimeSpan
from broker.services.requests.limits import day_of
from tests.city import City
from tests.clock import Turned
from tests.rules.steps import for_cameras, ruled, sent
from tests.services.test_races import together


def refused(broker: Broker, city: City, **changes: object) -> tuple[str, str]:
    with pytest.raises(Invalid) as error:
        sent(broker, city, replace(for_cameras(broker, city, "dh-cg"), **changes))  # type: ignore[arg-type]  # by name
    return error.value.slug, error.value.pointer


def test_what_one_request_may_ask_for(broker: Broker, city: City) -> None:
    ruled(broker, limits={"cameras": 2, "hours_per_camera": 3})
    assert refused(broker, city) == ("too-many-cameras", "/lines")
    camera, now = city.cameras_of("dh-cg")[0].id, broker.clock.now()
    hour = timedelta(hours=1)
    twice = tuple(AskedLine(camera, TimeSpan(now - part * hour, now - (part - 2) * hour)) for part in (4, 2))
    assert refused(broker, city, lines=twice) == ("hours-per-camera", "/lines/1")
    ahead = (AskedLine(camera, TimeSpan(now - hour, now + hour)),)
    assert refused(broker, city, lines=ahead) == ("footage-ahead", "/lines/0/end")
    asker = city.caller(broker, "asker")
    assert broker.access_requests.draft(asker, replace(for_cameras(broker, city, "dh-cg"), lines=ahead)).asked == ahead


def test_what_a_department_may_ask_for_in_one_day(turned: Broker, clock: Turned, city: City) -> None:
    ruled(turned, limits={"requests_per_day": 2, "camera_hours_per_day": 5})
    clock.at = datetime.fromisoformat("2026-11-16T23:00:00+08:00")
    first = sent(turned, city, for_cameras(turned, city, "dh-cg"))
    with pytest.raises(Invalid) as full:
        sent(turned, city, for_cameras(turned, city, "dh-cg"))
    assert (full.value.slug, full.value.facts["left"]) == ("camera-hours-per-day", 2.0)
    sent(turned, city, for_cameras(turned, city, "dh-jt"))
    asker = city.caller(turned, "asker")
    turned.access_requests.withdraw(asker, first.id, "不再需要")  # what was asked counts, whatever became of it
    third = turned.access_requests.draft(asker, for_cameras(turned, city, "dh-jt"))
    trial = turned.previews.check(asker, third.id)
    assert [fault.slug for fault in trial.faults] == ["requests-per-day", "camera-hours-per-day"]
    with pytest.raises(Invalid, match="requests-per-day"):
        turned.access_requests.submit(asker, third.id)
    clock.at = datetime.fromisoformat("2026-11-17T00:00:00+08:00")
    assert turned.access_requests.submit(asker, third.id).submitted_at == clock.at


def test_a_return_that_is_sent_again_counts_once(turned: Broker, clock: Turned, city: City) -> None:
    ruled(turned, limits={"requests_per_day": 1, "camera_hours_per_day": 3})
    request = sent(turned, city, for_cameras(turned, city, "dh-cg"))
    clock.at += timedelta(seconds=1)
    turned.approvals.send_back(city.caller(turned, "center.dh"), request.id, 1, "请补充")
    assert turned.access_requests.submit(city.caller(turned, "asker"), request.id).revision == 2


def test_two_submissions_at_once_cannot_both_take_what_is_left(broker: Broker, city: City) -> None:
    ruled(broker, limits={"requests_per_day": 1})
    asker = city.caller(broker, "asker")
    drafts = [broker.access_requests.draft(asker, for_cameras(broker, city, "dh-cg")) for _ in range(6)]
    results = together([partial(broker.access_requests.submit, asker, it.id) for it in drafts])
    assert sum(isinstance(result, AccessRequest) for result in results) == 1
    assert {result.slug for result in results if isinstance(result, Invalid)} == {"requests-per-day"}


def test_a_day_is_the_day_of_the_city() -> None:
    day = day_of(Calendar(offset=timedelta(hours=8)), datetime.fromisoformat("2026-11-16T15:59:59Z"))
    assert day.begin == datetime.fromisoformat("2026-11-16T00:00:00+08:00")
    assert day.duration == timedelta(days=1)
