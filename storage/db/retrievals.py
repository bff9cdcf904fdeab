"""Retrievals: orders, their progress, their results."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, exists, insert, select, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import GrantId, PersonId, RequestId, RetrievalId
from broker.domain.media import Ask, Capture, ClipAsk, SnapshotAsk
from broker.domain.retrievals import IN_FLIGHT, UNFINISHED, Retrieval, RetrievalState
from broker.domain.stops import Stop, StopKind
from broker.domain.time import TimeSpan
from storage.db.haste import in_haste
from storage.db.request_rows import AnyRow
from storage.db.tables import access_grant, camera, department, retrieval


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

    def in_flight(self, grant: GrantId) -> list[Retrieval]:
        """Return what a revocation has to end, held until commit."""
        rows = select(retrieval).where(retrieval.c.grant_id == grant, retrieval.c.state.in_(IN_FLIGHT))
        return [_to_retrieval(row) for row in self._connection.execute(rows.order_by(retrieval.c.id).with_for_update())]

    def of_request(self, request: RequestId) -> list[Retrieval]:
        """Return every retrieval under the grants of a request that has a result, held until commit."""
        rows = (
            select(retrieval)
            .join(access_grant, access_grant.c.id == retrieval.c.grant_id)
            .where(access_grant.c.request_id == request, retrieval.c.digest != "")
            .order_by(retrieval.c.id)
            .with_for_update(of=retrieval)
        )
        return [_to_retrieval(row) for row in self._connection.execute(rows)]

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


def _of_retrieval(of: Retrieval) -> dict[str, object]:
    return {
        "id": of.id,
        "grant_id": of.grant_id,
        "person_id": of.person_id,
        "camera_id": of.camera_id,
        "action": of.action,
        "asked_begin": of.ask.span.begin if isinstance(of.ask, ClipAsk) else of.ask.instant,
        "asked_end": of.ask.span.end if isinstance(of.ask, ClipAsk) else None,
        "state": of.state,
        "attempt": of.attempt,
        "capture": _of_capture(of.capture),
        "digest": of.digest,
        "size": of.size,
        "progress": of.progress,
        "error": of.error,
        "error_facts": of.error_facts,
        "held": of.held,
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
        state=RetrievalState(row.state),
        attempt=row.attempt,
        capture=_to_capture(row.capture),
        digest=row.digest,
        size=row.size,
        progress=row.progress,
        error=row.error,
        error_facts=row.error_facts,
        held=row.held,
        ordered_at=row.ordered_at,
        ready_at=row.ready_at,
        version=row.version,
    )


def _to_ask(row: AnyRow) -> Ask:
    """The channel is looked up when the fetch begins: a camera may be bound anew while an order waits."""
    if row.asked_end is None:
        return SnapshotAsk(channel="", instant=row.asked_begin)
    return ClipAsk(channel="", span=TimeSpan(row.asked_begin, row.asked_end))


def _of_capture(capture: Capture | None) -> dict[str, object] | None:
    if capture is None:
        return None
    return {
        "media_type": capture.media_type,
        "container": capture.container,
        "codec": capture.codec,
        "width": capture.width,
        "height": capture.height,
        "frames": capture.frames,
        "first": capture.first.isoformat(),
        "last": capture.last.isoformat(),
        "obtained": [[span.begin.isoformat(), span.end.isoformat()] for span in capture.obtained],
    }


def _to_capture(stored: dict[str, object] | None) -> Capture | None:
    if stored is None:
        return None
    values = dict(stored)
    instant = datetime.fromisoformat
    values["first"], values["last"] = instant(str(stored["first"])), instant(str(stored["last"]))
    values["obtained"] = tuple(TimeSpan(instant(begin), instant(end)) for begin, end in stored["obtained"])  # type: ignore[attr-defined]  # our own shape
    return Capture(**values)  # type: ignore[arg-type]  # our own shape
