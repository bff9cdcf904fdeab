"""Decoding times for pictures that come in the order of decoding and know only when they are shown."""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

# No codec lets a picture wait for more than sixteen others.
DEPTH = 20
T = TypeVar("T")


@dataclass
class Pace(Generic[T]):
    """Holds back some pictures to see which is shown when, and gives each a time of decoding.

    The n-th picture is decoded as long before the n-th is shown as the worst of them needs. So times of decoding rise
    over every border between files and encoders, whatever their own were.
    """

    _queue: deque[tuple[int, T]] = field(default_factory=deque)
    _shown: list[tuple[int, datetime]] = field(default_factory=list)
    _lag: int = 0
    _last: int | None = None
    _newest: int | None = None

    def add(self, item: T, tick: int, at: datetime) -> Iterator[tuple[T, int | None, datetime]]:
        """Take the next picture; yield those whose turn has come as `(item, decoded, at)`.

        `decoded` is None where pictures are so close to each other that there is no time for it. `at` is not the
        item's: it is the next instant at which any picture is shown, so these rise.
        """
        self._queue.append((tick, item))
        heapq.heappush(self._shown, (tick, at))
        if self._newest is not None and tick < self._newest:
            waits = (shown - own for (shown, _), (own, _) in zip(sorted(self._shown), self._queue, strict=True))
            self._lag = max(self._lag, *waits)
        self._newest = tick if self._newest is None else max(tick, self._newest)
        if len(self._queue) > DEPTH:
            yield self._next()

    def rest(self) -> Iterator[tuple[T, int | None, datetime]]:
        """Yield what was held back."""
        while self._queue:
            yield self._next()

    def _next(self) -> tuple[T, int | None, datetime]:
        tick, item = self._queue.popleft()
        shown, at = heapq.heappop(self._shown)
        decoded = shown - self._lag
        if self._last is not None:
            decoded = max(decoded, self._last + 1)
        self._last = decoded
        return item, decoded if decoded <= tick else None, at
