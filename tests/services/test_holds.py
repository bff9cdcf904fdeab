"""Legal holds: they win over the clock, in the office that set them, until their date."""

import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import psycopg
import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.retrievals import RetrievalState, purge
from broker.domain.oversight import holds
from broker.domain.oversight.holds import GRACE, LONGEST, Hold
from tests.city import City
from tests.services.alarms import happened, told
from tests.services.archive import DAY, KEPT, Archive, archive_of
from tests.services.members import refusal


@pytest.fixture
def archive(broker: Broker, city: City) -> Archive:
    return archive_of(broker, city)


def test_a_hold_wins_until_it_is_lifted(archive: Archive) -> None:
    grant = archive.house.grant()
    result = archive.result(grant)
    hold = archive.hold("center.dh", grant.request_id)
    archive.clock.at = archive.broker.clock.now() + KEPT
    assert (archive.tick(KEPT + DAY), archive.state(result)) == (0, RetrievalState.READY)
    center = archive.city.caller(archive.broker, "center.dh2")
    lifted = archive.broker.holds.lift(center, hold.id, "复议已结案").holds[0]
    assert (lifted.ended_by, lifted.standing) == (archive.city.persons["center.dh2"], False)
    with pytest.raises(Conflict, match="transition-refused"):
        archive.broker.holds.lift(center, hold.id, "再解除一次")
    assert (archive.tick(KEPT + DAY), archive.state(result)) == (1, RetrievalState.PURGED)
    assert [event.kind for event in archive.events(hold.stream)] == ["hold:set", "hold:lifted"]
    again = refusal(lambda: archive.broker.holds.on_retrieval(center, result.id, "迟了", archive.house_end + 60 * DAY))
    assert again.slug == "result-purged"


def test_a_hold_on_one_result_leaves_the_others_to_the_clock(archive: Archive) -> None:
    grant = archive.house.grant()
    held, other = archive.result(grant), archive.result(grant)
    until = archive.broker.clock.now() + 90 * DAY
    archive.broker.holds.on_retrieval(archive.house.owner, held.id, "作为证据", until)
    assert archive.tick(KEPT) == 1
    assert (archive.state(held), archive.state(other)) == (RetrievalState.READY, RetrievalState.PURGED)
    assert archive.kept(held.items[0].digest), "the same bytes as the one that went"


def test_a_hold_ends_by_its_date_with_a_notice_and_time_to_set_another(archive: Archive) -> None:
    grant = archive.house.grant()
    result = archive.result(grant)
    until = archive.broker.clock.now() + 40 * DAY
    hold = archive.broker.holds.on_retrieval(archive.house.owner, result.id, "作为证据", until).holds[0]
    archive.clock.at = until - timedelta(seconds=1)
    assert archive.late.retention.tick() == 0
    archive.clock.at = until
    assert (archive.late.retention.tick(), archive.state(result)) == (0, RetrievalState.READY)
    assert told(archive.broker, archive.city)["hold.ended"] == {"owner.cg", "owner.cg2"}
    with archive.broker.work() as work:
        ended, freed = work.holds.load(hold.id, None), work.retrievals.load(result.id)
    assert (ended.ended_at, ended.ended_by, freed.held) == (until, None, "")
    archive.clock.at = until + GRACE
    assert (archive.late.retention.tick(), archive.state(result)) == (1, RetrievalState.PURGED)
    assert happened(archive.broker, "hold:ended") == 1


def test_holds_set_on_and_lifted_beside_each_other(archive: Archive) -> None:
    """What two offices hold is free when both have let go."""
    grant = archive.house.grant()
    result = archive.result(grant)
    center = archive.city.caller(archive.broker, "center.dh")
    until = archive.broker.clock.now() + 90 * DAY
    on_one = archive.broker.holds.on_retrieval(archive.house.owner, result.id, "作为证据", until).holds[0]
    on_all = archive.hold("center.dh", grant.request_id)
    archive.broker.holds.lift(archive.house.owner, on_one.id, "不再需要")
    with archive.broker.work() as work:
        assert work.retrievals.load(result.id).held == "作为证据"
    assert archive.tick(KEPT) == 0
    archive.broker.holds.lift(center, on_all.id, "不再需要")
    with archive.broker.work() as work:
        assert work.retrievals.load(result.id).held == ""
    assert archive.tick(KEPT) == 1


def test_who_may_hold_and_who_may_let_go(archive: Archive) -> None:
    grant = archive.house.grant()
    result = archive.result(grant)
    broker, city = archive.broker, archive.city
    until = broker.clock.now() + DAY
    may = {"center.dh", "center.dh2", "owner.cg", "owner.cg2"}
    knows = may | {"asker", "looker", "auditor"}
    for login in city.persons:
        caller = city.caller(broker, login)
        for act in (
            partial(broker.holds.on_request, caller, grant.request_id, "复议", until),
            partial(broker.holds.on_retrieval, caller, result.id, "复议", until),
        ):
            if login in may:
                assert act().holds[0].set_by == city.persons[login]
            else:
                assert type(refusal(act)) is (Forbidden if login in knows else Unknown), login
    owner, center = city.caller(broker, "owner.cg"), city.caller(broker, "center.dh")
    seen = {login: len(broker.holds.page(city.caller(broker, login), standing=True, after=None, limit=99).holds)
            for login in (*may, "auditor", "owner.jt", "center.xs")}  # fmt: skip
    assert seen == dict.fromkeys(may, 8) | {"auditor": 8, "owner.jt": 0, "center.xs": 0}
    by_center = next(it for it in broker.holds.page(owner, standing=True, after=None, limit=99).holds
                     if it.set_by == city.persons["center.dh"])  # fmt: skip
    by_owner = next(it for it in broker.holds.page(owner, standing=True, after=None, limit=99).holds
                    if it.set_by == city.persons["owner.cg2"])  # fmt: skip
    assert refusal(lambda: broker.holds.lift(owner, by_center.id, "解除")).slug == "not-allowed"
    assert (
        refusal(lambda: broker.holds.lift(city.caller(broker, "owner.jt"), by_owner.id, "解除")).slug == "unknown-hold"
    )
    assert broker.holds.lift(owner, by_owner.id, "解除").holds[0].ended_at
    assert broker.holds.lift(center, by_center.id, "解除").holds[0].ended_at
    with pytest.raises(Forbidden):
        broker.holds.page(city.caller(broker, "looker"), standing=True, after=None, limit=9)


def test_whoever_looked_under_an_older_revision_holds_nothing(archive: Archive) -> None:
    grant = archive.house.grant()
    archive.result(grant)
    broker, looker = archive.broker, archive.city.persons["looker"]
    broker.accounts.assign(operator("tests"), looker, "center_approver", "dh-center")
    with psycopg.connect(broker.database_url, autocommit=True) as connection:  # as a returned request would be edited
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM request_person WHERE request_id = %s", (grant.request_id,))
    caller = archive.city.caller(broker, "looker")
    act = refusal(lambda: broker.holds.on_request(caller, grant.request_id, "x", broker.clock.now() + DAY))
    assert (type(act), act.missing) == (Forbidden, ("not_party",))


def test_a_hold_has_a_reason_a_date_and_a_limit(archive: Archive) -> None:
    grant = archive.house.grant()
    center, now = archive.city.caller(archive.broker, "center.dh"), archive.broker.clock.now()
    for reason, until, pointer in (
        (" ", now + DAY, "/reason"),
        ("复议", now, "/until"),
        ("复议", now + 2 * LONGEST, "/until"),
    ):
        error = refusal(partial(archive.broker.holds.on_request, center, grant.request_id, reason, until))
        assert (type(error), error.pointer) == (Invalid, pointer)
    hold = archive.hold("center.dh", grant.request_id)
    with pytest.raises(Conflict, match="holds-full"):
        holds.set_hold(replace(hold, version=0), holds.MOST)
    with pytest.raises(Conflict, match="hold-until"):
        holds.run_out(hold, hold.until - DAY)


def test_a_hold_and_the_clock_at_once(archive: Archive) -> None:
    """Whichever holds the request first wins; the database itself refuses to give up what is held."""
    grant = archive.house.grant()
    result = archive.result(grant)
    archive.clock.at = archive.house_end + KEPT
    with archive.late.work() as work:
        due = work.retention.due(grant.request_id, archive.late.retention._clock(work), 9)
        assert due.retrievals == (result.id,)
        outcome: list[object] = []
        setting = threading.Thread(target=lambda: outcome.append(archive.hold("center.dh", grant.request_id)))
        setting.start()
        setting.join(0.2)
        assert not outcome, "the hold waits for the clock"
    setting.join()
    assert isinstance(outcome[0], Hold)
    assert archive.late.retention.tick() == 0
    permit = archive.late.policy.note(archive.house.owner, "tests")
    forced = purge(result, archive.clock.at)

    def by_force() -> None:
        with archive.late.work() as work:
            work.audit.append(permit, forced.entries)
            work.retrievals.save(result, forced.after)

    with pytest.raises(BrokerError):
        by_force()
    assert archive.state(result) is RetrievalState.READY
