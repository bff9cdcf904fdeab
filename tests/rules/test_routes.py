"""Each shipped route, walked through the services on the real database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid
from broker.domain.footage.grants import Condition, Terms
from broker.domain.footage.media import SnapshotAsk
from broker.domain.people.accounts import Caller
from broker.domain.requests.request_states import RequestState
from broker.services.footage.retrievals import Retrievals
from broker.services.requests.access_requests import Verdict
from policies import facts
from tests.city import City
from tests.clock import Turned
from tests.rules.steps import at_home, for_cameras, item_of, ruled, sent


@pytest.fixture
def city(city_template: City) -> City:
    """Give the city a list of persons of its own: some tests add to it."""
    return replace(city_template, persons=dict(city_template.persons))


def refused(caller: Caller, broker: Broker, request_id: object) -> str:
    with pytest.raises(BrokerError) as error:
        broker.approvals.approve(caller, request_id, Verdict(1))  # type: ignore[arg-type]  # any id
    return error.value.slug


def test_own_cameras_need_their_owner_alone(broker: Broker, city: City) -> None:
    at_home(broker, city)
    filled = for_cameras(broker, city, "dh-cg", investigators=("looker.cg",))
    request = sent(broker, city, filled, "asker.cg")
    assert (request.state, request.center_approvals, request.center_id) == (RequestState.DEPARTMENT_REVIEW, 0, None)
    item = item_of(request, city, "dh-cg")
    assert (item.route, item.authorizations) == ("own", 1)
    assert item.due is not None
    assert broker.request_items.authorize(city.caller(broker, "owner.cg"), item.id, Verdict(1)) is not None
    both = sent(broker, city, for_cameras(broker, city, "dh-cg", "dh-jt", investigators=("looker.cg",)), "asker.cg")
    assert (both.state, both.center_approvals) == (RequestState.CENTER_REVIEW, 1)
    assert {item.route for item in both.items} == {"own", "default"}


def test_a_sensitive_point_takes_two_persons_of_its_owner(broker: Broker, city: City) -> None:
    camera = city.cameras_of("dh-cg")[1]
    owner, second = (city.caller(broker, login) for login in ("owner.cg", "owner.cg2"))
    assert broker.catalog.mark(owner, camera.id, sensitive=True).sensitive
    request = sent(broker, city, for_cameras(broker, city, "dh-cg", "dh-jt"))
    broker.catalog.mark(operator("tests"), camera.id, sensitive=False)  # too late for what runs already
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    item, other = item_of(request, city, "dh-cg"), item_of(request, city, "dh-jt")
    assert [(it.route, it.authorizations) for it in (item, other)] == [("sensitive", 2), ("default", 1)]
    assert broker.request_items.authorize(owner, item.id, Verdict(1)) is None
    with pytest.raises(Conflict, match="second-person-needed"):
        broker.request_items.authorize(owner, item.id, Verdict(1))
    assert broker.request_items.authorize(second, item.id, Verdict(1)) is not None
    for login in ("owner.jt", "asker", "auditor"):
        with pytest.raises(Forbidden):
            broker.catalog.mark(city.caller(broker, login), camera.id, sensitive=True)
    events = broker.audit.page(operator("tests"), case=None, kind="camera:marked", after=0, limit=9)
    assert [event.data["sensitive"] for _, event in events] == [True, False]


def test_a_public_release_takes_two_approvals_and_redaction(broker: Broker, city: City) -> None:
    request = sent(broker, city, for_cameras(broker, city, "dh-cg", basis="publication"))
    assert request.center_approvals == 2
    first, second = (city.caller(broker, login) for login in ("center.dh", "center.dh2"))
    assert broker.approvals.approve(first, request.id, Verdict(1)).state is RequestState.CENTER_REVIEW
    assert refused(first, broker, request.id) == "second-person-needed"
    request = broker.approvals.approve(second, request.id, Verdict(1))
    item = item_of(request, city, "dh-cg")
    grant = broker.request_items.authorize(city.caller(broker, "owner.cg"), item.id, Verdict(1))
    assert grant is not None
    assert grant.terms.conditions == {Condition.REDACTION}
    looker, line = city.caller(broker, "looker"), grant.lines[0]
    ask = SnapshotAsk("", line.window.begin)
    blind = Retrievals(broker.work, broker.policy)
    with pytest.raises(Forbidden, match="footage-conditions"):  # an installation that cannot find faces
        blind.order(looker, line.camera_id, ask)
    seeing = Retrievals(broker.work, broker.policy, facts.KEPT_WITH_FACES)
    with pytest.raises(Conflict, match="camera-without-source"):  # the condition stands in nobody's way any more
        seeing.order(looker, line.camera_id, ask)
    with pytest.raises(Forbidden, match="footage-original"):
        seeing.order(looker, line.camera_id, ask, original=True)


def test_a_consultation_is_looked_at_on_site(broker: Broker, city: City) -> None:
    filled = for_cameras(broker, city, "dh-cg", basis="consultation")
    with pytest.raises(Invalid) as long:
        sent(broker, city, replace(filled, terms=Terms(validity=timedelta(days=8))))
    assert (long.value.slug, long.value.pointer) == ("route-validity", "/terms/valid_days")
    with pytest.raises(Invalid, match="case-number-form"):  # the number of the consent, not of an incident
        sent(broker, city, replace(filled, purpose=replace(filled.purpose, case_number="110202611210001")))
    request = sent(broker, city, filled)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    item = item_of(request, city, "dh-cg")
    grant = broker.request_items.authorize(city.caller(broker, "owner.cg"), item.id, Verdict(1))
    assert grant is not None
    assert grant.terms.conditions == {Condition.VIEW_ONLY}


def test_a_sensitive_point_has_its_two_persons_on_every_route(broker: Broker, city: City) -> None:
    at_home(broker, city)
    broker.catalog.mark(operator("tests"), city.cameras_of("dh-cg")[0].id, sensitive=True)
    for basis in ("administrative", "consultation", "publication"):
        for urgent in (False, True):
            filled = for_cameras(broker, city, "dh-cg", basis=basis, urgent=urgent)
            assert item_of(sent(broker, city, filled), city, "dh-cg").authorizations == 2
    own = for_cameras(broker, city, "dh-cg", investigators=("looker.cg",))
    assert item_of(sent(broker, city, own, "asker.cg"), city, "dh-cg").authorizations == 2


def test_a_running_request_keeps_the_version_it_began_with(turned: Broker, clock: Turned, city: City) -> None:
    old = sent(turned, city, for_cameras(turned, city, "dh-cg"))
    version = ruled(turned, limits={"cameras": 2}, purpose={"shortest_reason": 30})
    assert (old.rulebook, version) == (0, 1)
    with pytest.raises(Invalid) as strict:
        sent(turned, city, for_cameras(turned, city, "dh-cg"))
    assert strict.value.slug == "reason-short"
    center = city.caller(turned, "center.dh")
    approved = turned.approvals.approve(center, old.id, Verdict(1))
    due = item_of(approved, city, "dh-cg").due
    assert due == turned.rulebooks.read(center, 0).rules.calendar.due(clock.at, timedelta(hours=48))
    assert approved.rulebook == 0


def test_a_center_without_enough_persons_is_passed_over(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    filled = for_cameras(broker, city, "dh-cg", basis="publication")
    broker.accounts.disable(operator("tests"), city.persons["center.dh2"])
    alone = broker.previews.plan_form(asker, filled)  # one person is left here, and one above: never two
    assert [fault.slug for fault in alone.faults] == ["no-approver"]
    one = broker.previews.plan_form(asker, for_cameras(broker, city, "dh-cg"))
    assert one.center == city.departments["dh-center"]
    assert (one.approvers, one.skipped, one.faults) == (1, (), ())
    broker.accounts.disable(operator("tests"), city.persons["center.dh"])
    above = broker.previews.plan_form(asker, for_cameras(broker, city, "dh-cg"))
    assert above.center == city.departments["jc-center"]
    assert above.skipped == (city.departments["dh-center"],)
    assert sent(broker, city, for_cameras(broker, city, "dh-cg")).center_id == city.departments["jc-center"].id
