"""The merge of a list into the catalogue: COPY into a temporary table, then one statement a step.

    stage    the drafts go into `camera_draft`, in the order of the list
    match    each draft finds its camera: by code, else by owner and key, else by the key of its place
    count    what is new, what differs, what is the same
    write    one INSERT .. SELECT, one UPDATE .. FROM that touches only rows that differ

A draft whose keys point at two cameras, or at another owner's, or at a camera that an earlier row means, is a conflict:
it stays outside and comes back as a problem of its row.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, cast
from uuid import UUID

from sqlalchemy import (
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
    and_,
    case,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import ColumnElement

from broker.domain.catalog import Merged, PointDraft, RowProblem, place_key
from broker.domain.ids import DepartmentId, new_id
from storage.db.tables import camera

if TYPE_CHECKING:
    from psycopg import Connection as Driver

draft = Table(
    "camera_draft",
    MetaData(),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
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
    Column("camera_id", Uuid),
    Column("fault", Text),
    Column("told", Text),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
STAGED = tuple(column.name for column in draft.columns if column.name not in {"camera_id", "fault", "told"})
"""The columns that COPY fills; the camera, or the fault and what is told with it, are found by matching."""

FAULT_FIELDS = {"point-code-foreign": "gb_code", "point-key-taken": "external_key", "point-same-camera": ""}
"""Why a draft stays outside, and the field that a report names for it."""

BATCH = 10_000
"""Drafts of one COPY: a whole list in one would run into the time limit of a statement while the file is read."""

ONE_IMPORT_AT_A_TIME = 0x63616D657261
"""Key of the advisory lock: two imports at once could both hold a code for new. The bytes spell "camera"."""


def merge_drafts(
    connection: Connection,
    owner_id: DepartmentId,
    drafts: Iterable[PointDraft],
    stream: str,
    version: int,
    *,
    dry_run: bool,
) -> Merged:
    """Merge the drafts of one list, whose codes and keys are each unique within the list.

    A camera that is new or differs gets (stream, version), the event of the import, which the caller writes in the
    same transaction. A field that a draft leaves empty keeps what the camera has; `extra` is the latest list's. With
    `dry_run` everything is counted and nothing written. Otherwise other imports wait until this transaction ends (it
    must run under READ COMMITTED, so that what they wrote is seen then).

    Raises:
        sqlalchemy.exc.IntegrityError: two drafts have the same code or key, which `Checker` makes impossible.
    """
    _stage(connection, drafts)
    if not dry_run:
        connection.execute(select(func.pg_advisory_xact_lock(ONE_IMPORT_AT_A_TIME)))
    _match(connection, owner_id)
    conflicts = _conflicts(connection)
    inserted, updated, unchanged = _count(connection)
    if not dry_run:
        if inserted:
            _insert_new(connection, owner_id, stream, version)
        if updated:
            _update_known(connection, stream, version)
    return Merged(inserted, updated, unchanged, conflicts)


def _stage(connection: Connection, drafts: Iterable[PointDraft]) -> None:
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.camera_draft"))  # a second merge in one transaction
    draft.create(connection, checkfirst=False)
    seen: set[str] = set()
    numbered = enumerate(drafts)
    while batch := list(islice(numbered, BATCH)):
        ids = sorted(new_id() for _ in batch)  # so that the cameras stand in the order of the list
        _copy(connection, [_staged(*found, key, seen) for found, key in zip(batch, ids, strict=True)])
    connection.execute(text("ANALYZE camera_draft"))  # nobody else counts the rows of a temporary table


def _copy(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    raw = cast("Driver", connection.connection.driver_connection)
    with raw.cursor() as cursor, cursor.copy(f"COPY camera_draft ({', '.join(STAGED)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _staged(position: int, found: PointDraft, fresh_id: UUID, seen: set[str]) -> tuple[object, ...]:
    """Return the row of a draft; only the first coded draft of a place may take over the uncoded camera there."""
    place = None
    if found.gb_code is not None and found.external_key is None:
        place = place_key(found.name, found.latitude, found.longitude)
        place = None if place in seen else place
        seen.add(place or "")
    told = {
        "position": position,
        "fresh_id": fresh_id,
        "place": place,
        "row_name": found.where,
        "gb_code": found.gb_code,
        "external_key": found.external_key,
        "name": found.name,
        "division": found.division,
        "address": found.address,
        "latitude": found.latitude,
        "longitude": found.longitude,
        "direction": None if found.direction is None else int(found.direction),
        "point_class": found.point_class,
        "sensitive": found.sensitive,
        "synthetic": found.synthetic,
        "extra": json.dumps(dict(found.extra), ensure_ascii=False, allow_nan=False),
    }
    return tuple(told[name] for name in STAGED)


def _match(connection: Connection, owner_id: DepartmentId) -> None:
    """Write into each draft the camera it means, or why it stays outside."""
    other = draft.alias("other")
    still_meant = other.c.external_key == draft.c.place  # the uncoded camera of a place has a row of its own
    connection.execute(update(draft).where(still_meant).values(place=None))
    coded, keyed, placed = camera.alias("coded"), camera.alias("keyed"), camera.alias("placed")
    by_code = coded.c.gb_code == draft.c.gb_code
    by_key = and_(keyed.c.owner_id == owner_id, keyed.c.external_key == draft.c.external_key)
    by_place = and_(placed.c.owner_id == owner_id, placed.c.external_key == draft.c.place, placed.c.gb_code.is_(None))
    foreign = coded.c.owner_id != owner_id
    elsewhere = or_(coded.c.id != keyed.c.id, and_(coded.c.id.is_(None), draft.c.gb_code != keyed.c.gb_code))
    found = (
        select(
            draft.c.position,
            func.coalesce(coded.c.id, keyed.c.id, placed.c.id).label("camera_id"),
            case((foreign, "point-code-foreign"), (elsewhere, "point-key-taken")).label("fault"),
            case((foreign, ""), (elsewhere, func.coalesce(keyed.c.gb_code, keyed.c.name))).label("told"),
        )
        .select_from(draft)
        .outerjoin(coded, by_code)
        .outerjoin(keyed, by_key)
        .outerjoin(placed, by_place)
        .subquery()
    )
    connection.execute(
        update(draft)
        .where(draft.c.position == found.c.position)
        .values(camera_id=found.c.camera_id, fault=found.c.fault, told=found.c.told)
    )
    _match_once(connection)


def _match_once(connection: Connection) -> None:
    """Refuse every draft that means a camera which an earlier draft means, by another of its keys."""
    turns = (
        select(
            draft.c.position,
            func.first_value(draft.c.row_name)
            .over(partition_by=draft.c.camera_id, order_by=draft.c.position)
            .label("first"),
            func.row_number().over(partition_by=draft.c.camera_id, order_by=draft.c.position).label("turn"),
        )
        .where(draft.c.camera_id.is_not(None), draft.c.fault.is_(None))
        .subquery()
    )
    connection.execute(
        update(draft)
        .where(draft.c.position == turns.c.position, turns.c.turn > 1)
        .values(fault="point-same-camera", told=turns.c.first)
    )


def _conflicts(connection: Connection) -> tuple[RowProblem, ...]:
    key = case((draft.c.fault == "point-key-taken", draft.c.external_key), else_=draft.c.gb_code)
    value = func.coalesce(key, draft.c.external_key)
    found = select(draft.c.row_name, draft.c.fault, value, draft.c.told)
    rows = connection.execute(found.where(draft.c.fault.is_not(None)).order_by(draft.c.position))
    return tuple(RowProblem(where, FAULT_FIELDS[fault], fault, value, told) for where, fault, value, told in rows)


def _merged() -> dict[str, ColumnElement[object]]:
    """Return what each column of a known camera becomes: a draft that says nothing changes nothing."""
    kept = {
        name: func.coalesce(draft.c[name], camera.c[name])
        for name in ("gb_code", "external_key", "direction", "point_class")
    }
    filled = {name: func.coalesce(func.nullif(draft.c[name], ""), camera.c[name]) for name in ("division", "address")}
    said: dict[str, ColumnElement[object]] = {
        name: draft.c[name] for name in ("name", "latitude", "longitude", "extra")
    }
    marked = {
        name: cast("ColumnElement[object]", or_(draft.c[name], camera.c[name])) for name in ("sensitive", "synthetic")
    }
    return kept | filled | said | marked


def _differs() -> ColumnElement[bool]:
    return or_(*(camera.c[name].is_distinct_from(value) for name, value in _merged().items()))


def _count(connection: Connection) -> tuple[int, int, int]:
    new = draft.c.camera_id.is_(None)
    rows = select(
        func.count().filter(new),
        func.count().filter(not_(new), _differs()),
        func.count().filter(not_(new), not_(_differs())),
    )
    known = rows.select_from(draft.outerjoin(camera, camera.c.id == draft.c.camera_id))
    inserted, updated, unchanged = connection.execute(known.where(draft.c.fault.is_(None))).one()
    return inserted, updated, unchanged


def _insert_new(connection: Connection, owner_id: DepartmentId, stream: str, version: int) -> None:
    columns = [*_merged(), "id", "owner_id", "stream", "version"]
    values = [draft.c[name] for name in _merged()]
    new = select(*values, draft.c.fresh_id, literal(owner_id, Uuid), literal(stream, Text), literal(version, Integer))
    new = new.where(draft.c.camera_id.is_(None), draft.c.fault.is_(None)).order_by(draft.c.position)
    connection.execute(insert(camera).from_select(columns, new))


def _update_known(connection: Connection, stream: str, version: int) -> None:
    connection.execute(
        update(camera)
        .where(camera.c.id == draft.c.camera_id, draft.c.fault.is_(None), _differs())
        .values(**_merged(), stream=stream, version=version)
    )
