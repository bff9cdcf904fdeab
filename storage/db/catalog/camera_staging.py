"""The drafts of a list on their way into the catalogue: pieces of lines as COPY takes them.

The lines of the next piece are made in a thread while the database works on this one: reading a list is work for one
processor, writing it for another. What may be known to the catalogue goes into a temporary table and is matched there;
what is certainly new goes straight into the catalogue (`camera_merge`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, cast

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

from broker.domain.catalog.catalog import PointDraft, place_key
from broker.domain.ids import new_numbers
from storage.db.catalog.sought_many import Told, sought_many

if TYPE_CHECKING:
    from psycopg import Connection as Driver

PIECE = 10_000
"""Drafts of one COPY: a whole list in one would run into the time limit of a statement while the file is read."""

AT_ONCE = 1_000
"""Drafts that are made into lines together; what a thousand rows take is still near the processor."""

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
BODY = (
    *("gb_code", "external_key", "name", "division", "address", "latitude", "longitude", "direction", "point_class"),
    *("sensitive", "synthetic", "extra", "record", "edition", "tags", "custom", "sought"),
)
"""The columns that a draft and a camera fill with the same texts, in the order of a line."""

STAGED = ("position", "number", "place", "row_name", "fresh_id", "lifecycle", *BODY)
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

EMPTY = "\\N"


Line = tuple[str | None, str | None, bool, str, str, str, str]
"""A draft as COPY takes it: code, key, whether it lacks nothing; then the parts of a line: `head` for the staging table
alone, the fresh id, the lifecycle, `body` for both. The collector of garbage never comes back to a tuple of texts.
"""


class Prepared(NamedTuple):
    """Codes and keys of some lines as arrays of the database; and the lines for COPY, where all are hoped to be new."""

    codes: str
    keys: str
    lines: bytes


class Piece(NamedTuple):
    """So many drafts as lines, the number of the last row among them, and what `prepare` made of them."""

    lines: Sequence[Line]
    last: int
    prepared: Prepared


class Needs(NamedTuple):
    """What a new point must have: fields of the record by its class, fields of the city."""

    record: Mapping[int, AbstractSet[str]]
    own: AbstractSet[str]

    def met(self, found: PointDraft) -> bool:
        """Say whether a draft has all of it; one that has not is judged in the staging table."""
        wanted = self.record.get(found.point_class or 0)
        return (wanted is None or wanted <= found.record.keys()) and self.own <= found.custom.keys()


def make_tables(connection: Connection) -> None:
    """Make the tables, also for a second merge in one transaction."""
    for table in (draft, meant):
        connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table.name}"))
        table.create(connection, checkfirst=False)


def pieces(
    drafts: Iterable[PointDraft], needs: Needs, prepare: Callable[[Sequence[Line]], Prepared], *, placed: bool,
    size: int = PIECE,
) -> Iterator[Piece]:  # fmt: skip
    """Yield the drafts as lines, always one piece ahead of who takes them; `prepare` is called ahead too.

    `placed`: whether the owner has cameras that are known by their place alone, which a coded draft may take over.
    """
    left = iter(drafts)
    count = 0

    def next_piece() -> Piece | None:
        nonlocal count
        lines: list[Line] = []
        number = 0
        for begin in range(0, size, AT_ONCE):
            found = list(islice(left, min(AT_ONCE, size - begin)))
            lines += _lines(found, count, needs, placed=placed)
            count += len(found)
            number = found[-1].number if found else number
        return Piece(lines, number, prepare(lines)) if lines else None

    with ThreadPoolExecutor(1, thread_name_prefix="list") as reader:
        coming = reader.submit(next_piece)
        while (piece := coming.result()) is not None:
            coming = reader.submit(next_piece)
            yield piece


def stage(connection: Connection, lines: Iterable[Line], *, anew: bool) -> None:
    """Put lines into the table, `anew` in the place of those before."""
    if anew:
        connection.execute(text("TRUNCATE camera_draft"))
    copy_in(connection, "camera_draft", STAGED, "".join([
        f"{head}\t{fresh_id}\t{lifecycle}\t{body}\n" for _, _, _, head, fresh_id, lifecycle, body in lines
    ]).encode())  # fmt: skip


def copy_in(connection: Connection, table: str, columns: Sequence[str], lines: bytes) -> None:
    """Hand lines to COPY."""
    raw = cast("Driver", connection.connection.driver_connection)
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        copy.write(lines)


def _lines(drafts: Sequence[PointDraft], begin: int, needs: Needs, *, placed: bool) -> Iterator[Line]:
    listed = zip(drafts, new_numbers(len(drafts)), sought_many([_told(each) for each in drafts]), strict=True)
    for position, (found, fresh, words) in enumerate(listed, begin):  # the ids stand in the order of the list
        place = None
        if placed and found.gb_code is not None and found.external_key is None:
            place = place_key(found.name, found.latitude, found.longitude)
        head = f"{position}\t{found.number}\t{place or EMPTY}\t{_text(found.where)}"
        yield (
            found.gb_code, found.external_key, needs.met(found), head, f"{fresh:032x}", found.lifecycle or EMPTY,
            _body(found, words),
        )  # fmt: skip


def _told(found: PointDraft) -> Told:
    common = found.record.get("common_name")
    return found.name, found.address, found.gb_code, common if isinstance(common, str) else None


def _body(found: PointDraft, words: str) -> str:
    """Return the columns of `BODY` of a draft."""
    direction = EMPTY if found.direction is None else found.direction.value
    point_class = EMPTY if found.point_class is None else found.point_class
    key = EMPTY if found.external_key is None else _text(found.external_key)
    return (
        f"{found.gb_code or EMPTY}\t{key}\t{_text(found.name)}\t{found.division}\t{_text(found.address)}\t"
        f"{found.latitude!r}\t{found.longitude!r}\t{direction}\t{point_class}\t"
        f"{'t' if found.sensitive else 'f'}\t{'t' if found.synthetic else 'f'}\t"
        f"{_object(found.extra) if found.extra else '{}'}\t{_object(found.record) if found.record else '{}'}\t"
        f"{found.edition or EMPTY}\t{_text(array(found.tags)) if found.tags else '{}'}\t"
        f"{_object(found.custom) if found.custom else '{}'}\t{_text(words)}"
    )


def _text(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    return value if value.isprintable() else value.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _object(value: Mapping[str, object]) -> str:
    return to_json(value).decode().replace("\\", "\\\\")


def array(values: Sequence[str]) -> str:
    """Return texts as the database reads an array of them."""
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return "{" + ",".join([f'"{value}"' for value in quoted]) + "}"
