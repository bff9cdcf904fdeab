"""Deadlines in office time: holidays, the weekend days worked in exchange, nights, and the plain clock."""

from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.deciding.calendar import Calendar
from broker.domain.errors import Invalid

CHINA = timezone(timedelta(hours=8))
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
OFFICE = Calendar()
SPRING = Calendar(  # as the State Council arranged it: nine days off, the Saturdays before and after worked
    holidays=frozenset(date(2026, 2, day) for day in range(15, 24)),
    extra_workdays=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
)


def at(text: str) -> datetime:
    """Return an instant of 2026 in China: "02-13 16:00"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        # whole days keep the time of day; 2026-03-02 is a Monday
        ("03-02 14:00", DAY, "03-03 14:00"),
        ("03-02 14:00", 2 * DAY, "03-04 14:00"),
        ("03-02 09:00", DAY, "03-03 09:00"),
        ("03-02 17:29", DAY, "03-03 17:29"),
        ("03-02 10:00", 7 * DAY, "03-11 10:00"),
        # over a weekend
        ("03-06 14:00", DAY, "03-09 14:00"),
        ("03-05 14:00", 2 * DAY, "03-09 14:00"),
        ("03-06 16:00", 4 * HOUR, "03-09 11:30"),
        # outside opening hours the count starts with the next opening
        ("03-07 12:00", DAY, "03-10 09:00"),
        ("03-02 17:30", DAY, "03-04 09:00"),
        ("03-02 23:59", DAY, "03-04 09:00"),
        ("03-02 00:00", DAY, "03-03 09:00"),
        ("03-02 07:00", 4 * HOUR, "03-02 13:00"),
        ("03-06 17:30", HOUR, "03-09 10:00"),
        # hours run through opening hours; a full day ends at closing, not at the next opening
        ("03-02 09:00", 4 * HOUR, "03-02 13:00"),
        ("03-02 16:00", 1.5 * HOUR, "03-02 17:30"),
        ("03-02 16:00", 2 * HOUR, "03-03 09:30"),
        ("03-02 10:00", DAY + 2 * HOUR, "03-03 12:00"),
        # more hours than an office day has are one office day: 23 h never end after 24 h
        ("03-02 14:00", 8.5 * HOUR, "03-03 14:00"),
        ("03-02 14:00", 23 * HOUR, "03-03 14:00"),
        ("03-02 09:00", 23 * HOUR, "03-02 17:30"),
    ],
)
def test_an_ordinary_office(start: str, span: timedelta, due: str) -> None:
    assert OFFICE.due(at(start), span) == at(due)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("02-13 16:00", DAY, "02-14 16:00"),  # Friday to the Saturday that is worked
        ("02-13 16:00", 2 * DAY, "02-24 16:00"),  # and then nine days nobody counts
        ("02-14 16:00", 4 * HOUR, "02-24 11:30"),
        ("02-17 10:00", DAY, "02-25 09:00"),  # begun on New Year's Day
        ("02-17 10:00", HOUR, "02-24 10:00"),
        ("02-27 10:00", DAY, "02-28 10:00"),  # the Saturday after
        ("02-28 10:00", DAY, "03-02 10:00"),
        ("02-14 18:00", DAY, "02-25 09:00"),
    ],
)
def test_spring_festival(start: str, span: timedelta, due: str) -> None:
    assert SPRING.due(at(start), span) == at(due)


def test_urgent_matters_run_by_the_clock() -> None:
    assert SPRING.due(at("02-14 16:00"), DAY, business=False) == at("02-15 16:00")
    assert OFFICE.due(at("03-06 23:00"), 4 * HOUR, business=False) == at("03-07 03:00")


def test_the_office_keeps_its_own_offset_whatever_the_instant_is_written_in() -> None:
    utc = at("03-02 14:00").astimezone(timezone.utc)  # noqa: UP017  # beside the other offset it reads better
    assert OFFICE.due(utc, DAY) == at("03-03 14:00")
    late = datetime(2026, 3, 1, 20, 0, tzinfo=timezone(timedelta(hours=-5)))  # Monday 09:00 in China
    assert OFFICE.is_working(late)
    urumqi = Calendar(offset=timedelta(hours=6))
    assert urumqi.due(at("03-02 09:00"), HOUR) == at("03-02 12:00")


def test_no_hour_is_lost_or_won_in_the_nights_when_other_countries_change_their_clocks() -> None:
    for night in ("03-07 23:00", "03-28 23:00", "10-24 23:00", "10-31 23:00"):
        assert OFFICE.due(at(night), DAY, business=False) - at(night) == DAY
    assert OFFICE.due(at("10-23 10:00"), DAY) - at("10-23 10:00") == 3 * DAY


@pytest.mark.parametrize(
    ("instant", "open_"),
    [
        ("03-02 09:00", True),
        ("03-02 08:59", False),
        ("03-02 17:29", True),
        ("03-02 17:30", False),
        ("03-07 10:00", False),
        ("02-14 10:00", True),
        ("02-16 10:00", False),
        ("02-23 10:00", False),
        ("02-28 10:00", True),
        ("02-21 10:00", False),
    ],
)
def test_when_the_office_is_open(instant: str, open_: bool) -> None:
    assert SPRING.is_working(at(instant)) is open_


@pytest.mark.parametrize(
    ("start", "end", "part", "instant"),
    [
        ("03-02 09:00", "03-03 09:00", 0.5, "03-02 13:15"),
        ("03-02 09:00", "03-04 09:00", 0.5, "03-02 17:30"),
        ("03-06 14:00", "03-09 14:00", 0.5, "03-09 09:45"),
        ("03-06 13:30", "03-10 13:30", 0.75, "03-10 09:15"),
        ("02-14 13:15", "02-25 13:15", 0.5, "02-24 13:15"),
        ("03-02 09:00", "03-03 09:00", 0, "03-02 09:00"),
        ("03-02 09:00", "03-03 17:30", 1, "03-03 17:30"),
        ("03-01 12:00", "03-02 13:00", 0, "03-02 09:00"),
        ("03-07 10:00", "03-07 14:00", 0.5, "03-07 12:00"),  # closed all the time: the clock
    ],
)
def test_the_share_of_a_deadline(start: str, end: str, part: float, instant: str) -> None:
    assert SPRING.share(at(start), at(end), part) == at(instant)


def test_the_share_by_the_clock() -> None:
    assert SPRING.share(at("03-06 12:00"), at("03-08 12:00"), 0.75, business=False) == at("03-08 00:00")


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="after its start"):
        OFFICE.due(at("03-02 09:00"), timedelta(0))
    with pytest.raises(ValueError, match="between 0 and 1"):
        OFFICE.share(at("03-02 09:00"), at("03-03 09:00"), 1.5)
    with pytest.raises(Invalid, match="reversed-time"):
        OFFICE.share(at("03-03 09:00"), at("03-02 09:00"), 0.5)
    with pytest.raises(Invalid, match="naive-time"):
        OFFICE.due(datetime(2026, 3, 2), DAY)  # noqa: DTZ001  # that is the point


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
hours = st.integers(0, 23)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    opens = draw(hours)
    holidays = draw(st.frozensets(days, max_size=40))
    return Calendar(
        offset=timedelta(minutes=30 * draw(st.integers(-28, 28))),
        workdays=draw(st.frozensets(st.integers(1, 7), min_size=1)),
        opens=time(opens),
        closes=time(draw(st.integers(opens, 23)), 59),
        holidays=holidays,
        extra_workdays=draw(st.frozensets(days, max_size=20)) - holidays,
    )


instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(CHINA))  # noqa: DTZ001
spans = st.timedeltas(timedelta(minutes=1), timedelta(days=10))


@given(calendars(), instants, spans, st.booleans())
def test_a_deadline_lies_after_its_start(calendar: Calendar, start: datetime, span: timedelta, business: bool) -> None:
    assert calendar.due(start, span, business=business) > start


@given(calendars(), st.lists(instants, min_size=2, max_size=5), spans)
def test_who_starts_later_ends_no_earlier(calendar: Calendar, starts: list[datetime], span: timedelta) -> None:
    ends = [calendar.due(start, span) for start in sorted(starts)]
    assert ends == sorted(ends)


@given(calendars(), instants, st.lists(spans, min_size=2, max_size=5))
def test_a_longer_deadline_ends_no_earlier(calendar: Calendar, start: datetime, of: list[timedelta]) -> None:
    ends = [calendar.due(start, span) for span in sorted(of)]
    assert ends == sorted(ends)


@given(calendars(), instants, st.integers(1, 10))
def test_whole_days_are_whole_office_days(calendar: Calendar, start: datetime, number: int) -> None:
    due = calendar.due(start, number * DAY)
    assert calendar.is_working(due)
    assert calendar.working_time(start, due) == number * calendar.office_day


@given(calendars(), instants, spans, st.lists(st.floats(0, 1), min_size=2, max_size=4))
def test_shares_lie_between_and_in_order(
    calendar: Calendar, start: datetime, span: timedelta, parts: list[float]
) -> None:
    end = calendar.due(start, span)
    reached = [calendar.share(start, end, part) for part in sorted(parts)]
    assert all(earlier <= later for earlier, later in pairwise([start, *reached, end]))
    whole = calendar.working_time(start, end)
    for part, instant in zip(sorted(parts), reached, strict=True):
        assert abs(calendar.working_time(start, instant) - whole * part) <= timedelta(microseconds=1)


@given(calendars())
def test_a_calendar_survives_its_document(calendar: Calendar) -> None:
    assert Calendar.parse(calendar.document()) == calendar


def test_what_a_document_leaves_out_is_as_usual() -> None:
    assert Calendar.parse({}) == OFFICE
    assert OFFICE.document() == {
        "offset": "+08:00",
        "workdays": [1, 2, 3, 4, 5],
        "opens": "09:00",
        "closes": "17:30",
        "holidays": [],
        "extra_workdays": [],
    }


@pytest.mark.parametrize(
    ("document", "slug", "pointer"),
    [
        ([], "calendar-value", "/deadlines/calendar"),
        ({"opening": "09:00"}, "field-unknown", "/deadlines/calendar/opening"),
        ({"a/b": 1}, "field-unknown", "/deadlines/calendar/a~1b"),
        ({"offset": "+8"}, "calendar-value", "/deadlines/calendar/offset"),
        ({"offset": "+15:00"}, "calendar-value", "/deadlines/calendar/offset"),
        ({"offset": 8}, "calendar-value", "/deadlines/calendar/offset"),
        ({"workdays": []}, "calendar-value", "/deadlines/calendar/workdays"),
        ({"workdays": "1-5"}, "calendar-value", "/deadlines/calendar/workdays"),
        ({"workdays": [1, 8]}, "calendar-value", "/deadlines/calendar/workdays/1"),
        ({"workdays": [True]}, "calendar-value", "/deadlines/calendar/workdays/0"),
        ({"opens": "9:00"}, "calendar-value", "/deadlines/calendar/opens"),
        ({"closes": "24:00"}, "calendar-value", "/deadlines/calendar/closes"),
        ({"closes": "09:00"}, "calendar-hours", "/deadlines/calendar/closes"),
        ({"opens": "18:00"}, "calendar-hours", "/deadlines/calendar/closes"),
        ({"holidays": ["2026-02-30"]}, "calendar-value", "/deadlines/calendar/holidays/0"),
        ({"holidays": ["2026-02-16", "20260217"]}, "calendar-value", "/deadlines/calendar/holidays/1"),
        ({"holidays": ["2026-01-01"] * 2001}, "list-too-long", "/deadlines/calendar/holidays"),
        ({"extra_workdays": [None]}, "calendar-value", "/deadlines/calendar/extra_workdays/0"),
        (
            {"holidays": ["2026-02-14"], "extra_workdays": ["2026-02-14"]},
            "calendar-day-twice",
            "/deadlines/calendar/extra_workdays",
        ),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(document: object, slug: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        Calendar.parse(document, "/deadlines/calendar")
    assert (refused.value.slug, refused.value.pointer) == (slug, pointer)
