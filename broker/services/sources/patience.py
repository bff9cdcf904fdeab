"""Patience with sources that fail: they rest before they are asked again, and never hold up all the others.

Each process learns by itself; what it knows is lost when it ends, and then a source is merely asked once more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from time import monotonic

from broker.domain.ids import SourceId

FIRST_REST = 5.0
LONGEST_REST = 300.0
CROWDED = 30.0
"""Seconds that a fetch waits at least while another asks its source, or all places are taken; `free` tells sooner."""


@dataclass
class _Record:
    """What is known of a source that failed last time."""

    failures: int
    until: float
    asked: bool = False


class Patience:
    """Says whether a source may be asked now.

    Args:
        suspects: how many fetches may run at once, all together, from sources that failed last time.
    """

    def __init__(self, suspects: int) -> None:
        self._suspects = suspects
        self._records: dict[SourceId, _Record] = {}
        self._running = 0
        self._lock = Lock()

    @contextmanager
    def with_source(self, source: SourceId) -> Iterator[timedelta]:
        """Yield how long the source has to rest; nought, and it may be asked within the block."""
        with self._lock:
            record = self._records.get(source)
            rest = 0.0 if record is None else max(0.0, record.until - monotonic())
            counted = None  # the record that this fetch clears up: one finds out for all how the source is now
            if record is not None and not rest:
                if record.asked or self._running >= self._suspects:
                    rest = max(CROWDED, _rest(record.failures + 1) if record.asked else 0.0)
                else:
                    counted, record.asked = record, True
                    self._running += 1
        try:
            yield timedelta(seconds=rest)
        finally:
            if counted is not None:
                with self._lock:
                    counted.asked = False
                    self._running -= 1

    def free(self) -> tuple[SourceId, ...]:
        """Return the sources that failed last time and may be asked again now; none while all places are taken."""
        with self._lock:
            if self._running >= self._suspects:
                return ()
            now = monotonic()
            return tuple(key for key, it in self._records.items() if it.until <= now and not it.asked)

    def failed(self, source: SourceId) -> None:
        """Let it rest, the longer the more often it has failed in a row."""
        with self._lock:
            failures = self._records[source].failures + 1 if source in self._records else 1
            self._records[source] = _Record(failures, monotonic() + _rest(failures))

    def answered(self, source: SourceId) -> bool:
        """Forget that it ever failed; say whether it had."""
        with self._lock:
            return self._records.pop(source, None) is not None


def _rest(failures: int) -> float:
    return min(FIRST_REST * 2.0 ** min(failures - 1, 10), LONGEST_REST)
