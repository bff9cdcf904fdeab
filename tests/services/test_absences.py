"""Being away: nobody waits for who is, and a delegate may stand in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.ids import PersonId, new_id
from broker.domain.people.accounts import Role
from broker.services.deciding.absences import Leave
from tests.city import City
from tests.services.test_delegations import later

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
WEEK = Leave(NOW + 7 * DAY, note="住院")
OWNER = Role.DEPARTMENT_AUTHORIZER


def able(broker: Broker, city: City, place: str = "dh-cg", role: Role = OWNER) -> set[PersonId]:
    with broker.work() as work:
        return work.persons.holders(role, city.departments[place].path, work.now)


def test_who_is_away_is_not_counted_on_and_may_still_act(broker: Broker, city: City) -> None:
    first, second = city.persons["owner.cg"], city.persons["owner.cg2"]
    me = city.caller(broker, "owner.cg")
    absence, lent = broker.absences.note(me, WEEK)
    assert lent == ()
    assert able(broker, city) == {second}
    assert OWNER in city.caller(broker, "owner.cg").roles_at(city.departments["dh-cg"].path, NOW)
    assert able(later(broker, 8 * DAY), city) == {first, second}
    ended = broker.absences.end(me, absence.id)
    assert ended.ended_at
    assert able(broker, city) == {first, second}
    with pytest.raises(Conflict, match="absence-over"):
        broker.absences.end(me, absence.id)
    with broker.work() as work:
        told = work.audit.stream(absence.stream)
    assert [event.kind for event in told] == ["absence:noted", "absence:ended"]
    assert all("住院".encode() not in event.body for event in told), "the trace is no place for an illness"


def test_an_absence_to_come_changes_nothing_yet(broker: Broker, city: City) -> None:
    broker.absences.note(city.caller(broker, "owner.cg"), Leave(NOW + 2 * DAY, begin=NOW + DAY))
    assert city.persons["owner.cg"] in able(broker, city)
    assert city.persons["owner.cg"] not in able(later(broker, 1.5 * DAY), city)


def test_a_named_delegate_gets_every_role_that_decides(broker: Broker, city: City) -> None:
    me, delegate = city.caller(broker, "owner.cg"), city.persons["owner.cg2"]
    broker.accounts.assign(operator("tests"), city.persons["owner.cg"], OWNER, "dh-jt")
    broker.accounts.assign(operator("tests"), city.persons["owner.cg"], "requester", "dh-cg")
    _, lent = broker.absences.note(me, Leave(NOW + 7 * DAY, delegate="owner.cg2"))
    places = {city.departments[code].id for code in ("dh-cg", "dh-jt")}
    assert {(each.role, each.department_id, each.to_person) for each in lent} == {
        (OWNER, place, delegate) for place in places
    }
    assert able(broker, city, "dh-jt") == {city.persons["owner.jt"], delegate}
    with broker.work() as work:
        path = city.departments["dh-jt"].path
        counted = city.caller(broker, "owner.cg2").deciders_as(OWNER, path, work.now)
    assert counted == {delegate, city.persons["owner.cg"]}


WRONG = [
    ("owner.cg", Leave(NOW + DAY, begin=NOW - DAY), "begins-in-the-past", "/begin"),
    ("owner.cg", Leave(NOW - DAY), "reversed-time", "/end"),
    ("owner.cg", Leave(NOW + 400 * DAY), "absence-too-long", "/end"),
    ("owner.cg", Leave(NOW + 40 * DAY, delegate="owner.cg2"), "delegation-too-long", "/end"),
    ("owner.cg", replace(WEEK, delegate="asker"), "delegate-elsewhere", "/delegate"),
    ("owner.cg", replace(WEEK, delegate="owner.jt"), "delegate-elsewhere", "/delegate"),
    ("owner.cg", replace(WEEK, delegate="owner.cg"), "delegate-is-oneself", "/delegate"),
    ("owner.cg", replace(WEEK, delegate="nobody"), "unknown-person", "/delegate"),
    ("asker", replace(WEEK, delegate="looker"), "nothing-to-lend", "/delegate"),
]


def test_a_wrong_absence_is_refused_and_nothing_is_noted(broker: Broker, city: City) -> None:
    for login, leave, slug, pointer in WRONG:
        with pytest.raises(Invalid) as refused:
            broker.absences.note(city.caller(broker, login), leave)
        assert (refused.value.slug, refused.value.pointer) == (slug, pointer), leave
    assert broker.absences.page(operator("tests"), own=False, over=None, after=None, limit=9) == []
    assert broker.delegations.page(operator("tests"), own=False, over=None, after=None, limit=9) == []


def test_nobody_is_away_twice_at_a_time(broker: Broker, city: City) -> None:
    me = city.caller(broker, "owner.cg")
    absence, _ = broker.absences.note(me, WEEK)
    with pytest.raises(Conflict, match="absence-overlaps"):
        broker.absences.note(me, Leave(NOW + 9 * DAY, begin=NOW + 6 * DAY))
    broker.absences.note(me, Leave(NOW + 9 * DAY, begin=absence.span.end))


def test_the_security_administrator_notes_it_for_others(broker: Broker, city: City) -> None:
    security, target = city.caller(broker, "secadmin"), city.persons["owner.cg"]
    absence, lent = broker.absences.note(security, replace(WEEK, delegate="owner.cg2"), target)
    assert (absence.person, lent[0].from_person) == (target, target)
    with broker.work() as work:
        told = work.audit.stream(lent[0].stream)
    assert all("住院".encode() not in event.body for event in told)
    assert broker.absences.end(security, absence.id).ended_at
    for login in ("owner.cg2", "auditor", "sysadmin"):
        with pytest.raises(Forbidden):
            broker.absences.note(city.caller(broker, login), WEEK, target)
    with pytest.raises(Unknown):
        broker.absences.note(security, WEEK, PersonId(new_id()))
    with pytest.raises(Invalid, match="person-needed"):
        broker.absences.note(operator("tests"), WEEK)


def test_a_security_administrator_of_elsewhere_does_not(broker: Broker, city: City) -> None:
    broker.accounts.assign(operator("tests"), city.persons["stranger"], "security_administrator", "xs")
    with pytest.raises(Forbidden):
        broker.absences.note(city.caller(broker, "stranger"), WEEK, city.persons["owner.cg"])
    absence, _ = broker.absences.note(city.caller(broker, "owner.cg"), WEEK)
    with pytest.raises(Unknown, match="unknown-absence"):
        broker.absences.end(city.caller(broker, "stranger"), absence.id)


def test_who_sees_an_absence(broker: Broker, city: City) -> None:
    absence, _ = broker.absences.note(city.caller(broker, "owner.cg"), WEEK)
    for login, seen in (("owner.cg", True), ("auditor", True), ("secadmin", True), ("owner.cg2", False)):
        listed = broker.absences.page(city.caller(broker, login), own=False, over=False, after=None, limit=9)
        assert [each.id for each in listed] == ([absence.id] if seen else []), login
    assert broker.absences.page(city.caller(broker, "auditor"), own=True, over=None, after=None, limit=9) == []
    with pytest.raises(Forbidden):
        broker.absences.end(city.caller(broker, "auditor"), absence.id)
    assert broker.absences.page(operator("tests"), own=False, over=None, after=absence.id, limit=9) == []
    assert broker.absences.page(operator("tests"), own=False, over=True, after=None, limit=9) == []


def test_an_investigator_who_is_away_may_be_named_all_the_same(broker: Broker, city: City) -> None:
    broker.absences.note(city.caller(broker, "looker"), WEEK)
    with broker.work() as work:
        able_to_look = work.persons.holders_below(Role.INVESTIGATOR, city.departments["dh-hb"].path, work.now)
    assert city.persons["looker"] in able_to_look
