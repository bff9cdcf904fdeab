"""Whether bytes may flow to somebody, asked before every chunk: a look at memory, kept true by a follower thread.

The follower reads the log of stops, woken by a notice or after a quarter of the lease. Each reading renews the lease;
without a valid lease (database away, thread stuck, process frozen) nothing flows. A delivery registers its cell first
and asks the database after that, so a stop in between is seen by one of the two.

Having acted on a stop, this process says so, and whoever stopped waits for that word. It is given after the cells are
dead *and* the event loop has cut their connections, so that nothing is left that could still be sent.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from uuid import uuid4

import psycopg

from broker.domain.errors import Unavailable
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.time import Clock
from storage.db.footage.replicas import RevocationLog
from storage.db.footage.revocations import LEASE

POLL = LEASE / 4
SETTLED = LEASE / 2  # seconds the event loop may take to cut connections before this process stops saying it is well
REASONS = {
    StopKind.GRANT: "grant-revoked",
    StopKind.PERSON: "person-locked",
    StopKind.CAMERA: "camera-locked",
    StopKind.DEPARTMENT: "department-locked",
}

logger = logging.getLogger(__name__)
Settled = Callable[[float], bool]
"""Says whether what was asked of the event loop so far is done, waiting for it at most so many seconds."""


class Cell:
    """What one delivery asks before each chunk."""

    def __init__(self, guard: "GrantGuard", on_death: Callable[[], None]) -> None:
        self._guard = guard
        self._on_death = on_death
        self._dead: str | None = None
        self.until: datetime | None = None

    def refusal(self) -> str | None:
        """Return why no byte may flow now, or None."""
        if self._dead is not None:
            return self._dead
        if not self._guard.leased:
            return "lease-lost"
        if self.until is None or self._guard.now() >= self.until:
            return "grant-expired"
        return None

    def kill(self, reason: str) -> None:
        """End the delivery for good."""
        self._dead = self._dead or reason
        self._on_death()


class GrantGuard:
    """The cells of this process, and the thread that kills them."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._id = uuid4()
        self._cells: dict[Stop, set[Cell]] = {}
        self._lock = threading.Lock()
        self._applied: int | None = None
        self._settled: Settled = lambda _seconds: True
        self._unsettled = False
        self._leased_until = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        return self._clock.now()

    @property
    def leased(self) -> bool:
        return time.monotonic() < self._leased_until

    def start(self, settled: Settled | None = None) -> None:
        """Begin to follow the log; until it has been read twice nothing flows."""
        self._settled = settled or self._settled
        self._thread = threading.Thread(target=self._follow, name="revocations", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    @contextlib.contextmanager
    def watch(self, stops: Collection[Stop], on_death: Callable[[], None]) -> Iterator[Cell]:
        """Register interest in all that may stop a delivery; `on_death` is called from the follower's thread.

        Raises:
            Unavailable: there is no lease, so nobody would tell of a stop.
        """
        cell = Cell(self, on_death)
        with self._lock:
            for stop in stops:
                self._cells.setdefault(stop, set()).add(cell)
        try:
            if not self.leased:
                raise Unavailable("lease-lost")
            yield cell
        finally:
            with self._lock:
                for stop in stops:
                    self._forget(stop, cell)

    def _forget(self, stop: Stop, cell: Cell) -> None:
        cells = self._cells.get(stop, set())
        cells.discard(cell)
        if not cells:
            self._cells.pop(stop, None)

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                with RevocationLog(self._url, self._id, LEASE) as log:
                    while not self._stopping.is_set():
                        self._turn(log)
                    self._leased_until = 0.0
                    log.leave()
            except (psycopg.Error, OSError) as error:
                logger.warning("the log of revocations cannot be read, nothing is delivered: %s", error)
                self._stopping.wait(POLL)

    def _turn(self, log: RevocationLog) -> None:
        """Read the log, act on it, say so, renew the lease, and sleep; without the word there is no lease."""
        begun = time.monotonic()  # before the reading: the lease must not outlive what was read
        if self._applied is None:  # nothing flows before the first lease, so there is nothing to end
            self._applied = log.newest()
        else:
            self._apply(log, self._applied)
        if self._unsettled and not self._settled(SETTLED):
            logger.warning("the event loop does not end deliveries that were stopped; no lease is taken")
            return
        self._unsettled = False
        if log.acknowledge(self._applied):
            self._leased_until = begun + LEASE
            log.wait(POLL)

    def _apply(self, log: RevocationLog, applied: int) -> None:
        for seq, stop in log.since(applied):
            with self._lock:
                cells = list(self._cells.get(stop, ()))
            for cell in cells:
                cell.kill(REASONS[stop.kind])
            self._unsettled |= bool(cells)
            self._applied = seq
