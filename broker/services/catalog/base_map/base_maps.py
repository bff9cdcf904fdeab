"""The base map as somebody sees it: its layers, its tiles where they go through the program, outlines without it."""

from typing import Protocol

from broker.domain.catalog.divisions import prefix
from broker.domain.catalog.finding import Question
from broker.domain.errors import Invalid, Unavailable, Unknown
from broker.domain.people.accounts import Caller
from broker.services.catalog.base_map.layers import Kind, Layers
from broker.services.catalog.base_map.tile import BaseTile
from broker.services.catalog.finding import Finding, Wanted
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work
from storage.geography.outlines import outlines
from storage.geography.pmtiles import BadMapFile, MapFile

MOST_CITIES = 3
CITY = 4  # figures of its code
EVERYTHING = Wanted(Question())


class Tiles(Protocol):
    """Where tiles come from."""

    def tile(self, layer: int, z: int, x: int, y: int) -> BaseTile | None:
        """Return a tile; None where there is none."""


class FileTiles:
    """The tiles of a file; it has one layer."""

    def __init__(self, file: MapFile) -> None:
        self._file = file

    def tile(self, layer: int, z: int, x: int, y: int) -> BaseTile | None:
        """Return a tile; None where the file has none, `layer` is the only one.

        Raises:
            Unavailable: the file is damaged.
        """
        try:
            content = self._file.tile(z, x, y)
        except BadMapFile:
            raise Unavailable("base-map-unreachable", layer=layer) from None
        return None if content is None else BaseTile(content, self._file.media_type, self._file.packed)


class BaseMaps:
    """What lies under the points of the map.

    Attributes:
        layers: how the base map is drawn, the same for everybody.
        outlined: whether outlines are shown where there is none.
    """

    def __init__(
        self, work: Work, policy: Authorizer, finding: Finding, layers: Layers, tiles: Tiles | None, *, outlined: bool
    ) -> None:
        self._work = work
        self._policy = policy
        self._finding = finding
        self._tiles = tiles
        self.layers = layers
        self.outlined = outlined and layers.kind is Kind.NONE

    def tile(self, caller: Caller, layer: int, z: int, x: int, y: int) -> BaseTile | None:
        """Return a tile that goes through the program; None where there is none.

        Raises:
            Unknown: no tiles go through the program, or none of that layer.
            Invalid: `no-such-tile`: there is none of this number.
            Unavailable: the server, or the file, has it not.
        """
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
        if self._tiles is None or not 0 <= layer < max(1, len(self.layers.addresses)):
            raise Unknown("unknown-base-map")
        if not (0 <= z <= self.layers.deepest and 0 <= x < 2**z and 0 <= y < 2**z):
            raise Invalid("no-such-tile", pointer="/z", z=z, x=x, y=y)
        return self._tiles.tile(layer, z, x, y)

    def outline(self, caller: Caller) -> bytes:
        """Return the borders of provinces, and of the counties of those cities that most points lie in: packed GeoJSON.

        Raises:
            Unknown: outlines are switched off, or there is a base map.
        """
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
        if not self.outlined:
            raise Unknown("unknown-base-map")
        counts: dict[str, int] = {}
        for code, count in self._finding.facets(caller, EVERYTHING).divisions.items():
            city = prefix(code)[:CITY] if code else ""
            if len(city) == CITY:
                counts[city] = counts.get(city, 0) + count
        largest = sorted(counts, key=lambda city: (-counts[city], city))[:MOST_CITIES]
        return outlines(frozenset(largest))
