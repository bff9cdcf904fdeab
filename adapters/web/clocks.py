"""How times are written on the wire, in both directions, and how far the clock of a server is ahead of ours."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.web.client import Answer

_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What lies outside was misread: milliseconds taken for seconds, or a clock that was never set.
_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class TimeFormat:
    """One way to write instants.

    Args:
        text: `rfc3339`, `unix`, `unix-ms`, or a pattern of strftime.
        zone: of times that state none.
    """

    def __init__(self, text: str, zone: ZoneInfo) -> None:
        self._text, self._zone = text, zone

    @property
    def step(self) -> timedelta:
        """How fine it is: what is between two steps cannot be written."""
        match self._text:
            case "rfc3339":
                return timedelta(microseconds=1)
            case "unix-ms":
                return timedelta(milliseconds=1)
            case "unix":
                return _SECOND
            case _:
                return timedelta(microseconds=1) if "%f" in self._text else _SECOND

    def write(self, instant: datetime) -> str:
        match self._text:
            case "rfc3339":
                return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
            case "unix":
                return str((instant - _EPOCH) // _SECOND)
            case "unix-ms":
                return str((instant - _EPOCH) // timedelta(milliseconds=1))
            case pattern:
                return instant.astimezone(self._zone).strftime(pattern)

    def read(self, told: object) -> datetime:
        """Return the instant that is told.

        Raises:
            ValueError: it is none, or one that no recording has.
        """
        instant = self._read(told)
        if not _FIRST <= instant <= _LAST:
            raise ValueError(told)
        return instant

    def _read(self, told: object) -> datetime:
        if self._text in {"unix", "unix-ms"}:
            number = float(str(told))
            if isinstance(told, bool) or not math.isfinite(number):
                raise ValueError(told)
            try:
                return _EPOCH + timedelta(seconds=number / (1000 if self._text == "unix-ms" else 1))
            except OverflowError:
                raise ValueError(told) from None
        if not isinstance(told, str):
            raise ValueError(told)  # noqa: TRY004 - whatever is wrong with it, it is no time
        instant = datetime.fromisoformat(told) if self._text == "rfc3339" else datetime.strptime(told, self._text)  # noqa: DTZ007 - given a zone below
        return (instant if instant.tzinfo else instant.replace(tzinfo=self._zone)).astimezone(UTC)


def ahead(answer: Answer, asked: datetime, answered: datetime) -> float | None:
    """Return how many seconds a server's clock is ahead of ours, to about half a second; None where it does not tell.

    Args:
        answer: its answer.
        asked: when the question left, by our clock.
        answered: when the answer was here.
    """
    if answer.date is None:
        return None
    # The header has whole seconds, cut off: half a second is what is missing on average.
    return round((answer.date + _SECOND / 2 - (asked + (answered - asked) / 2)).total_seconds(), 1)
