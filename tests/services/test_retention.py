"""Retention on the real database and a store on disk: the clock, and bytes that nobody needs any more."""

import threading

import psycopg
import pytest
from sqlalchemy import text

from broker.bootstrap import Broker
from broker.domain.errors import BrokerError, Unavailable
from broker.domain.footage import packages
from broker.domain.footage.grants import Grant, Terms
from broker.domain.footage.media import Capture
from broker.domain.footage.retrievals import EvidenceItem, Retrieval, RetrievalState
from broker.domain.ids import PackageId, new_id
from broker.services.footage.keeping import NAMED_WITHIN, expect, keep
from broker.services.oversight.retention import PATIENCE
from broker.services.requests.access_requests import Form
from storage.blobs.disk import DiskStore
from storage.db.footage.deletions import DeletionRepository
from storage.db.requests.access_requests import EVERYTHING
from tests.city import City
from tests.services.alarms import happened, told
from tests.services.archive import DAY, KEPT, Archive, archive_of
from tests.services.looks import CONTENT
from tests.services.papers import pdf


@pytest.fixture
def archive(broker: Broker, city: City) -> Archive:
    return archive_of(broker, city)


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


def test_a_deletion_keeps_off_bytes_that_somebody_is_about_to_name(archive: Archive) -> None:
    archive.result(archive.house.grant())
    blob = archive.broker.blobs.put_stream([CONTENT])
    with archive.broker.work() as work:
        keep(work, archive.broker.blobs, {blob.digest})
        assert archive.tick(KEPT) == 1
        assert archive.kept(blob.digest), "it goes when whoever is about to name it has committed, or not"
    archive.tick(KEPT + DAY)
    assert not archive.kept(blob.digest)
    with pytest.raises(Unavailable, match="blob-gone-meanwhile"), archive.broker.work() as work:
        keep(work, archive.broker.blobs, {blob.digest})
