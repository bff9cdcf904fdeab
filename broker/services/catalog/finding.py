"""Find points: pages, the nearest ones, counts and map tiles of the same question, as far as the caller may know."""

import gzip
import hashlib
import time
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.finding import Point, Question
from broker.domain.catalog.places import Box, Spot
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId
from broker.domain.people.accounts import Caller
from broker.services.catalog.map import following
from broker.services.catalog.map.facets import Facets, count
from broker.services.catalog.map.following import MapFollower, Remembered
from broker.services.catalog.map.grid import DEEPEST, Grid
from broker.services.catalog.map.selection import Selection
from broker.services.catalog.map.tiles import tile
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

SELECTIONS, TILES = 24, 4_000


@dataclass(frozen=True)
class Wanted:
    """A question with departments by their codes: `owner` alone, `department` with all below it."""

    question: Question
    owner: str | None = None
    department: str | None = None


@dataclass(frozen=True)
class Tile:
    """A vector tile, packed as nearly everybody takes it; `mark` is the same for the same content."""

    packed: bytes
    mark: str

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.packed)


class MapView:
    """The points of one question that one caller may know of, as they were at a moment, and their tiles.

    Whoever holds it asks for a new one after `following.FRESH` seconds: the index it was made of is not asked about for
    longer either, so tiles lag behind the list, and behind the rights of the caller, by two seconds at most.
    """

    def __init__(self, selection: Selection, key: Hashable, tiles: Remembered[Tile]) -> None:
        self._selection = selection
        self._key = key
        self._tiles = tiles
        self.until = time.monotonic() + following.FRESH

    def drawn(self, grid: Grid, z: int, x: int, y: int) -> Tile | None:
        """Return a tile that was drawn before; None where it was not."""
        return self._tiles.kept((self._key, grid, z, x, y))

    def tile(self, grid: Grid, z: int, x: int, y: int) -> Tile:
        """Return a vector tile.

        Raises:
            Invalid: `no-such-tile`: there is none of this number.
        """
        if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
            raise Invalid("no-such-tile", pointer="/z", z=z, x=x, y=y)
        return self._tiles.get((self._key, grid, z, x, y), lambda: _packed(tile(self._selection, grid, z, x, y)))


class Finding:
    """Answers questions about where points are; the map is followed by each process for itself."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy
        self._map = MapFollower()
        self._selections: Remembered[Selection] = Remembered(SELECTIONS)
        self._facets: Remembered[Facets] = Remembered(SELECTIONS)
        self._tiles: Remembered[Tile] = Remembered(TILES)

    def page(self, caller: Caller, wanted: Wanted, *, after: CameraId | None, limit: int) -> Sequence[Point]:
        """Return points by id; all who ask, decide and look may list what is shown to them."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            question = _placed(work, wanted)
            return work.finding.page(question, Viewer.of(caller, work.now), after=after, limit=limit)

    def named(self, caller: Caller, keys: Collection[CameraId]) -> Sequence[Camera]:
        """Return these points by id, as far as they are shown to the caller."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            found = work.cameras.load_many(keys, Viewer.of(caller, work.now))
            return sorted(found.values(), key=lambda it: it.id)

    def nearest(self, caller: Caller, wanted: Wanted, spot: Spot, limit: int) -> Sequence[tuple[Point, float]]:
        """Return the points nearest to a spot, each with its distance in metres."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            return work.finding.nearest(_placed(work, wanted), Viewer.of(caller, work.now), spot, limit)

    def facets(self, caller: Caller, wanted: Wanted) -> Facets:
        """Return how many points there are of what kind; may lag behind the list by two seconds."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            selection, key = self._selection(work, caller, wanted)
        return self._facets.get(key, lambda: count(selection))

    def bounds(self, caller: Caller, wanted: Wanted) -> Box | None:
        """Return where nearly all points lie; None where there are none; may lag behind the list by two seconds."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            return self._selection(work, caller, wanted)[0].bounds

    def view(self, caller: Caller, wanted: Wanted) -> "MapView":
        """Return what a caller sees of a question at this moment; tiles are drawn from it for the next second."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            return MapView(*self._selection(work, caller, wanted), self._tiles)

    def _selection(
        self, work: UnitOfWork, caller: Caller, wanted: Wanted
    ) -> tuple[Selection, tuple[int, Viewer, Question]]:
        question, viewer = _placed(work, wanted), Viewer.of(caller, work.now)
        index = self._map.newest(work)
        key = (index.version, viewer, question)

        def select() -> Selection:
            if not question.text and question.recorded is None:
                return Selection(index, viewer, question)
            # What the map does not know the database is asked, and the answer is kept for as long as the index is.
            return Selection(index, viewer, question, np.frombuffer(work.finding.halves(question, viewer), np.uint64))

        return self._selections.get(key, select), key


def _placed(work: UnitOfWork, wanted: Wanted) -> Question:
    question = wanted.question
    if wanted.owner:
        question = replace(question, owners=frozenset({work.departments.by_code(wanted.owner).id}))
    if wanted.department:
        below = work.finding.departments_below(work.departments.by_code(wanted.department).path)
        question = replace(question, owners=below if question.owners is None else question.owners & below)
    return question


def _packed(content: bytes) -> Tile:
    mark = hashlib.sha256(content).hexdigest()[:32]
    return Tile(gzip.compress(content, 6, mtime=0), mark)
