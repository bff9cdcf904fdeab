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


@dataclass
class _Record:
    """What is known of a source that failed last time."""

    failures: int
    until: float


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
            counted = record is not None and not rest
            if counted and self._running >= self._suspects:
                counted, rest = False, FIRST_REST
            self._running += counted
        try:
            yield timedelta(seconds=rest)
        finally:
            with self._lock:
                self._running -= counted

    def failed(self, source: SourceId) -> None:
        """Let it rest, the longer the more often it has failed in a row."""
        with self._lock:
            failures = self._records[source].failures + 1 if source in self._records else 1
            rest = min(FIRST_REST * 2 ** min(failures - 1, 10), LONGEST_REST)
            self._records[source] = _Record(failures, monotonic() + rest)

    def answered(self, source: SourceId) -> None:
        """Forget that it ever failed."""
        with self._lock:
            self._records.pop(source, None)
