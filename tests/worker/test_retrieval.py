"""A retrieval from order to result: real worker, real files, the bar codes read back."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.media.testcard import read_code, read_codes
from broker.bootstrap import build
from broker.domain.errors import Forbidden
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.time import TimeSpan
from broker.services.footage import retrieval_runs
from broker.services.sources import patience
from broker.worker.app import worker_thread
from tests.worker.conftest import FPS, Bench
from tests.worker.pictures import luma, stored


def test_a_clip_holds_exactly_the_frames_asked(bench: Bench, tmp_path: Path) -> None:
    begin = bench.footage.span.begin + timedelta(seconds=41, milliseconds=520)
    span = TimeSpan(begin, begin + timedelta(seconds=30))
    with worker_thread(bench.broker, 1):
        order = bench.broker.retrievals.order(bench.looker, bench.camera, ClipAsk("", span))
        done = bench.ended(order.id)
    assert (done.state, done.attempt) == (RetrievalState.READY, 1)
    (item,) = done.items
    codes = [code for _, code in read_codes(stored(bench, item.digest, tmp_path / "clip.mp4"))]
    assert len(codes) == 30 * FPS == item.capture.frames
    assert codes[0].instant >= span.begin > codes[0].instant - timedelta(seconds=1 / FPS)
    assert codes[-1].instant < span.end <= codes[-1].instant + timedelta(seconds=1 / FPS)
    assert [code.number for code in codes] == list(range(codes[0].number, codes[0].number + len(codes)))
    assert item.capture.obtained == (span,)
    assert done.missing == ()


def test_a_snapshot_is_the_frame_shown_at_the_instant(bench: Bench, tmp_path: Path) -> None:
    instant = bench.footage.span.begin + timedelta(seconds=75, milliseconds=135)
    with worker_thread(bench.broker, 1):
        order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", instant))
        done = bench.ended(order.id)
    assert done.state is RetrievalState.READY
    picture = stored(bench, done.items[0].digest, tmp_path / "picture.jpg")
    code = read_code(luma(picture))
    assert code.instant <= instant < code.instant + timedelta(seconds=1 / FPS)


def test_a_span_with_no_recording_fails_and_gives_the_quota_back(bench: Bench) -> None:
    """The grant reaches beyond what is recorded when files were deleted after the decision."""
    for file in sorted(bench.footage.folder.rglob("*.mp4"))[:1]:
        hidden = file.rename(file.with_suffix(".gone"))
    try:
        with worker_thread(bench.broker, 1):
            ask = SnapshotAsk("", bench.footage.span.begin + timedelta(seconds=5))
            order = bench.broker.retrievals.order(bench.looker, bench.camera, ask)
            done = bench.ended(order.id)
    finally:
        hidden.rename(file)
    assert (done.state, done.error) == (RetrievalState.FAILED, "no-recording")
    assert done.error_facts is not None
    assert str((bench.footage.span.begin + timedelta(minutes=1)).year) in str(done.error_facts["nearby"])
    assert bench.broker.grants.read(bench.looker, bench.grant.id).used.snapshots == 0


def test_a_revocation_stops_a_running_job_within_a_second(bench: Bench) -> None:
    with worker_thread(bench.broker, 1):
        order = bench.broker.retrievals.order(bench.looker, bench.camera, ClipAsk("", bench.footage.span))
        bench.wait(order.id, lambda found: found.state is RetrievalState.FETCHING)
        bench.broker.grants.revoke(bench.owner, bench.grant.id, "不再需要")
        done = bench.broker.retrievals.read(bench.looker, order.id)
        assert (done.state, done.error) == (RetrievalState.ABORTED, "grant-revoked")
    assert not list((bench.broker.settings.data / "fetching").rglob("*"))
    with pytest.raises(Forbidden, match="footage-live"):
        bench.broker.retrievals.open(bench.looker, order.id)


def test_an_order_that_waits_when_the_grant_ends_is_never_fetched(bench: Bench) -> None:
    order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
    bench.broker.grants.revoke(bench.owner, bench.grant.id, "不再需要")
    assert bench.broker.runs.run(order.id) is RetrievalState.ABORTED


def test_a_late_attempt_delivers_nothing(bench: Bench) -> None:
    """The fence: a worker that was given up and comes back hands in nothing."""
    order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
    zombie = bench.broker.runs._begin(order.id)
    assert zombie is not None
    assert bench.broker.runs.run(order.id) is RetrievalState.READY
    first = bench.broker.retrievals.read(bench.looker, order.id)
    assert first.attempt == 2
    forged = replace(first.items[0], digest="0" * 64)
    assert bench.broker.runs._accept(zombie, (forged,), ()) is RetrievalState.READY
    assert bench.broker.retrievals.read(bench.looker, order.id) == first
    assert bench.broker.runs.run(order.id) is RetrievalState.READY
    assert bench.broker.retrievals.read(bench.looker, order.id) == first


class Ahead:
    """The real clock, some days ahead."""

    days = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


def test_a_grant_that_expires_ends_what_waits_and_what_runs(bench: Bench) -> None:
    clock = Ahead()
    later = build(bench.broker.settings, bench.broker.database_url, bench.broker.engine, clock)
    ask = SnapshotAsk("", bench.footage.span.begin)
    waiting = later.retrievals.order(bench.looker, bench.camera, ask)
    running = later.retrievals.order(bench.looker, bench.camera, ask)
    attempt = later.runs._begin(running.id)
    assert attempt is not None
    assert attempt.retrieval.state is RetrievalState.FETCHING
    done = later.retrievals.order(bench.looker, bench.camera, ask)
    assert later.runs.run(done.id) is RetrievalState.READY
    result = later.retrievals.read(bench.looker, done.id)
    opened = later.retrievals.open(bench.looker, done.id)
    clock.days = 8
    assert later.runs._accept(attempt, result.items, ()) is RetrievalState.ABORTED
    assert later.runs.run(waiting.id) is RetrievalState.ABORTED
    assert later.retrievals.read(bench.looker, waiting.id).error == "grant-expired"
    with pytest.raises(Forbidden, match="footage-live"):
        later.retrievals.open(bench.looker, done.id)
    later.retrievals.interrupted(bench.looker, done.id, 0, "client-left", opened.line)
    ended = later.retrievals.read(bench.looker, done.id)
    assert (ended.state, ended.error) == (RetrievalState.ABORTED, "grant-expired")


def test_a_store_that_is_away_is_waited_for(bench: Bench) -> None:
    blobs = bench.broker.settings.data / "blobs"
    bench.broker.blobs.check()
    blobs.rename(blobs.with_name("elsewhere"))
    blobs.write_text("a file where the folder should be", encoding="utf-8")
    with worker_thread(bench.broker, 1):
        order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
        bench.wait(order.id, lambda found: found.attempt >= 2)
        blobs.unlink()
        blobs.with_name("elsewhere").rename(blobs)
        assert bench.ended(order.id).state is RetrievalState.READY


def test_a_camera_whose_source_is_gone_is_tried_again_and_then_fails_with_the_reason(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieval_runs, "PAUSES", (timedelta(0),) * 2)
    monkeypatch.setattr(patience, "FIRST_REST", 0.0)
    order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
    moved = bench.footage.folder.with_name("moved")
    bench.footage.folder.rename(moved)
    try:
        for attempt in (1, 2):
            assert bench.broker.runs.run(order.id) is RetrievalState.QUEUED
            waiting = bench.broker.retrievals.read(bench.looker, order.id)
            assert (waiting.error, waiting.attempt) == ("source-unreachable", attempt)
        assert bench.broker.runs.run(order.id) is RetrievalState.FAILED
    finally:
        moved.rename(bench.footage.folder)
    failed = bench.broker.retrievals.read(bench.looker, order.id)
    assert (failed.error, failed.error_facts) == ("source-unreachable", {})


def test_a_second_copy_of_a_result_changes_no_state(bench: Bench) -> None:
    order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
    bench.broker.runs.run(order.id)
    size = bench.broker.retrievals.read(bench.looker, order.id).size
    for _ in range(2):
        opened = bench.broker.retrievals.open(bench.looker, order.id)
        bench.broker.retrievals.delivered(bench.looker, order.id, size, opened.line)
    assert bench.broker.retrievals.read(bench.looker, order.id).state is RetrievalState.DELIVERED
    third = bench.broker.retrievals.open(bench.looker, order.id)
    bench.broker.retrievals.interrupted(bench.looker, order.id, 1, "client-left", third.line)
    assert bench.broker.retrievals.read(bench.looker, order.id).state is RetrievalState.DELIVERED
    assert bench.broker.grants.read(bench.looker, bench.grant.id).used.bytes == 3 * size


def test_bytes_beyond_the_quota_do_not_flow(bench: Bench) -> None:
    order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
    bench.broker.runs.run(order.id)
    with pytest.raises(Forbidden, match="footage-quota"):
        bench.broker.retrievals.open(bench.looker, order.id, bench.grant.terms.quota.bytes + 1)


def test_a_source_that_comes_back_delivers_what_was_put_off(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval_runs, "PAUSES", (timedelta(0),) * 2)
    monkeypatch.setattr(patience, "FIRST_REST", 0.0)
    moved = bench.footage.folder.with_name("moved")
    bench.footage.folder.rename(moved)
    try:
        with worker_thread(bench.broker, 1):
            order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
            bench.wait(order.id, lambda found: found.attempt >= 2)
            moved.rename(bench.footage.folder)
            done = bench.ended(order.id)
    finally:
        if moved.exists():
            moved.rename(bench.footage.folder)
    assert (done.state, done.error) == (RetrievalState.READY, "")


def test_those_who_wait_for_a_source_are_woken_when_it_answers_another(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieval_runs, "PAUSES", (timedelta(0),))
    monkeypatch.setattr(patience, "FIRST_REST", 300.0)
    begin = bench.footage.span.begin
    orders = [
        bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", begin + timedelta(seconds=second)))
        for second in (0, 2)
    ]
    moved = bench.footage.folder.with_name("moved")
    bench.footage.folder.rename(moved)
    try:
        for order in orders:
            assert bench.broker.runs.run(order.id) is RetrievalState.QUEUED
    finally:
        moved.rename(bench.footage.folder)
    tries = [bench.broker.retrievals.read(bench.looker, order.id).attempt for order in orders]
    assert tries == [1, 0]  # the second was not even tried, and is put off for five minutes
    monkeypatch.setattr(patience, "monotonic", lambda: time.monotonic() + 301)
    waiting = text(
        "SELECT args ->> 'retrieval', scheduled_at > now() + interval '100 s' FROM procrastinate_jobs"
        " WHERE task_name = 'queue_again' AND status = 'todo' AND args ->> 'retrieval' = :second"
    )
    second = {"second": str(orders[1].id)}
    with bench.broker.engine.connect() as connection:
        assert connection.execute(waiting, second).all() == [(str(orders[1].id), True)]
    assert bench.broker.runs.run(orders[0].id) is RetrievalState.READY
    with bench.broker.engine.connect() as connection:
        assert connection.execute(waiting, second).all() == [(str(orders[1].id), False)]


def test_no_more_sessions_than_a_source_bears(bench: Bench) -> None:
    """The limit holds whatever the job engine does: who holds the session is asked, not who got the job."""
    order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
    source = bench.broker.runs._source_of(order.id)
    assert source is not None
    with bench.broker.runs._slots.one_of(source) as first:
        assert first
        assert bench.broker.runs.run(order.id) is RetrievalState.QUEUED
        assert bench.broker.retrievals.read(bench.looker, order.id).attempt == 0
    assert bench.broker.runs.run(order.id) is RetrievalState.READY


def test_each_order_of_a_department_ranks_behind_its_earlier_ones(bench: Bench) -> None:
    orders = [
        bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
        for _ in range(3)
    ]
    with bench.broker.engine.connect() as connection:
        rows = connection.execute(text("SELECT args ->> 'retrieval', priority FROM procrastinate_jobs ORDER BY id"))
        ranks = {key: rank for key, rank in rows if key in {str(order.id) for order in orders}}
    assert [ranks[str(order.id)] for order in orders] == [-1, -2, -3]
