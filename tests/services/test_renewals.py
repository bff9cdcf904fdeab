"""Renewals through the services: both authorities again, one at a time, twice at most, never wider."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.grants import Grant, GrantState, Terms
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.request_states import RequestState
from broker.services.requests.access_requests import Verdict
from tests.city import City
from tests.clock import Turned
from tests.services.test_main_path import authorized, form
from tests.services.test_races import together


def renewed(broker: Broker, city: City, grant: Grant) -> AccessRequest:
    return broker.renewals.renew(city.caller(broker, "asker"), grant.id)


def granted(broker: Broker, city: City, request: AccessRequest) -> Grant:
    """Walk a draft through both authorities."""
    submitted = broker.access_requests.submit(city.caller(broker, "asker"), request.id)
    approved = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(submitted.revision))
    (item,) = approved.items
    grant = broker.request_items.authorize(city.caller(broker, "owner.cg"), item.id, Verdict(1))
    assert grant is not None
    return grant


def test_a_renewal_needs_both_authorities_and_begins_where_the_old_grant_ends(broker: Broker, city: City) -> None:
    request, grant = authorized(broker, city)
    draft = renewed(broker, city, grant)
    assert (draft.state, draft.renews, draft.purpose) == (RequestState.DRAFT, grant.id, request.purpose)
    assert [(line.camera_id, line.span) for line in draft.asked] == [(it.camera_id, it.window) for it in grant.lines]
    second = granted(broker, city, draft)
    assert (second.renews, second.valid.begin) == (grant.id, grant.valid.end)
    assert second.state_at(broker.clock.now()) is GrantState.SCHEDULED
    third = granted(broker, city, renewed(broker, city, second))
    assert third.valid.begin == second.valid.end
    with pytest.raises(Conflict, match="renewals-used-up") as refused:
        renewed(broker, city, third)
    assert refused.value.facts["most"] == 2
    assert broker.audit.verify(city.caller(broker, "auditor")).faults == ()


def test_only_the_requester_renews(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    for login in ("looker", "center.dh", "owner.cg", "auditor"):
        with pytest.raises(Forbidden):
            broker.renewals.renew(city.caller(broker, login), grant.id)
    with pytest.raises(Unknown):
        broker.renewals.renew(city.caller(broker, "stranger"), grant.id)


def test_one_renewal_at_a_time(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    draft = renewed(broker, city, grant)
    with pytest.raises(Conflict, match="renewal-open") as refused:
        renewed(broker, city, grant)
    assert refused.value.facts["number"] == draft.number
    broker.access_requests.withdraw(city.caller(broker, "asker"), draft.id, "重新填写")
    second = granted(broker, city, renewed(broker, city, grant))
    with pytest.raises(Conflict, match="renewed-already"):
        renewed(broker, city, grant)
    broker.grants.revoke(city.caller(broker, "owner.cg"), second.id, "不宜继续")
    assert renewed(broker, city, grant).state is RequestState.DRAFT


def test_two_renewals_at_once(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    results = together([lambda: renewed(broker, city, grant)] * 2)
    assert sum(isinstance(result, AccessRequest) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 1
    drafts = broker.access_requests.page(city.caller(broker, "asker"), state=RequestState.DRAFT, after=None, limit=5)
    assert [draft.renews for draft in drafts] == [grant.id]


def test_a_renewal_is_not_edited_wider(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    asker = city.caller(broker, "asker")
    draft = renewed(broker, city, grant)
    same = replace(form(broker, city), lines=draft.asked, terms=draft.terms)
    third = AskedLine(city.cameras_of("dh-cg")[2].id, draft.asked[0].span)
    for wider, pointer in (
        (replace(same, lines=(*draft.asked, third)), "/lines/2"),
        (replace(same, investigators=("looker", "looker2")), "/investigators"),
        (replace(same, terms=Terms(validity=timedelta(days=8))), "/terms"),
    ):
        broker.access_requests.edit(asker, draft.id, wider)
        with pytest.raises(Invalid, match="renewal-widens") as refused:
            broker.access_requests.submit(asker, draft.id)
        assert refused.value.pointer == pointer
    edited = broker.access_requests.edit(asker, draft.id, replace(same, lines=draft.asked[:1]))
    assert edited.renews == grant.id
    assert len(granted(broker, city, edited).lines) == 1


def test_what_was_stopped_is_not_renewed(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    owner = city.caller(broker, "owner.cg")
    broker.grants.suspend(owner, grant.id, "核实情况")
    with pytest.raises(Conflict, match="renewal-of-ended"):
        renewed(broker, city, grant)
    broker.grants.resume(owner, grant.id, "已核实")
    draft = renewed(broker, city, grant)
    broker.grants.revoke(owner, grant.id, "不宜继续")
    with pytest.raises(Conflict, match="renewal-of-ended"):
        broker.access_requests.submit(city.caller(broker, "asker"), draft.id)


def test_a_renewal_that_comes_late_begins_when_it_is_granted(turned: Broker, city: City, clock: Turned) -> None:
    _, grant = authorized(turned, city)
    draft = renewed(turned, city, grant)
    clock.at = grant.valid.end + timedelta(hours=1)
    with pytest.raises(Conflict, match="renewal-of-ended"):
        renewed(turned, city, grant)
    assert granted(turned, city, draft).valid.begin == clock.at
