"""How long sources that fail are left alone."""

from uuid import UUID

import pytest

from broker.domain.ids import SourceId
from broker.services.sources import patience
from broker.services.sources.patience import Patience

ONE, TWO = SourceId(UUID(int=1)), SourceId(UUID(int=2))


def rest(of: Patience, source: SourceId) -> float:
    with of.with_source(source) as found:
        return found.total_seconds()


def test_a_source_that_fails_rests_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.services.sources.patience.monotonic", lambda: 1000.0)
    known = Patience(suspects=4)
    rests = []
    for _ in range(9):
        known.failed(ONE)
        rests.append(rest(known, ONE))
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert rest(known, TWO) == 0
    known.answered(ONE)
    assert rest(known, ONE) == 0


def test_sources_that_failed_never_take_all_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("broker.services.sources.patience.monotonic", lambda: now)
    known = Patience(suspects=1)
    for source in (ONE, TWO):
        known.failed(source)
    now = 1006.0
    with known.with_source(ONE) as first:
        assert not first
        assert rest(known, TWO) == patience.CROWDED
        assert known.free() == ()
    assert rest(known, TWO) == 0
    assert known.free() == (ONE, TWO)


def test_one_fetch_finds_out_for_all_that_wait_for_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("broker.services.sources.patience.monotonic", lambda: now)
    known = Patience(suspects=4)
    for _ in range(5):
        known.failed(ONE)
    known.failed(TWO)
    now = 1100.0
    with known.with_source(ONE) as first:
        assert not first
        assert rest(known, ONE) == 160  # as long as it will rest if this fetch fails too
        assert known.free() == (TWO,)
        known.failed(ONE)
        assert rest(known, ONE) == 160
    assert known.free() == (TWO,)
    assert known.answered(ONE)
    assert not known.answered(ONE)
    assert rest(known, ONE) == 0
