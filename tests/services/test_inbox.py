"""The inbox: what waits for one person's word and nothing else, the nearest deadline first."""

from datetime import timedelta

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.people.accounts import Caller, Role
from broker.domain.requests.request_states import RequestState
from broker.services.deciding.delegations import Wish
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from broker.services.requests.access_requests import Verdict
from storage.db.requests.inbox import NEVER, Waiting
from tests.city import PASSWORD, City
from tests.clock import Turned
from tests.rules.steps import for_cameras, item_of, sent
from tests.services.alarms import scene_of
from tests.services.test_deadlines import FRIDAY


@pytest.fixture
def house(turned: Broker, clock: Turned) -> Broker:
    clock.at = FRIDAY
    return turned


def waiting(broker: Broker, caller: Caller, limit: int = 50) -> list[Waiting]:
    found = list(broker.inbox.page(caller, after=None, limit=limit))
    if len(found) < limit:  # the number in the bar is asked for many people at once, and says the same
        assert broker.live.counts(caller)["inbox"] == len(found)
    return found


def acts(broker: Broker, city: City, login: str) -> list[tuple[str, str]]:
    return [(each.act, each.number) for each in waiting(broker, city.caller(broker, login))]


def test_the_nearest_deadline_comes_first_and_pages_hold_still(house: Broker, city: City, clock: Turned) -> None:
    """Urgent requests that come in between two pages stand before the place where the second one begins."""
    center = city.caller(house, "center.dh")
    calm = []
    for _ in range(3):
        calm.append(sent(house, city, for_cameras(house, city, "dh-cg")).number)
        clock.at += timedelta(minutes=1)
    urgent = sent(house, city, for_cameras(house, city, "dh-jt", urgent=True)).number
    assert [each.number for each in waiting(house, center)] == [urgent, *calm]
    first = waiting(house, center, limit=2)
    last = first[-1]
    sent(house, city, for_cameras(house, city, "dh-jt", urgent=True))
    later = sent(house, city, for_cameras(house, city, "dh-cg")).number
    second = house.inbox.page(center, after=(last.due or NEVER, last.key), limit=9)
    assert [each.number for each in (*first, *second)] == [urgent, *calm, later]
    assert [each.due for each in second] == sorted(each.due or NEVER for each in second)


def test_each_step_waits_for_those_who_take_it(house: Broker, city: City) -> None:
    request = sent(house, city, for_cameras(house, city, "dh-cg"))
    number = request.number
    everybody = ("asker", "looker", "center.dh", "center.xs", "center.jc", "owner.cg", "owner.jt", "auditor")

    def who(act: str) -> set[str]:
        return {login for login in everybody if acts(house, city, login) == [(act, number)]}

    assert who("approve") == {"center.dh"}
    request = house.approvals.send_back(city.caller(house, "center.dh"), request.id, 1, "请补充案由")
    assert who("supplement") == {"asker"}
    house.access_requests.submit(city.caller(house, "asker"), request.id)
    house.approvals.approve(city.caller(house, "center.dh"), request.id, Verdict(2))
    assert who("authorize") == {"owner.cg"}
    item = house.access_requests.read(city.caller(house, "asker"), request.id).items[0]
    grant = house.request_items.authorize(city.caller(house, "owner.cg"), item.id, Verdict(2))
    assert grant is not None
    assert who("authorize") == who("report") == set()
    house.grants.revoke(city.caller(house, "owner.cg"), grant.id, "案件已结")
    assert who("report") == {"asker"}
    house.access_requests.close(city.caller(house, "asker"), request.id, "已结案")
    assert all(acts(house, city, login) == [] for login in everybody)


def test_a_refused_request_asks_for_no_report(house: Broker, city: City) -> None:
    request = sent(house, city, for_cameras(house, city, "dh-cg"))
    request = house.approvals.approve(city.caller(house, "center.dh"), request.id, Verdict(1))
    done = house.request_items.refuse(city.caller(house, "owner.cg"), request.items[0].id, 1, "正在检修")
    assert done.state is RequestState.DECIDED
    assert acts(house, city, "asker") == []


def test_the_first_of_two_has_done_the_part(house: Broker, city: City) -> None:
    for camera in city.cameras_of("dh-cg"):
        house.catalog.mark(operator("tests"), camera.id, sensitive=True)
    request = sent(house, city, for_cameras(house, city, "dh-cg"))
    request = house.approvals.approve(city.caller(house, "center.dh"), request.id, Verdict(1))
    assert house.request_items.authorize(city.caller(house, "owner.cg"), request.items[0].id, Verdict(1)) is None
    assert acts(house, city, "owner.cg") == []
    assert acts(house, city, "owner.cg2") == [("authorize", request.number)]


def test_a_party_has_nothing_to_decide_and_neither_has_who_stands_in_for_one(house: Broker, city: City) -> None:
    """The head of the district asks as well: the delegate decides for the head, but not on what the head asked."""
    me = operator("tests")
    new = NewPerson("chief", "区长", "dh", PASSWORD, (("department_authorizer", "dh"), ("requester", "dh")))
    chief = house.accounts.add_person(me, new).person.id
    for login, role in (("asker", "center_approver"), ("looker", "center_approver")):
        house.accounts.assign(me, city.persons[login], role, "dh-center")
    with house.work() as work:
        caller = caller_of(work, chief)
    of_chief = house.access_requests.draft(caller, for_cameras(house, city, "dh-jt"))
    of_chief = house.access_requests.submit(caller, of_chief.id)
    of_asker = sent(house, city, for_cameras(house, city, "dh-jt"))
    assert acts(house, city, "looker") == [], "named in both"
    assert acts(house, city, "asker") == [("approve", of_chief.number)], "asked one of them"
    for request in (of_chief, of_asker):
        house.approvals.approve(city.caller(house, "center.dh"), request.id, Verdict(1))
    assert [each.number for each in waiting(house, caller)] == [of_asker.number]
    assert acts(house, city, "owner.cg") == []
    end = house.clock.now() + timedelta(days=3)
    house.delegations.lend(caller, Wish("owner.cg", Role.DEPARTMENT_AUTHORIZER, end, "外出培训", "dh"))
    assert acts(house, city, "owner.cg") == [("authorize", of_asker.number)]
    assert acts(house, city, "owner.jt") == [("authorize", each.number) for each in (of_chief, of_asker)]


def test_who_vetoed_a_part_is_not_asked_to_ratify(turned: Broker, city: City, clock: Turned) -> None:
    scene = scene_of(turned, city, clock)
    turned.accounts.assign(operator("tests"), city.persons["owner.cg"], "center_approver", "dh-center")
    request, _ = scene.opened()
    assert acts(turned, city, "owner.cg") == acts(turned, city, "center.dh") == [("ratify", request.number)]
    turned.emergencies.veto(city.caller(turned, "owner.cg"), item_of(request, city, "dh-cg").id, "涉及办案场所")
    assert acts(turned, city, "owner.cg") == []
    assert acts(turned, city, "center.dh") == [("ratify", request.number)]
    clock.at = request.due or clock.at
    assert acts(turned, city, "center.dh") == [], "too late by the clock, swept or not"
