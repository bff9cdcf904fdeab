"""Spans and instants: half open, aware, never empty."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.errors import Invalid
from broker.domain.ids import new_id
from broker.domain.time import SystemClock, TimeSpan, aware, merge, missing

ZERO = datetime(2026, 1, 1, tzinfo=UTC)


def span(begin: int, end: int) -> TimeSpan:
    return TimeSpan(ZERO + timedelta(seconds=begin), ZERO + timedelta(seconds=end))


spans = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda p: span(p[0], p[0] + p[1])),
    max_size=8,
)


def seconds(of: TimeSpan) -> set[int]:
    begin = int((of.begin - ZERO).total_seconds())
    return set(range(begin, begin + int(of.seconds)))


def test_a_naive_instant_is_refused_with_its_place() -> None:
    with pytest.raises(Invalid) as refused:
        aware(datetime(2026, 1, 1), "/begin")  # noqa: DTZ001  # that is the point
    assert (refused.value.slug, refused.value.pointer) == ("naive-time", "/begin")


def test_a_reversed_or_empty_span_is_refused() -> None:
    for end in (0, -1):
        with pytest.raises(Invalid, match="reversed-time"):
            span(0, end)


def test_instants_are_kept_in_utc() -> None:
    east = timezone(timedelta(hours=8))
    kept = TimeSpan(datetime(2026, 1, 1, 8, tzinfo=east), datetime(2026, 1, 1, 9, tzinfo=east))
    assert kept.begin == ZERO
    assert kept.begin.tzinfo is UTC


def test_the_end_does_not_belong_to_the_span() -> None:
    whole = span(0, 10)
    assert whole.holds_instant(whole.begin)
    assert not whole.holds_instant(whole.end)
    assert whole.holds(span(0, 10))
    assert not whole.holds(span(0, 11))
    assert whole.overlap(span(10, 20)) is None
    assert whole.overlap(span(5, 20)) == span(5, 10)


@given(spans)
def test_merge_keeps_every_second_and_leaves_no_overlap(given_spans: list[TimeSpan]) -> None:
    merged = merge(given_spans)
    assert set().union(*map(seconds, merged)) == set().union(*map(seconds, given_spans))
    assert all(a.end < b.begin for a, b in pairwise(merged))


@given(spans)
def test_what_is_missing_and_what_is_there_make_the_whole(given_spans: list[TimeSpan]) -> None:
    asked = span(10, 40)
    gaps = missing(asked, given_spans)
    present = set().union(*map(seconds, given_spans)) & seconds(asked)
    assert set().union(*map(seconds, gaps)) == seconds(asked) - present


def test_merge_bridges_gaps_within_the_tolerance() -> None:
    assert merge([span(0, 10), span(11, 20)], timedelta(seconds=1)) == (span(0, 20),)
    assert len(merge([span(0, 10), span(12, 20)], timedelta(seconds=1))) == 2


def test_ids_sort_by_time_and_are_version_seven() -> None:
    ids = [new_id() for _ in range(100)]
    assert {made.version for made in ids} == {7}
    assert [made.int >> 80 for made in ids] == sorted(made.int >> 80 for made in ids)
    assert SystemClock().now().tzinfo is UTC
