"""Retrievals: orders, their progress, their results."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Text, cast, exists, func, insert, literal_column, select, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.media import Ask, ClipAsk, PictureFormat, SnapshotAsk
from broker.domain.footage.retrievals import IN_FLIGHT, UNFINISHED, EvidenceItem, Retrieval, RetrievalState
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.ids import DepartmentId, GrantId, PersonId, RequestId, RetrievalId
from broker.domain.requests.coverage import Missing
from broker.domain.time import TimeSpan
from storage.db.footage.haste import in_haste
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import access_grant, camera, department, person, retrieval

_ITEMS = TypeAdapter(tuple[EvidenceItem, ...])
_MISSING = TypeAdapter(tuple[Missing, ...])


class RetrievalRepository:
    """Loads and stores retrievals; a change is stored only over the version it was made from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: RetrievalId, *, person: PersonId | None = None, lock: bool = False) -> Retrieval:
        """Return one retrieval, only that of `person` when one is given.

        Raises:
            Unknown: there is none, or it is another person's.
        """
        if lock:
            in_haste(self._connection)
        wanted = select(retrieval).where(retrieval.c.id == key)
        wanted = wanted if person is None else wanted.where(retrieval.c.person_id == person)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-retrieval", retrieval=key)
        return _to_retrieval(row)

    def load_many(self, keys: Sequence[RetrievalId], *, person: PersonId | None = None) -> list[Retrieval]:
        """Return retrievals in the order of their keys, only those of `person` when one is given.

        Raises:
            Unknown: one of them is not there, or another person's.
        """
        wanted = select(retrieval).where(retrieval.c.id.in_(keys))
        wanted = wanted if person is None else wanted.where(retrieval.c.person_id == person)
        found = {row.id: _to_retrieval(row) for row in self._connection.execute(wanted)}
        for key in keys:
            if key not in found:
                raise Unknown("unknown-retrieval", retrieval=key)
        return [found[key] for key in keys]

    def page(
        self, person: PersonId, *, grant: GrantId | None, after: RetrievalId | None, limit: int
    ) -> list[Retrieval]:
        """Return a person's retrievals, newest first."""
        rows = select(retrieval).where(retrieval.c.person_id == person)
        if grant is not None:
            rows = rows.where(retrieval.c.grant_id == grant)
        if after is not None:
            rows = rows.where(retrieval.c.id < after)
        return [
            _to_retrieval(row) for row in self._connection.execute(rows.order_by(retrieval.c.id.desc()).limit(limit))
        ]

    def copy_of(self, original: Retrieval) -> Retrieval | None:
        """Return the newest marked copy of the footage of an original, of the same person under the same grant."""
        begin, end = _ends(original.ask)
        alike = (
            retrieval.c.grant_id == original.grant_id,
            retrieval.c.person_id == original.person_id,
            retrieval.c.camera_id == original.camera_id,
            retrieval.c.asked_begin == begin,
            retrieval.c.asked_end.is_not_distinct_from(end),
            ~retrieval.c.original,
        )
        newest = select(retrieval).where(*alike).order_by(retrieval.c.id.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        return None if row is None else _to_retrieval(row)

    def in_flight(self, grant: GrantId) -> list[Retrieval]:
        """Return what a revocation has to end, held until commit."""
        rows = select(retrieval).where(retrieval.c.grant_id == grant, retrieval.c.state.in_(IN_FLIGHT))
        return [_to_retrieval(row) for row in self._connection.execute(rows.order_by(retrieval.c.id).with_for_update())]

    def of_request(self, request: RequestId) -> list[Retrieval]:
        """Return every retrieval under the grants of a request that has a result, held until commit."""
        has_result = func.jsonb_array_length(retrieval.c.evidence) > 0
        rows = (
            select(retrieval)
            .join(access_grant, access_grant.c.id == retrieval.c.grant_id)
            .where(access_grant.c.request_id == request, has_result)
            .order_by(retrieval.c.id)
            .with_for_update(of=retrieval)
        )
        return [_to_retrieval(row) for row in self._connection.execute(rows)]

    def waiting_of(self, department: DepartmentId) -> int:
        """Return how many orders of the persons at home in a department wait for their fetch."""
        waits = (person.c.department_id == department) & (retrieval.c.state == RetrievalState.QUEUED)
        return self._connection.execute(
            select(func.count()).select_from(retrieval.join(person, person.c.id == retrieval.c.person_id)).where(waits)
        ).scalar_one()

    def with_tail(self, tail: str, limit: int) -> list[Retrieval]:
        """Return the retrievals whose ids end in these twelve hexadecimal digits; hardly ever more than one."""
        rows = select(retrieval).where(func.right(cast(retrieval.c.id, Text), literal_column("12")) == tail)
        return [_to_retrieval(row) for row in self._connection.execute(rows.order_by(retrieval.c.id).limit(limit))]

    def under_grants(self, grants: Collection[GrantId]) -> dict[GrantId, tuple[int, int, datetime]]:
        """Return of each of these grants how much runs, how much was ordered in all, and when last."""
        running = func.count().filter(retrieval.c.state.in_(UNFINISHED))
        rows = (
            select(retrieval.c.grant_id, running, func.count(), func.max(retrieval.c.ordered_at))
            .where(retrieval.c.grant_id.in_(grants))
            .group_by(retrieval.c.grant_id)
        )
        return {key: (now, ever, last) for key, now, ever, last in self._connection.execute(rows)}

    def unfinished(self, grant: GrantId) -> bool:
        """Say whether anything under a grant still waits for its result."""
        waits = (retrieval.c.grant_id == grant) & retrieval.c.state.in_(UNFINISHED)
        return self._connection.execute(select(exists().where(waits))).scalar_one()

    def under(self, stop: Stop) -> list[tuple[Retrieval, RequestId]]:
        """Return what a stop has to end, each with the request it belongs to, held until commit."""
        rows = (
            select(retrieval, access_grant.c.request_id)
            .join(access_grant, access_grant.c.id == retrieval.c.grant_id)
            .where(retrieval.c.state.in_(IN_FLIGHT), _stopped_by(stop))
            .order_by(retrieval.c.id)
            .with_for_update(of=retrieval)
        )
        return [(_to_retrieval(row), row.request_id) for row in self._connection.execute(rows)]

    def save(self, before: Retrieval | None, after: Retrieval) -> None:
        """Store a change.

        Raises:
            Conflict: somebody else changed it since `before` was read.
        """
        if before is None:
            self._connection.execute(insert(retrieval).values(_of_retrieval(after)))
            return
        done = self._connection.execute(
            update(retrieval)
            .where(retrieval.c.id == after.id, retrieval.c.version == before.version)
            .values(_of_retrieval(after)),
        )
        if done.rowcount != 1:
            raise Conflict("changed-meanwhile", subject="retrieval")

    def progress(self, key: RetrievalId, attempt: int, seconds: float) -> bool:
        """Note progress in seconds of footage; False when the attempt is no longer wanted."""
        current = (
            (retrieval.c.id == key) & (retrieval.c.attempt == attempt) & (retrieval.c.state == RetrievalState.FETCHING)
        )
        return self._connection.execute(update(retrieval).where(current).values(progress=seconds)).rowcount == 1

    def wanted(self, key: RetrievalId, attempt: int) -> bool:
        """Say whether the attempt is still the one that may deliver."""
        state = select(retrieval.c.state, retrieval.c.attempt).where(retrieval.c.id == key)
        row = self._connection.execute(state).one_or_none()
        return row is not None and row.state == RetrievalState.FETCHING and row.attempt == attempt


def _stopped_by(stop: Stop) -> ColumnElement[bool]:
    if stop.kind is StopKind.DEPARTMENT:
        owned = select(camera.c.id).join(department, department.c.id == camera.c.owner_id)
        return retrieval.c.camera_id.in_(owned.where(department.c.path.startswith(stop.key, autoescape=True)))
    columns = {
        StopKind.GRANT: retrieval.c.grant_id,
        StopKind.PERSON: retrieval.c.person_id,
        StopKind.CAMERA: retrieval.c.camera_id,
    }
    return columns[stop.kind] == UUID(stop.key)


def _ends(ask: Ask) -> tuple[datetime, datetime | None]:
    """Return where an ask begins and ends; a picture has no end."""
    return (ask.span.begin, ask.span.end) if isinstance(ask, ClipAsk) else (ask.instant, None)


def _of_retrieval(of: Retrieval) -> dict[str, object]:
    begin, end = _ends(of.ask)
    return {
        "id": of.id,
        "grant_id": of.grant_id,
        "person_id": of.person_id,
        "camera_id": of.camera_id,
        "action": of.action,
        "original": of.original,
        "format": PictureFormat.JPEG if isinstance(of.ask, ClipAsk) else of.ask.format,
        "asked_begin": begin,
        "asked_end": end,
        "state": of.state,
        "attempt": of.attempt,
        "evidence": _ITEMS.dump_python(of.items, mode="json"),
        "missing": _MISSING.dump_python(of.missing, mode="json"),
        "ahead": of.ahead,
        "progress": of.progress,
        "error": of.error,
        "error_facts": of.error_facts,
        "held": of.held,
        "purged_at": of.purged_at,
        "ordered_at": of.ordered_at,
        "ready_at": of.ready_at,
        "stream": of.stream,
        "version": of.version,
    }


def _to_retrieval(row: AnyRow) -> Retrieval:
    return Retrieval(
        id=row.id,
        grant_id=row.grant_id,
        person_id=row.person_id,
        camera_id=row.camera_id,
        ask=_to_ask(row),
        original=row.original,
        state=RetrievalState(row.state),
        attempt=row.attempt,
        items=_ITEMS.validate_python(row.evidence),
        missing=_MISSING.validate_python(row.missing),
        ahead=row.ahead,
        progress=row.progress,
        error=row.error,
        error_facts=row.error_facts,
        held=row.held,
        purged_at=row.purged_at,
        ordered_at=row.ordered_at,
        ready_at=row.ready_at,
        version=row.version,
    )


def _to_ask(row: AnyRow) -> Ask:
    """The channel is looked up when the fetch begins: a camera may be bound anew while an order waits."""
    if row.asked_end is None:
        return SnapshotAsk(channel="", instant=row.asked_begin, format=PictureFormat(row.format))
    return ClipAsk(channel="", span=TimeSpan(row.asked_begin, row.asked_end))
