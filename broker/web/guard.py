"""Whether bytes may flow under a grant, asked before every chunk: a look at memory, kept true by a follower thread.

The follower reads the log of revocations, woken by a notice or after a quarter of the lease. Each successful read
renews the lease; without a valid lease (database away, thread stuck, process frozen) nothing flows. A delivery
registers its cell first and asks the database after that, so a revocation in between is seen by one of the two.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg

from broker.domain.ids import GrantId
from broker.domain.time import Clock
from storage.db.revocations import RevocationLog

LEASE = 1.0
POLL = LEASE / 4

logger = logging.getLogger(__name__)


class Cell:
    """What one delivery asks about its grant."""

    def __init__(self, guard: "GrantGuard", on_death: Callable[[], None]) -> None:
        self._guard = guard
        self._on_death = on_death
        self._alive = True
        self.until: datetime | None = None

    def refusal(self) -> str | None:
        """Return why no byte may flow now, or None."""
        if not self._alive:
            return "grant-revoked"
        if not self._guard.leased:
            return "lease-lost"
        if self.until is None or self._guard.now() >= self.until:
            return "grant-expired"
        return None

    def kill(self) -> None:
        self._alive = False
        self._on_death()


class GrantGuard:
    """The cells of this process, and the thread that kills them."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._cells: dict[GrantId, set[Cell]] = {}
        self._lock = threading.Lock()
        self._leased_until = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        return self._clock.now()

    @property
    def leased(self) -> bool:
        return time.monotonic() < self._leased_until

    def start(self) -> None:
        """Begin to follow the log; until the first read has succeeded nothing flows."""
        self._thread = threading.Thread(target=self._follow, name="revocations", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    @contextlib.contextmanager
    def watch(self, grant: GrantId, on_death: Callable[[], None]) -> Iterator[Cell]:
        """Register interest in a grant; `on_death` is called from the follower's thread when it is revoked."""
        cell = Cell(self, on_death)
        with self._lock:
            self._cells.setdefault(grant, set()).add(cell)
        try:
            yield cell
        finally:
            with self._lock:
                cells = self._cells.get(grant, set())
                cells.discard(cell)
                if not cells:
                    self._cells.pop(grant, None)

    def _follow(self) -> None:
        applied: int | None = None
        while not self._stopping.is_set():
            try:
                with RevocationLog(self._url, timeout=LEASE) as log:
                    while not self._stopping.is_set():
                        begun = time.monotonic()  # before the read: the lease must not outlive what was read
                        applied = log.newest() if applied is None else self._apply(log, applied)
                        self._leased_until = begun + LEASE
                        log.wait(POLL)
            except (psycopg.Error, OSError) as error:
                logger.warning("the log of revocations cannot be read, nothing is delivered: %s", error)
                self._stopping.wait(POLL)

    def _apply(self, log: RevocationLog, applied: int) -> int:
        for seq, grant in log.since(applied):
            with self._lock:
                cells = list(self._cells.get(grant, ()))
            for cell in cells:
                cell.kill()
            applied = seq
        return applied
