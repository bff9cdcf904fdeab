"""Which instant a time stamp is, by what the source says, in the order of how much that is worth."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_MICRO = 1_000_000


@dataclass
class Timeline:
    """The time stamps of one track, pinned to an instant of the source's clock.

    Attributes:
        clock: ticks a second.
        ahead: how far the source's clock is ahead of ours, as far as that is known.
        pin: a time stamp with its instant, None as long as nobody said one.
    """

    clock: int
    ahead: timedelta = timedelta(0)
    pin: tuple[int, datetime] | None = None
    _least: tuple[float, int] | None = field(default=None, init=False)

    def instant(self, ticks: int) -> datetime | None:
        """Return the instant of a time stamp, or None without a pin."""
        if self.pin is None:
            return None
        return self.pin[1] + timedelta(microseconds=round((ticks - self.pin[0]) * _MICRO / self.clock))

    def arrived(self, ticks: int) -> None:
        """Note that a time stamp came in just now; the one that was delayed least counts."""
        delay = time.time() - ticks / self.clock
        if self._least is None or delay < self._least[0]:
            self._least = delay, ticks

    def settle(self) -> None:
        """Pin to the arrival by our own clock, which is all that is left where the source never said a time."""
        if self.pin is None and self._least is not None:
            delay, ticks = self._least
            self.pin = ticks, datetime.fromtimestamp(delay + ticks / self.clock, UTC) + self.ahead
