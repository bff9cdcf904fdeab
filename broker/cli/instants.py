"""Instants on the command line: ISO 8601 with an offset in, the city's time with its offset out."""

from datetime import UTC, datetime, timedelta

from broker.cli.environment import zone
from broker.domain.errors import Invalid
from broker.domain.time import TimeSpan

_SHOWN_EXAMPLE = timedelta(minutes=30)


def instant(text: str, option: str) -> datetime:
    """Read an instant.

    Raises:
        Invalid: `time-malformed`, or `time-naive` when it has no offset; both give an example that would do.
    """
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("time-malformed", option=option, value=text[:60], example=_example()) from None
    if read.tzinfo is None:
        offset = read.replace(tzinfo=zone()).isoformat()
        raise Invalid("time-naive", option=option, value=text[:60], example=offset)
    return read.astimezone(UTC)


def span(begin: str, end: str | None, seconds: float | None = None, *, option: str = "--from") -> TimeSpan:
    """Read a span from its beginning and its end or its length.

    Raises:
        Invalid: one of the instants is not good, or neither end nor length is given.
    """
    first = instant(begin, option)
    if end is not None:
        return TimeSpan(first, instant(end, "--to"))
    if seconds is None:
        raise Invalid("span-without-end")
    return TimeSpan(first, first + timedelta(seconds=seconds))


def interval(text: str, option: str) -> TimeSpan:
    """Read an ISO 8601 interval, BEGIN/END.

    Raises:
        Invalid: there is no slash, or one of the instants is not good.
    """
    begin, slash, end = text.partition("/")
    if not slash:
        raise Invalid("time-malformed", option=option, value=text[:60], example=f"{_example()}/{_example(60)}")
    return TimeSpan(instant(begin, option), instant(end, option))


def shown(moment: datetime | str | None) -> str:
    """Return an instant in the city's zone with its offset; milliseconds only where there are any."""
    if not moment:
        return "-"
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return _iso(moment)


def shown_span(begin: datetime | str, end: datetime | str) -> str:
    """Return a span as an ISO 8601 interval that can be pasted into a command."""
    return f"{shown(begin)}/{shown(end)}"


def _iso(moment: datetime) -> str:
    digits = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(zone()).isoformat(timespec=digits)


def _example(minutes: int = 0) -> str:
    at = datetime.now(UTC).replace(second=0, microsecond=0) - _SHOWN_EXAMPLE + timedelta(minutes=minutes)
    return _iso(at)
