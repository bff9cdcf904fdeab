"""All points in memory, in the order of Morton: nothing here changes, a newer index takes the place of an older one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from broker.services.catalog.map.grid import Grid, Keys, morton, placed
from storage.db.catalog.map_rows import MapRows

CLASS, STATUS, LIFECYCLE, VISIBILITY = 0, 4, 6, 8
"""Where the bits of a trait begin."""
TWO_BITS, FOUR_BITS = 0b11, 0b1111
BOUND, SENSITIVE = 1 << 10, 1 << 11

Value = TypeVar("Value", bound=tuple[object, ...])
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Names:
    """Long things that points name by small numbers: departments, sets of tags, sets of departments."""

    departments: tuple[bytes, ...] = ()
    paths: tuple[str, ...] = ()
    tags: tuple[tuple[str, ...], ...] = ((),)
    shown: tuple[tuple[bytes, ...], ...] = ((),)


@dataclass(frozen=True, eq=False)
class MapIndex:
    """Columns of all points, each in the order of `keys`."""

    keys: Keys
    ids: NDArray[np.void]
    longitudes: NDArray[np.float64]
    latitudes: NDArray[np.float64]
    owners: NDArray[np.uint16]
    divisions: NDArray[np.int64]
    traits: NDArray[np.uint16]
    tags: NDArray[np.uint16]
    shown: NDArray[np.uint16]
    names: Names = field(default_factory=Names)
    version: int = 0

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def size(self) -> int:
        """Bytes of the columns."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    def trait(self, begin: int, mask: int = TWO_BITS, run: slice | Places = slice(None)) -> NDArray[np.uint16]:
        """Return the numbers that some bits of the traits spell."""
        return self.traits[run] >> np.uint16(begin) & np.uint16(mask)

    @cached_property
    def square(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where points lie in the square of the Mercator grid."""
        return placed(Grid.MERCATOR, self.longitudes, self.latitudes)

    @cached_property
    def by_degrees(self) -> tuple[Keys, Places]:
        """The keys of the other grid in order, and where their points stand here; made when it is first asked for."""
        keys = morton(*placed(Grid.DEGREES, self.longitudes, self.latitudes))
        order = np.argsort(keys, kind="stable")
        return keys[order], order


def build(rows: MapRows, paths: Mapping[bytes, str], version: int = 0) -> MapIndex:
    """Return the index of all points."""
    names = Names(departments=tuple(sorted(paths)), paths=tuple(paths[key] for key in sorted(paths)))
    return _ordered(rows, names, version)


def follow(index: MapIndex, rows: MapRows, paths: Mapping[bytes, str]) -> MapIndex:
    """Return the index with rows that are new, changed or gone."""
    known = set(index.names.departments)
    fresh = sorted(key for key in paths if key not in known)
    names = replace(
        index.names,
        departments=(*index.names.departments, *fresh),
        paths=tuple(paths.get(key, "") for key in (*index.names.departments, *fresh)),
    )
    newer = _ordered(rows, names, index.version + 1)
    stale = np.concatenate([rows.ids, np.frombuffer(b"".join(rows.gone), dtype="V16")])
    kept = ~np.isin(halves(index.ids), halves(stale))
    keys = index.keys[kept]
    at = np.searchsorted(keys, newer.keys)
    columns = {
        name: np.insert(getattr(index, name)[kept], at, getattr(newer, name))
        for name in ("longitudes", "latitudes", "owners", "divisions", "traits", "tags", "shown")
    }
    ids = np.insert(index.ids[kept], at, newer.ids)
    return MapIndex(keys=np.insert(keys, at, newer.keys), ids=ids, names=newer.names, version=newer.version, **columns)


def _ordered(rows: MapRows, names: Names, version: int) -> MapIndex:
    keys = morton(*placed(Grid.MERCATOR, rows.longitudes, rows.latitudes))
    order = np.argsort(keys, kind="stable")
    ids = rows.ids[order]
    by_id = np.argsort(halves(ids)) if rows.tags or rows.shown_to else np.empty(0, dtype=np.intp)
    tags, tag_sets = _numbered(ids, by_id, rows.tags, names.tags)
    shown, shown_sets = _numbered(ids, by_id, rows.shown_to, names.shown)
    return MapIndex(
        keys=keys[order], ids=ids, longitudes=rows.longitudes[order], latitudes=rows.latitudes[order],
        owners=_owners(rows.owners, names.departments)[order], divisions=rows.divisions[order],
        traits=rows.traits[order].astype(np.uint16), tags=tags, shown=shown,
        names=replace(names, tags=tag_sets, shown=shown_sets), version=version,
    )  # fmt: skip


def _owners(owners: NDArray[np.void], departments: tuple[bytes, ...]) -> NDArray[np.uint16]:
    known = halves(np.frombuffer(b"".join(departments), dtype="V16"))
    order = np.argsort(known)
    return order[np.searchsorted(known[order], halves(owners))].astype(np.uint16)


def _numbered(
    ids: NDArray[np.void], by_id: Places, told: Mapping[Value, NDArray[np.uint64]], known: tuple[Value, ...]
) -> tuple[NDArray[np.uint16], tuple[Value, ...]]:
    """Return for each point the number of what is told of it, 0 where nothing is; and what the numbers mean."""
    numbers = {value: place for place, value in enumerate(known)}
    for value in told:
        numbers.setdefault(value, len(numbers))
    column = np.zeros(len(ids), dtype=np.uint16)
    if told and len(ids):
        wanted = np.concatenate(list(told.values()))
        means = np.repeat(np.array([numbers[value] for value in told], dtype=np.uint16), [*map(len, told.values())])
        mine = halves(ids)[by_id]
        at = np.minimum(np.searchsorted(mine, wanted), len(mine) - 1)
        hit = mine[at] == wanted
        column[by_id[at[hit]]] = means[hit]
    return column, tuple(numbers)


def halves(ids: NDArray[np.void]) -> NDArray[np.uint64]:
    """Return the later halves of ids: 62 random bits, as good as the whole and ten times faster to compare."""
    return ids.view(np.uint64).reshape(-1, 2)[:, 1]
