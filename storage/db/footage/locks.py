"""Locks, and the gate that keeps footage from slipping out between the look for a lock and the commit."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, or_, select, text, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.locks import Lock, LockKind
from broker.domain.ids import CameraId, LockId, PersonId
from storage.db.footage.haste import in_haste
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import camera, department, lock, person

_GATE = "xueliang_gate"


class LockVisibility:
    """Which locks a caller may know of: those of persons in some subtrees, those of cameras in others."""

    def __init__(self, persons: Sequence[str], cameras: Sequence[str]) -> None:
        self._persons = persons
        self._cameras = cameras

    def clause(self) -> ColumnElement[bool]:
        of_person = lock.c.kind == LockKind.PERSON
        return or_(and_(of_person, _below(self._persons)), and_(~of_person, _below(self._cameras)))


def _below(paths: Sequence[str]) -> ColumnElement[bool]:
    return or_(text("false"), *(lock.c.path.startswith(path, autoescape=True) for path in paths))


class LockRepository:
    """Locks over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def shut_gate(self) -> None:
        """Wait until nothing passes the gate any more, and let nothing pass until the transaction ends.

        To be called before anything else is locked: who passes the gate may hold what comes after.
        """
        in_haste(self._connection)
        self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(_GATE))))

    def over(self, who: PersonId, where: CameraId) -> frozenset[LockKind]:
        """Pass the gate and say what stands between a person and the footage of a camera.

        Until the transaction ends, no lock on any of them can be set. An account that was closed counts as locked.
        """
        return self.over_any(who, (where,))

    def over_any(self, who: PersonId, where: Collection[CameraId]) -> frozenset[LockKind]:
        """Pass the gate and say what stands between a person and the footage of any of some cameras."""
        in_haste(self._connection)
        self._connection.execute(select(func.pg_advisory_xact_lock_shared(func.hashtext(_GATE))))
        owner = (
            select(department.c.id)
            .join(camera, camera.c.owner_id == department.c.id)
            .where(camera.c.id.in_(where), func.starts_with(department.c.path, lock.c.path))
        )
        meant = or_(
            and_(lock.c.kind == LockKind.PERSON, lock.c.target_id == who),
            and_(lock.c.kind == LockKind.CAMERA, lock.c.target_id.in_(where)),
            and_(lock.c.kind == LockKind.DEPARTMENT, exists(owner)),
        )
        kinds = self._connection.execute(select(lock.c.kind).where(_STANDING, meant)).scalars()
        found = {LockKind(kind) for kind in kinds}
        if not self._connection.execute(select(person.c.active).where(person.c.id == who)).scalar_one():
            found.add(LockKind.PERSON)
        return frozenset(found)

    def closed(self, where: CameraId) -> bool:
        """Pass the gate and say whether the footage of a camera is locked to everybody."""
        in_haste(self._connection)
        self._connection.execute(select(func.pg_advisory_xact_lock_shared(func.hashtext(_GATE))))
        owner = (
            select(department.c.id)
            .join(camera, camera.c.owner_id == department.c.id)
            .where(camera.c.id == where, func.starts_with(department.c.path, lock.c.path))
        )
        meant = or_(
            and_(lock.c.kind == LockKind.CAMERA, lock.c.target_id == where),
            and_(lock.c.kind == LockKind.DEPARTMENT, exists(owner)),
        )
        return self._connection.execute(select(exists().where(_STANDING, meant))).scalar_one()

    def holds(self, who: PersonId) -> bool:
        """Say whether a person is locked."""
        return self.standing_on(LockKind.PERSON, who) is not None

    def standing_on(self, kind: LockKind, target: UUID) -> LockId | None:
        """Return the lock that stands on a person, a camera or a department itself."""
        on = select(lock.c.id).where(_STANDING, lock.c.kind == kind, lock.c.target_id == target)
        return self._connection.execute(on).scalar()

    def above(self, path: str) -> bool:
        """Say whether a lock on a department, or on one above it, keeps back the footage of what stands at a path."""
        over = _STANDING & (lock.c.kind == LockKind.DEPARTMENT) & func.starts_with(path, lock.c.path)
        return self._connection.execute(select(exists().where(over))).scalar_one()

    def relocate(self, old: str, new: str) -> None:
        """Let locks, of earlier times too, follow a subtree of departments to where it stands now; the gate is shut.

        The level goes along where it lies in that subtree. One above stays what it is: who lifts the lock has to reach
        both that and the new place.
        """

        def carried(column: ColumnElement[str]) -> ColumnElement[str]:
            return literal(new) + func.substr(column, len(old) + 1)

        level = case((func.starts_with(lock.c.level, old), carried(lock.c.level)), else_=lock.c.level)
        inside = func.starts_with(lock.c.path, old)
        self._connection.execute(update(lock).where(inside).values(path=carried(lock.c.path), level=level))

    def add(self, new: Lock) -> None:
        """Store a new lock; the gate is shut.

        Raises:
            Conflict: its target is locked already.
        """
        if (known := self.standing_on(new.kind, new.target_id)) is not None:
            raise Conflict("already-locked", lock=known)
        self._connection.execute(insert(lock).values(_of_lock(new)))

    def save(self, before: Lock, after: Lock) -> None:
        """Store a change.

        Raises:
            Conflict: somebody else changed it since `before` was read.
        """
        same = (lock.c.id == after.id) & (lock.c.version == before.version)
        if self._connection.execute(update(lock).where(same).values(_of_lock(after))).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="lock")

    def load(self, key: LockId, visible: LockVisibility) -> Lock:
        """Return one lock.

        Raises:
            Unknown: there is none, or the caller may not know of it.
        """
        row = self._connection.execute(select(lock).where(lock.c.id == key, visible.clause())).one_or_none()
        if row is None:
            raise Unknown("unknown-lock", lock=key)
        return _to_lock(row)

    def page(self, visible: LockVisibility, *, standing: bool, after: LockId | None, limit: int) -> list[Lock]:
        """Return locks the caller may know of, newest first; `standing` leaves out those that were lifted."""
        rows = select(lock).where(visible.clause())
        if standing:
            rows = rows.where(_STANDING)
        if after is not None:
            rows = rows.where(lock.c.id < after)
        return [_to_lock(row) for row in self._connection.execute(rows.order_by(lock.c.id.desc()).limit(limit))]


_STANDING = lock.c.lifted_at.is_(None)


def _of_lock(of: Lock) -> dict[str, object]:
    return {
        "id": of.id, "kind": of.kind, "target_id": of.target_id, "path": of.path, "level": of.level,
        "reason": of.reason, "set_by": of.set_by, "set_at": of.set_at, "lifted_by": of.lifted_by,
        "lifted_at": of.lifted_at, "stream": of.stream, "version": of.version,
    }  # fmt: skip


def _to_lock(row: AnyRow) -> Lock:
    return Lock(
        id=row.id, kind=LockKind(row.kind), target_id=row.target_id, path=row.path, level=row.level,
        reason=row.reason, set_by=row.set_by, set_at=row.set_at, lifted_by=row.lifted_by, lifted_at=row.lifted_at,
        version=row.version,
    )  # fmt: skip
