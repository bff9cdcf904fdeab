"""Grants: issue, find, take from the quota in one atomic step, revoke and tell every process."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, insert, or_, select, text, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.grants import Grant, GrantedLine, GrantState, Level, Quota
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.ids import CameraId, GrantId, ItemId, PersonId, RequestId
from broker.domain.time import TimeSpan
from storage.db.footage.haste import in_haste
from storage.db.footage.revocations import StopRepository
from storage.db.requests.request_rows import AnyRow, of_terms, to_terms
from storage.db.tables import access_grant, access_request, camera, department, grant_person, request_line


class GrantVisibility:
    """Which grants a caller may know of: as a named person, as requester, or by a role in a subtree."""

    def __init__(self, person: PersonId | None, subtrees: Sequence[str], centers: Sequence[str] = ()) -> None:
        self._person = person
        self._subtrees = subtrees
        self._centers = centers

    def clause(self) -> ColumnElement[bool]:
        named = exists().where(grant_person.c.grant_id == access_grant.c.id, grant_person.c.person_id == self._person)
        asked = exists().where(
            access_request.c.id == access_grant.c.request_id,
            access_request.c.requester_id == self._person,
        )
        below = [department.c.path.startswith(path, autoescape=True) for path in self._subtrees]
        places = select(department.c.id).where(or_(text("false"), *below))
        owned = access_grant.c.department_id.in_(places)
        holds = exists().where(  # a camera that came to this owner after the grant was issued
            request_line.c.item_id == access_grant.c.item_id,
            request_line.c.authorized_begin.is_not(None),
            camera.c.id == request_line.c.camera_id,
            camera.c.owner_id.in_(places),
        )
        decides = [department.c.path.startswith(path, autoescape=True) for path in self._centers]
        centers = select(department.c.id).where(or_(text("false"), *decides))
        approved = exists().where(
            access_request.c.id == access_grant.c.request_id,
            or_(access_request.c.center_id.in_(centers), access_request.c.escalated_to.in_(centers)),
        )
        return or_(named, asked, owned, holds, approved)


class GrantRepository:
    """Grants with their persons and lines; the lines are those of the authorized item."""

    def __init__(self, connection: Connection, stops: StopRepository) -> None:
        self._connection = connection
        self._stops = stops

    def add(self, grant: Grant) -> None:
        self._connection.execute(insert(access_grant).values(_of_grant(grant)))
        rows = [{"grant_id": grant.id, "person_id": person} for person in sorted(grant.persons)]
        self._connection.execute(insert(grant_person), rows)

    def load(self, key: GrantId, visible: GrantVisibility | None, *, lock: bool = False) -> Grant:
        """Return one grant, None for `visible` being the broker's own view.

        Raises:
            Unknown: there is none, or the caller may not know of it.
        """
        if lock:
            in_haste(self._connection)
        wanted = select(access_grant).where(access_grant.c.id == key)
        wanted = wanted if visible is None else wanted.where(visible.clause())
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-grant", grant=key)
        return self._whole([row])[0]

    def load_many(self, keys: Collection[GrantId], visible: GrantVisibility) -> list[Grant]:
        """Return those grants that the caller may know of."""
        wanted = select(access_grant).where(access_grant.c.id.in_(keys), visible.clause())
        return self._whole(self._connection.execute(wanted).all())

    def page(
        self, visible: GrantVisibility, *, request: RequestId | None, after: GrantId | None, limit: int
    ) -> list[Grant]:
        """Return grants the caller may know of, newest first."""
        rows = select(access_grant).where(visible.clause())
        if request is not None:
            rows = rows.where(access_grant.c.request_id == request)
        if after is not None:
            rows = rows.where(access_grant.c.id < after)
        return self._whole(self._connection.execute(rows.order_by(access_grant.c.id.desc()).limit(limit)).all())

    def live(self, visible: GrantVisibility, at: datetime, *, after: GrantId | None, limit: int) -> list[Grant]:
        """Return the grants that hold at an instant, those that rest among them, newest first."""
        holds = (access_grant.c.valid_until > at) & access_grant.c.state.in_((GrantState.ISSUED, GrantState.SUSPENDED))
        rows = select(access_grant).where(visible.clause(), holds)
        if after is not None:
            rows = rows.where(access_grant.c.id < after)
        return self._whole(self._connection.execute(rows.order_by(access_grant.c.id.desc()).limit(limit)).all())

    def of_request(self, key: RequestId, *, lock: bool = False) -> list[Grant]:
        """Return every grant of a request, of all revisions."""
        rows = select(access_grant).where(access_grant.c.request_id == key).order_by(access_grant.c.id)
        return self._whole(self._connection.execute(rows.with_for_update() if lock else rows).all())

    def ancestries(self, keys: Collection[GrantId]) -> dict[GrantId, int]:
        """Return how many renewals lie behind each of some grants: 0 for one that renews nothing."""
        roots = select(access_grant.c.id.label("root"), access_grant.c.renews).where(access_grant.c.id.in_(set(keys)))
        chain = roots.cte("chain", recursive=True)
        before = select(chain.c.root, access_grant.c.renews).join(chain, access_grant.c.id == chain.c.renews)
        chain = chain.union_all(before)
        counted = select(chain.c.root, func.count(chain.c.renews)).group_by(chain.c.root)
        return {row[0]: row[1] for row in self._connection.execute(counted)}

    def renewed(self, keys: Collection[GrantId]) -> set[GrantId]:
        """Return which of some grants have been renewed by one that was not revoked."""
        later = access_grant.c.renews.in_(set(keys)) & (access_grant.c.state != GrantState.REVOKED)
        return set(self._connection.execute(select(access_grant.c.renews).where(later)).scalars())

    def candidates(self, person: PersonId, camera: CameraId | None, at: datetime, limit: int = 50) -> list[Grant]:
        """Return the person's grants with a line for the camera (None: for any): live ones first, newest first."""
        live = (access_grant.c.state == GrantState.ISSUED) & (access_grant.c.valid_until > at)
        rows = (
            select(access_grant)
            .join(grant_person, grant_person.c.grant_id == access_grant.c.id)
            .where(grant_person.c.person_id == person)
            .order_by(live.desc(), access_grant.c.id.desc())
            .limit(limit)
        )
        if camera is not None:
            line = exists().where(
                request_line.c.item_id == access_grant.c.item_id,
                request_line.c.camera_id == camera,
                request_line.c.authorized_begin.is_not(None),
            )
            rows = rows.where(line)
        return self._whole(self._connection.execute(rows).all())

    def take(self, key: GrantId, amount: Quota) -> bool:
        """Take from the quota if the grant is live by the database's clock; one statement, so it cannot be raced."""
        return self._take(key, amount, (GrantState.ISSUED,))

    def hand_over(self, key: GrantId, size: int) -> bool:
        """Take bytes for a finished result: also from a grant under which nothing more can be ordered."""
        return self._take(key, Quota(0, 0, size), (GrantState.ISSUED, GrantState.EXHAUSTED))

    def _take(self, key: GrantId, amount: Quota, states: Collection[GrantState]) -> bool:
        now = func.clock_timestamp()
        done = self._connection.execute(
            update(access_grant)
            .where(
                access_grant.c.id == key,
                access_grant.c.state.in_(states),
                access_grant.c.valid_from <= now,
                access_grant.c.valid_until > now,
                access_grant.c.used_snapshots + amount.snapshots <= access_grant.c.quota_snapshots,
                access_grant.c.used_seconds + amount.seconds <= access_grant.c.quota_seconds,
                access_grant.c.used_bytes + amount.bytes <= access_grant.c.quota_bytes,
            )
            .values(
                used_snapshots=access_grant.c.used_snapshots + amount.snapshots,
                used_seconds=access_grant.c.used_seconds + amount.seconds,
                used_bytes=access_grant.c.used_bytes + amount.bytes,
            ),
        )
        return done.rowcount == 1

    def give_back(self, key: GrantId, amount: Quota) -> None:
        """Return to the quota what a failed retrieval had taken."""
        self._connection.execute(
            update(access_grant)
            .where(access_grant.c.id == key)
            .values(
                used_snapshots=access_grant.c.used_snapshots - amount.snapshots,
                used_seconds=access_grant.c.used_seconds - amount.seconds,
            ),
        )

    def save(self, before: Grant, after: Grant) -> None:
        """Store a change of state.

        Raises:
            Conflict: somebody else changed the grant first.
        """
        done = self._connection.execute(
            update(access_grant)
            .where(access_grant.c.id == after.id, access_grant.c.version == before.version)
            .values(state=after.state, suspended_by=after.suspended_by, version=after.version),
        )
        if done.rowcount != 1:
            raise Conflict("changed-meanwhile", subject="grant")

    def stop(self, key: GrantId) -> None:
        """Have every process end at the commit what flows under a grant; the unit of work waits for them."""
        self._stops.note(Stop(StopKind.GRANT, str(key)))

    def _whole(self, rows: Sequence[AnyRow]) -> list[Grant]:
        persons: dict[GrantId, set[PersonId]] = {}
        keys = [row.id for row in rows]
        for row in self._connection.execute(select(grant_person).where(grant_person.c.grant_id.in_(keys))):
            persons.setdefault(row.grant_id, set()).add(row.person_id)
        lines: dict[ItemId, list[GrantedLine]] = {}
        items = [row.item_id for row in rows]
        authorized = select(request_line).where(
            request_line.c.item_id.in_(items),
            request_line.c.authorized_begin.is_not(None),
        )
        for row in self._connection.execute(authorized.order_by(request_line.c.item_id, request_line.c.position)):
            window = TimeSpan(row.authorized_begin, row.authorized_end)
            lines.setdefault(row.item_id, []).append(GrantedLine(row.id, row.camera_id, window))
        return [_to_grant(row, persons.get(row.id, set()), lines.get(row.item_id, [])) for row in rows]


def _of_grant(grant: Grant) -> dict[str, object]:
    quota, used = grant.terms.quota, grant.used
    return {
        "id": grant.id,
        "item_id": grant.item_id,
        "request_id": grant.request_id,
        "department_id": grant.department_id,
        "terms": of_terms(grant.terms),
        "valid_from": grant.valid.begin,
        "valid_until": grant.valid.end,
        "state": grant.state,
        "quota_snapshots": quota.snapshots,
        "quota_seconds": quota.seconds,
        "quota_bytes": quota.bytes,
        "used_snapshots": used.snapshots,
        "used_seconds": used.seconds,
        "used_bytes": used.bytes,
        "emergency": grant.emergency,
        "renews": grant.renews,
        "suspended_by": grant.suspended_by,
        "stream": grant.stream,
        "version": grant.version,
    }


def _to_grant(row: AnyRow, persons: set[PersonId], lines: list[GrantedLine]) -> Grant:
    return Grant(
        id=row.id,
        item_id=row.item_id,
        request_id=row.request_id,
        department_id=row.department_id,
        persons=frozenset(persons),
        lines=tuple(lines),
        terms=to_terms(row.terms),
        valid=TimeSpan(row.valid_from, row.valid_until),
        state=GrantState(row.state),
        used=Quota(row.used_snapshots, row.used_seconds, row.used_bytes),
        emergency=row.emergency,
        renews=row.renews,
        suspended_by=None if row.suspended_by is None else Level(row.suspended_by),
        version=row.version,
    )
