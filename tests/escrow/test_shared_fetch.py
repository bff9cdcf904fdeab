"""Far sources are asked once: for the same footage at the same time, and for some minutes afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import read_codes
from broker.bootstrap import Broker, build
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import Retrieval, RetrievalState
from broker.domain.ids import RetrievalId, new_id
from broker.domain.time import TimeSpan
from broker.services.sources.sources import NewSource
from broker.worker.app import worker_thread
from storage.db.footage.originals import KeptOriginal
from tests.city import City
from tests.clock import Turned
from tests.escrow.conftest import FPS, Recorded, Stage, staged, until

FarSource = Callable[[Recorded], NewSource]


@pytest.fixture
def away(broker: Broker, city: City, recorded: Recorded, far: FarSource) -> Stage:
    """Return a granted request for what a far source has."""
    stage = staged(broker, city, recorded, far(recorded))
    stage.grant()
    return stage


def fetched(stage: Stage) -> int:
    """Return how often the source gave footage."""
    log = stage.broker.settings.data.parent / "fetched"
    return len(log.read_text().splitlines()) if log.exists() else 0


def clip(stage: Stage, first: float, last: float) -> ClipAsk:
    begin = stage.recorded.span.begin
    return ClipAsk("", TimeSpan(begin + timedelta(seconds=first), begin + timedelta(seconds=last)))


def ordered(stage: Stage, who: str, ask: ClipAsk | SnapshotAsk) -> RetrievalId:
    return stage.broker.retrievals.order(stage.caller(who), stage.camera, ask).id


def result(stage: Stage, who: str, key: RetrievalId) -> Retrieval:
    return stage.broker.retrievals.read(stage.caller(who), key)


def test_several_persons_who_ask_for_the_same_at_once_have_it_fetched_once(away: Stage, tmp_path: Path) -> None:
    wanted = clip(away, 4, 12)
    whose = ["looker", "looker2", "looker", "looker2"]
    keys = [ordered(away, who, wanted) for who in whose]
    with worker_thread(away.broker, 4):
        until(lambda: all(result(away, *it).state is RetrievalState.READY for it in zip(whose, keys, strict=True)))
    assert fetched(away) == 1
    items = [result(away, who, key).items[0] for who, key in zip(whose, keys, strict=True)]
    assert len({item.digest for item in items}) == len(items)  # each has a mark of its own
    assert len({item.capture.source_digest for item in items}) == 1
    for item in items[:2]:
        file = tmp_path / "clip.mp4"
        file.write_bytes(b"".join(away.broker.blobs.read(item.digest)))
        codes = [code for _, code in read_codes(file)]
        assert [code.instant for code in codes] == [wanted.span.begin + timedelta(seconds=n / FPS) for n in range(40)]


def test_what_lies_within_is_not_fetched_again_and_what_does_not_is(away: Stage) -> None:
    run = away.broker.runs.run
    assert run(ordered(away, "looker", clip(away, 4, 12))) is RetrievalState.READY
    shot = SnapshotAsk("", away.recorded.span.begin + timedelta(seconds=9))
    for ask in (clip(away, 5, 7), shot):
        key = ordered(away, "looker2", ask)
        assert run(key) is RetrievalState.READY
        assert result(away, "looker2", key).missing == ()
    assert fetched(away) == 1
    assert run(ordered(away, "looker2", clip(away, 4, 13))) is RetrievalState.READY
    assert fetched(away) == 2


def test_who_comes_second_waits_without_a_session_of_the_source(away: Stage) -> None:
    """While the first one fetches; and when the first one is gone, the second fetches."""
    wanted = clip(away, 4, 12)
    first, second = ordered(away, "looker", wanted), ordered(away, "looker2", wanted)
    with away.broker.runs._footage.way_to(first) as way:
        assert way.begun is not None
        assert away.broker.runs.run(second) is RetrievalState.QUEUED
        assert result(away, "looker2", second).attempt == 0
    assert fetched(away) == 0
    assert away.broker.runs.run(second) is RetrievalState.READY
    assert fetched(away) == 1


def test_who_died_while_fetching_holds_up_nobody(away: Stage) -> None:
    wanted = ordered(away, "looker", clip(away, 4, 12))
    with away.broker.work() as work:
        source = work.sources.by_code("far")
        permit = away.broker.runs._permit()
        span, until_then = away.recorded.span, work.now + timedelta(hours=1)
        wide = TimeSpan(span.begin - timedelta(hours=1), span.end + timedelta(hours=1))
        work.originals.begin(KeptOriginal(new_id(), source.id, "01", wide, 0.0, until_then))
        work.commit(permit)
    assert away.broker.runs.run(wanted) is RetrievalState.READY


def test_it_is_kept_for_some_minutes_sealed_and_then_erased(
    turned: Broker, city: City, recorded: Recorded, far: FarSource, clock: Turned
) -> None:
    away = staged(turned, city, recorded, far(recorded))
    away.grant()
    assert turned.runs.run(ordered(away, "looker", clip(away, 4, 12))) is RetrievalState.READY
    with turned.work() as work:
        source = work.sources.by_code("far")
        (kept,) = work.originals.holding(source.id, "01", clip(away, 4, 12).span, 0.0, work.now)
    assert all(turned.blobs.exists(digest) for digest in kept.copy.digests)
    assert next(turned.blobs.read(kept.copy.files[0].digest)).startswith(b"XLSEAL")
    turned.escrows.tick()
    assert all(turned.blobs.exists(digest) for digest in kept.copy.digests)
    clock.at += timedelta(minutes=turned.settings.share_fetch_minutes)
    turned.escrows.tick()
    assert not any(turned.blobs.exists(digest) for digest in kept.copy.digests)
    assert turned.runs.run(ordered(away, "looker2", clip(away, 4, 12))) is RetrievalState.READY
    assert fetched(away) == 2


def test_it_can_be_turned_off(away: Stage) -> None:
    settings = away.broker.settings.model_copy(update={"share_fetch_minutes": 0})
    alone = build(settings, away.broker.database_url, away.broker.engine, away.broker.clock)
    stage = replace(away, broker=alone)
    for who in ("looker", "looker2"):
        assert alone.runs.run(ordered(stage, who, clip(stage, 4, 6))) is RetrievalState.READY
    assert fetched(away) == 2
