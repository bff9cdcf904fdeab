"""What the map knows of each point, a column at a time: the database packs a column of all points into one value.

That takes a third of the time of rows, a million of which would each be unpacked alone; and sets of tags or departments
come once, with the points that have them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, select, text

from broker.domain.catalog.catalog import Lifecycle, Status, Visibility
from storage.db.tables import camera_gone, department

if TYPE_CHECKING:
    from psycopg import Connection as Driver

STATUSES, LIFECYCLES, VISIBILITIES = tuple(Status), tuple(Lifecycle), tuple(Visibility)
"""A point's is told as the place in these."""

_DIVISION = (  # as rpad(division, 12, '0')::bigint says it, in half the time where it is that of a county, as most are
    "CASE octet_length(division) WHEN 6 THEN division::bigint * 1000000 WHEN 12 THEN division::bigint"
    " WHEN 0 THEN 0 ELSE rpad(division, 12, '0')::bigint END"
)
_TRAITS = " + ".join([
    "coalesce(point_class, 0)",
    *(
        f"CASE {column} {' '.join(f'WHEN {it.value!r} THEN {place * scale}' for place, it in enumerate(kinds))} END"
        for column, kinds, scale in (("status", STATUSES, 16), ("lifecycle", LIFECYCLES, 64),
                                     ("visibility", VISIBILITIES, 256))
    ),
    "CASE WHEN source_id IS NOT NULL THEN 1024 ELSE 0 END",
    "CASE WHEN sensitive THEN 2048 ELSE 0 END",
])  # fmt: skip
_TRAIT_BITS = 12
_PACKED = (
    "uuid_send(id)", "uuid_send(owner_id)", "float8send(longitude)", "float8send(latitude)",
    f"int8send(({_DIVISION} << {_TRAIT_BITS}) + {_TRAITS})",
)  # fmt: skip
_UUID, _DOUBLE, _LONG = "V16", ">f8", ">i8"

Halves = NDArray[np.uint64]
Value = TypeVar("Value", bound=tuple[object, ...])


@dataclass(frozen=True)
class MapRows:
    """Points by columns; those shown to some departments and those with tags, by what is told; by id what is gone."""

    ids: NDArray[np.void]
    owners: NDArray[np.void]
    longitudes: NDArray[np.float64]
    latitudes: NDArray[np.float64]
    divisions: NDArray[np.int64]
    traits: NDArray[np.uint16]
    shown_to: dict[tuple[bytes, ...], Halves]
    tags: dict[tuple[str, ...], Halves]
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
        if since is None:  # the one statement that reads the whole table while somebody waits: two may read it
            self._connection.execute(text("SET LOCAL max_parallel_workers_per_gather = 1"))
        where = "" if since is None else f" WHERE changed >= '{since:d}'::xid8"
        packed = ", ".join(f"string_agg({expression}, '')" for expression in _PACKED)
        row = self._packed(f"SELECT {packed} FROM camera{where}")  # noqa: S608  # constants
        numbers = _unpacked(row[4], _LONG)
        marked = self._marked(since)
        left = select(camera_gone.c.id).where(camera_gone.c.changed >= since) if since is not None else None
        return MapRows(
            ids=_unpacked(row[0], _UUID),
            owners=_unpacked(row[1], _UUID),
            longitudes=_unpacked(row[2], _DOUBLE),
            latitudes=_unpacked(row[3], _DOUBLE),
            divisions=numbers >> _TRAIT_BITS,
            traits=(numbers & ((1 << _TRAIT_BITS) - 1)).astype(np.uint16),
            shown_to=_by(marked, lambda row: tuple(it.bytes for it in row.shown_to)),
            tags=_by(marked, lambda row: tuple(row.tags)),
            gone=frozenset()
            if left is None
            else frozenset(key.bytes for key in self._connection.execute(left).scalars()),
        )

    def _packed(self, statement: str) -> Sequence[bytes | None]:
        """Return the one row of a statement; in binary, because as text its bytes would be twice as many."""
        raw = cast("Driver", self._connection.connection.driver_connection)
        with raw.cursor(binary=True) as cursor:
            row: Sequence[bytes | None] | None = cursor.execute(statement).fetchone()
        assert row is not None, "an aggregate has one row"  # noqa: S101  # the type says it, this says it at run time
        return row

    def _marked(self, since: int | None) -> Sequence[Row[Any]]:
        """Return the sets of tags and departments that some points have, each with the later halves of their ids."""
        newer = "" if since is None else f" AND changed >= '{since:d}'::xid8"
        packed = "string_agg(substring(uuid_send(id), 9), '')"
        where = f"(tags <> '{{}}' OR visibility = 'listed'){newer}"
        grouped = f"SELECT tags, shown_to, {packed} AS halves FROM camera WHERE {where} GROUP BY 1, 2"  # noqa: S608  # constants
        return self._connection.exec_driver_sql(grouped).all()

    def tree(self) -> int:
        """Return a number that changes when a department moves."""
        places = select(func.coalesce(func.sum(func.hashtextextended(department.c.path, 0)), 0))
        return int(self._connection.execute(places).scalar_one())

    def departments(self) -> dict[bytes, str]:
        """Return the path of every department, by id."""
        rows = self._connection.execute(select(department.c.id, department.c.path))
        return {row.id.bytes: row.path for row in rows}


def _unpacked(value: bytes | None, kind: str) -> NDArray[Any]:
    """Return what PostgreSQL has put one after the other, in the order of bytes of this machine."""
    return np.frombuffer(value or b"", dtype=kind).astype(np.dtype(kind).newbyteorder("="))


def _by(marked: Sequence[Row[Any]], told: Callable[[Row[Any]], Value]) -> dict[Value, Halves]:
    """Return the halves of ids by what is told of them."""
    found: dict[Value, list[Halves]] = {}
    for row in marked:
        if value := told(row):
            found.setdefault(value, []).append(np.frombuffer(row.halves, dtype=np.uint64))
    return {value: np.concatenate(parts) for value, parts in found.items()}
