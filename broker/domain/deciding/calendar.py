"""When offices work: deadlines count business time, so that a request sent before a holiday does not lapse during it.

An office day is one span of opening hours. Whole days count as offices count them: 24 h is the same time of day on the
next workday, 48 h the workday after that. What is left over runs through opening hours, and is at most one office day:
so a longer deadline never ends before a shorter one. Whatever starts outside opening hours starts at the next opening.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from broker.domain.errors import Invalid
from broker.domain.time import TimeSpan, aware

DAY = timedelta(days=1)
FARTHEST = timedelta(hours=14)
MOST_DATES = 2000
OFFSET = re.compile(r"([+-])([01][0-9]):([0-5][0-9])")
HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
T = TypeVar("T")


@dataclass(frozen=True)
class Calendar:
    """The office days of a place with a fixed offset from UTC; the default is a Chinese office without holidays.

    `workdays` are ISO weekdays, Monday 1 to Sunday 7. `extra_workdays` are the weekend days on which the office works
    to make up for a holiday (调休).

    Raises:
        Invalid: no workday at all, closing before opening, or a day that is both; `pointer` names the field.
    """

    offset: timedelta = timedelta(hours=8)
    workdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    opens: time = time(9)
    closes: time = time(17, 30)
    holidays: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if abs(self.offset) > FARTHEST:
            raise Invalid("calendar-value", pointer="/offset", expected="+08:00")
        if not self.workdays or not self.workdays <= set(range(1, 8)):
            raise Invalid("calendar-value", pointer="/workdays", expected="[1, 2, 3, 4, 5]")
        if self.closes <= self.opens:
            raise Invalid("calendar-hours", pointer="/closes", opens=f"{self.opens:%H:%M}")
        if both := self.holidays & self.extra_workdays:
            raise Invalid("calendar-day-twice", pointer="/extra_workdays", day=min(both).isoformat())

    @classmethod
    def parse(cls, document: object, pointer: str = "") -> "Calendar":
        """Return the calendar of a JSON object; what it does not name is as in the default.

        Raises:
            Invalid: a field is unknown or has a wrong value; its JSON pointer begins with `pointer`.
        """
        try:
            return cls(**_fields(document))  # type: ignore[arg-type]  # each value comes from the reader of its field
        except Invalid as error:
            error.pointer = pointer + error.pointer
            raise

    def document(self) -> dict[str, object]:
        """Return the calendar as plain JSON, the form that `parse` reads."""
        minutes = abs(self.offset) // timedelta(minutes=1)
        return {
            "offset": f"{'-' if self.offset < timedelta(0) else '+'}{minutes // 60:02}:{minutes % 60:02}",
            "workdays": sorted(self.workdays),
            "opens": f"{self.opens:%H:%M}",
            "closes": f"{self.closes:%H:%M}",
            "holidays": [day.isoformat() for day in sorted(self.holidays)],
            "extra_workdays": [day.isoformat() for day in sorted(self.extra_workdays)],
        }

    @property
    def office_day(self) -> timedelta:
        """How long the office is open on a workday."""
        return _at(date.min, self.closes) - _at(date.min, self.opens)

    def is_workday(self, day: date) -> bool:
        return day in self.extra_workdays or (day.isoweekday() in self.workdays and day not in self.holidays)

    def is_working(self, instant: datetime) -> bool:
        """Say whether the office is open; the closing time itself is outside."""
        local = self._local(instant)
        return self.is_workday(local.date()) and self.opens <= local.time() < self.closes

    def due(self, start: datetime, span: timedelta, *, business: bool = True) -> datetime:
        """Return the instant at which `span` has passed since `start`; without `business` simply by the clock."""
        if span <= timedelta(0):
            raise ValueError("a deadline lies after its start")
        if not business:
            return aware(start) + span
        days, rest = divmod(span, DAY)
        day, worked = self._place(start)
        for _ in range(days):
            day = self._workday_after(day)
        return self._instant(day, worked + min(rest, self.office_day))

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how long the office is open between two instants."""
        day, begun = self._place(start)
        last, ended = self._place(end)
        days = 0
        while day < last:
            day = self._workday_after(day)
            days += 1
        return days * self.office_day + ended - begun

    def share(self, start: datetime, end: datetime, part: float, *, business: bool = True) -> datetime:
        """Return the first instant at which `part` (0 to 1) of the business time between start and end has passed.

        By the clock without `business`, and where the office is closed the whole time between.
        """
        if not 0 <= part <= 1:
            raise ValueError("a part lies between 0 and 1")
        whole = TimeSpan(start, end)
        working = self.working_time(whole.begin, whole.end)
        if not business or not working:
            return whole.begin + whole.duration * part
        day, worked = self._place(whole.begin)
        return self._instant(day, worked + working * part)

    def _local(self, instant: datetime) -> datetime:
        return (aware(instant) + self.offset).replace(tzinfo=None)

    def _workday_after(self, day: date) -> date:
        day += DAY
        while not self.is_workday(day):
            day += DAY
        return day

    def _place(self, instant: datetime) -> tuple[date, timedelta]:
        """Return the office day an instant counts to, and how much of it has passed: less than the whole."""
        local = self._local(instant)
        day = local.date()
        if self.is_workday(day) and local.time() < self.closes:
            return day, max(timedelta(0), local - _at(day, self.opens))
        return self._workday_after(day), timedelta(0)

    def _instant(self, day: date, worked: timedelta) -> datetime:
        """Return when so much of the office day has passed, or of the days after it; a full day ends at closing."""
        while worked > self.office_day:
            day, worked = self._workday_after(day), worked - self.office_day
        return (_at(day, self.opens) + worked - self.offset).replace(tzinfo=UTC)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour)


def _fields(document: object) -> dict[str, object]:
    if not isinstance(document, Mapping):
        raise Invalid("calendar-value", expected='{"opens": "09:00", …}')
    readers: dict[str, Callable[[object, str], object]] = {
        "offset": _offset,
        "workdays": lambda value, pointer: frozenset(_each(value, pointer, _weekday)),
        "opens": _hour,
        "closes": _hour,
        "holidays": lambda value, pointer: frozenset(_each(value, pointer, _date)),
        "extra_workdays": lambda value, pointer: frozenset(_each(value, pointer, _date)),
    }
    for name in document:
        if name not in readers:
            raise Invalid("field-unknown", pointer=f"/{str(name).replace('~', '~0').replace('/', '~1')}")
    return {name: readers[name](value, f"/{name}") for name, value in document.items()}


def _each(value: object, pointer: str, read: Callable[[object, str], T]) -> Iterable[T]:
    if not isinstance(value, list):
        raise Invalid("calendar-value", pointer=pointer, expected="[…]")
    if len(value) > MOST_DATES:
        raise Invalid("list-too-long", pointer=pointer, most=MOST_DATES)
    return [read(each, f"{pointer}/{place}") for place, each in enumerate(value)]


def _offset(value: object, pointer: str) -> timedelta:
    found = OFFSET.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Invalid("calendar-value", pointer=pointer, expected="+08:00")
    apart = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -apart if found[1] == "-" else apart


def _weekday(value: object, pointer: str) -> int:
    if type(value) is not int or not 1 <= value <= 7:  # noqa: PLR2004  # Monday to Sunday; True is no weekday
        raise Invalid("calendar-value", pointer=pointer, expected="1–7")
    return value


def _hour(value: object, pointer: str) -> time:
    if not isinstance(value, str) or not HOUR.fullmatch(value):
        raise Invalid("calendar-value", pointer=pointer, expected="09:00")
    return time.fromisoformat(value)


def _date(value: object, pointer: str) -> date:
    try:
        if isinstance(value, str) and DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Invalid("calendar-value", pointer=pointer, expected="2026-02-17")
