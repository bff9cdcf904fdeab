"""The index of this process: read once, then brought up to date by what has changed, whenever it is asked for."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from broker.services.catalog.map.index import MapIndex, build, follow
from storage.db.unit_of_work import UnitOfWork

FRESH = 1.0
"""Seconds for which an index is taken for the truth."""
REBUILD = 100_000
"""Changed points from which on reading all anew takes no longer."""

Kept = TypeVar("Kept")


@dataclass
class _State:
    index: MapIndex | None = None
    since: int = 0
    tree: int = 0
    looked: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class MapFollower:
    """Hands out the newest index; those who come while it is brought up to date wait for it."""

    def __init__(self) -> None:
        self._state = _State()

    def newest(self, work: UnitOfWork) -> MapIndex:
        """Return an index that lags behind by no more than FRESH seconds."""
        state = self._state
        index = state.index
        if index is not None and time.monotonic() - state.looked < FRESH:
            return index
        with state.lock:
            if state.index is None or time.monotonic() - state.looked >= FRESH:
                begun = time.monotonic()
                since = work.map_rows.oldest_open()
                tree = work.map_rows.tree()
                state.index = self._read(work, state.index, state.since, moved=tree != state.tree)
                state.since, state.tree, state.looked = since, tree, begun
            return state.index

    @staticmethod
    def _read(work: UnitOfWork, index: MapIndex | None, since: int, *, moved: bool) -> MapIndex:
        if index is None:
            return build(work.map_rows.read(), work.map_rows.departments())
        rows = work.map_rows.read(since)
        if not len(rows) and not rows.gone and not moved:
            return index
        paths = work.map_rows.departments()
        if len(rows) > REBUILD:
            return build(work.map_rows.read(), paths, index.version + 1)
        return follow(index, rows, paths)


class Remembered(Generic[Kept]):
    """The newest results by what they were made of; the oldest are forgotten. For several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def kept(self, key: Hashable) -> Kept | None:
        """Return what is kept under a key, if anything is."""
        with self._lock:
            return self._kept.get(key)

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what is kept under a key, or make it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
