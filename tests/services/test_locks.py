"""Locks: who may set and lift them, and that nothing passes while they are on."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Unauthenticated, Unavailable, Unknown
from broker.domain.footage.locks import Lock, LockKind
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.oversight.audit import Event
from broker.domain.people.accounts import Caller
from broker.services.people.accounts import NewPerson
from storage.db.unit_of_work import UnitOfWork
from tests.city import PASSWORD, City
from tests.web.three_servers import House

PERSON, CAMERA, DEPARTMENT = LockKind

REACH = {  # target: who may lock it; everybody else may not
    (PERSON, "looker"): {"secadmin"},
    (PERSON, "secadmin"): set(),
    (CAMERA, "dh-cg"): {"owner.cg", "owner.cg2", "center.dh", "center.dh2", "center.jc"},
    (CAMERA, "xs-ga"): {"owner.xs", "center.xs", "center.jc"},
    (DEPARTMENT, "dh-cg"): {"owner.cg", "owner.cg2", "center.dh", "center.dh2", "center.jc"},
    (DEPARTMENT, "dh"): {"center.dh", "center.dh2", "center.jc"},
    (DEPARTMENT, "jc"): {"center.jc"},
}


@pytest.fixture
def house(broker: Broker, city: City) -> House:
    return House(broker, city)


def target_of(city: City, kind: LockKind, name: str) -> UUID:
    match kind:
        case LockKind.PERSON:
            return city.persons[name]
        case LockKind.CAMERA:
            return city.cameras_of(name)[0].id
        case LockKind.DEPARTMENT:
            return city.departments[name].id


def test_who_may_lock_what(broker: Broker, city: City) -> None:
    callers = {login: city.caller(broker, login) for login in city.persons}
    for (kind, name), allowed in REACH.items():
        for login, caller in callers.items():
            if login in allowed:
                lock = broker.locks.set(caller, kind, target_of(city, kind, name), "理由")
                broker.locks.lift(caller, lock.id, "解除")
            else:
                with pytest.raises(Forbidden, match="not-allowed"):
                    broker.locks.set(caller, kind, target_of(city, kind, name), "理由")
        lock = broker.locks.set(operator("tests"), kind, target_of(city, kind, name), "理由")
        broker.locks.lift(operator("tests"), lock.id, "解除")


def test_a_lock_is_lifted_on_its_level_or_above(broker: Broker, city: City) -> None:
    camera = city.cameras_of("dh-cg")[0].id
    owner, center, city_center = (city.caller(broker, it) for it in ("owner.cg", "center.dh", "center.jc"))

    def refused(caller: Caller, lock: Lock) -> None:
        with pytest.raises(Forbidden, match="not-allowed"):
            broker.locks.lift(caller, lock.id, "解除")

    for setter, too_low, lifter in (
        (owner, [], center), (center, [owner], city_center), (city_center, [owner, center], city_center),
        (operator("a"), [owner, center, city_center], operator("b")),
    ):  # fmt: skip
        lock = broker.locks.set(setter, CAMERA, camera, "理由")
        for caller in too_low:
            refused(caller, lock)
        with pytest.raises(Unknown):
            broker.locks.lift(city.caller(broker, "owner.xs"), lock.id, "解除")
        lifted = broker.locks.lift(lifter, lock.id, "解除")
        assert lifted.lifted_at is not None
        with pytest.raises(Conflict, match="transition-refused"):
            broker.locks.lift(lifter, lock.id, "解除")


def test_nobody_lifts_the_lock_on_themselves(broker: Broker, city: City) -> None:
    new = NewPerson("secadmin2", "第二安全员", "jc", PASSWORD, (("security_administrator", "jc"),))
    broker.accounts.add_person(operator("tests"), new)
    before = city.caller(broker, "secadmin")
    lock = broker.locks.set(_caller(broker, "secadmin2"), PERSON, city.persons["secadmin"], "理由")
    with pytest.raises(Forbidden, match="is_self"):
        broker.locks.lift(before, lock.id, "解除")
    assert broker.locks.lift(_caller(broker, "secadmin2"), lock.id, "解除").lifted_at


def _caller(broker: Broker, login: str) -> Caller:
    token = broker.sign_in.open(login, PASSWORD, "127.0.0.1").secret
    return broker.sign_in.by_session(token)


def test_a_lock_needs_a_reason_and_stands_once(broker: Broker, city: City) -> None:
    with pytest.raises(Invalid, match="field-empty"):
        broker.locks.set(operator("tests"), PERSON, city.persons["looker"], " ")
    lock = broker.locks.set(operator("tests"), PERSON, city.persons["looker"], "理由")
    with pytest.raises(Conflict, match="already-locked"):
        broker.locks.set(operator("tests"), PERSON, city.persons["looker"], "理由")
    with pytest.raises(Unknown):
        broker.locks.set(operator("tests"), CAMERA, city.persons["looker"], "理由")
    kinds = [event.kind for event in events(broker, lock.stream)]
    assert kinds == ["lock:set"]


def events(broker: Broker, stream: str) -> tuple[Event, ...]:
    with broker.work() as work:
        return work.audit.stream(stream)


def test_who_sees_which_locks(broker: Broker, city: City) -> None:
    for kind, name in REACH:
        broker.locks.set(operator("tests"), kind, target_of(city, kind, name), "理由")
    broker.locks.lift(operator("tests"), of_person(broker, city, "secadmin").id, "解除")

    def seen(login: str) -> int:
        return len(broker.locks.page(city.caller(broker, login), standing=True, after=None, limit=50))

    told = {login: seen(login) for login in ("secadmin", "owner.cg", "owner.xs", "center.dh", "center.jc", "auditor")}
    assert told == {"secadmin": 1, "owner.cg": 2, "owner.xs": 1, "center.dh": 3, "center.jc": 5, "auditor": 6}
    with pytest.raises(Forbidden):
        seen("asker")
    with pytest.raises(Unknown):
        broker.locks.read(city.caller(broker, "owner.cg"), of_person(broker, city, "looker").id)


def of_person(broker: Broker, city: City, login: str) -> Lock:
    found = broker.locks.page(operator("tests"), standing=True, after=None, limit=50)
    return next(lock for lock in found if lock.target_id == city.persons[login])


LOCKS = [
    (PERSON, "looker", "person-locked"),
    (CAMERA, "dh-cg", "camera-locked"),
    (DEPARTMENT, "dh", "department-locked"),
]


@pytest.mark.parametrize(("kind", "name", "slug"), LOCKS)
def test_a_lock_ends_what_runs_and_lets_nothing_begin(house: House, kind: LockKind, name: str, slug: str) -> None:
    broker, city, looker = house.broker, house.city, house.city.caller(house.broker, "looker")
    grant = house.grant()
    done, waiting, fetching = house.ready(grant, 64 * 1024), house.order(grant), house.begun(house.order(grant))
    broker.retrievals.open(looker, done.id)
    lock = broker.locks.set(operator("tests"), kind, target_of(city, kind, name), "理由")

    for running in (done, waiting, fetching.retrieval):
        with broker.work() as work:
            found = work.retrievals.load(running.id)
            cut_off = not work.retrievals.wanted(running.id, running.attempt)
        assert (found.state, found.error, cut_off) == (RetrievalState.ABORTED, slug, True)
    assert broker.runs.run(waiting.id) is RetrievalState.ABORTED
    for refused in (lambda: house.order_as(looker, grant), lambda: broker.retrievals.open(looker, done.id)):
        with pytest.raises(Forbidden, match=slug):
            refused()
    assert broker.grants.read(house.owner, grant.id).state == "ISSUED", "the grant stays what it is"

    broker.locks.lift(operator("tests"), lock.id, "解除")
    assert house.order_as(looker, grant).state is RetrievalState.QUEUED
    assert broker.audit.verify(operator("tests")).faults == ()


def test_other_people_and_cameras_are_not_touched(house: House) -> None:
    broker, city, grant = house.broker, house.city, house.grant()
    others = [(PERSON, "looker2"), (CAMERA, "dh-jt"), (DEPARTMENT, "dh-jt"), (DEPARTMENT, "xs"), (DEPARTMENT, "dh-hb")]
    waiting = house.order(grant)
    for kind, name in others:
        broker.locks.set(operator("tests"), kind, target_of(city, kind, name), "理由")
    assert broker.retrievals.read(city.caller(broker, "looker"), waiting.id).state is RetrievalState.QUEUED
    assert house.ready(grant, 64 * 1024).state is RetrievalState.READY


def test_a_locked_person_gets_in_nowhere(broker: Broker, city: City) -> None:
    session = broker.sign_in.open("looker", PASSWORD, "127.0.0.1").secret
    token = broker.accounts.issue_token(city.caller(broker, "looker"), "t", ["*"], timedelta(days=1))[1]
    lock = broker.locks.set(operator("tests"), PERSON, city.persons["looker"], "理由")
    for door in (
        lambda: broker.sign_in.by_session(session),
        lambda: broker.sign_in.by_token(token),
        lambda: broker.sign_in.open("looker", PASSWORD, "127.0.0.1"),
    ):
        with pytest.raises(Forbidden, match="account-locked"):
            door()
    with pytest.raises(Unauthenticated, match="wrong-credentials"):
        broker.sign_in.open("looker", "not-the-password", "127.0.0.1")
    broker.locks.lift(operator("tests"), lock.id, "解除")
    assert broker.sign_in.by_token(token).person_id == city.persons["looker"]


def test_closing_an_account_ends_what_runs_for_it(house: House) -> None:
    broker, looker, grant = house.broker, house.city.caller(house.broker, "looker"), house.grant()
    waiting = house.order(grant)
    broker.accounts.disable(operator("tests"), house.city.persons["looker"])
    with broker.work() as work:
        assert work.retrievals.load(waiting.id).error == "account-disabled"
    with pytest.raises(Forbidden, match="person-locked"):  # a call that was let in before the account was closed
        house.order_as(looker, grant)


@pytest.mark.parametrize("kind", [PERSON, CAMERA, DEPARTMENT])
def test_no_order_slips_in_between_the_look_for_a_lock_and_its_commit(
    house: House, kind: LockKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order has passed the gate when the lock is set: the lock waits for it, and then ends it."""
    grant, looker = house.grant(), house.city.caller(house.broker, "looker")
    passed, locking = threading.Event(), threading.Event()
    commit = UnitOfWork.commit

    def late(work: UnitOfWork, *arguments: object, **named: object) -> None:
        if threading.current_thread().name == "order":
            passed.set()
            locking.wait(0.5)  # a lock that waits for nobody is set by now
        commit(work, *arguments, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(UnitOfWork, "commit", late)
    ordered: list[object] = []

    def order() -> None:
        try:
            ordered.append(house.order_as(looker, grant))
        except BrokerError as error:
            ordered.append(error)

    thread = threading.Thread(target=order, name="order")
    thread.start()
    assert passed.wait(30)
    name = "looker" if kind is PERSON else "dh-cg"
    house.broker.locks.set(operator("tests"), kind, target_of(house.city, kind, name), "理由")
    locking.set()
    thread.join()
    with house.broker.work() as work:
        grants_orders = work.retrievals.page(looker.person(), grant=grant.id, after=None, limit=10)
    assert [found.state for found in grants_orders] == [RetrievalState.ABORTED]


def test_a_lock_does_not_wait_for_a_process_that_is_frozen_inside_an_order(house: House) -> None:
    broker, looker = house.broker, house.city.persons["looker"]

    def frozen_and_resumed() -> None:
        with broker.work() as work:
            work.locks.over(looker, house.camera.id)
            broker.locks.set(operator("tests"), CAMERA, house.camera.id, "理由")
            work.locks.over(looker, house.camera.id)

    with pytest.raises(Unavailable, match="database-unreachable"):
        frozen_and_resumed()
