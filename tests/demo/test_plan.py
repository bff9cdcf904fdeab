"""Which footage the story asks for."""

from datetime import UTC, datetime, timedelta

import pytest

from broker.demo.footage import Channel, Footage
from broker.demo.plan import plan
from broker.domain.time import TimeSpan

BEGIN = datetime(2026, 1, 1, 8, tzinfo=UTC)


def span(begin: float, end: float) -> TimeSpan:
    return TimeSpan(BEGIN + timedelta(seconds=begin), BEGIN + timedelta(seconds=end))


def footage(*pieces: tuple[TimeSpan, ...]) -> Footage:
    channels = [Channel(f"c{place}", spans) for place, spans in enumerate(pieces)]
    return Footage({}, tuple((channels * 4)[:4]), coded=False)


@pytest.mark.parametrize("seconds", [10, 47.3, 60, 240, 3600, 86_400, 10_000_000])
def test_each_step_is_narrower_than_the_one_before(seconds: float) -> None:
    whole = span(0.25, seconds)
    found = plan(footage((whole,)))
    for asked, approved in zip(found.asked, found.approved, strict=True):
        assert whole.holds(asked)
        assert asked.holds(approved)
        assert asked != approved
        assert asked.seconds <= 3600
    assert found.approved[0].holds(found.clip)
    assert found.approved[0].holds(found.interrupted)
    assert found.approved[1].holds_instant(found.snapshot)
    assert not found.approved[1].holds_instant(found.outside)
    assert found.outside - found.approved[1].end == timedelta(seconds=1)


def test_a_minute_is_asked_for_where_there_is_one() -> None:
    found = plan(footage((span(0, 240),)))
    assert found.clip.seconds == 60
    assert found.clip.begin.microsecond == 400_000


def test_the_longest_piece_is_used() -> None:
    found = plan(footage((span(0, 100), span(200, 900), span(1000, 1010))))
    assert span(200, 900).holds(found.asked[0])
