"""The merge of a list into the catalogue, piece by piece in one transaction, each piece with one statement a step.

ask      which codes and keys the catalogue knows; what is certainly new is copied in as it stands, once
stage    the other drafts go into `camera_draft`, in the order of the list   (`camera_staging`)
match    each of them finds its camera, or why it stays outside              (`camera_match`)
write    one INSERT .. SELECT, one UPDATE .. FROM that touches only rows that differ, and their history
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    case,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
    update,
)

from broker.domain.catalog.catalog import Merged, PointDraft, RowProblem
from broker.domain.ids import DepartmentId, ImportId
from storage.db.catalog.camera_match import conflicts, knows_places, match, refuse_lacking
from storage.db.catalog.camera_newcomers import Newcomers
from storage.db.catalog.camera_staging import Needs, draft, make_tables, meant, pieces, stage
from storage.db.catalog.sought import sought
from storage.db.tables import camera, camera_history

ONE_IMPORT_AT_A_TIME = 0x63616D657261
"""Key of the advisory lock: two imports at once could both hold a code for new. The bytes spell "camera"."""

A_MILLIMETRE = 1e-8
"""Degrees: a place that went through another system of coordinates and back is where it was."""

_NESTED = frozenset({"record", "custom"})

Conflicts = Callable[[Sequence[tuple[int, RowProblem]]], None]


@dataclass(frozen=True)
class Writing:
    """Under which event cameras are written: its stream and number, who and when, and the import it belongs to."""

    stream: str
    version: int
    at: datetime
    actor: str = ""
    import_id: ImportId | None = None
    mandatory: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """By point class, the fields of the record without which a new point stays outside."""
    mandatory_own: Sequence[str] = ()
    """The fields of the city without which a new point stays outside, whatever its class."""


def merge_drafts(
    connection: Connection,
    owner_id: DepartmentId,
    drafts: Iterable[PointDraft],
    writing: Writing,
    *,
    dry_run: bool = False,
    conflicting: Conflicts | None = None,
    merged: Callable[[int], None] | None = None,
) -> Merged:
    """Merge the drafts of one list, whose codes and keys are each unique within the list.

    A camera that is new or differs gets (stream, version), the event of the import, which the caller writes in the
    same transaction. A field that a draft leaves empty keeps what the camera has; `extra` is the latest list's. With
    `dry_run` everything is counted and nothing written. Otherwise other imports wait until this transaction ends (it
    must run under READ COMMITTED, so that what they wrote is seen then). `conflicting` is handed what stays outside,
    by the number of the row, after each piece; without it everything is returned at the end. `merged` is handed the
    number of the last row of each piece that is through.

    Raises:
        sqlalchemy.exc.IntegrityError: two drafts have the same code or key, which `Checker` makes impossible.
    """
    told: list[tuple[int, RowProblem]] = []
    tell = conflicting or told.extend
    counts = [0, 0, 0]
    make_tables(connection)
    _prepare(connection, alone=not dry_run)
    placed = knows_places(connection, owner_id)
    wanted = {point_class: frozenset(keys) for point_class, keys in writing.mandatory.items()}
    needs = Needs(wanted, frozenset(writing.mandatory_own))
    newcomers = Newcomers(connection, owner_id, (writing.stream, writing.version), writing.import_id)
    for place, piece in enumerate(pieces(drafts, needs, newcomers.prepare, placed=placed)):
        lines = piece.lines
        if not (dry_run or placed):
            lines = newcomers.take(piece)
            counts[0] += len(piece.lines) - len(lines)
        if lines:
            stage(connection, lines, anew=place > 0 and not dry_run)
        if lines and not dry_run:
            tell(_merge_piece(connection, owner_id, writing, counts, placed=placed))
        if merged is not None:
            merged(piece.last)
    if dry_run:  # in one piece: what one would have written the next has to see
        connection.execute(text("ANALYZE camera_draft"))
        tell(_merge_piece(connection, owner_id, writing, counts, placed=placed, dry_run=True))
    _plan_freely(connection)
    inserted, updated, unchanged = counts
    return Merged(inserted, updated, unchanged, tuple(problem for _, problem in told))


def _merge_piece(
    connection: Connection, owner_id: DepartmentId, writing: Writing, counts: list[int],
    *, placed: bool, dry_run: bool = False,
) -> list[tuple[int, RowProblem]]:  # fmt: skip
    """Bring what is staged into the catalogue, add to the counts, and return what stays outside."""
    match(connection, owner_id, placed=placed)
    refuse_lacking(connection, writing.mandatory, writing.mandatory_own)
    outside = conflicts(connection)
    known = and_(draft.c.fault.is_(None), draft.c.camera_id == camera.c.id)
    updated = connection.execute(update(draft).where(known, _differs()).values(differs=True)).rowcount
    rows = select(func.count().filter(draft.c.camera_id.is_(None)), func.count()).where(draft.c.fault.is_(None))
    inserted, taken = connection.execute(rows).one()
    for place, count in enumerate((inserted, updated, taken - inserted - updated)):
        counts[place] += count
    if not dry_run:
        if inserted:
            _insert_new(connection, owner_id, writing)
        if updated:
            _note_history(connection, writing)
            _update_known(connection, writing)
        camera_id = func.coalesce(draft.c.camera_id, draft.c.fresh_id)
        these = select(camera_id, draft.c.row_name).where(draft.c.fault.is_(None))
        connection.execute(insert(meant).from_select(["camera_id", "row_name"], these))
    return outside


def _prepare(connection: Connection, *, alone: bool) -> None:
    """Look each draft up by an index: the catalogue grows under the statements, and a plan for an empty one is kept."""
    connection.execute(text("SET LOCAL statement_timeout = '10min'"))
    if alone:
        connection.execute(text("SET LOCAL lock_timeout = '10min'"))
        connection.execute(select(func.pg_advisory_xact_lock(ONE_IMPORT_AT_A_TIME)))
        # The index of tokens takes many new points at once for a third of what it takes them one by one.
        connection.execute(text("SET LOCAL gin_pending_list_limit = '64MB'"))
        connection.execute(text("SET LOCAL work_mem = '64MB'"))
        for setting in ("seqscan", "hashjoin", "mergejoin"):
            connection.execute(text(f"SET LOCAL enable_{setting} = off"))


def _plan_freely(connection: Connection) -> None:
    for setting in ("seqscan", "hashjoin", "mergejoin"):
        connection.execute(text(f"SET LOCAL enable_{setting} TO DEFAULT"))


def _merged() -> dict[str, ColumnElement[object]]:
    """Return what each column of a known camera becomes: a draft that says nothing changes nothing."""
    kept = {
        name: func.coalesce(draft.c[name], camera.c[name])
        for name in ("gb_code", "external_key", "direction", "point_class", "edition", "lifecycle")
    }
    filled = {name: func.coalesce(func.nullif(draft.c[name], ""), camera.c[name]) for name in ("division", "address")}
    said: dict[str, ColumnElement[object]] = {
        name: draft.c[name] for name in ("name", "latitude", "longitude", "extra")
    }
    marked = {
        name: cast("ColumnElement[object]", or_(draft.c[name], camera.c[name])) for name in ("sensitive", "synthetic")
    }
    laid_over = {name: camera.c[name].op("||")(draft.c[name]) for name in ("record", "custom")}
    tags = {"tags": func.coalesce(func.nullif(draft.c.tags, text("'{}'::text[]")), camera.c.tags)}
    return kept | filled | said | marked | laid_over | tags


def _differs() -> ColumnElement[bool]:
    places = ("latitude", "longitude")
    moved = (func.abs(camera.c[name] - draft.c[name]) > A_MILLIMETRE for name in places)
    others = ((name, value) for name, value in _merged().items() if name not in places)
    return or_(*moved, *(camera.c[name].is_distinct_from(value) for name, value in others))


def _stamp(writing: Writing) -> dict[str, ColumnElement[object]]:
    told: dict[str, ColumnElement[object]] = {
        "stream": literal(writing.stream, Text),
        "version": literal(writing.version, Integer),
    }
    return told if writing.import_id is None else told | {"import_id": literal(writing.import_id, Uuid)}


def _insert_new(connection: Connection, owner_id: DepartmentId, writing: Writing) -> None:
    said = {name: draft.c[name] for name in _merged()} | {"lifecycle": func.coalesce(draft.c.lifecycle, "in_use")}
    columns: dict[str, ColumnElement[object]] = {
        **said,
        "sought": draft.c.sought,
        "id": draft.c.fresh_id,
        "owner_id": literal(owner_id, Uuid),
    }
    columns |= _stamp(writing)
    new = select(*columns.values()).where(draft.c.camera_id.is_(None), draft.c.fault.is_(None))
    connection.execute(insert(camera).from_select(list(columns), new.order_by(draft.c.position)))


def _note_history(connection: Connection, writing: Writing) -> None:
    """Add what changes of each camera that differs, as `camera_edits.difference` tells it of a single one."""
    merged = _merged()
    was = _parts({name: (camera.c[name], value) for name, value in merged.items()})
    is_now = _parts({name: (value, camera.c[name]) for name, value in merged.items()})
    lines = select(
        camera.c.id,
        literal(writing.stream, Text),
        literal(writing.version, Integer),
        literal(writing.at, DateTime(timezone=True)),
        literal(writing.actor, Text),
        was,
        is_now,
    ).where(camera.c.id == draft.c.camera_id, draft.c.differs)
    columns = ["camera_id", "stream", "seq", "at", "actor", "before", "after"]
    connection.execute(insert(camera_history).from_select(columns, lines))


def _parts(pairs: Mapping[str, tuple[ColumnElement[object], ColumnElement[object]]]) -> ColumnElement[object]:
    """Return the JSON object of the first of each pair that differ; of a nested object the keys that differ."""
    told: ColumnElement[object] = literal_column("'{}'::jsonb")
    for name, (one, other) in pairs.items():
        value = func.json_difference(one, other) if name in _NESTED else one
        part = func.jsonb_build_object(literal_column(f"'{name}'"), value)
        told = told.op("||")(case((one.is_distinct_from(other), part), else_=literal_column("'{}'::jsonb")))
    return told


def _update_known(connection: Connection, writing: Writing) -> None:
    differing = and_(camera.c.id == draft.c.camera_id, draft.c.differs)
    connection.execute(
        update(camera).where(differing).values(**_merged(), **_stamp(writing), sought=draft.c.sought),
    )
    common_name = camera.c.record.op("->>")("common_name")
    silent = or_(
        and_(draft.c.gb_code.is_(None), camera.c.gb_code.is_not(None)),
        and_(draft.c.address == "", camera.c.address != ""),
        and_(draft.c.record.op("->>")("common_name").is_(None), common_name.is_not(None)),
    )
    partly = select(camera.c.id, camera.c.name, camera.c.address, camera.c.gb_code, common_name)
    rows = connection.execute(partly.where(differing, silent)).all()
    if rows:  # what the list did not say is looked for all the same
        told = {"ids": [row[0] for row in rows], "texts": [sought(*row[1:]) for row in rows]}
        connection.execute(_LOOK_FOR, told)


_LOOK_FOR = text("""
    UPDATE camera SET sought = told.sought
    FROM unnest(CAST(:ids AS uuid[]), CAST(:texts AS text[])) AS told (id, sought) WHERE camera.id = told.id
""")
