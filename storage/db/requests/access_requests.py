"""Access requests with the items and lines of their current revision."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, PersonId, RequestId
from broker.domain.requests import renewals
from broker.domain.requests.access_requests import AccessRequest, RequestItem
from broker.domain.requests.findings import Earlier, EarlierOutcome
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.time import TimeSpan
from storage.db.requests import request_rows
from storage.db.requests.earlier_requests import Scope, earlier_than
from storage.db.tables import access_request, department, request_item, request_line, request_person


class Visibility:
    """Which requests a caller may know of; the same test guards one request and every list."""

    def __init__(
        self, person: PersonId | None, *, centers: Sequence[str], owners: Sequence[str], readers: Sequence[str]
    ) -> None:
        """Take who asks and the subtrees in which that person approves, authorizes or audits."""
        self._person = person
        self._centers = centers
        self._owners = owners
        self._readers = readers

    def clause(self) -> ColumnElement[bool]:
        """Own requests, those one would look under, those one decides on, those one audits."""
        submitted = access_request.c.state != RequestState.DRAFT
        named = exists().where(
            request_person.c.request_id == access_request.c.id,
            request_person.c.person_id == self._person,
        )
        mine = or_(access_request.c.requester_id == self._person, and_(submitted, named))
        reached = below(self._centers)
        center = or_(access_request.c.center_id.in_(reached), access_request.c.escalated_to.in_(reached))
        owned = exists().where(
            request_item.c.request_id == access_request.c.id,
            request_item.c.department_id.in_(below(self._owners)),
            # An owner hears of a request once the center has approved a line of it, of an emergency at once.
            request_line.c.item_id == request_item.c.id,
            request_line.c.approved_begin.is_not(None),
        )
        read = access_request.c.department_id.in_(below(self._readers))
        parts = [mine if self._person else None]
        parts += [and_(submitted, center) if self._centers else None, and_(submitted, owned) if self._owners else None]
        parts += [read if self._readers else None]
        return or_(text("false"), *(part for part in parts if part is not None))


EVERYTHING = Visibility(None, centers=(), owners=(), readers=("",))
"""The broker's own view, for steps whose right was asked of something else."""


def below(paths: Sequence[str]) -> Select[tuple[UUID]]:
    """Return the query for the departments in the subtrees `paths`."""
    return select(department.c.id).where(
        or_(text("false"), *(department.c.path.startswith(path, autoescape=True) for path in paths)),
    )


class AccessRequestRepository:
    """Loads and stores whole requests; a change is stored only over the version it was made from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_number(self, year: int) -> str:
        value = self._connection.execute(text("SELECT nextval('access_request_number')")).scalar_one()
        return f"XL{year}-{value:06d}"

    def load(self, key: RequestId, visible: Visibility, *, lock: bool = False) -> AccessRequest:
        """Return one request that the caller may know of, holding it until the end when `lock`.

        Raises:
            Unknown: there is none, or the caller may not know of it.
        """
        wanted = select(access_request).where(access_request.c.id == key, visible.clause())
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-access-request", request=key)
        return self._whole([row])[0]

    def numbered(self, number: str, visible: Visibility) -> AccessRequest:
        """Return the request of a number, as `load` does."""
        row = self._connection.execute(
            select(access_request).where(access_request.c.number == number, visible.clause())
        ).one_or_none()
        if row is None:
            raise Unknown("unknown-access-request", request=number)
        return self._whole([row])[0]

    def load_many(self, keys: Collection[RequestId], visible: Visibility) -> dict[RequestId, AccessRequest]:
        """Return those of these requests that the caller may know of."""
        rows = self._connection.execute(select(access_request).where(access_request.c.id.in_(keys), visible.clause()))
        return {request.id: request for request in self._whole(rows.all())}

    def renewing(self, keys: Collection[GrantId]) -> dict[GrantId, str]:
        """Return the numbers of the open requests that would renew some grants, by grant."""
        wanted = select(access_request.c.renews, access_request.c.number).where(
            access_request.c.renews.in_(set(keys)), access_request.c.state.in_(renewals.OPEN)
        )
        return {row.renews: row.number for row in self._connection.execute(wanted)}

    def unratified(self, person: PersonId, since: datetime) -> int:
        """Return how many emergencies of a person came to nothing since an instant."""
        dead = access_request.c.state.in_((RequestState.LAPSED, RequestState.REJECTED))
        own = and_(access_request.c.requester_id == person, access_request.c.created_at > since)
        counted = select(func.count()).where(own, access_request.c.emergency, dead)
        return int(self._connection.execute(counted).scalar_one())

    def unanswered(self, person: PersonId, now: datetime) -> bool:
        """Say whether the time to ratify an emergency of a person is over and nobody has written it down yet."""
        open_still = and_(access_request.c.state == RequestState.EMERGENCY, access_request.c.due <= now)
        return self._connection.execute(
            select(exists().where(access_request.c.requester_id == person, open_still))
        ).scalar_one()

    def of_item(self, key: ItemId, visible: Visibility, *, lock: bool = False) -> tuple[AccessRequest, RequestItem]:
        """Return an item with its request.

        Raises:
            Unknown: there is none, it belongs to an older revision, or the caller may not know of it.
        """
        found = select(request_item.c.request_id).where(request_item.c.id == key)
        request_id = self._connection.execute(found).scalar_one_or_none()
        if request_id is None:
            raise Unknown("unknown-request-item", item=key)
        request = self.load(request_id, visible, lock=lock)
        for item in request.items:
            if item.id == key:
                return request, item
        raise Conflict("stale-revision", given="-", current=request.revision)

    def page(
        self,
        visible: Visibility,
        *,
        state: RequestState | None,
        after: RequestId | None,
        limit: int,
    ) -> list[AccessRequest]:
        """Return requests the caller may know of, newest first, `after` the id the last page ended with."""
        rows = select(access_request).where(visible.clause())
        if state is not None:
            rows = rows.where(access_request.c.state == state)
        if after is not None:
            rows = rows.where(access_request.c.id < after)
        found = self._connection.execute(rows.order_by(access_request.c.id.desc()).limit(limit)).all()
        return self._whole(found)

    def of_case(self, number: str, visible: Visibility, limit: int) -> list[AccessRequest]:
        """Return the requests of a case that the caller may know of, newest first."""
        rows = select(access_request).where(access_request.c.case_number == number, visible.clause())
        return self._whole(self._connection.execute(rows.order_by(access_request.c.id.desc()).limit(limit)).all())

    def _whole(self, rows: Sequence[request_rows.AnyRow]) -> list[AccessRequest]:
        keys = [row.id for row in rows]
        persons: dict[UUID, set[PersonId]] = {}
        for row in self._connection.execute(select(request_person).where(request_person.c.request_id.in_(keys))):
            persons.setdefault(row.request_id, set()).add(row.person_id)
        items: dict[UUID, list[RequestItem]] = {}
        current = and_(
            request_item.c.request_id == access_request.c.id, request_item.c.revision == access_request.c.revision
        )
        found = self._connection.execute(
            select(request_item)
            .join(access_request, current)
            .where(access_request.c.id.in_(keys))
            .order_by(request_item.c.id),
        ).all()
        lines = self._lines(row.id for row in found)
        for row in found:
            items.setdefault(row.request_id, []).append(request_rows.to_item(row, lines.get(row.id, [])))
        return [
            request_rows.to_request(row, frozenset(persons.get(row.id, ())), tuple(items.get(row.id, ())))
            for row in rows
        ]

    def _lines(self, items: Iterable[UUID]) -> dict[UUID, list[request_rows.AnyRow]]:
        lines: dict[UUID, list[request_rows.AnyRow]] = {}
        wanted = select(request_line).where(request_line.c.item_id.in_(list(items)))
        for row in self._connection.execute(wanted.order_by(request_line.c.item_id, request_line.c.position)):
            lines.setdefault(row.item_id, []).append(row)
        return lines

    def save(self, before: AccessRequest | None, after: AccessRequest) -> None:
        """Store a change.

        Raises:
            Conflict: somebody else changed the request or an item since `before` was read.
        """
        if before is None:
            self._connection.execute(insert(access_request).values(request_rows.of_request(after)))
        elif before.version != after.version:
            done = self._connection.execute(
                update(access_request)
                .where(access_request.c.id == after.id, access_request.c.version == before.version)
                .values(request_rows.of_request(after)),
            )
            if done.rowcount != 1:
                raise Conflict("changed-meanwhile", subject="access_request")
        if before is None or before.investigators != after.investigators:
            self._save_persons(after)
        self._save_items({item.id: item for item in before.items} if before else {}, after)

    def _save_persons(self, after: AccessRequest) -> None:
        self._connection.execute(delete(request_person).where(request_person.c.request_id == after.id))
        rows = [{"request_id": after.id, "person_id": person} for person in sorted(after.investigators)]
        if rows:
            self._connection.execute(insert(request_person), rows)

    def _save_items(self, before: dict[ItemId, RequestItem], after: AccessRequest) -> None:
        new = [item for item in after.items if item.id not in before]
        homes: dict[LineId, ItemId] = {line.id: item.id for item in before.values() for line in item.lines}
        if new:
            self._connection.execute(insert(request_item), [request_rows.of_item(after.id, item) for item in new])
            fresh = [row for item in new for row in request_rows.of_lines(item) if row["id"] not in homes]
            if fresh:  # the lines of an item may all have come from another one
                self._connection.execute(insert(request_line), fresh)
        changed = [item for item in after.items if item.id in before and before[item.id].version != item.version]
        for item in changed:  # one item a decision; a return or an approval touches a handful of departments
            done = self._connection.execute(
                update(request_item)
                .where(request_item.c.id == item.id, request_item.c.version == before[item.id].version)
                .values(request_rows.of_item(after.id, item)),
            )
            if done.rowcount != 1:
                raise Conflict("changed-meanwhile", subject="request_item")
        touched = [item for item in after.items if item.id not in before or before[item.id].lines != item.lines]
        rows = [row for item in touched for row in request_rows.of_lines(item)]
        self._save_lines([row for row in rows if row["id"] in homes])

    def _save_lines(self, rows: list[dict[str, object]]) -> None:
        if not rows:
            return
        columns = (
            "item_id", "position", "approved_begin", "approved_end", "endorsed_begin", "endorsed_end",
            "authorized_begin", "authorized_end", "remark",
        )  # fmt: skip
        statement = (
            update(request_line)
            .where(request_line.c.id == bindparam("line_id"))
            .values({column: bindparam(f"new_{column}") for column in columns})
        )
        self._connection.execute(
            statement,
            [{"line_id": row["id"], **{f"new_{column}": row[column] for column in columns}} for row in rows],
        )

    def undecided_of(self, camera: CameraId) -> list[RequestId]:
        """Return the requests in which somebody still has to decide on a camera, in the order of their ids."""
        open_lines = (
            select(request_item.c.request_id)
            .join(request_line, request_line.c.item_id == request_item.c.id)
            .join(
                access_request,
                and_(
                    access_request.c.id == request_item.c.request_id,
                    access_request.c.revision == request_item.c.revision,
                ),
            )
            .where(
                request_line.c.camera_id == camera,
                request_item.c.state == ItemState.PENDING,
                access_request.c.state.in_((RequestState.CENTER_REVIEW, RequestState.DEPARTMENT_REVIEW)),
            )
        )
        return list(self._connection.execute(open_lines.distinct().order_by(request_item.c.request_id)).scalars())

    def undecided_in(self, places: Collection[DepartmentId]) -> list[RequestId]:
        """Return the requests in which an owner or a center among some departments still has to decide, by id."""
        parts = exists().where(
            request_item.c.request_id == access_request.c.id,
            request_item.c.revision == access_request.c.revision,
            request_item.c.state == ItemState.PENDING,
            request_item.c.department_id.in_(places),
        )
        center = (access_request.c.state == RequestState.CENTER_REVIEW) & access_request.c.center_id.in_(places)
        undecided = access_request.c.state.in_((RequestState.CENTER_REVIEW, RequestState.DEPARTMENT_REVIEW))
        rows = select(access_request.c.id).where(undecided, or_(parts, center)).order_by(access_request.c.id)
        return list(self._connection.execute(rows).scalars())

    def earlier(self, request: AccessRequest, since: datetime, scope: Scope, limit: int) -> list[Earlier]:
        """Return requests that came to nothing, newest first: of the same case, or lately of the same matter."""
        rows = self._connection.execute(earlier_than(request, since, scope, limit))
        return [Earlier(row.number, EarlierOutcome(row.outcome), row.at, row.same_case) for row in rows]

    def hold_day(self, department: DepartmentId) -> None:
        """Let nobody else submit for a department until the transaction ends."""
        key = func.hashtextextended(f"submission/{department}", 0)
        self._connection.execute(select(func.pg_advisory_xact_lock(key)))

    def asked_within(
        self, department: DepartmentId, span: TimeSpan, *, leaving_out: RequestId
    ) -> tuple[int, timedelta]:
        """Return how many requests a department submitted within a span, and how long all their lines are together."""
        told = {"department": department, "begin": span.begin, "end": span.end, "key": leaving_out}
        row = self._connection.execute(_ASKED_WITHIN, told).one()
        return row.requests, timedelta(seconds=float(row.seconds))

    def waiting_items(
        self, owners: Sequence[str], *, after: ItemId | None, limit: int
    ) -> list[tuple[AccessRequest, RequestItem]]:
        """Return the items that wait for a decision in the subtrees `owners`, oldest first, in one page."""
        pending = (
            select(request_item.c.id, request_item.c.request_id)
            .join(access_request, access_request.c.id == request_item.c.request_id)
            .where(
                access_request.c.state == RequestState.DEPARTMENT_REVIEW,
                request_item.c.revision == access_request.c.revision,
                request_item.c.state == ItemState.PENDING,
                request_item.c.department_id.in_(below(owners)),
            )
        )
        if after is not None:
            pending = pending.where(request_item.c.id > after)
        found = self._connection.execute(pending.order_by(request_item.c.id).limit(limit)).all()
        rows = select(access_request).where(access_request.c.id.in_({row.request_id for row in found}))
        requests = {request.id: request for request in self._whole(self._connection.execute(rows).all())}
        wanted = [(requests[row.request_id], row.id) for row in found]
        return [(request, item) for request, key in wanted for item in request.items if item.id == key]


_ASKED_WITHIN = text(
    """
    SELECT count(DISTINCT r.id) AS requests,
           coalesce(sum(extract(epoch FROM (line ->> 2)::timestamptz - (line ->> 1)::timestamptz)), 0) AS seconds
    FROM access_request r LEFT JOIN LATERAL jsonb_array_elements(r.asked) AS line ON true
    WHERE r.department_id = :department AND r.submitted_at >= :begin AND r.submitted_at < :end AND r.id <> :key
    """
)
