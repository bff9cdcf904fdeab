"""Points over time, in tables: what a look says, what becomes of a trouble, and how days are counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from broker.domain.errors import Invalid
from broker.domain.ids import CameraId, SourceId
from broker.domain.sources.health_targets import Target, aimed
from broker.domain.sources.maintenance import Maintenance, declared, ended
from broker.domain.sources.point_health import AGAIN, EVERY, PointState, Trouble, Verdict, observed, pause
from broker.domain.sources.point_judgement import Known, day_span, first_day, judged, recorded_days
from broker.domain.sources.point_looks import Look
from broker.domain.sources.source_health import UNWATCHED, HealthState, Spell
from broker.domain.sources.source_health import observed as source_observed
from broker.domain.time import TimeSpan

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY = CameraId(UUID(int=1))
SHANGHAI, PARIS = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Paris")
KNOWN = Known(KEY, None, TimeSpan(NOW - 3 * DAY, NOW), NOW)
ON, OFF, SILENT, BLACK, FROZEN = (
    PointState.ONLINE, PointState.OFFLINE, PointState.SILENT, PointState.BLACK, PointState.FROZEN,
)  # fmt: skip


def until(end: datetime, length: timedelta) -> tuple[TimeSpan, ...]:
    return (TimeSpan(end - length, end),)


@pytest.mark.parametrize(
    ("look", "others", "state"),
    [
        (Look("1", fault="unknown-channel"), False, OFF),
        (Look("1", fault="source-unreachable"), True, OFF),
        (Look("1", fault="source-unreachable"), False, None),  # none of them answered: that is the source
        (Look("1", fault="source-busy"), True, None),
        (Look("1", fault="decoder-crashed"), True, None),
        (Look("1", until(NOW, DAY), NOW, 0.1, 0.2, 5.0), True, ON),
        (Look("1", until(NOW, DAY), NOW, 0.98, 0.2, 5.0), True, BLACK),
        (Look("1", until(NOW, DAY), NOW, 0.1, 0.0, 0.0), True, FROZEN),
        (Look("1", until(NOW, DAY), NOW, 0.1, 0.0, 3.0), True, ON),  # daylight that fades
        (Look("1", until(NOW, DAY), NOW, 0.1, None, None), True, ON),
        (Look("1", until(NOW - 2 * HOUR, DAY)), True, SILENT),  # steadily recorded until then
        (Look("1", until(NOW - 2 * HOUR, HOUR)), True, ON),  # one that waits for movement
        (Look("1", until(NOW - 25 * HOUR, HOUR)), True, SILENT),
        (Look("1", ()), True, SILENT),
        (Look("1", (), NOW, 0.1, 0.2, 5.0), True, ON),  # it shows a picture now and records nothing
        (Look("1", until(NOW - 25 * HOUR, HOUR), NOW - 25 * HOUR, 1.0, 0.0, 0.0), True, SILENT),
        (Look("1"), True, ON),  # it answers, and more cannot be asked
    ],
)
def test_what_a_look_says(look: Look, others: bool, state: PointState | None) -> None:
    verdict = judged(look, KNOWN, others_answer=others)
    assert (verdict and verdict.state) is state


def test_nothing_recorded_says_nothing_where_hardly_anything_was_asked() -> None:
    short = replace(KNOWN, asked=TimeSpan(NOW - HOUR, NOW))
    assert judged(Look("1", ()), short, others_answer=True) == Verdict(KEY, ON)
    old = replace(short, picture_at=NOW - 3 * DAY)  # but an earlier look knows better
    verdict = judged(Look("1", ()), old, others_answer=True)
    assert verdict is not None
    assert (verdict.state, verdict.picture_at) == (SILENT, NOW - 3 * DAY)


def test_what_becomes_of_troubles() -> None:
    lasting = Trouble(KEY, OFF, NOW - HOUR, NOW - HOUR, number=7)
    assert observed(None, None, Verdict(KEY, ON), NOW).begun is None
    begun = observed(None, None, Verdict(KEY, OFF, "x" * 999), NOW).begun
    assert begun is not None
    assert (begun.since, begun.seen_at, len(begun.detail)) == (NOW, NOW, 200)
    assert observed(lasting, None, Verdict(KEY, OFF, "again"), NOW).changed == replace(
        lasting, seen_at=NOW, detail="again"
    )
    assert observed(lasting, None, Verdict(KEY, ON), NOW).changed == replace(lasting, until=NOW)
    first = observed(None, None, Verdict(KEY, FROZEN), NOW)
    assert (first.begun, first.suspected) == (None, FROZEN)
    assert observed(None, FROZEN, Verdict(KEY, BLACK), NOW).suspected is BLACK  # two different ones are no two
    sure = observed(lasting, FROZEN, Verdict(KEY, FROZEN), NOW)
    assert sure.changed == replace(lasting, until=NOW)
    assert sure.begun == Trouble(KEY, FROZEN, NOW, NOW)
    late = observed(lasting, BLACK, Verdict(KEY, ON), NOW - 2 * HOUR)
    assert (late.changed, late.begun, late.suspected) == (None, None, BLACK)


def test_pauses_grow_and_never_run_out() -> None:
    assert [pause(failures, 0) for failures in range(7)] == [EVERY, *AGAIN, AGAIN[-1], AGAIN[-1]]
    assert pause(1, 1) == AGAIN[0] * 1.2
    assert pause(0, -1) == EVERY * 0.8


def test_a_stay_that_nobody_saw_for_long_ended_when_it_was_last_seen() -> None:
    seen = Spell(SourceId(UUID(int=2)), HealthState.ONLINE, NOW - DAY, NOW - UNWATCHED, number=1)
    assert source_observed(seen, seen.source_id, HealthState.ONLINE, NOW, "")[1] is None
    changed, begun = source_observed(seen, seen.source_id, HealthState.ONLINE, NOW + timedelta(seconds=1), "")
    assert changed == replace(seen, until=seen.seen_at)
    assert begun is not None
    assert begun.since == NOW + timedelta(seconds=1)


def test_days_are_those_of_the_city() -> None:
    assert day_span(date(2026, 11, 21), SHANGHAI).begin == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert [day_span(date(2026, month, day), PARIS).seconds / 3600 for month, day in ((3, 29), (10, 25), (6, 1))] == [
        23, 25, 24,
    ]  # fmt: skip
    spans = [TimeSpan(NOW - DAY, NOW - HOUR)]  # from 20:00 to 19:00 there
    assert recorded_days(spans, date(2026, 11, 19), date(2026, 11, 22), SHANGHAI) == {
        date(2026, 11, 19): 0, date(2026, 11, 20): 4 * 3600, date(2026, 11, 21): 19 * 3600,
    }  # fmt: skip


def test_no_day_is_asked_for_twice_or_for_ever() -> None:
    today = date(2026, 11, 21)
    assert first_day(None, None, today) == date(2026, 11, 14)
    assert first_day(None, 15, today) == date(2026, 11, 6)
    assert first_day(None, 400, today) == date(2026, 10, 22)
    assert first_day(date(2026, 11, 20), 15, today) == today
    assert first_day(date(2025, 1, 1), None, today) == date(2026, 10, 22)


def test_maintenance_is_planned() -> None:
    new = Maintenance(UUID(int=3), NOW + HOUR, NOW + 3 * HOUR, "换硬盘", "me", NOW, source_id=SourceId(UUID(int=2)))
    kept, (entry,) = declared(new, "source hall", NOW)
    assert (kept.version, entry.kind) == (1, "maintenance:declared")
    bad = {
        "maintenance-in-the-past": replace(new, begins=NOW - timedelta(seconds=1)),
        "maintenance-too-far-ahead": replace(new, begins=NOW + 400 * DAY, ends=NOW + 401 * DAY),
        "maintenance-too-long": replace(new, ends=NOW + 60 * DAY),
        "maintenance-needs-reason": replace(new, reason="  "),
        "reversed-time": replace(new, ends=NOW + HOUR),
    }
    for slug, window in bad.items():
        with pytest.raises(Invalid, match=slug):
            declared(window, "source hall", NOW)
    assert ended(kept, NOW)[0].ends == kept.begins  # called off
    assert ended(kept, NOW + 2 * HOUR)[0].ends == NOW + 2 * HOUR


def test_a_target_is_a_share_of_the_whole() -> None:
    none = Target(UUID(int=4), None, SourceId(UUID(int=2)), 0)
    after, (entry,) = aimed(none, 950, "source hall")
    assert (after.per_mille, after.version, entry.data["before"]) == (950, 1, 0)
    for wrong in (-1, 1001):
        with pytest.raises(Invalid, match="target-out-of-range"):
            aimed(none, wrong, "source hall")
