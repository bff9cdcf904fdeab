"""Health in spells, clocks with a history, answers put together."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.errors import Invalid
from broker.domain.ids import SourceId
from broker.domain.sources.recordings import Answer, put_together, spoken
from broker.domain.sources.source_clocks import ClockOffset, read_off, says_something_new
from broker.domain.sources.source_health import AGAIN, EVERY, JITTER, HealthState, Spell, observed, offline_spans, pause
from broker.domain.time import TimeSpan, merge

ZERO = datetime(2026, 11, 1, tzinfo=UTC)
KEY = SourceId(UUID(int=1))
S = HealthState


def at(minutes: float) -> datetime:
    return ZERO + timedelta(minutes=minutes)


def span(begin: float, end: float) -> TimeSpan:
    return TimeSpan(at(begin), at(end))


@given(st.lists(st.sampled_from(S), min_size=1, max_size=40))
def test_a_log_has_one_entry_for_each_stay_and_no_gap(states: list[HealthState]) -> None:
    log: list[Spell] = []
    for minute, state in enumerate(states):
        changed, begun = observed(log[-1] if log else None, KEY, state, at(minute), "")
        if changed is not None:
            log[-1] = changed
        if begun is not None:
            log.append(begun)
    told = [spell.state for spell in log]
    assert told == [state for place, state in enumerate(states) if place == 0 or states[place - 1] is not state]
    assert [spell.until for spell in log] == [*(spell.since for spell in log[1:]), None]
    seen = [minute for minute, state in enumerate(states) if state is S.OFFLINE]
    away = offline_spans(log, span(-10, 100))
    followed = [minute for minute in seen if minute + 1 < len(states)]
    assert merge(away) == merge(span(minute, minute + 1) for minute in followed)


def test_who_looked_earlier_changes_nothing() -> None:
    current = Spell(KEY, S.ONLINE, at(0), at(5))
    assert observed(current, KEY, S.OFFLINE, at(4), "late") == (None, None)


def test_an_outage_that_nobody_watched_ends_soon_after_it_was_last_seen() -> None:
    """The program was off from minute 10 on: nothing is said about the days until it came back."""
    unwatched = Spell(KEY, S.OFFLINE, at(0), at(10), until=at(5000))
    (away,) = offline_spans([unwatched], span(-10, 10_000))
    assert away == TimeSpan(at(0), at(10) + AGAIN[-1] * (1 + JITTER))
    assert offline_spans([unwatched], span(200, 300)) == ()
    assert offline_spans([Spell(KEY, S.FAULTY, at(0), at(10), at(11))], span(0, 60)) == ()


def test_pauses_grow_and_are_never_the_same_for_all() -> None:
    assert pause(0, 0) == EVERY
    assert [pause(count, 0) for count in (1, 2, 3, 4, 50)] == [*AGAIN, AGAIN[-1]]
    assert pause(0, 1) - pause(0, -1) == 2 * JITTER * EVERY


def test_a_clock_is_read_off_a_picture() -> None:
    assert read_off(at(1), at(0), at(5)) == 60
    assert read_off(at(0), at(1), at(5)) == -60
    with pytest.raises(Invalid, match="clock-ahead-of-now"):
        read_off(at(1), at(6), at(5))


@pytest.mark.parametrize(
    ("last", "seconds", "new"),
    [(None, 0.1, True), (0.1, 1.5, False), (0.1, 1.7, True), (0.1, -1.5, True), (None, float("nan"), False)],
)
def test_a_measurement_is_kept_when_the_clock_moved(last: float | None, seconds: float, new: bool) -> None:
    before = None if last is None else ClockOffset(KEY, at(0), last, "http-date", "worker:worker")
    assert says_something_new(before, seconds) is new


whole = st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda it: span(it[0], it[0] + it[1]))
answers = st.lists(st.tuples(whole, st.lists(whole, max_size=3), st.integers(100, 120)), max_size=5).map(
    lambda rows: [answer for asked, found, when in rows if (answer := spoken(asked, found, at(when)))]
)


@given(whole, answers)
def test_the_newest_answer_counts_for_each_minute(asked: TimeSpan, given_: list[Answer]) -> None:
    knowledge = put_together(asked, given_)
    newest = sorted(given_, key=lambda each: each.at, reverse=True)
    minute = asked.begin
    while minute < asked.end:
        answer = next((each for each in newest if each.span.holds_instant(minute)), None)
        assert any(it.holds_instant(minute) for it in knowledge.known) is (answer is not None)
        recorded = answer is not None and any(it.holds_instant(minute) for it in answer.recorded)
        assert any(it.holds_instant(minute) for it in knowledge.recorded) is recorded
        minute += timedelta(minutes=1)


def test_nothing_is_said_about_what_had_not_happened() -> None:
    assert spoken(span(0, 10), [span(0, 10)], at(0)) is None
    answer = spoken(span(0, 10), [span(2, 10)], at(5))
    assert answer == Answer(span(0, 5), (span(2, 5),), at(5))
