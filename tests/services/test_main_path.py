"""The main path through the services on the real database."""

from datetime import timedelta

import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Conflict, Forbidden, Unknown
from broker.domain.footage.grants import Grant, Terms
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from tests.city import City


def form(broker: Broker, city: City, hours: float = 1.0) -> Form:
    end = broker.clock.now().replace(microsecond=0)
    span = TimeSpan(end - timedelta(hours=hours), end)
    cameras = [*city.cameras_of("dh-cg"), *city.cameras_of("dh-jt")]
    return Form(
        purpose=Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间"),
        terms=Terms(),
        investigators=("looker",),
        lines=tuple(AskedLine(camera.id, span) for camera in cameras),
    )


def submitted(broker: Broker, city: City) -> AccessRequest:
    asker = city.caller(broker, "asker")
    request = broker.access_requests.draft(asker, form(broker, city))
    return broker.access_requests.submit(asker, request.id)


def authorized(broker: Broker, city: City) -> tuple[AccessRequest, Grant]:
    request = submitted(broker, city)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    owner = city.caller(broker, "owner.cg")
    item = next(i for i in request.items if i.department_id == city.departments["dh-cg"].id)
    kept = {line.id: line.approved for line in item.lines[:2]}
    grant = broker.request_items.authorize(owner, item.id, Verdict(1, spans=kept))
    assert grant is not None
    return request, grant


def test_one_department_authorizes_two_of_three_and_the_other_refuses(broker: Broker, city: City) -> None:
    request, grant = authorized(broker, city)
    assert len(grant.lines) == 2
    jt = next(i for i in request.items if i.department_id == city.departments["dh-jt"].id)
    broker.request_items.refuse(city.caller(broker, "owner.jt"), jt.id, 1, "正在检修")
    after = broker.access_requests.read(city.caller(broker, "asker"), request.id)
    assert after.state is RequestState.DECIDED
    assert after.outcome == "partially granted"
    assert {i.state for i in after.items} == {ItemState.AUTHORIZED, ItemState.REFUSED}


def test_an_order_needs_the_person_the_camera_and_the_window(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    line = grant.lines[0]
    looker = city.caller(broker, "looker")
    clip = ClipAsk("", TimeSpan(line.window.begin, line.window.begin + timedelta(seconds=60)))
    with pytest.raises(Conflict, match="camera-without-source"):
        broker.retrievals.order(looker, line.camera_id, clip)
    for login in ("looker2", "stranger"):
        with pytest.raises(Forbidden) as other:
            broker.retrievals.order(city.caller(broker, login), line.camera_id, clip)
        assert other.value.slug == "footage-person"
    third = city.cameras_of("dh-cg")[2]
    with pytest.raises(Forbidden) as elsewhere:
        broker.retrievals.order(looker, third.id, clip)
    assert elsewhere.value.slug == "footage-camera"
    with pytest.raises(Forbidden) as late:
        broker.retrievals.order(looker, line.camera_id, SnapshotAsk("", line.window.end))
    assert late.value.slug == "footage-window"


def test_two_deciders_at_once_get_one_success_and_one_conflict(broker: Broker, city: City) -> None:
    request = submitted(broker, city)
    broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    with pytest.raises(Conflict):
        broker.approvals.approve(city.caller(broker, "center.dh2"), request.id, Verdict(1))


def test_what_may_not_be_seen_is_unknown(broker: Broker, city: City) -> None:
    request = submitted(broker, city)
    for login in ("stranger", "center.xs", "owner.xs", "owner.cg", "sysadmin"):
        with pytest.raises(Unknown):
            broker.access_requests.read(city.caller(broker, login), request.id)


def test_a_revoked_grant_is_dead(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    broker.grants.revoke(city.caller(broker, "owner.cg2"), grant.id, "案件已结")
    line = grant.lines[0]
    with pytest.raises(Forbidden) as refused:
        broker.retrievals.order(city.caller(broker, "looker"), line.camera_id, SnapshotAsk("", line.window.begin))
    assert refused.value.slug == "footage-live"
    with pytest.raises(Conflict):
        broker.grants.revoke(city.caller(broker, "owner.cg2"), grant.id, "再次")


def test_a_return_voids_and_a_resubmission_begins_anew(broker: Broker, city: City) -> None:
    request, grant = authorized(broker, city)
    jt = next(i for i in request.items if i.department_id == city.departments["dh-jt"].id)
    returned = broker.request_items.send_back(city.caller(broker, "owner.jt"), jt.id, 1, "请补充案由")
    assert returned.state is RequestState.RETURNED
    assert broker.grants.read(city.caller(broker, "looker"), grant.id).state == "REVOKED"
    asker = city.caller(broker, "asker")
    again = broker.access_requests.submit(asker, request.id)
    assert (again.revision, again.state) == (2, RequestState.CENTER_REVIEW)
    with pytest.raises(Conflict, match="stale-revision"):
        broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    assert RetrievalState.QUEUED


def test_the_trace_of_all_this_verifies(broker: Broker, city: City) -> None:
    authorized(broker, city)
    found = broker.audit.verify(city.caller(broker, "auditor"))
    assert found.faults == ()
    assert found.events > 20
