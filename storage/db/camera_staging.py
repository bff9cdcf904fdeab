"""The drafts of a list on their way into the catalogue: a temporary table, filled by COPY piece by piece.

The lines of the next piece are made in a thread while the database works on this one: reading a list is work for one
processor, writing it for another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, cast
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from broker.domain.catalog import PointDraft, place_key
from broker.domain.ids import new_id
from storage.db.sought import sought

if TYPE_CHECKING:
    from psycopg import Connection as Driver

PIECE = 10_000
"""Drafts of one COPY: a whole list in one would run into the time limit of a statement while the file is read."""

FOUND = frozenset({"camera_id", "fault", "told", "differs"})

draft = Table(
    "camera_draft",
    MetaData(),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("fresh_id", Uuid, nullable=False),
    Column("place", Text),
    Column("row_name", Text, nullable=False),
    Column("gb_code", Text),
    Column("external_key", Text),
    Column("name", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("direction", SmallInteger),
    Column("point_class", SmallInteger),
    Column("sensitive", Boolean, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("extra", JSONB, nullable=False),
    Column("record", JSONB, nullable=False),
    Column("edition", Text),
    Column("lifecycle", Text),
    Column("tags", ARRAY(Text), nullable=False),
    Column("custom", JSONB, nullable=False),
    Column("sought", Text, nullable=False),
    Column("camera_id", Uuid),
    Column("fault", Text),
    Column("told", Text),
    Column("differs", Boolean),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
STAGED = tuple(column.name for column in draft.columns if column.name not in FOUND)
"""The columns that COPY fills; the others are found by matching: the camera, or the fault and what is told with it."""

meant = Table(
    "camera_meant",
    MetaData(),
    Column("camera_id", Uuid, primary_key=True),
    Column("row_name", Text, nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
"""The cameras that earlier pieces meant, each with the row that did."""

_EMPTY = "\\N"


class Piece(NamedTuple):
    """So many drafts as lines of COPY."""

    drafts: int
    lines: bytes


def make_tables(connection: Connection) -> None:
    """Make the tables, also for a second merge in one transaction."""
    for table in (draft, meant):
        connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table.name}"))
        table.create(connection, checkfirst=False)


def pieces(drafts: Iterable[PointDraft], *, placed: bool, size: int = PIECE) -> Iterator[Piece]:
    """Yield the drafts as lines, always one piece ahead of who takes them.

    `placed`: whether the owner has cameras that are known by their place alone, which a coded draft may take over.
    """
    numbered = enumerate(drafts)

    def next_piece() -> Piece | None:
        found = list(islice(numbered, size))
        ids = sorted(new_id() for _ in found)  # so that the cameras stand in the order of the list
        lines = [_line(place, each, key, placed=placed) for (place, each), key in zip(found, ids, strict=True)]
        return Piece(len(lines), "".join(lines).encode()) if lines else None

    with ThreadPoolExecutor(1, thread_name_prefix="list") as reader:
        coming = reader.submit(next_piece)
        while (piece := coming.result()) is not None:
            coming = reader.submit(next_piece)
            yield piece


def stage(connection: Connection, piece: Piece, *, anew: bool) -> None:
    """Put a piece into the table, `anew` in the place of the one before."""
    if anew:
        connection.execute(text("TRUNCATE camera_draft"))
    raw = cast("Driver", connection.connection.driver_connection)
    with raw.cursor() as cursor, cursor.copy(f"COPY camera_draft ({', '.join(STAGED)}) FROM STDIN") as copy:
        copy.write(piece.lines)


def _line(position: int, found: PointDraft, fresh_id: UUID, *, placed: bool) -> str:
    """Return the line of a draft, its columns in the order of `STAGED`."""
    place = None
    if placed and found.gb_code is not None and found.external_key is None:
        place = place_key(found.name, found.latitude, found.longitude)
    common = cast("str | None", found.record.get("common_name"))
    columns = (
        str(position), str(found.number), fresh_id.hex, place or _EMPTY, _text(found.where),
        found.gb_code or _EMPTY, _text(found.external_key), _text(found.name), found.division, _text(found.address),
        repr(found.latitude), repr(found.longitude),
        _EMPTY if found.direction is None else str(int(found.direction)),
        _EMPTY if found.point_class is None else str(found.point_class),
        "t" if found.sensitive else "f", "t" if found.synthetic else "f",
        _object(found.extra), _object(found.record), found.edition or _EMPTY, found.lifecycle or _EMPTY,
        _array(found.tags), _object(found.custom),
        _text(sought(found.name, found.address, found.gb_code, common)),
    )  # fmt: skip
    return "\t".join(columns) + "\n"


def _text(value: str | None) -> str:
    if value is None:
        return _EMPTY
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    return value if value.isprintable() else value.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _object(value: Mapping[str, object]) -> str:
    return _text(to_json(dict(value)).decode()) if value else "{}"


def _array(values: Sequence[str]) -> str:
    if not values:
        return "{}"
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return _text("{" + ",".join(f'"{value}"' for value in quoted) + "}")
