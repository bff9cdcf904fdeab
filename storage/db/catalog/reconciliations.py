"""Proposals of what a source lists, their lines and what was decided about each."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Connection,
    Integer,
    any_,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on

from broker.domain.catalog.reconciliation import (
    Line,
    LineKind,
    LineState,
    Proposed,
    Reconciliation,
    ReconciliationState,
)
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import CameraId, SourceId
from storage.db.tables import department, source, source_reconciliation, source_reconciliation_line

_line = source_reconciliation_line.c


class ReconciliationRepository:
    """Reads and writes proposals; a line is decided once, which the table holds to as well."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Reconciliation, lines: Sequence[Proposed]) -> None:
        """Keep a proposal with its lines, in their order."""
        row = {
            "id": new.id, "source_id": new.source_id, "state": new.state, "listed": new.listed, "same": new.same,
            "at": new.at, "by": new.by, "stream": new.stream, "version": new.version,
        }  # fmt: skip
        self._connection.execute(insert(source_reconciliation).values(row))
        rows = [
            {
                "reconciliation_id": new.id, "position": position, "kind": line.kind, "channel": line.channel,
                "camera_id": line.camera_id, "held": dict(line.held), "told": dict(line.told),
            }
            for position, line in enumerate(lines, 1)
        ]  # fmt: skip
        if rows:
            self._connection.execute(insert(source_reconciliation_line), rows)

    def load(self, key: UUID, *, lock: bool = False) -> Reconciliation:
        """Raises Unknown (`unknown-reconciliation`) when there is no such proposal."""
        wanted = select(source_reconciliation).where(source_reconciliation.c.id == key)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-reconciliation", reconciliation=key)
        return _reconciliation(row)

    def open_of(self, source_id: SourceId) -> Reconciliation | None:
        """Return the proposal of a source that waits, held until the transaction ends."""
        waits = source_reconciliation.c.state == ReconciliationState.OPEN
        wanted = select(source_reconciliation).where(source_reconciliation.c.source_id == source_id, waits)
        row = self._connection.execute(wanted.with_for_update()).one_or_none()
        return None if row is None else _reconciliation(row)

    def page(self, source_id: SourceId, *, before: UUID | None, limit: int) -> list[Reconciliation]:
        """Return the proposals of a source, the newest first, beginning behind `before`."""
        rows = select(source_reconciliation).where(source_reconciliation.c.source_id == source_id)
        if before is not None:
            rows = rows.where(source_reconciliation.c.id < before)
        found = self._connection.execute(rows.order_by(source_reconciliation.c.id.desc()).limit(limit))
        return [_reconciliation(row) for row in found]

    def waiting_among(self, paths: Collection[str], *, after: UUID | None, limit: int) -> list[Reconciliation]:
        """Return the proposals that wait, of sources in these subtrees, the newest first."""
        below = or_(false(), *(department.c.path.startswith(path, autoescape=True) for path in paths))
        rows = (
            select(source_reconciliation)
            .join(source, source.c.id == source_reconciliation.c.source_id)
            .join(department, department.c.id == source.c.department_id)
            .where(source_reconciliation.c.state == ReconciliationState.OPEN, below)
        )
        if after is not None:
            rows = rows.where(source_reconciliation.c.id < after)
        found = self._connection.execute(rows.order_by(source_reconciliation.c.id.desc()).limit(limit))
        return [_reconciliation(row) for row in found]

    def waiting_kinds(self, keys: Collection[UUID]) -> dict[UUID, dict[LineKind, int]]:
        """Return by proposal how many lines of each kind nobody decided about."""
        rows = (
            select(_line.reconciliation_id, _line.kind, func.count().label("lines"))
            .where(_line.reconciliation_id.in_(set(keys)), _line.state == LineState.OPEN)
            .group_by(_line.reconciliation_id, _line.kind)
            .order_by(_line.kind)
        )
        found: dict[UUID, dict[LineKind, int]] = {}
        for row in self._connection.execute(rows):
            found.setdefault(row.reconciliation_id, {})[LineKind(row.kind)] = row.lines
        return found

    def lines(self, key: UUID, *, after: int, limit: int, waiting: bool = False) -> list[Line]:
        """Return the lines of a proposal in their order, beginning behind the position `after`."""
        rows = select(source_reconciliation_line).where(_line.reconciliation_id == key, _line.position > after)
        if waiting:
            rows = rows.where(_line.state == LineState.OPEN)
        found = self._connection.execute(rows.order_by(_line.position).limit(limit))
        return [_read(row) for row in found]

    def chosen(
        self, key: UUID, *, kinds: Collection[LineKind], positions: Collection[int], after: int, limit: int
    ) -> list[Line]:
        """Return lines of a proposal in their order: the waiting ones of these kinds, or those at these positions."""
        rows = select(source_reconciliation_line).where(_line.reconciliation_id == key, _line.position > after)
        if positions:
            rows = rows.where(_line.position == any_(literal(list(positions), ARRAY(Integer))))
        else:
            rows = rows.where(_line.state == LineState.OPEN, _line.kind.in_(kinds))
        found = self._connection.execute(rows.order_by(_line.position).limit(limit))
        return [_read(row) for row in found]

    def behind(self, key: UUID, *, kinds: Collection[LineKind], after: int) -> int:
        """Return how many lines of these kinds that nobody decided about lie behind a position."""
        waits = (_line.reconciliation_id == key, _line.state == LineState.OPEN, _line.kind.in_(kinds))
        rows = select(func.count()).where(*waits, _line.position > after)
        return int(self._connection.execute(rows).scalar_one())

    def line(self, key: UUID, position: int) -> Line:
        """Raises Unknown (`unknown-reconciliation-line`) when the proposal has no such line."""
        wanted = select(source_reconciliation_line).where(_line.reconciliation_id == key, _line.position == position)
        row = self._connection.execute(wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-reconciliation-line", position=position)
        return _read(row)

    def waiting(self, key: UUID) -> int:
        """Return how many lines of a proposal nobody decided about."""
        rows = select(func.count()).where(_line.reconciliation_id == key, _line.state == LineState.OPEN)
        return int(self._connection.execute(rows).scalar_one())

    def refused_of(self, source_id: SourceId) -> set[object]:
        """Return the marks of what was refused about a source: its newest refusal about each kind and channel."""
        rows = (
            select(_line.kind, _line.channel, _line.told)
            .join(source_reconciliation, source_reconciliation.c.id == _line.reconciliation_id)
            .where(source_reconciliation.c.source_id == source_id, _line.state == LineState.REFUSED)
            .ext(distinct_on(_line.kind, _line.channel))
            .order_by(_line.kind, _line.channel, _line.decided_at.desc())
        )
        found = self._connection.execute(rows)
        return {Proposed(LineKind(row.kind), row.channel, None, {}, row.told).mark for row in found}

    def decide(self, key: UUID, line: Line, camera_id: CameraId | None) -> None:
        """Write what was decided about a line, and the point that came of it.

        Raises:
            Conflict: somebody decided about it meanwhile.
        """
        waits = tuple_(_line.reconciliation_id, _line.position) == (key, line.position)
        values = {"state": line.state, "decided_by": line.decided_by, "decided_at": line.decided_at}
        changed = self._connection.execute(
            update(source_reconciliation_line)
            .where(waits, _line.state == LineState.OPEN)
            .values(camera_id=camera_id, **values)
        )
        if changed.rowcount == 0:
            raise Conflict("line-decided", position=line.position, state=line.state)

    def decide_many(self, key: UUID, lines: Sequence[tuple[Line, CameraId | None]]) -> None:
        """Write one decision about many lines, taken by one person at one instant, and the points that came of them.

        Raises:
            Conflict: somebody decided about one of them meanwhile.
        """
        if not lines:
            return
        first = lines[0][0]
        told = {
            "key": key, "state": first.state, "by": first.decided_by, "at": first.decided_at,
            "positions": [line.position for line, _ in lines], "cameras": [camera for _, camera in lines],
        }  # fmt: skip
        if self._connection.execute(_DECIDE, told).rowcount != len(lines):
            raise Conflict("changed-meanwhile", subject="reconciliation")

    def save(self, before: Reconciliation, after: Reconciliation) -> None:
        """Write what has become of a proposal.

        Raises:
            Conflict: somebody else changed it since it was loaded.
        """
        same = (source_reconciliation.c.id == before.id) & (source_reconciliation.c.version == before.version)
        changed = self._connection.execute(
            update(source_reconciliation).where(same).values(state=after.state, version=after.version)
        )
        if changed.rowcount == 0:
            raise Conflict("changed-meanwhile", subject="reconciliation")


_DECIDE = text("""
    UPDATE source_reconciliation_line line
    SET state = :state, decided_by = :by, decided_at = :at, camera_id = told.camera_id
    FROM unnest(CAST(:positions AS integer[]), CAST(:cameras AS uuid[])) AS told (position, camera_id)
    WHERE line.reconciliation_id = :key AND line.position = told.position AND line.state = 'OPEN'
""")


def _reconciliation(row: Any) -> Reconciliation:
    return Reconciliation(
        id=row.id, source_id=row.source_id, listed=row.listed, same=row.same, at=row.at, by=row.by,
        state=ReconciliationState(row.state), version=row.version,
    )  # fmt: skip


def _read(row: Any) -> Line:
    proposed = Proposed(LineKind(row.kind), row.channel, row.camera_id, row.held, row.told)
    return Line(row.position, proposed, LineState(row.state), row.decided_by, row.decided_at)
