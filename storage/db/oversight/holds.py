"""Holds on copies, and who may know of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.grants import Level
from broker.domain.ids import HoldId, PersonId, RequestId
from broker.domain.oversight.holds import Hold
from storage.db.footage.grants import GrantVisibility
from storage.db.requests.access_requests import Visibility
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import access_grant, access_request, copy_hold, retrieval


class HoldVisibility:
    """Which holds a caller may know of: those on requests one decides on or audits, those on results likewise."""

    def __init__(self, requests: Visibility, grants: GrantVisibility) -> None:
        self._requests = requests
        self._grants = grants

    def clause(self) -> ColumnElement[bool]:
        of_request = exists().where(access_request.c.id == copy_hold.c.request_id, self._requests.clause())
        of_result = exists().where(
            retrieval.c.id == copy_hold.c.retrieval_id,
            access_grant.c.id == retrieval.c.grant_id,
            self._grants.clause(),
        )
        whole = copy_hold.c.retrieval_id.is_(None)
        return or_(and_(whole, of_request), and_(~whole, of_result))


class HoldRepository:
    """Holds over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: HoldId, visible: HoldVisibility | None) -> Hold:
        """Return one hold, None for `visible` being the broker's own view.

        Raises:
            Unknown: there is none, or the caller may not know of it.
        """
        wanted = select(copy_hold).where(copy_hold.c.id == key)
        wanted = wanted if visible is None else wanted.where(visible.clause())
        row = self._connection.execute(wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-hold", hold=key)
        return _to_hold(row)

    def page(self, visible: HoldVisibility, *, standing: bool, after: HoldId | None, limit: int) -> list[Hold]:
        """Return holds the caller may know of, newest first; `standing` leaves out those that have ended."""
        rows = select(copy_hold).where(visible.clause())
        if standing:
            rows = rows.where(_STANDING)
        if after is not None:
            rows = rows.where(copy_hold.c.id < after)
        return [_to_hold(row) for row in self._connection.execute(rows.order_by(copy_hold.c.id.desc()).limit(limit))]

    def standing_on(self, request: RequestId) -> list[Hold]:
        """Return what stands on a request and its results; the caller holds the request."""
        rows = select(copy_hold).where(copy_hold.c.request_id == request, _STANDING).order_by(copy_hold.c.id)
        return [_to_hold(row) for row in self._connection.execute(rows)]

    def run_out(self, now: datetime, limit: int) -> list[Hold]:
        """Return standing holds whose date has come, the oldest first."""
        rows = select(copy_hold).where(_STANDING, copy_hold.c.until <= now).order_by(copy_hold.c.until).limit(limit)
        return [_to_hold(row) for row in self._connection.execute(rows)]

    def lookers(self, request: RequestId) -> frozenset[PersonId]:
        """Return who ordered footage under any grant of a request, also of a revision that is over."""
        rows = (
            select(retrieval.c.person_id)
            .join(access_grant, access_grant.c.id == retrieval.c.grant_id)
            .where(access_grant.c.request_id == request)
            .distinct()
        )
        return frozenset(self._connection.execute(rows).scalars())

    def numbers(self, requests: Sequence[RequestId]) -> dict[RequestId, str]:
        """Return the numbers of requests by their ids."""
        rows = select(access_request.c.id, access_request.c.number).where(access_request.c.id.in_(requests))
        return {row.id: row.number for row in self._connection.execute(rows)}

    def add(self, hold: Hold) -> None:
        self._connection.execute(insert(copy_hold).values(_of_hold(hold)))

    def save(self, before: Hold, after: Hold) -> None:
        """Store the end of a hold.

        Raises:
            Conflict: somebody else changed it since `before` was read.
        """
        same = (copy_hold.c.id == after.id) & (copy_hold.c.version == before.version)
        changed = {"ended_by": after.ended_by, "ended_at": after.ended_at, "version": after.version}
        if self._connection.execute(update(copy_hold).where(same).values(changed)).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="hold")

    def count(self, request: RequestId) -> int:
        """Return how many holds stand on a request and its results."""
        rows = select(func.count()).where(copy_hold.c.request_id == request, _STANDING)
        return int(self._connection.execute(rows).scalar_one())


_STANDING = copy_hold.c.ended_at.is_(None)


def _of_hold(of: Hold) -> dict[str, object]:
    return {
        "id": of.id, "request_id": of.request_id, "retrieval_id": of.retrieval_id, "department_id": of.department_id,
        "level": int(of.level), "reason": of.reason, "set_by": of.set_by, "set_at": of.set_at, "until": of.until,
        "ended_by": of.ended_by, "ended_at": of.ended_at, "stream": of.stream, "version": of.version,
    }  # fmt: skip


def _to_hold(row: AnyRow) -> Hold:
    return Hold(
        id=row.id, request_id=row.request_id, retrieval_id=row.retrieval_id, department_id=row.department_id,
        level=Level(row.level), reason=row.reason, set_by=row.set_by, set_at=row.set_at, until=row.until,
        ended_by=row.ended_by, ended_at=row.ended_at, version=row.version,
    )  # fmt: skip
