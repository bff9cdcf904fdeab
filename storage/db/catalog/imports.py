"""Kept imports, and what they left outside."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, false, func, insert, or_, select, update

from broker.domain.catalog.catalog import RowProblem, Severity
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import Balance, CatalogImport, Fate, ImportState, OutsideRow, Reading
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import DepartmentId, ImportId
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import catalog_import, department, import_row

if TYPE_CHECKING:
    from psycopg import Connection as Driver

_COUNTS = ("read", "inserted", "updated", "unchanged", "quarantined", "rejected", "warnings")


class ImportRepository:
    """Loads and stores imports; a change is stored only over the version it was made from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: ImportId, *, lock: bool = False) -> CatalogImport:
        """Raises Unknown (`unknown-import`) when there is none."""
        wanted = select(catalog_import).where(catalog_import.c.id == key)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-import", key=key)
        return _import(row)

    def page(self, owner: DepartmentId, *, after: ImportId | None, limit: int) -> list[CatalogImport]:
        """Return the imports of a department, the newest first."""
        rows = select(catalog_import).where(catalog_import.c.owner_id == owner)
        if after is not None:
            rows = rows.where(catalog_import.c.id < after)
        return [
            _import(row) for row in self._connection.execute(rows.order_by(catalog_import.c.id.desc()).limit(limit))
        ]

    def among(
        self, paths: Collection[str], *, state: ImportState | None, after: ImportId | None, limit: int
    ) -> list[CatalogImport]:
        """Return the imports of all departments in these subtrees, the newest first."""
        below = [department.c.path.startswith(path, autoescape=True) for path in paths]
        rows = select(catalog_import).join(department, department.c.id == catalog_import.c.owner_id)
        rows = rows.where(or_(false(), *below))
        if state is not None:
            rows = rows.where(catalog_import.c.state == state)
        if after is not None:
            rows = rows.where(catalog_import.c.id < after)
        return [
            _import(row) for row in self._connection.execute(rows.order_by(catalog_import.c.id.desc()).limit(limit))
        ]

    def of_file(self, owner: DepartmentId, digest: str, limit: int) -> list[CatalogImport]:
        """Return the imports of one and the same file into a department, the newest first."""
        rows = select(catalog_import).where(catalog_import.c.digest == digest, catalog_import.c.owner_id == owner)
        return [
            _import(row) for row in self._connection.execute(rows.order_by(catalog_import.c.id.desc()).limit(limit))
        ]

    def left_lying(self, before: datetime, limit: int) -> list[CatalogImport]:
        """Return lists that lie there since then and that nobody went on with, held until the transaction ends."""
        rows = select(catalog_import).where(catalog_import.c.state == ImportState.PREVIEW, catalog_import.c.at < before)
        found = rows.order_by(catalog_import.c.id).limit(limit).with_for_update(skip_locked=True)
        return [_import(row) for row in self._connection.execute(found)]

    def save(self, before: CatalogImport | None, after: CatalogImport) -> None:
        """Store a change; raises Conflict when somebody else changed it since `before` was read."""
        if before is None:
            fixed = {
                "id": after.id, "owner_id": after.owner_id, "file": after.file, "format": after.format,
                "digest": after.digest, "dry_run": after.dry_run, "actor": after.actor, "at": after.at,
                "stream": after.stream,
            }  # fmt: skip
            self._connection.execute(insert(catalog_import).values(fixed | _changing(after)))
            return
        mine = (catalog_import.c.id == after.id, catalog_import.c.version == before.version)
        if self._connection.execute(update(catalog_import).where(*mine).values(_changing(after))).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="import")

    def note_progress(self, key: ImportId, done: int) -> None:
        """Say how many rows a run has read."""
        mine = (catalog_import.c.id == key, catalog_import.c.state == ImportState.RUNNING)
        self._connection.execute(update(catalog_import).where(*mine).values(done=done))

    def add_rows(self, key: ImportId, rows: Iterable[OutsideRow]) -> None:
        """Keep what stayed outside, however much it is, by COPY."""
        raw = cast("Driver", self._connection.connection.driver_connection)
        columns = "import_id, position, place, fate, cells, problems"
        with raw.cursor() as cursor, cursor.copy(f"COPY import_row ({columns}) FROM STDIN") as copy:
            for row in rows:
                cells = None if row.cells is None else json.dumps(dict(row.cells), ensure_ascii=False)
                problems = json.dumps([asdict(problem) for problem in row.problems], ensure_ascii=False)
                copy.write_row((key, row.number, row.place, str(row.fate), cells, problems))

    def rows(
        self, key: ImportId, *, fate: Fate | None, after: int, limit: int, reason: str = ""
    ) -> list[OutsideRow]:  # fmt: skip
        """Return what an import tells of (for one reason), by the number of the row, beginning behind `after`."""
        rows = select(import_row).where(import_row.c.import_id == key, import_row.c.position > after)
        if fate is not None:
            rows = rows.where(import_row.c.fate == fate)
        if reason:
            rows = rows.where(import_row.c.problems.contains([{"reason": reason}]))
        return [_row(row) for row in self._connection.execute(rows.order_by(import_row.c.position).limit(limit))]

    def headings(self, key: ImportId) -> list[str]:
        """Return the columns of all quarantined rows, as a correction file writes them."""
        cells = select(func.jsonb_object_keys(import_row.c.cells).label("heading")).where(
            import_row.c.import_id == key, import_row.c.fate == Fate.QUARANTINED
        )
        return list(self._connection.execute(select(cells.subquery().c.heading).distinct()).scalars())


def _told(reading: Reading) -> dict[str, object]:
    return {"mapping": dict(reading.mapping), "coordinates": reading.coordinates.value, "strict": reading.strict}


def _changing(after: CatalogImport) -> dict[str, object]:
    counts = {name: getattr(after.balance, name) for name in _COUNTS}
    written = None if after.written is None else {"stream": after.written[0], "seq": after.written[1]}
    return {
        "state": after.state.value, "ended_at": after.ended_at, "attempt": after.attempt, "done": after.done,
        "reasons": dict(after.reasons), "error": None if after.error is None else dict(after.error),
        "written": written, "version": after.version, "reading": _told(after.reading), **counts,
    }  # fmt: skip


def _import(row: AnyRow) -> CatalogImport:
    told = row.reading
    return CatalogImport(
        id=row.id, owner_id=row.owner_id, file=row.file, format=row.format,
        reading=Reading(told["mapping"], System(told["coordinates"]), told["strict"]), dry_run=row.dry_run,
        actor=row.actor, at=row.at, state=ImportState(row.state), digest=row.digest, ended_at=row.ended_at,
        attempt=row.attempt, done=row.done, balance=Balance(*(getattr(row, name) for name in _COUNTS)),
        reasons=row.reasons, error=row.error,
        written=None if row.written is None else (row.written["stream"], row.written["seq"]), version=row.version,
    )  # fmt: skip


def _row(row: AnyRow) -> OutsideRow:
    problems = tuple(RowProblem(**{**told, "severity": Severity(told["severity"])}) for told in row.problems)
    return OutsideRow(row.position, row.place, Fate(row.fate), row.cells, problems)
