"""The header Range of RTSP: spans by the clock on the wall (`clock=`) or by the time within a recording (`npt=`)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from broker.domain.time import TimeSpan

_CLOCK = re.compile(r"(\d{8}T\d{6})(?:\.(\d{1,9}))?Z", re.ASCII)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{0,9})?", re.ASCII)
_HOURS = re.compile(r"(\d{1,6}):([0-5]?\d):([0-5]?\d(?:\.\d{0,9})?)", re.ASCII)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Echo:
    """The range that a server says it plays: instants of `clock=`, or seconds of `npt=`; None where it leaves it open.

    `unit` is `clock`, `npt`, or empty when the server says none, or says something that cannot be read.
    """

    unit: str
    begin: datetime | timedelta | None = None
    end: datetime | timedelta | None = None


def clock_range(span: TimeSpan) -> str:
    """Return a span of time as a range, widened to whole milliseconds, which is as exact as servers read."""
    return f"clock={_clock(span.begin)}-{_clock(span.end + _MILLISECOND - timedelta.resolution)}"


def npt_range(begin: timedelta, end: timedelta) -> str:
    """Return seconds within a recording as a range."""
    return f"npt={max(begin.total_seconds(), 0):.3f}-{max(end.total_seconds(), 0) + 0.0005:.3f}"


def read_range(text: str) -> Echo:
    """Return what a server said, as far as it can be read; nothing is raised."""
    unit, _, told = text.strip().partition("=")
    unit, told = unit.strip().lower(), told.partition(";")[0].strip()
    try:
        match unit:
            case "clock":
                begin, _, end = told.partition("-")
                return Echo("clock", _instant(begin), _instant(end))
            case "npt":
                begin, _, end = told.partition("-")
                return Echo("npt", _offset(begin), _offset(end))
            case _:
                return Echo("")
    except (ValueError, OverflowError):
        return Echo("")


def _clock(instant: datetime) -> str:
    told = instant.astimezone(UTC)
    return f"{told:%Y%m%dT%H%M%S}.{told.microsecond // 1000:03}Z"


def _instant(text: str) -> datetime | None:
    if not text.strip():
        return None
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    fraction = int((found[2] or "0").ljust(9, "0")) // 1000
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(microsecond=fraction, tzinfo=UTC)


def _offset(text: str) -> timedelta | None:
    text = text.strip()
    if not text or text == "now":
        return None
    hours = _HOURS.fullmatch(text)
    if hours:
        return timedelta(hours=int(hours[1]), minutes=int(hours[2]), seconds=float(hours[3]))
    if not _SECONDS.fullmatch(text):
        raise ValueError(text)
    return timedelta(seconds=float(text))
