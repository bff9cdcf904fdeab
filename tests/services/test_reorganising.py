"""A city is organised anew: departments move with all below them, and close when nothing hangs on them any more."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.locks import LockKind
from broker.domain.people.accounts import Department, DepartmentKind
from broker.domain.permits import Permit
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.catalog.map.following import MapFollower
from broker.services.people.accounts import NewDepartment, NewPerson
from broker.services.people.reorganising import Order
from broker.services.requests import submission
from broker.services.requests.access_requests import Verdict
from broker.services.requests.passages import Plan, hold_places
from broker.services.sources.sources import NewSource
from storage.db.unit_of_work import UnitOfWork
from tests.city import PASSWORD, City
from tests.services.test_main_path import authorized, form
from tests.services.test_races import together
from tests.services.test_transfers import approved, asked

ME = operator("tests")
PAPER = "锦编办〔2026〕12号"


def order(broker: Broker, code: str, reason: str = PAPER) -> Order:
    return Order(reason, broker.departments.read(ME, code).department.version)


def move(broker: Broker, code: str, to: str) -> Department:
    return broker.reorganising.move(ME, code, to, order(broker, code))


def close(broker: Broker, code: str) -> Department:
    return broker.reorganising.close(ME, code, order(broker, code))


def path_of(broker: Broker, code: str) -> str:
    return broker.departments.read(ME, code).department.path


def below(broker: Broker, code: str, parent: str) -> None:
    broker.accounts.add_department(ME, NewDepartment(code, code, DepartmentKind.DEPARTMENT, "990102", parent))


def test_those_above_the_new_place_reach_it_and_locks_and_map_follow(broker: Broker, city: City) -> None:
    below(broker, "dh-cg-1", "dh-cg")
    lock = broker.locks.set(city.caller(broker, "owner.cg"), LockKind.DEPARTMENT, city.departments["dh-cg"].id, "核查")
    follower = MapFollower()
    with broker.work() as work:
        assert "/jc/dh/dh-cg/" in follower.newest(work).names.paths
    follower._state.looked = 0.0  # a second later
    after = move(broker, "dh-cg", "xs")
    assert (after.path, path_of(broker, "dh-cg-1")) == ("/jc/xs/dh-cg/", "/jc/xs/dh-cg/dh-cg-1/")
    with broker.work() as work:
        assert "/jc/xs/dh-cg/" in follower.newest(work).names.paths
        assert work.locks.over(city.persons["looker"], city.cameras_of("dh-cg")[0].id) == {LockKind.DEPARTMENT}
        for code in ("dh-cg", "dh-cg-1"):
            events = work.audit.stream(f"department/{work.departments.by_code(code).id}")
            assert [event.kind for event in events] == ["department:created", "department:moved"]
            assert events[-1].data["department"] == "dh-cg"
    assert [
        it.id for it in broker.locks.page(city.caller(broker, "center.xs"), standing=True, after=None, limit=5)
    ] == [lock.id]
    broker.locks.lift(city.caller(broker, "owner.cg"), lock.id, "核查完毕")
    with pytest.raises(Forbidden):
        broker.locks.set(city.caller(broker, "center.dh"), LockKind.DEPARTMENT, city.departments["dh-cg"].id, "核查")
    broker.locks.set(city.caller(broker, "center.xs"), LockKind.DEPARTMENT, city.departments["xs"].id, "核查")
    with broker.work() as work:
        assert work.locks.over(city.persons["looker"], city.cameras_of("dh-cg")[0].id) == {LockKind.DEPARTMENT}
        assert not work.locks.over(city.persons["looker"], city.cameras_of("dh-jt")[0].id)
    assert broker.audit.verify(city.caller(broker, "auditor")).faults == ()


def test_what_cannot_stand_there_or_may_not_is_refused(broker: Broker, city: City) -> None:
    below(broker, "dh-cg-1", "dh-cg")
    for code, to, slug in (
        ("dh", "dh-cg-1", "department-cycle"), ("dh", "dh", "department-cycle"), ("dh-cg", "dh", "department-unmoved"),
    ):  # fmt: skip
        with pytest.raises(Conflict, match=slug):
            move(broker, code, to)
    with pytest.raises(Conflict, match="changed-meanwhile"):
        broker.reorganising.move(ME, "dh-cg", "xs", Order(PAPER, 9))
    with pytest.raises(Invalid, match="field-empty"):
        broker.reorganising.move(ME, "dh-cg", "xs", order(broker, "dh-cg", " "))
    new = NewPerson("sys.dh", "东河系统管理员", "dh", PASSWORD, (("system_administrator", "dh"),))
    broker.accounts.add_person(ME, new)
    with broker.work() as work:
        key = work.persons.by_login("sys.dh").id
    keeper = City(city.departments, {"sys.dh": key}).caller(broker, "sys.dh")
    for code, to in (("dh-cg", "xs"), ("xs-ga", "dh"), ("dh", "xs")):
        with pytest.raises(Forbidden):
            broker.reorganising.move(keeper, code, to, order(broker, code))
    with pytest.raises(Forbidden):  # its own department is the business of those above
        broker.reorganising.close(keeper, "dh", order(broker, "dh"))
    assert broker.reorganising.move(keeper, "dh-cg", "dh-hb", order(broker, "dh-cg")).path == "/jc/dh/dh-hb/dh-cg/"


def test_open_requests_go_to_the_center_that_holds_all_and_what_is_approved_stays(broker: Broker, city: City) -> None:
    waiting, allowed = asked(broker, city, "dh-cg", "dh-jt"), approved(broker, city, "dh-cg")
    left = asked(broker, city, "dh-jt")
    granted, grant = authorized(broker, city)
    move(broker, "dh-cg", "xs")
    asker = city.caller(broker, "asker")
    assert broker.access_requests.read(asker, left.id).center_id == city.departments["dh-center"].id
    after = broker.access_requests.read(asker, waiting.id)
    assert (after.state, after.center_id) == (RequestState.CENTER_REVIEW, city.departments["jc-center"].id)
    told = {it.notice.kind for it in broker.notices.page(asker, unread=True, after=None, limit=20)}
    assert "item.forwarded" in told
    with pytest.raises(Unknown):
        broker.approvals.approve(city.caller(broker, "center.dh"), waiting.id, Verdict(1))
    broker.approvals.approve(city.caller(broker, "center.jc"), waiting.id, Verdict(1))
    after = broker.access_requests.read(asker, allowed.id)
    assert (after.state, {it.state for it in after.items}) == (RequestState.DEPARTMENT_REVIEW, {ItemState.PENDING})
    assert broker.request_items.authorize(city.caller(broker, "owner.cg"), after.items[0].id, Verdict(1))
    assert broker.grants.read(asker, grant.id).valid == grant.valid
    assert broker.access_requests.read(asker, granted.id).state is RequestState.DEPARTMENT_REVIEW
    move(broker, "dh-center", "xs")  # a center that moves speaks for another place
    assert broker.access_requests.read(asker, left.id).center_id == city.departments["jc-center"].id
    assert broker.audit.verify(city.caller(broker, "auditor")).faults == ()


def test_without_a_center_over_all_the_request_goes_back_and_nobody_is_left_without_a_decider(
    broker: Broker, city: City
) -> None:
    broker.accounts.add_department(ME, NewDepartment("yy", "邻市", DepartmentKind.GOVERNMENT, "9902", None))
    broker.accounts.add_person(
        ME, NewPerson("owner.dh", "区授权人", "dh", PASSWORD, (("department_authorizer", "dh"),))
    )
    camera = city.cameras_of("dh-jt")[0]
    broker.transfers.transfer(ME, camera.gb_code or "", "dh-hb")  # it has no authorizer but those above it
    waiting = asked(broker, city, "dh-cg", "dh-jt")
    with pytest.raises(Invalid, match="no-authorizer"):
        move(broker, "dh-hb", "xs")
    assert path_of(broker, "dh-hb") == "/jc/dh/dh-hb/"
    move(broker, "dh-cg", "yy")
    after = broker.access_requests.read(city.caller(broker, "asker"), waiting.id)
    assert (after.state, "隶属关系已调整" in after.comment) == (RequestState.RETURNED, True)


def test_two_that_move_below_each_other_at_once_make_no_circle(broker: Broker, city: City) -> None:  # noqa: ARG001
    for _ in range(3):
        pairs = [("dh-hb", "dh-jt"), ("dh-jt", "dh-hb")]
        orders = [(code, to, order(broker, code)) for code, to in pairs]
        results = together([partial(broker.reorganising.move, ME, *each) for each in orders])  # fmt: skip
        assert sum(isinstance(result, Conflict) for result in results) == 1
        won = next(result for result in results if isinstance(result, Department))
        assert won.path.startswith("/jc/dh/dh-")
        move(broker, won.code, "dh")
    assert {path_of(broker, "dh-hb"), path_of(broker, "dh-jt")} == {"/jc/dh/dh-hb/", "/jc/dh/dh-jt/"}


def test_a_child_that_is_added_meanwhile_moves_along(
    broker: Broker, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert city.departments
    slow = Slow(monkeypatch, lambda: below(broker, "dh-hb-1", "dh-hb"))
    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(move, broker, "dh-hb", "xs")
        assert not slow.outrun(moving.done)
        assert moving.result().path == "/jc/xs/dh-hb/"
    assert path_of(broker, "dh-hb-1") == "/jc/xs/dh-hb/dh-hb-1/"


class Slow:
    """Something that is carried out in a thread of its own and waits before it commits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
        self._arrived, self._go = threading.Event(), threading.Event()
        commit = UnitOfWork.commit

        def late(work: UnitOfWork, permit: Permit, *, done: bool = True) -> None:
            if threading.current_thread() is self._thread:
                self._arrived.set()
                assert self._go.wait(10)
            commit(work, permit, done=done)

        monkeypatch.setattr(UnitOfWork, "commit", late)
        self._thread = threading.Thread(target=act)
        self._thread.start()
        assert self._arrived.wait(10)

    def outrun(self, done: Callable[[], bool]) -> bool:
        """Let it commit; say whether the other one was through before."""
        early = threading.Event().wait(0.2) or done()
        self._go.set()
        self._thread.join(10)
        return bool(early)


def without_people(broker: Broker, city: City, *logins: str) -> None:
    for login in logins:
        broker.accounts.disable(ME, city.persons[login])


def test_what_still_hangs_on_it_keeps_it_open(broker: Broker, city: City) -> None:
    approved(broker, city, "dh-cg")
    authorized(broker, city)
    below(broker, "dh-cg-1", "dh-cg")
    broker.sources.add(ME, NewSource("nvr", "录像机", "local_files", {"folder": "/nowhere"}, "dh-cg", sessions=4))
    with pytest.raises(Conflict, match="department-in-use") as refused:
        close(broker, "dh-cg")
    ties = broker.reorganising.ties(city.caller(broker, "sysadmin"), "dh-cg")
    assert ties.told == {
        "departments": 1, "persons": 2, "cameras": 3, "sources": 1, "requests": 0, "items": 1, "grants": 1,
    }  # fmt: skip
    assert {name: refused.value.facts[name] for name in ties.told} == ties.told
    asking = broker.reorganising.ties(ME, "dh-hb")
    assert (asking.persons, asking.requests, asking.grants) == (3, 2, 1)
    with pytest.raises(Forbidden):
        broker.reorganising.ties(city.caller(broker, "owner.cg"), "dh-cg")


def test_a_closed_department_takes_nothing_and_nobody_acts_for_it(broker: Broker, city: City, tmp_path: Path) -> None:
    sleeper = NewPerson("sleeper", "借调", "dh", PASSWORD, (("department_authorizer", "dh-jt"),))
    key = broker.accounts.add_person(ME, sleeper).person.id
    for camera in city.cameras_of("dh-jt"):
        broker.transfers.transfer(ME, camera.gb_code or "", "dh-cg")
    without_people(broker, city, "owner.jt")
    gone = close(broker, "dh-jt")
    assert (gone.closed, broker.departments.read(ME, "dh-jt").department.name) == (True, gone.name)
    caller = City(city.departments, {"sleeper": key}).caller(broker, "sleeper")
    assert caller.assignments == ()
    points = tmp_path / "points.csv"
    points.write_text("gb_code,name,latitude,longitude\n99010201041320000099,新点位,30.6,104.0\n", encoding="utf-8")
    for act in (
        lambda: broker.accounts.add_person(ME, NewPerson("late", "晚来", "dh-jt", PASSWORD)),
        lambda: broker.accounts.assign(ME, city.persons["asker"], "requester", "dh-jt"),
        lambda: broker.people.enable(ME, city.persons["owner.jt"]),
        lambda: broker.transfers.transfer(ME, city.cameras_of("dh-cg")[0].gb_code or "", "dh-jt"),
        lambda: broker.imports.import_file(ME, points, owner="dh-jt"),
        lambda: broker.sources.add(ME, NewSource("n", "录像机", "local_files", {"folder": "/x"}, "dh-jt", sessions=1)),
        lambda: below(broker, "dh-jt-1", "dh-jt"),
        lambda: move(broker, "dh-hb", "dh-jt"),
        lambda: move(broker, "dh-jt", "xs"),
        lambda: close(broker, "dh-jt"),
    ):
        with pytest.raises(Conflict, match="department-closed"):
            act()
    broker.reorganising.reopen(ME, "dh-jt", order(broker, "dh-jt"))
    with pytest.raises(Conflict, match="department-open"):
        broker.reorganising.reopen(ME, "dh-jt", order(broker, "dh-jt"))
    broker.people.enable(ME, city.persons["owner.jt"])
    assert City(city.departments, {"sleeper": key}).caller(broker, "sleeper").assignments
    assert broker.audit.verify(city.caller(broker, "auditor")).faults == ()


def center_kept_from_elsewhere(broker: Broker, city: City) -> None:
    """Let the center of Donghe be one that could be closed, and decides all the same."""
    without_people(broker, city, "center.dh", "center.dh2")
    broker.accounts.add_person(ME, NewPerson("center.x", "兼", "dh", PASSWORD, (("center_approver", "dh-center"),)))


def test_a_center_is_not_closed_under_a_request_that_comes_to_it(
    broker: Broker, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    center_kept_from_elsewhere(broker, city)
    asker = city.caller(broker, "asker")
    draft = broker.access_requests.draft(asker, form(broker, city))
    slow = Slow(monkeypatch, lambda: broker.access_requests.submit(asker, draft.id))
    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(close, broker, "dh-center")
        assert not slow.outrun(closing.done)
        refused = closing.exception()
    assert isinstance(refused, Conflict)
    assert (refused.slug, refused.facts["requests"]) == ("department-in-use", 1)


def test_a_request_does_not_come_to_a_center_that_closes_meanwhile(
    broker: Broker, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    center_kept_from_elsewhere(broker, city)
    asker = city.caller(broker, "asker")
    draft = broker.access_requests.draft(asker, form(broker, city))

    def closed_first(work: UnitOfWork, request: object, plan: Plan) -> None:
        close(broker, "dh-center")
        hold_places(work, request, plan)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(submission, "hold_places", closed_first)
    with pytest.raises(Conflict, match="changed-meanwhile"):
        broker.access_requests.submit(asker, draft.id)
    monkeypatch.undo()
    after = broker.access_requests.submit(asker, draft.id)
    assert after.center_id == city.departments["jc-center"].id


def test_a_department_to_which_something_comes_is_not_closed_meanwhile(broker: Broker, city: City) -> None:
    for camera in city.cameras_of("dh-jt"):
        broker.transfers.transfer(ME, camera.gb_code or "", "dh-cg")
    without_people(broker, city, "owner.jt")
    with ThreadPoolExecutor(1) as pool:
        for named in (True, False):
            with broker.work() as work:
                if named:
                    work.departments.open_one("dh-jt")
                else:
                    work.departments.keep_open(city.departments["dh-jt"].id)
                closing = pool.submit(close, broker, "dh-jt")
                assert not wait([closing], 0.2).done
            assert closing.result().closed
            broker.reorganising.reopen(ME, "dh-jt", order(broker, "dh-jt"))
