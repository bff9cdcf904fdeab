"""The ledger balances to the microsecond, whatever is put into it, and names the strongest reason for each part."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.requests.coverage import LOOKED_BACK, Missing, MissingReason, explained, ledger, oldest_kept
from broker.domain.time import TimeSpan, merge, missing

ZERO = datetime(2026, 11, 1, tzinfo=UTC)
R = MissingReason


def at(tick: int) -> datetime:
    return ZERO + timedelta(microseconds=333_333 * tick)


def span(begin: int, end: int) -> TimeSpan:
    return TimeSpan(at(begin), at(end))


one = st.tuples(st.integers(0, 60), st.integers(1, 25)).map(lambda it: span(it[0], it[0] + it[1]))
some = st.lists(one, max_size=5)
since = st.none() | st.integers(-5, 90).map(at)


@given(one, some, some, some, some, since)
def test_asked_is_what_is_there_and_what_is_missing(
    asked: TimeSpan,
    present: list[TimeSpan],
    refused: list[TimeSpan],
    listed: list[TimeSpan],
    offline: list[TimeSpan],
    kept: datetime | None,
) -> None:
    line = ledger(asked, present, refused=refused, listed=listed, offline=offline, kept_since=kept)
    parts = [*line.present, *(part.span for part in line.missing)]
    assert merge(parts) == (asked,)
    assert sum((part.duration for part in parts), timedelta(0)) == asked.duration
    assert tuple(part.span for part in line.missing) == tuple(sorted(part.span for part in line.missing))
    assert merge(part.span for part in line.missing) == merge(missing(asked, present))
    assert line.obtained_seconds + line.missing_seconds == pytest.approx(line.asked_seconds, abs=1e-6)
    for part in line.missing:
        middle = part.span.begin + part.span.duration / 2
        reasons = [
            (R.REFUSED, any(it.holds_instant(middle) for it in refused)),
            (R.CUT_SHORT, any(it.holds_instant(middle) for it in listed)),
            (R.OVERWRITTEN, kept is not None and middle < kept),
            (R.OFFLINE, any(it.holds_instant(middle) for it in offline)),
        ]
        assert part.reason is next((reason for reason, holds in reasons if holds), R.NO_RECORDING)


def test_a_line_with_every_reason() -> None:
    line = ledger(
        span(0, 60), [span(10, 20)], refused=[span(20, 25)], listed=[span(18, 30)], offline=[span(0, 8), span(40, 50)],
        kept_since=at(5),
    )  # fmt: skip
    assert [(part.span, part.reason) for part in line.missing] == [
        (span(0, 5), R.OVERWRITTEN),
        (span(5, 8), R.OFFLINE),
        (span(8, 10), R.NO_RECORDING),
        (span(20, 25), R.REFUSED),
        (span(25, 30), R.CUT_SHORT),
        (span(30, 40), R.NO_RECORDING),
        (span(40, 50), R.OFFLINE),
        (span(50, 60), R.NO_RECORDING),
    ]


@given(st.lists(one, max_size=4).map(merge), st.sampled_from(R), some, since)
def test_only_what_nobody_explained_is_explained(
    spans: tuple[TimeSpan, ...], reason: MissingReason, offline: list[TimeSpan], kept: datetime | None
) -> None:
    parts = [Missing(each, reason) for each in spans]
    told = explained(parts, offline, kept)
    assert merge(part.span for part in told) == merge(spans)
    if reason is not R.NO_RECORDING:
        assert list(told) == parts
    else:
        whole = [ledger(each, (), offline=offline, kept_since=kept).missing for each in spans]
        assert list(told) == [part for line in whole for part in line]


def test_the_oldest_recording_is_known_when_nothing_was_found_for_long_before_it() -> None:
    first = TimeSpan(ZERO, ZERO + timedelta(hours=1))
    before = TimeSpan(ZERO - LOOKED_BACK, ZERO)
    assert oldest_kept([before, first], [first]) == ZERO
    assert oldest_kept([TimeSpan(before.begin + timedelta(seconds=1), ZERO), first], [first]) is None
    assert oldest_kept([before], []) is None
