"""Retention on the real database and a store on disk: two clocks, holds that win, bytes that nobody needs any more."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from broker.bootstrap import Broker, build, operator
from broker.domain import holds, packages
from broker.domain.audit import Event
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Unavailable, Unknown
from broker.domain.grants import Grant, Terms
from broker.domain.holds import GRACE, LONGEST, Hold
from broker.domain.ids import PackageId, RequestId, new_id
from broker.domain.media import Capture
from broker.domain.retrievals import EvidenceItem, Retrieval, RetrievalState, purge
from broker.services.access_requests import Form
from broker.services.keeping import NAMED_WITHIN, expect
from broker.services.retention import PATIENCE
from storage.blobs.disk import DiskStore
from storage.db.access_requests import EVERYTHING
from storage.db.deletions import DeletionRepository
from tests.city import City
from tests.clock import Turned
from tests.services.alarms import happened, told
from tests.services.looks import CONTENT, made_ready
from tests.services.members import refusal
from tests.services.papers import pdf
from tests.web.three_servers import House

DAY = timedelta(days=1)
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Archive:
    """A house whose clock of retention the test turns; everything else goes by the real time."""

    house: House
    late: Broker
    clock: Turned

    @property
    def broker(self) -> Broker:
        return self.house.broker

    @property
    def city(self) -> City:
        return self.house.city

    def result(self, grant: Grant) -> Retrieval:
        """Return a result whose bytes are the same as those of all others made here."""
        return made_ready(self.broker, self.house.order(grant))

    def tick(self, after: timedelta) -> int:
        """Run the clock so long after the end of the grants that were issued a moment ago."""
        self.clock.at = self.house_end + after
        return self.late.retention.tick()

    @property
    def house_end(self) -> datetime:
        """When the last grant ends."""
        with self.broker.engine.connect() as connection:
            return connection.execute(text("SELECT max(valid_until) FROM access_grant")).scalar_one()

    def state(self, retrieval: Retrieval) -> RetrievalState:
        with self.broker.work() as work:
            return work.retrievals.load(retrieval.id).state

    def kept(self, digest: str) -> bool:
        return self.broker.blobs.exists(digest)

    def hold(self, login: str, request: RequestId, until: timedelta = 90 * DAY) -> Hold:
        found = self.broker.holds.on_request(
            self.city.caller(self.broker, login), request, "复议", self.broker.clock.now() + until
        )
        return found.holds[0]

    def events(self, stream: str) -> Sequence[Event]:
        with self.broker.work() as work:
            return work.audit.stream(stream)


@pytest.fixture
def archive(broker: Broker, city: City) -> Archive:
    clock = Turned()
    late = build(broker.settings, broker.database_url, broker.engine, clock)
    return Archive(House(broker, city), late, clock)


def test_a_copy_goes_when_its_time_is_over_and_its_record_stays(archive: Archive) -> None:
    grant = archive.house.grant()
    result = archive.result(grant)
    digest = result.items[0].digest
    archive.broker.retrievals.open(archive.city.caller(archive.broker, "looker"), result.id)
    with archive.broker.engine.connect() as connection:
        lines = connection.execute(text("SELECT count(*) FROM access_register")).scalar_one()
    assert archive.tick(KEPT - DAY) == 0
    assert (archive.state(result), archive.kept(digest)) == (RetrievalState.READY, True)
    assert archive.tick(KEPT) == 1
    with archive.broker.work() as work:
        after = work.retrievals.load(result.id)
    assert (after.state, after.purged_at, after.items) == (RetrievalState.PURGED, archive.clock.at, result.items)
    assert not archive.kept(digest)
    last = archive.events(result.stream)[-1]
    assert (last.kind, last.data["digests"], last.actor) == ("retrieval:purged", [digest], "worker:clock")
    assert archive.broker.audit.verify(archive.city.caller(archive.broker, "auditor")).faults == ()
    with archive.broker.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM access_register")).scalar_one() == lines
        assert connection.execute(text("SELECT count(*) FROM blob_deletion")).scalar_one() == 0
    assert archive.tick(KEPT) == 0


def test_a_revocation_and_the_closing_of_a_request_start_the_clock(archive: Archive) -> None:
    revoked, closed = archive.house.grant(), archive.house.grant()
    results = [archive.result(revoked), archive.result(closed)]
    archive.broker.grants.revoke(archive.house.owner, revoked.id, "线索查否")
    asker = archive.city.caller(archive.broker, "asker")
    archive.broker.access_requests.close(asker, closed.request_id, "已用于立案")
    assert {archive.state(it) for it in results} == {RetrievalState.ABORTED}
    archive.clock.at = archive.broker.clock.now() + KEPT - DAY
    assert archive.late.retention.tick() == 0
    archive.clock.at += DAY
    assert archive.late.retention.tick() == 2
    assert {archive.state(it) for it in results} == {RetrievalState.PURGED}


def test_the_same_bytes_stay_while_anything_living_names_them(archive: Archive) -> None:
    first, second = archive.house.grant(), archive.house.grant()
    old, living = archive.result(first), archive.result(second)
    digest = old.items[0].digest
    assert digest == living.items[0].digest
    archive.broker.grants.revoke(archive.house.owner, first.id, "线索查否")
    archive.clock.at = archive.broker.clock.now() + KEPT
    assert (archive.late.retention.tick(), archive.kept(digest)) == (1, True)
    assert (archive.state(old), archive.state(living)) == (RetrievalState.PURGED, RetrievalState.READY)
    looker = archive.city.caller(archive.broker, "looker")
    assert b"".join(archive.broker.blobs.read(archive.broker.retrievals.open(looker, living.id).item.digest)) == CONTENT
    assert (archive.tick(KEPT), archive.kept(digest)) == (1, False)


def test_a_new_result_of_the_same_bytes_while_they_are_deleted(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored again before it is accepted, or the deletion waits and sees it: never a result without its bytes."""
    gone, fresh = archive.house.grant(), archive.house.grant()
    archive.result(gone)
    order = archive.house.order(fresh)
    attempt = archive.house.begun(order)
    archive.broker.grants.revoke(archive.house.owner, gone.id, "线索查否")
    archive.clock.at = archive.broker.clock.now() + KEPT + DAY
    blob = archive.broker.blobs.put_stream([CONTENT])
    item = EvidenceItem(1, blob.digest, blob.size, _capture(archive))
    # The deletion has looked and found nobody, and is about to delete; now the result comes.
    looked, let_go = threading.Event(), threading.Event()
    named = DeletionRepository.named

    def slowly(self: DeletionRepository, digest: str) -> bool:
        found = named(self, digest)
        looked.set()
        assert let_go.wait(30)
        return found

    monkeypatch.setattr(DeletionRepository, "named", slowly)
    clock = threading.Thread(target=archive.late.retention.tick)
    clock.start()
    assert looked.wait(30)
    outcome: list[object] = []
    worker = threading.Thread(target=lambda: outcome.append(_accepted(archive, attempt, item)))
    worker.start()
    _wait_for_lock(archive)
    let_go.set()
    clock.join()
    worker.join()
    assert isinstance(outcome[0], Unavailable), outcome
    assert (archive.state(order), archive.kept(blob.digest)) == (RetrievalState.FETCHING, False)
    # The job engine tries again; a deletion that comes between storing and naming finds the row, or nothing to do.
    archive.broker.blobs.put_stream([CONTENT])
    assert _accepted(archive, attempt, item) is RetrievalState.READY
    archive.late.retention.tick()
    assert archive.kept(blob.digest)


def _capture(archive: Archive) -> Capture:
    begin = archive.house.span.begin
    return Capture("video/mp4", "mp4", "h264", 640, 360, 25, begin, begin, ())


def _accepted(archive: Archive, attempt: object, item: EvidenceItem) -> object:
    try:
        return archive.broker.runs._accept(attempt, (item,), ())  # type: ignore[arg-type]  # an Attempt
    except BrokerError as error:
        return error


def _wait_for_lock(archive: Archive) -> None:
    """Return when somebody waits for a lock."""
    with psycopg.connect(archive.broker.database_url, autocommit=True) as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        for _ in range(3000):
            row = connection.execute(waiting).fetchone()
            if row and row[0]:
                return
            connection.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits for the deletion")


def test_a_death_between_the_state_and_the_bytes_is_made_good(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = archive.result(archive.house.grant())
    with monkeypatch.context() as broken:
        broken.setattr(DeletionRepository, "next", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            archive.tick(KEPT)
    assert (archive.state(result), archive.kept(result.items[0].digest)) == (RetrievalState.PURGED, True)
    archive.tick(KEPT)
    assert not archive.kept(result.items[0].digest)


def test_what_cannot_be_deleted_is_tried_again_and_told(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    result = archive.result(archive.house.grant())
    digest = result.items[0].digest

    def locked(*_: object) -> None:
        raise Unavailable("blob-store-refused", place="s3://x", code="AccessDenied")

    with monkeypatch.context() as broken:
        broken.setattr(DiskStore, "_delete", locked)
        archive.tick(KEPT)
        for _ in range(PATIENCE - 1):
            assert "copy.undeleted" not in told(archive.broker, archive.city)
            archive.clock.at += DAY
            archive.late.retention.tick()
        with archive.broker.engine.connect() as connection:
            row = connection.execute(text("SELECT tries, error FROM blob_deletion")).one()
        assert (row.tries, "AccessDenied" in row.error) == (PATIENCE, True)
    assert told(archive.broker, archive.city)["copy.undeleted"] == {"sysadmin", "auditor"}
    assert archive.kept(digest)
    archive.clock.at += DAY
    archive.late.retention.tick()
    assert not archive.kept(digest)


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
            lambda c=caller: broker.holds.on_request(c, grant.request_id, "复议", until),  # type: ignore[misc]  # bound now
            lambda c=caller: broker.holds.on_retrieval(c, result.id, "复议", until),  # type: ignore[misc]  # bound now
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
        error = refusal(lambda r=reason, u=until: archive.broker.holds.on_request(center, grant.request_id, r, u))  # type: ignore[misc]  # bound now
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


def test_papers_that_were_taken_back_go_by_the_same_clock(archive: Archive) -> None:
    broker = archive.broker
    asker = archive.city.caller(broker, "asker")
    grant = archive.house.grant()
    with broker.work() as work:
        form = work.access_requests.load(grant.request_id, EVERYTHING).purpose
    drafts = [broker.access_requests.draft(asker, Form(form, Terms(), ("looker",), ())) for _ in range(2)]
    taken, stays = (broker.attachments.add(asker, draft.id, "通知书.pdf", pdf()) for draft in drafts)
    broker.attachments.remove(asker, taken.id)
    archive.clock.at = broker.clock.now() + KEPT + DAY
    assert (archive.late.retention.tick(), archive.kept(taken.digest)) == (1, True)
    assert [event.kind for event in archive.events(taken.stream)][-1] == "attachment:purged"
    broker.attachments.remove(asker, stays.id)
    archive.clock.at = broker.clock.now() + KEPT + DAY
    assert (archive.late.retention.tick(), archive.kept(taken.digest)) == (1, False)
    assert archive.late.retention.tick() == 0


def test_packages_go_with_their_grant_and_stay_with_what_is_held_in_them(archive: Archive) -> None:
    grant = archive.house.grant()
    result = archive.result(grant)
    package = _packed(archive, grant, result)
    hold = archive.broker.holds.on_retrieval(
        archive.house.owner, result.id, "作为证据", archive.broker.clock.now() + 90 * DAY
    ).holds[0]
    assert (archive.tick(KEPT), archive.kept(package)) == (0, True)
    archive.broker.holds.lift(archive.house.owner, hold.id, "不再需要")
    assert (archive.tick(KEPT), archive.kept(package)) == (2, False)
    assert happened(archive.broker, "package:purged") == 1


def _packed(archive: Archive, grant: Grant, result: Retrieval) -> str:
    """Return the digest of a package with one result in it, as a worker hands it in."""
    blob = archive.broker.blobs.put_stream([b"a package"])
    permit = archive.broker.policy.note(archive.house.owner, "tests")
    contents = packages.Contents(blob.digest, blob.size, "signer", (packages.Share(0, 9),))
    now = archive.broker.clock.now()
    first = packages.order(PackageId(new_id()), "XL", result.person_id, [result], now)
    begun = packages.start(first.after)
    ready = packages.accept(begun.after, 1, contents, now)
    with archive.broker.work() as work:
        before = None
        for change in (first, begun, ready):
            work.packages.save(before, change.after)
            work.audit.append(permit, change.entries, case=grant.request_id)
            before = change.after
        work.commit(permit)
    return blob.digest


def test_what_was_stored_and_never_named_goes_in_a_day(archive: Archive) -> None:
    orphan, named = archive.broker.blobs.put_stream([b"left over"]), archive.broker.blobs.put_stream([CONTENT])
    with archive.broker.work() as work:
        expect(work, {orphan.digest, named.digest})
        work.commit(archive.broker.policy.note(archive.house.owner, "tests"))
    archive.result(archive.house.grant())
    archive.clock.at = archive.broker.clock.now() + NAMED_WITHIN - DAY / 2
    archive.late.retention.tick()
    assert archive.kept(orphan.digest)
    archive.clock.at += DAY
    archive.late.retention.tick()
    assert (archive.kept(orphan.digest), archive.kept(named.digest)) == (False, True)
