"""A camera changes its owner: who decides, who sees, what goes on and what goes back."""

from dataclasses import replace

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.grants import GrantState
from broker.domain.ids import CameraId
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.people.accounts import NewPerson
from broker.services.requests.access_requests import Verdict
from tests.city import PASSWORD, City
from tests.services.test_main_path import authorized, form
from tests.services.test_races import together

ME = operator("tests")


def asked(broker: Broker, city: City, *owners: str) -> AccessRequest:
    """Submit a request for the cameras of these departments."""
    asker = city.caller(broker, "asker")
    base = form(broker, city)
    lines = tuple(AskedLine(it.id, base.lines[0].span) for owner in owners for it in city.cameras_of(owner))
    return broker.access_requests.submit(asker, broker.access_requests.draft(asker, replace(base, lines=lines)).id)


def approved(broker: Broker, city: City, *owners: str) -> AccessRequest:
    request = asked(broker, city, *owners)
    return broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))


def moved(broker: Broker, city: City, to: str, place: int = 0, owner: str = "dh-cg") -> CameraId:
    camera = city.cameras_of(owner)[place]
    assert broker.transfers.transfer(ME, camera.gb_code or "", to).owner_id == city.departments[to].id
    return camera.id


def parts(broker: Broker, city: City, request: AccessRequest) -> dict[str, tuple[ItemState, int]]:
    """Return the state and the number of lines of each department's part."""
    codes = {department.id: code for code, department in city.departments.items()}
    found = broker.access_requests.read(city.caller(broker, "asker"), request.id)
    return {codes[item.department_id]: (item.state, len(item.lines)) for item in found.items}


def test_an_undecided_line_follows_to_the_new_owners_part(broker: Broker, city: City) -> None:
    request = approved(broker, city, "dh-cg", "dh-jt")
    moved(broker, city, "dh-jt")
    assert parts(broker, city, request) == {"dh-cg": (ItemState.PENDING, 2), "dh-jt": (ItemState.PENDING, 3)}
    owner = city.caller(broker, "owner.jt")
    ((seen, item),) = broker.request_items.waiting(owner, after=None, limit=5)
    assert len(seen.asked) == 3
    grant = broker.request_items.authorize(owner, item.id, Verdict(1))
    assert grant is not None
    assert len(grant.lines) == 3
    assert broker.audit.verify(city.caller(broker, "auditor")).faults == ()


def test_a_new_owner_without_a_part_gets_one_and_is_told(broker: Broker, city: City) -> None:
    request = approved(broker, city, "dh-cg")
    before = request.items[0].due
    moved(broker, city, "dh-jt")
    assert parts(broker, city, request) == {"dh-cg": (ItemState.PENDING, 2), "dh-jt": (ItemState.PENDING, 1)}
    owner = city.caller(broker, "owner.jt")
    ((_, item),) = broker.request_items.waiting(owner, after=None, limit=5)
    assert before is not None
    assert item.due is not None
    assert item.due >= before
    told = broker.notices.page(owner, unread=True, after=None, limit=5)
    assert "item.waiting" in {received.notice.kind for received in told}
    asker = broker.notices.page(city.caller(broker, "asker"), unread=True, after=None, limit=9)
    assert "item.forwarded" in {received.notice.kind for received in asker}
    for place in (1, 2):
        moved(broker, city, "dh-jt", place)
    assert parts(broker, city, request) == {"dh-cg": (ItemState.VOID, 0), "dh-jt": (ItemState.PENDING, 3)}
    broker.request_items.refuse(owner, item.id, 1, "不宜提供")
    after = broker.access_requests.read(city.caller(broker, "asker"), request.id)
    assert (after.state, after.outcome) == (RequestState.DECIDED, "refused")


def test_a_camera_may_come_back(broker: Broker, city: City) -> None:
    request = approved(broker, city, "dh-cg")
    for place in range(3):
        moved(broker, city, "dh-jt", place)
    moved(broker, city, "dh-cg", 1)
    found = broker.access_requests.read(city.caller(broker, "asker"), request.id)
    states = [(item.state, len(item.lines)) for item in found.items]
    assert sorted(states) == [(ItemState.PENDING, 1), (ItemState.PENDING, 2), (ItemState.VOID, 0)]


def test_before_the_approval_nobody_of_the_owners_hears_of_it(broker: Broker, city: City) -> None:
    request = asked(broker, city, "dh-cg")
    moved(broker, city, "dh-jt")
    assert parts(broker, city, request) == {"dh-cg": (ItemState.PENDING, 2), "dh-jt": (ItemState.PENDING, 1)}
    for login in ("owner.cg", "owner.jt"):
        with pytest.raises(Unknown):
            broker.access_requests.read(city.caller(broker, login), request.id)
    after = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    assert (after.state, {item.state for item in after.items}) == (
        RequestState.DEPARTMENT_REVIEW, {ItemState.PENDING},
    )  # fmt: skip
    assert broker.access_requests.read(city.caller(broker, "owner.jt"), request.id).items


def test_another_center_takes_over_while_nobody_has_approved(broker: Broker, city: City) -> None:
    request = asked(broker, city, "dh-cg")
    moved(broker, city, "xs-ga")
    after = broker.access_requests.read(city.caller(broker, "asker"), request.id)
    assert (after.state, after.center_id) == (RequestState.CENTER_REVIEW, city.departments["jc-center"].id)
    with pytest.raises(Unknown):
        broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    broker.approvals.approve(city.caller(broker, "center.jc"), request.id, Verdict(1))


def test_beyond_the_center_that_approved_the_request_goes_back(broker: Broker, city: City) -> None:
    """What other owners have granted for this revision ends with it: the approval it rests on is void."""
    request, grant = authorized(broker, city)
    moved(broker, city, "xs-ga", owner="dh-jt")
    asker = city.caller(broker, "asker")
    after = broker.access_requests.read(asker, request.id)
    places = {
        f"/lines/{place}" for place, line in enumerate(after.asked) if line.camera_id == city.cameras_of("dh-jt")[0].id
    }
    assert (after.state, set(after.remarks)) == (RequestState.RETURNED, places)
    assert "西山区公安分局" in after.comment
    assert broker.grants.read(asker, grant.id).state is GrantState.REVOKED
    assert "access_request.returned" in {
        it.notice.kind for it in broker.notices.page(asker, unread=True, after=None, limit=9)
    }
    again = broker.access_requests.submit(asker, request.id)
    assert (again.revision, again.center_id) == (2, city.departments["jc-center"].id)


def test_own_cameras_that_go_to_others_need_the_center_after_all(broker: Broker, city: City) -> None:
    broker.accounts.add_person(
        ME, NewPerson("owner.hb", "环保授权", "dh-hb", PASSWORD, (("department_authorizer", "dh-hb"),))
    )
    for place in (0, 1):
        moved(broker, city, "dh-hb", place)
    base = form(broker, city)
    lines = tuple(AskedLine(it.id, base.lines[0].span) for it in city.cameras_of("dh-cg")[:2])
    asker = city.caller(broker, "asker")
    own = broker.access_requests.submit(asker, broker.access_requests.draft(asker, replace(base, lines=lines)).id)
    assert (own.state, own.center_id) == (RequestState.DEPARTMENT_REVIEW, None)
    moved(broker, city, "dh-jt")
    assert broker.access_requests.read(asker, own.id).state is RequestState.RETURNED


def test_nobody_left_to_decide_refuses_the_whole_transfer(broker: Broker, city: City) -> None:
    request = approved(broker, city, "dh-cg")
    camera = city.cameras_of("dh-cg")[0]
    with pytest.raises(Invalid, match="no-authorizer") as refused:
        broker.transfers.transfer(ME, camera.id, "dh-hb")
    assert (refused.value.pointer, refused.value.facts["department"]) == ("/to", "东河区生态环境局")
    assert broker.catalog.read(city.caller(broker, "asker"), camera.id).owner_id == camera.owner_id
    assert parts(broker, city, request) == {"dh-cg": (ItemState.PENDING, 3)}


def test_a_live_grant_goes_on_until_an_owner_ends_it(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    new, old = city.caller(broker, "owner.jt"), city.caller(broker, "owner.cg")
    with pytest.raises(Unknown):
        broker.grants.read(new, grant.id)
    moved(broker, city, "dh-jt")
    assert broker.grants.read(new, grant.id).state_at(broker.clock.now()) is GrantState.ACTIVE
    assert [each.id for each in broker.grants.page(new, request=None, after=None, limit=5)] == [grant.id]
    assert broker.grants.suspend(new, grant.id, "核实情况").state is GrantState.SUSPENDED
    assert broker.grants.resume(old, grant.id, "已核实").state is GrantState.ISSUED
    assert broker.grants.revoke(new, grant.id, "不宜继续").state is GrantState.REVOKED


def test_who_may_transfer(broker: Broker, city: City) -> None:
    camera = city.cameras_of("dh-cg")[0]
    for login in ("owner.cg", "center.dh", "asker", "secadmin"):
        with pytest.raises(Forbidden):
            broker.transfers.transfer(city.caller(broker, login), camera.id, "dh-jt")
    with pytest.raises(Conflict, match="owner-unchanged"):
        broker.transfers.transfer(ME, camera.id, "dh-cg")
    assert broker.transfers.transfer(city.caller(broker, "sysadmin"), camera.id, "dh-jt").id == camera.id
    with broker.work() as work:
        events = work.audit.page(kind="camera:transferred", limit=9)
    assert {event.stream for _, event in events} == {
        f"catalogue/{city.departments[code].id}" for code in ("dh-cg", "dh-jt")
    }


def test_a_submission_and_a_transfer_at_once_agree_on_the_owner(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    base = form(broker, city)
    camera = city.cameras_of("dh-cg")[0]
    for to in ("dh-jt", "dh-cg", "dh-jt"):
        lines = (AskedLine(camera.id, base.lines[0].span),)
        draft = broker.access_requests.draft(asker, replace(base, lines=lines))
        results = together(
            [lambda d=draft: broker.access_requests.submit(asker, d.id),  # type: ignore[misc]  # bound now
             lambda t=to: broker.transfers.transfer(ME, camera.id, t)]  # type: ignore[misc]  # bound now
        )  # fmt: skip
        assert not [result for result in results if isinstance(result, Exception)]
        waits = {
            code: lines for code, (state, lines) in parts(broker, city, draft).items() if state is ItemState.PENDING
        }
        assert waits == {to: 1}
