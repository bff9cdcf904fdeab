"""A policy is proposed by one, put in force by another, and then decides everywhere."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from broker.bootstrap import Broker, build, operator
from broker.domain.deciding.policies import PolicyState, PolicyVersion
from broker.domain.errors import Conflict, Forbidden, Invalid
from broker.domain.people.accounts import Caller
from broker.domain.time import SystemClock
from broker.services.deciding import policies as service
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from policies.reading import shipped
from policies.snapshot import read_rows, version_of
from storage.db.engine import open_engine
from tests.city import PASSWORD, City
from tests.conftest import fast_settings

BASELINE = shipped("baseline.csv")
LINE = "requester, camera, list, -, allow\n"
NARROWER = BASELINE.replace(LINE, "")
"""The shipped policy without the requesters' look into the catalogue."""

ME = operator("tests")


@pytest.fixture
def second(broker: Broker, city: City) -> Caller:
    """Another security administrator, whose second factor was shown just now."""
    new = NewPerson("secadmin2", "安全员二", "jc", PASSWORD, (("security_administrator", "jc"),))
    assert city.departments
    key = broker.accounts.add_person(ME, new).person.id
    with broker.work() as work:
        return fresh(caller_of(work, key), broker)


def fresh(caller: Caller, broker: Broker) -> Caller:
    return replace(caller, second_factor=True, fresh_until=broker.clock.now() + timedelta(minutes=5))


@pytest.fixture
def proposed(broker: Broker, city: City) -> PolicyVersion:
    return broker.policies.propose(city.caller(broker, "secadmin"), NARROWER, "需求部门暂不查询目录")


@pytest.fixture
def replica(broker: Broker, tmp_path: Path) -> Iterator[Broker]:
    """Another process's services on the same database, as far as one process can have them."""
    engine = open_engine(broker.database_url)
    yield build(fast_settings(tmp_path / "replica"), broker.database_url, engine, SystemClock())
    engine.dispose()


def looks(broker: Broker, city: City) -> bool:
    """Say whether a requester may look into the catalogue."""
    try:
        broker.catalog.read(city.caller(broker, "asker"), city.cameras_of("dh-cg")[0].id)
    except Forbidden:
        return False
    return True


def events(broker: Broker, version: PolicyVersion) -> list[tuple[str, str]]:
    with broker.work() as work:
        found = work.audit.stream(f"policy/{version.id}")
    return [(event.kind, event.actor) for event in found]


def test_after_the_call_every_process_decides_by_the_new_policy(
    broker: Broker, replica: Broker, city: City, proposed: PolicyVersion, second: Caller
) -> None:
    assert looks(broker, city)
    assert looks(replica, city)
    before = broker.policy.version
    changed = broker.policies.activate(second, proposed.id, before)
    assert (changed.settled, changed.policy) == (True, version_of(NARROWER))
    assert changed.version.state is PolicyState.ACTIVE
    assert not looks(replica, city)
    assert not looks(broker, city)
    assert broker.policy.version == replica.policy.version == changed.policy != before
    assert [kind for kind, _ in events(broker, proposed)] == ["policy:proposed", "policy:activated"]
    assert {actor for _, actor in events(broker, proposed)} == {str(proposed.proposed_by), str(second.person_id)}


def test_each_event_names_the_policy_it_was_decided_by(
    broker: Broker, replica: Broker, city: City, proposed: PolicyVersion, second: Caller
) -> None:
    def policy_of_a_change() -> object:
        asker = city.caller(replica, "asker")
        token, _ = replica.accounts.issue_token(asker, "t", ["camera"], timedelta(days=1))
        with replica.work() as work:
            event = work.audit.stream(f"person/{asker.person_id}")[-1]
        assert event.data["token"] == str(token.id)
        return json.loads(event.body)["policy"]

    before = policy_of_a_change()
    changed = broker.policies.activate(second, proposed.id)
    after = policy_of_a_change()
    broker.policies.reset(ME, "试验结束")
    assert (before, after, policy_of_a_change()) == (version_of(BASELINE), changed.policy, version_of(BASELINE))


def test_a_call_that_began_under_the_policy_before_is_waited_for(
    broker: Broker, replica: Broker, proposed: PolicyVersion, second: Caller
) -> None:
    """The replica's transaction holds the number of its policy; the change returns only when it has ended."""
    returned = threading.Event()
    settled: list[bool] = []

    def change() -> None:
        settled.append(broker.policies.activate(second, proposed.id).settled)
        returned.set()

    changing = threading.Thread(target=change)
    with replica.work(), psycopg.connect(broker.database_url, autocommit=True) as looking:
        changing.start()
        while not returned.is_set() and not waits(looking):
            pass
        assert not returned.is_set()
        with broker.work():
            assert broker.policy.version == version_of(NARROWER), "what begins now is under the new policy"
    changing.join()
    assert settled == [True]


def waits(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    found = connection.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return found.rowcount > 0


def test_a_call_that_does_not_end_is_told(
    broker: Broker, replica: Broker, proposed: PolicyVersion, second: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PATIENCE_MS", 50)
    with replica.work():
        changed = broker.policies.activate(second, proposed.id)
    assert not changed.settled
    assert broker.policy.version == changed.policy


def test_it_takes_two_and_a_fresh_second_factor(
    broker: Broker, city: City, proposed: PolicyVersion, second: Caller
) -> None:
    proposer = fresh(city.caller(broker, "secadmin"), broker)
    with pytest.raises(Forbidden) as refused:
        broker.policies.activate(proposer, proposed.id)
    assert refused.value.missing == ("not_proposer",)
    for stale in (replace(second, fresh_until=None), replace(second, second_factor=False, fresh_until=None)):
        with pytest.raises(Forbidden) as refused:
            broker.policies.activate(stale, proposed.id)
        assert refused.value.missing == ("mfa_fresh",)
    for login in ("sysadmin", "auditor", "center.jc"):
        with pytest.raises(Forbidden):
            broker.policies.activate(fresh(city.caller(broker, login), broker), proposed.id)
    with pytest.raises(Forbidden):
        broker.policies.activate(ME, proposed.id)
    assert looks(broker, city)


def test_only_who_keeps_the_whole_tree_may_speak_of_policies(broker: Broker, city: City) -> None:
    """A security administrator of one district cannot rule the city."""
    new = NewPerson("secadmin.dh", "东河安全员", "dh", PASSWORD, (("security_administrator", "dh"),))
    key = broker.accounts.add_person(ME, new).person.id
    with broker.work() as work:
        district = caller_of(work, key)
    with pytest.raises(Forbidden):
        broker.policies.propose(district, NARROWER, "区里自己来")
    assert broker.policies.page(city.caller(broker, "auditor"), after=None, limit=5) == []


def test_a_faulty_policy_changes_nothing(broker: Broker, city: City) -> None:
    proposer = city.caller(broker, "secadmin")
    text = BASELINE + "auditor, fotage, clip, -, allow\ninvestigator, footage, clip, -, allow\n"
    with pytest.raises(Invalid) as refused:
        broker.policies.propose(proposer, text, "有错")
    rows = len(BASELINE.splitlines())
    places = [(fault.slug, fault.facts["row"], fault.facts["column"]) for fault in refused.value.faults]
    assert places[-2:] == [("policy-word", rows + 1, "object"), ("policy-needs-more", rows + 2, "need")]
    assert [slug for slug, *_ in places[:-2]] == ["policy-unreachable"], (
        "the shipped row asks for more than the new one"
    )
    assert broker.policies.page(proposer, after=None, limit=5) == []


def test_the_preview_names_what_closes_and_who_holds_it(broker: Broker, city: City, second: Caller) -> None:
    proposer = city.caller(broker, "secadmin")
    wider = broker.policies.propose(
        proposer, NARROWER + "auditor, camera, coverage, is_person, allow\n", "督察可看录像覆盖"
    )
    seen = broker.policies.preview(second, wider.id)
    (opened,), (closed,) = seen.opened, seen.closed
    assert (opened.opening.roles, opened.opening.act, opened.opening.facts) == (
        ("auditor",),
        "camera:coverage",
        ("is_person",),
    )
    assert (opened.holders.count, opened.holders.logins) == (1, ("auditor",))
    assert (closed.opening.roles, closed.opening.act) == (("requester",), "camera:list")
    assert closed.holders.logins == ("asker", "stranger")
    assert seen.replaces == broker.policy.version
    assert looks(broker, city), "a preview changes nothing"


def test_what_was_looked_at_is_what_comes_in_force(
    broker: Broker, city: City, proposed: PolicyVersion, second: Caller
) -> None:
    proposer = city.caller(broker, "secadmin")
    seen = broker.policies.preview(second, proposed.id).replaces
    other = broker.policies.propose(proposer, BASELINE + "auditor, person, list, -, deny\n", "另一件事")
    broker.policies.activate(second, other.id, seen)
    with pytest.raises(Conflict, match="policy-moved-on"):
        broker.policies.activate(second, proposed.id, seen)
    broker.policies.activate(second, proposed.id, broker.policy.version)
    states = {it.id: it.state for it in broker.policies.page(proposer, after=None, limit=5)}
    assert states == {proposed.id: PolicyState.ACTIVE, other.id: PolicyState.RETIRED}
    assert events(broker, other)[-1] == ("policy:retired", str(second.person_id))


def test_a_policy_is_put_in_force_once(broker: Broker, city: City, proposed: PolicyVersion, second: Caller) -> None:
    broker.policies.discard(second, proposed.id, "不再需要")
    for late in (
        lambda: broker.policies.activate(second, proposed.id),
        lambda: broker.policies.discard(second, proposed.id, "again"),
    ):
        with pytest.raises(Conflict, match="policy-state"):
            late()
    assert looks(broker, city)


def test_two_changes_at_once_leave_one_policy(broker: Broker, city: City, second: Caller) -> None:
    proposer = city.caller(broker, "secadmin")
    both = [broker.policies.propose(proposer, f"# {name}\n{NARROWER}", name) for name in ("甲", "乙")]
    start = threading.Barrier(2)
    ended: list[str] = []

    def change(version: PolicyVersion) -> None:
        start.wait()
        try:
            ended.append(broker.policies.activate(second, version.id).policy)
        except Conflict as error:
            ended.append(error.slug)

    threads = [threading.Thread(target=change, args=(version,)) for version in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = broker.policies.page(proposer, after=None, limit=5)
    (active,) = [it for it in found if it.state is PolicyState.ACTIVE]
    assert broker.policy.version == active.policy
    assert active.policy in ended


def test_the_operator_goes_back_to_the_shipped_policy(
    broker: Broker, replica: Broker, city: City, proposed: PolicyVersion, second: Caller
) -> None:
    with pytest.raises(Conflict, match="policy-shipped-in-force"):
        broker.policies.reset(ME, "没有启用过")
    broker.policies.activate(second, proposed.id)
    assert not looks(replica, city)
    changed = broker.policies.reset(ME, "误伤过多")
    assert (changed.settled, changed.policy) == (True, version_of(BASELINE))
    assert looks(replica, city)
    assert events(broker, proposed)[-1] == ("policy:retired", "operator:tests")
    assert broker.policies.in_force(city.caller(broker, "auditor")).version is None
    with pytest.raises(Forbidden):
        broker.policies.reset(second, "安全管理员不能")


def test_a_policy_that_a_later_program_may_not_follow_shuts_all_but_the_way_back(
    broker: Broker,
    replica: Broker,
    city: City,
    proposed: PolicyVersion,
    second: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker.policies.activate(second, proposed.id)
    monkeypatch.setattr("policies.snapshot.breaches", lambda row: [Invalid("policy-word", row=row.number)])
    read_rows.cache_clear()  # a later program is a process of its own
    assert not looks(replica, city)
    with pytest.raises(Forbidden):
        replica.accounts.departments(city.caller(replica, "auditor"), after="", limit=1)
    monkeypatch.undo()
    read_rows.cache_clear()
    replica.policies.reset(ME, "恢复")
    assert looks(replica, city)


def test_the_rows_behind_an_act(broker: Broker, city: City) -> None:
    auditor = city.caller(broker, "auditor")
    deny, *allow = broker.policies.explain(auditor, "center_approver", "access_request:approve")
    assert (deny.row.rule.effect, deny.facts, deny.row.fixed) == ("deny", ("is_party",), True)
    assert all("not_party" in way.facts for way in allow)
    for role, act, pointer in (("chief", "camera:list", "/role"), ("auditor", "camera:lists", "/act")):
        with pytest.raises(Invalid) as refused:
            broker.policies.explain(auditor, role, act)
        assert refused.value.pointer == pointer
