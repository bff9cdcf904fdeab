"""What the map knows of each point, a column at a time: the database packs a column of all points into one value.

That takes a third of the time of rows, a million of which would each be unpacked alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select, text

from broker.domain.catalog import Lifecycle, Status, Visibility
from storage.db.tables import camera, camera_gone, department

STATUSES, LIFECYCLES, VISIBILITIES = tuple(Status), tuple(Lifecycle), tuple(Visibility)
"""A point's is told as the place in these."""

_DIVISION = "CASE WHEN division <> '' THEN rpad(division, 12, '0')::bigint ELSE 0 END"
_TRAITS = " + ".join([
    "coalesce(point_class, 0)",
    *(f"(status = '{it}')::int * {place * 16}" for place, it in enumerate(STATUSES) if place),
    *(f"(lifecycle = '{it}')::int * {place * 64}" for place, it in enumerate(LIFECYCLES) if place),
    *(f"(visibility = '{it}')::int * {place * 256}" for place, it in enumerate(VISIBILITIES) if place),
    "(source_id IS NOT NULL)::int * 1024",
    "sensitive::int * 2048",
])  # fmt: skip
_COLUMNS = ("id", "owner_id", "longitude", "latitude", _DIVISION, _TRAITS)
_UUID, _DOUBLE, _LONG, _INTEGER = "V16", ">f8", ">i8", ">i4"
_HEADER = 20
"""Bytes of an array before its elements: how many dimensions, nulls, the type, the length, where it begins."""


@dataclass(frozen=True)
class MapRows:
    """Points by columns, and by id those shown to some departments, those with tags, and those that are gone."""

    ids: NDArray[np.void]
    owners: NDArray[np.void]
    longitudes: NDArray[np.float64]
    latitudes: NDArray[np.float64]
    divisions: NDArray[np.int64]
    traits: NDArray[np.int32]
    shown_to: dict[bytes, tuple[bytes, ...]]
    tags: dict[bytes, tuple[str, ...]]
    gone: frozenset[bytes] = frozenset()

    def __len__(self) -> int:
        return len(self.ids)


class MapRowRepository:
    """Reads for the map over one open transaction; who may see what is for the map to decide."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def oldest_open(self) -> int:
        """Return the oldest transaction that still runs: what it and younger ones write is not yet all seen."""
        return int(self._connection.execute(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")).scalar_one())

    def read(self, since: int | None = None) -> MapRows:
        """Return all points, or those that the transaction `since` or a younger one wrote or deleted."""
        where = "" if since is None else f" WHERE changed >= '{since:d}'::xid8"
        packed = ", ".join(f"array_send(array_agg({expression}))" for expression in _COLUMNS)
        row = self._connection.exec_driver_sql(f"SELECT {packed} FROM camera{where}").one()  # noqa: S608  # constants
        newer = [] if since is None else [camera.c.changed >= since]
        named = select(camera.c.id, camera.c.shown_to).where(func.cardinality(camera.c.shown_to) > 0, *newer)
        tagged = select(camera.c.id, camera.c.tags).where(func.cardinality(camera.c.tags) > 0, *newer)
        left = select(camera_gone.c.id).where(camera_gone.c.changed >= since) if since is not None else None
        return MapRows(
            ids=_unpacked(row[0], _UUID),
            owners=_unpacked(row[1], _UUID),
            longitudes=_unpacked(row[2], _DOUBLE),
            latitudes=_unpacked(row[3], _DOUBLE),
            divisions=_unpacked(row[4], _LONG),
            traits=_unpacked(row[5], _INTEGER),
            shown_to={row.id.bytes: tuple(it.bytes for it in row.shown_to) for row in self._connection.execute(named)},
            tags={row.id.bytes: tuple(sorted(row.tags)) for row in self._connection.execute(tagged)},
            gone=frozenset()
            if left is None
            else frozenset(key.bytes for key in self._connection.execute(left).scalars()),
        )

    def departments(self) -> dict[bytes, str]:
        """Return the path of every department, by id."""
        rows = self._connection.execute(select(department.c.id, department.c.path))
        return {row.id.bytes: row.path for row in rows}


def _unpacked(value: bytes | None, kind: str) -> NDArray[Any]:
    """Return the elements of an array of PostgreSQL: each has its length before it."""
    native = np.dtype(kind).newbyteorder("=")
    if value is None:
        return np.empty(0, dtype=native)
    elements = np.frombuffer(value, dtype=[("length", ">i4"), ("value", kind)], offset=_HEADER)
    return elements["value"].astype(native)
