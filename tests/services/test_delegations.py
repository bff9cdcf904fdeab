"""Lending a role, standing in, taking it back, through the services and on the real database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from broker.bootstrap import Broker, build, operator
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.ids import PersonId, new_id
from broker.domain.people.accounts import Role
from broker.services.deciding.delegations import Lent, Wish
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from tests.city import PASSWORD, City

ME = operator("tests")
OWNER = Role.DEPARTMENT_AUTHORIZER
DAY = timedelta(days=1)


class Later:
    """A clock that runs ahead of the machine's."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


def later(broker: Broker, ahead: timedelta) -> Broker:
    """Return the same services on the same database, some time from now."""
    return build(broker.settings, broker.database_url, broker.engine, Later(ahead))


def wish(**changes: object) -> Wish:
    usual = Wish("owner.cg", OWNER, datetime.now(UTC) + 3 * DAY, "外出培训")
    return replace(usual, **changes)  # type: ignore[arg-type]  # by name


@pytest.fixture
def chief(broker: Broker, city: City) -> PersonId:
    """The head of the district, who may authorize for all its departments."""
    assert city.persons
    new = NewPerson("chief", "区长", "dh", PASSWORD, (("department_authorizer", "dh"),))
    return broker.accounts.add_person(ME, new).person.id


def lend(broker: Broker, who: PersonId, wanted: Wish | None = None) -> Lent:
    with broker.work() as work:
        caller = caller_of(work, who)
    return broker.delegations.lend(caller, wanted or wish())


def stands_for(broker: Broker, delegate: PersonId, place: str) -> set[PersonId]:
    """Return whom the delegate would stand in for in this department."""
    with broker.work() as work:
        caller = caller_of(work, delegate)
        if OWNER not in caller.roles_at(place, work.now):
            return set()
        return set(caller.deciders_as(OWNER, place, work.now)) - {delegate}


def test_the_delegate_decides_where_the_lender_would_and_both_count(
    broker: Broker, city: City, chief: PersonId
) -> None:
    delegate, place = city.persons["owner.cg"], city.departments["dh-jt"].path
    assert stands_for(broker, delegate, place) == set()
    assert lend(broker, chief).works
    assert stands_for(broker, delegate, place) == {chief}
    assert stands_for(broker, delegate, city.departments["dh-cg"].path) == set(), "at home in own right"
    assert stands_for(broker, delegate, city.departments["xs-ga"].path) == set(), "nor beyond what was lent"


def test_it_begins_and_ends_by_the_clock(broker: Broker, city: City, chief: PersonId) -> None:
    delegate, place = city.persons["owner.cg"], city.departments["dh-jt"].path
    now = datetime.now(UTC)
    lent = lend(broker, chief, wish(begin=now + DAY, end=now + 2 * DAY))
    assert not lent.works
    for ahead, working in ((timedelta(0), False), (DAY, True), (1.9 * DAY, True), (2 * DAY, False)):
        there = later(broker, ahead)
        assert stands_for(there, delegate, place) == ({chief} if working else set()), ahead
        (listed,) = there.delegations.page(ME, own=False, over=None, after=None, limit=9)
        assert listed.works is working


def test_it_is_ended_before_its_time(broker: Broker, city: City, chief: PersonId) -> None:
    with broker.work() as work:
        who_may = [caller_of(work, chief), caller_of(work, city.persons["secadmin"]), ME]
    for caller in who_may:
        lent = lend(broker, chief)
        for login, error in (("owner.cg", Forbidden), ("auditor", Forbidden), ("owner.jt", Unknown)):
            with pytest.raises(error):
                broker.delegations.end(city.caller(broker, login), lent.delegation.id)
        ended = broker.delegations.end(caller, lent.delegation.id)
        assert ended.delegation.ended_at
        assert not ended.works
        assert stands_for(broker, city.persons["owner.cg"], city.departments["dh-jt"].path) == set()
        with pytest.raises(Conflict, match="delegation-over"):
            broker.delegations.end(caller, lent.delegation.id)
        with broker.work() as work:
            kinds = [event.kind for event in work.audit.stream(lent.delegation.stream)]
        assert kinds == ["delegation:set", "delegation:ended"]
    with pytest.raises(Unknown, match="unknown-delegation"):
        broker.delegations.end(ME, new_id())


def lock(broker: Broker, who: PersonId) -> None:
    """Lock a person as another program might: straight in the tables, with the event that they demand."""
    with broker.engine.begin() as connection:
        connection.execute(
            text(
                "WITH e AS (INSERT INTO audit_event (stream, seq, kind, at, actor, body, previous, leaf) VALUES"
                " (:s, 1, 'lock:set', now(), 'tests', '{}', decode(repeat('00', 32), 'hex'),"
                "  sha256('\\x00'::bytea || '{}'::bytea)))"
                " INSERT INTO lock (id, kind, target_id, path, level, reason, set_at, stream, version)"
                " VALUES (:id, 'person', :who, '/', '', 'tests', now(), :s, 1)"
            ),
            {"s": f"lock/{who}", "id": new_id(), "who": who},
        )


CHANGES: dict[str, Callable[[Broker, City, PersonId], object]] = {
    "the lender lost the role": lambda broker, _, chief: broker.accounts.withdraw(ME, chief, OWNER, "dh"),
    "the lender lost the account": lambda broker, _, chief: broker.accounts.disable(ME, chief),
    "the lender is locked": lambda broker, _, chief: lock(broker, chief),
    "the delegate lost the role": lambda broker, city, _: broker.accounts.withdraw(
        ME, city.persons["owner.cg"], OWNER, "dh-cg"
    ),
    "the delegate is locked": lambda broker, city, _: lock(broker, city.persons["owner.cg"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_works_no_longer_than_both_could_decide(broker: Broker, city: City, chief: PersonId, change: str) -> None:
    delegate, place = city.persons["owner.cg"], city.departments["dh-jt"].path
    lend(broker, chief)
    CHANGES[change](broker, city, chief)
    with broker.work() as work:
        assert work.delegations.lent_to([delegate], work.now) == {}
        assert work.persons.holders(OWNER, place, work.now) <= {chief, city.persons["owner.jt"]}
    (listed,) = broker.delegations.page(ME, own=False, over=False, after=None, limit=9)
    assert not listed.works


def test_what_was_lent_is_not_lent_on(broker: Broker, city: City, chief: PersonId) -> None:
    lend(broker, chief)
    with pytest.raises(Invalid, match="delegation-not-own") as refused:
        lend(broker, city.persons["owner.cg"], wish(delegate="owner.jt", department="dh"))
    assert refused.value.pointer == "/department"


SOON = datetime.now(UTC) + DAY


WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"delegate": "asker"}, "delegate-without-role", "/delegate"),
    ({"delegate": "center.dh"}, "delegate-without-role", "/delegate"),
    ({"delegate": "nobody"}, "unknown-person", "/delegate"),
    ({"delegate": "chief"}, "delegate-is-oneself", "/delegate"),
    ({"delegate": "owner.xs"}, "delegate-elsewhere", "/delegate"),
    ({"delegate": "owner.ga"}, "delegate-elsewhere", "/delegate"),
    ({"delegate": "owner.cg2"}, "delegate-disabled", "/delegate"),
    ({"role": Role.AUDITOR, "department": "dh"}, "delegation-role", "/role"),
    ({"role": Role.AUDITOR}, "delegation-department", "/department"),
    ({"department": "dh-cg"}, "delegation-not-own", "/department"),
    ({"department": "jc"}, "delegation-not-own", "/department"),
    ({"department": "nowhere"}, "unknown-department", "/department"),
    ({"role": Role.CENTER_APPROVER, "department": "dh"}, "delegation-not-own", "/department"),
    ({"begin": SOON - 2 * DAY}, "begins-in-the-past", "/begin"),
    ({"begin": SOON, "end": SOON}, "reversed-time", "/end"),
    ({"end": SOON - 2 * DAY}, "reversed-time", "/end"),
    ({"begin": SOON, "end": SOON + 30 * DAY + timedelta(seconds=1)}, "delegation-too-long", "/end"),
]


def test_a_wrong_delegation_is_refused_and_nothing_is_changed(broker: Broker, city: City, chief: PersonId) -> None:
    broker.accounts.disable(ME, city.persons["owner.cg2"])
    before = events(broker)
    for changes, slug, pointer in WRONG:
        with pytest.raises(Invalid) as refused:
            lend(broker, chief, wish(**changes))
        assert (refused.value.slug, refused.value.pointer) == (slug, pointer), changes
    assert broker.delegations.page(ME, own=False, over=None, after=None, limit=9) == []
    assert events(broker) == before


def events(broker: Broker) -> int:
    with broker.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM audit_event")).scalar_one())


def test_a_role_is_lent_once_at_a_time(broker: Broker, city: City, chief: PersonId) -> None:
    first = lend(broker, chief, wish(begin=SOON, end=SOON + DAY))
    for begin, end in ((SOON, SOON + DAY), (SOON - DAY / 2, SOON + DAY / 2), (SOON + DAY / 2, SOON + 2 * DAY)):
        with pytest.raises(Conflict, match="delegation-overlaps"):
            lend(broker, chief, wish(delegate="owner.jt", begin=begin, end=end))
    lend(broker, chief, wish(delegate="owner.jt", begin=SOON + DAY, end=SOON + 2 * DAY))
    with broker.work() as work:
        caller = caller_of(work, chief)
    broker.delegations.end(caller, first.delegation.id)
    lend(broker, chief, wish(delegate="owner.jt", begin=SOON, end=SOON + DAY))
    broker.accounts.assign(ME, chief, OWNER, "dh-cg")
    lend(broker, chief, wish(delegate="owner.cg", department="dh-cg", begin=SOON, end=SOON + DAY))
    assert city.persons


def test_where_the_role_is_held_twice_the_department_is_named(broker: Broker, chief: PersonId) -> None:
    broker.accounts.assign(ME, chief, OWNER, "dh-cg")
    with pytest.raises(Invalid, match="delegation-department"):
        lend(broker, chief)
    thirty = wish(department="dh", begin=SOON, end=SOON + 30 * DAY)
    assert lend(broker, chief, thirty).delegation.span.duration == 30 * DAY


def test_who_decides_nothing_lends_nothing(broker: Broker, city: City) -> None:
    for login in ("asker", "auditor", "sysadmin", "secadmin"):
        with pytest.raises(Forbidden, match="not-allowed"):
            lend(broker, city.persons[login])
    with pytest.raises(Invalid, match="person-needed"):
        broker.delegations.lend(ME, wish())


def test_who_sees_what(broker: Broker, city: City, chief: PersonId) -> None:
    lent = lend(broker, chief).delegation
    other = lend(broker, city.persons["center.dh"], wish(delegate="center.dh2", role=Role.CENTER_APPROVER)).delegation

    def seen(login: str, *, own: bool) -> set[object]:
        caller = city.caller(broker, login)
        return {each.delegation.id for each in broker.delegations.page(caller, own=own, over=None, after=None, limit=9)}

    assert seen("owner.cg", own=True) == seen("owner.cg", own=False) == {lent.id}
    assert seen("center.dh2", own=True) == {other.id}
    assert seen("owner.jt", own=False) == set()
    for login in ("auditor", "secadmin"):
        assert seen(login, own=True) == set()
        assert seen(login, own=False) == {lent.id, other.id}
    assert seen("sysadmin", own=False) == set()
    (newest,) = broker.delegations.page(ME, own=False, over=False, after=None, limit=1)
    (rest,) = broker.delegations.page(ME, own=False, over=False, after=newest.delegation.id, limit=9)
    assert (newest.delegation.id, rest.delegation.id) == (other.id, lent.id)
    assert broker.delegations.page(ME, own=False, over=True, after=None, limit=9) == []


def test_delegates_are_among_those_who_could_decide(broker: Broker, city: City, chief: PersonId) -> None:
    delegate, place = city.persons["owner.cg"], city.departments["dh-jt"].path

    def able(*avoid: PersonId) -> set[PersonId]:
        with broker.work() as work:
            return work.persons.holders(OWNER, place, work.now, frozenset(avoid))

    assert able() == {chief, city.persons["owner.jt"]}
    lend(broker, chief)
    assert able() == {chief, city.persons["owner.jt"], delegate}
    assert able(chief) == {city.persons["owner.jt"]}, "who could only stand in for a party is no help"
    assert able(delegate) == {chief, city.persons["owner.jt"]}


def test_the_database_keeps_what_was_agreed(broker: Broker, chief: PersonId) -> None:
    lend(broker, chief)
    for column in ("to_person_id", "from_person_id", "role", "department_id", "valid_from", "valid_until", "reason"):
        with broker.engine.connect() as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute(text(f"UPDATE delegation SET {column} = {column}, version = 2"))  # noqa: S608
    with broker.engine.connect() as connection, pytest.raises(Exception, match="without an event"):
        connection.execute(text("UPDATE delegation SET ended_at = now(), ended_by = 'me'"))


def test_of_two_at_the_same_moment_one_is_refused(broker: Broker, chief: PersonId) -> None:
    starting = Barrier(4)

    def attempt(delegate: str) -> str:
        starting.wait()
        try:
            lend(broker, chief, wish(delegate=delegate))
        except Conflict as refused:
            return refused.slug
        return "lent"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(attempt, ("owner.cg", "owner.cg2", "owner.jt", "owner.cg")))
    assert answers == ["delegation-overlaps"] * 3 + ["lent"]
