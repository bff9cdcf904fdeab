"""How far the clocks of sources are off: a history, because footage keeps the error of the day it was recorded on."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.domain.errors import Invalid
from broker.domain.ids import SourceId

BY_HAND = "hand"
"""How the entries of people were found: they compared a picture of the source with the true time."""

MOVED = 1.5
"""Seconds by which a measurement has to differ from the one before of its kind, or it says nothing new."""

FARTHEST = timedelta(days=40_000).total_seconds()


@dataclass(frozen=True)
class ClockOffset:
    """How far the clock of a source was ahead of the true time at an instant, in seconds; negative where it was late.

    Attributes:
        source_id: whose clock.
        at: the true instant that it holds for.
        seconds: how far ahead.
        by: how it was found: "http-date", "onvif", "rtcp" …, or by hand.
        actor: who says so, as the trace names them.
        reference: the digest of the picture that an entry by hand was read from.
        shown: the instant that this picture shows.
        number: its place in the history.
    """

    source_id: SourceId
    at: datetime
    seconds: float
    by: str
    actor: str
    reference: str = ""
    shown: datetime | None = None
    number: int = 0

    @property
    def ahead(self) -> timedelta:
        return timedelta(seconds=self.seconds)


def read_off(shown: datetime, actual: datetime, now: datetime) -> float:
    """Return how many seconds ahead a clock is that showed `shown` at the true instant `actual`.

    Raises:
        Invalid: the true instant lies ahead.
    """
    if actual > now:
        raise Invalid("clock-ahead-of-now", pointer="/actual", now=now.isoformat(timespec="seconds"))
    return (shown - actual).total_seconds()


def says_something_new(last: ClockOffset | None, seconds: float) -> bool:
    """Say whether a measurement is worth an entry beside the last one that was made in the same way.

    So an entry by hand holds until the clock of the source is seen to move.
    """
    if not math.isfinite(seconds) or abs(seconds) > FARTHEST:
        return False
    return last is None or abs(last.seconds - seconds) > MOVED
