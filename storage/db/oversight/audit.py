"""The trace in the database: append an event to its stream, read streams and cases back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Text, cast, func, insert, not_, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Row

from broker.domain.oversight.audit import FIRST, Entry, Event, seal
from broker.domain.oversight.trace_search import Sought, Traced
from broker.domain.permits import Permit
from storage.db.oversight.trace_cases import cases_of
from storage.db.oversight.trace_reach import EVERYTHING, TraceVisibility
from storage.db.tables import access_request, audit_event, department, person

_HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(CAST(:streams AS text[])) AS name")


class AuditRepository:
    """Appends to and reads the trace; the tables refuse every change of what is there."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def reserve(self, stream: str) -> int:
        """Return the number the next event of a stream will have, holding the stream until the transaction ends.

        Only streams that several rows share need it; a row with a stream of its own is guarded by its version.
        """
        key = func.hashtextextended(stream, 0)
        self._connection.execute(select(func.pg_advisory_xact_lock(key)))
        last = select(func.coalesce(func.max(audit_event.c.seq), 0)).where(audit_event.c.stream == stream)
        return int(self._connection.execute(last).scalar_one()) + 1

    def reserve_all(self, streams: Collection[str]) -> dict[str, int]:
        """Return the number the next event of each of these streams will have; all are held, in their order."""
        if not streams:
            return {}
        self._connection.execute(
            _HOLD, {"streams": sorted(streams)}
        )  # in one order, so that no two wait for each other
        heads = self._heads({*streams})
        return {stream: heads.get(stream, (0, FIRST))[0] + 1 for stream in streams}

    def append(self, permit: Permit, entries: Sequence[Entry], *, case: UUID | None = None) -> None:
        """Append one event an entry; the permit names who acted and under which policy."""
        if not entries:
            return
        heads = self._heads({entry.stream for entry in entries})
        rows = []
        for entry in entries:
            seq, previous = heads.get(entry.stream, (0, FIRST))
            event = seal(
                entry,
                seq=seq + 1,
                at=self._now,
                actor=permit.actor,
                policy=permit.policy,
                previous=previous,
                case=case,
            )
            heads[entry.stream] = (event.seq, event.leaf)
            rows.append(_row(event))
        self._connection.execute(insert(audit_event), rows)

    def _heads(self, streams: set[str]) -> dict[str, tuple[int, bytes]]:
        newest = (
            select(audit_event.c.stream, audit_event.c.seq, audit_event.c.leaf)
            .where(audit_event.c.stream.in_(streams))
            .ext(distinct_on(audit_event.c.stream))
            .order_by(audit_event.c.stream, audit_event.c.seq.desc())
        )
        return {row.stream: (row.seq, bytes(row.leaf)) for row in self._connection.execute(newest)}

    def heads_of_case(self, case: UUID, limit: int) -> list[Event]:
        """Return the newest event of each stream that belongs to a case, by the stream's name, at most `limit`."""
        newest = (
            select(audit_event)
            .where(audit_event.c.case_id == case)
            .ext(distinct_on(audit_event.c.stream))
            .order_by(audit_event.c.stream, audit_event.c.seq.desc())
            .limit(limit)
        )
        return [_event(row) for row in self._connection.execute(newest)]

    def stream(self, stream: str) -> tuple[Event, ...]:
        """Return all events of one stream, oldest first."""
        rows = select(audit_event).where(audit_event.c.stream == stream).order_by(audit_event.c.seq)
        return tuple(_event(row) for row in self._connection.execute(rows))

    def streams_of(self, names: Sequence[str]) -> dict[str, tuple[Event, ...]]:
        """Return all events of several streams, by stream."""
        rows = select(audit_event).where(audit_event.c.stream.in_(names))
        found: dict[str, list[Event]] = {}
        for row in self._connection.execute(rows.order_by(audit_event.c.stream, audit_event.c.seq)):
            found.setdefault(row.stream, []).append(_event(row))
        return {name: tuple(events) for name, events in found.items()}

    def visible(self, subtrees: Sequence[str]) -> TraceVisibility:
        """Return the test that guards every event for whoever audits these subtrees."""
        reached = or_(text("false"), *(department.c.path.startswith(path, autoescape=True) for path in subtrees))
        beyond = select(department.c.id).where(not_(reached)).limit(1)
        return TraceVisibility(subtrees, whole=bool(subtrees) and self._connection.execute(beyond).first() is None)

    def page(
        self, *, case: UUID | None = None, kind: str | None = None, after: int = 0, limit: int = 100
    ) -> list[tuple[int, Event]]:
        """Return (number, event) pairs in the order of the log, whoever may read them: the broker's own view."""
        sought = Sought(case=case, kinds=None if kind is None else frozenset({kind}))
        return [(it.number, it.event) for it in self.search(EVERYTHING, sought, after=after, limit=limit)]

    def search(
        self, visible: TraceVisibility, sought: Sought, *, after: int, limit: int, newest: bool = False
    ) -> list[Traced]:
        """Return events in the order of the log, or the newest first; `after` is the number of the last one seen.

        Of `sought`, `person` is an actor and `department` a path.
        """
        number = audit_event.c.id
        rows = select(audit_event).where(visible.clause(), *wanted(sought)).limit(limit)
        if newest:
            rows = (rows.where(number < after) if after else rows).order_by(number.desc())
        else:
            rows = rows.where(number > after).order_by(number)
        return [traced(row) for row in self._connection.execute(rows)]

    def within(self, visible: TraceVisibility, stream: str) -> frozenset[int]:
        """Return the numbers of those events of a stream that the reader may know of."""
        rows = select(audit_event.c.seq).where(audit_event.c.stream == stream, visible.clause())
        return frozenset(self._connection.execute(rows).scalars())

    def cases_of(self, streams: Sequence[str]) -> dict[str, UUID]:
        """Return the request that each of these streams belongs to by its own rows, those of none left out."""
        return cases_of(self._connection, streams)

    def streams(self, after: str = "", limit: int = 1000) -> list[str]:
        """Return the names of streams in order, `after` a name, at most `limit`."""
        rows = (
            select(audit_event.c.stream)
            .where(audit_event.c.stream > after)
            .distinct()
            .order_by(audit_event.c.stream)
            .limit(limit)
        )
        return list(self._connection.execute(rows).scalars())


def wanted(sought: Sought) -> list[ColumnElement[bool]]:
    """Return the conditions of a search; its person is an actor, its department a path."""
    told = audit_event.c
    conditions: list[ColumnElement[bool]] = []
    if sought.case is not None:
        conditions.append(told.case_id == sought.case)
    if sought.number is not None:
        conditions.append(told.case_id.in_(select(access_request.c.id).where(access_request.c.number == sought.number)))
    if sought.kinds is not None:
        conditions.append(told.kind.in_(sorted(sought.kinds)))
    if sought.streams is not None:
        conditions.append(told.stream.in_(sought.streams))
    if sought.person is not None:
        conditions.append(told.actor == sought.person)
    if sought.department is not None:
        home = person.join(department, department.c.id == person.c.department_id)
        below = department.c.path.startswith(sought.department, autoescape=True)
        conditions.append(told.actor.in_(select(cast(person.c.id, Text)).select_from(home).where(below)))
    if sought.since is not None:
        conditions.append(told.at >= sought.since)
    if sought.until is not None:
        conditions.append(told.at < sought.until)
    return conditions


def traced(row: Row[tuple[object, ...]]) -> Traced:
    """Return an event with its number over all streams."""
    return Traced(row.id, _event(row))


def _row(event: Event) -> dict[str, object]:
    return {
        "stream": event.stream,
        "seq": event.seq,
        "kind": event.kind,
        "at": event.at,
        "actor": event.actor,
        "case_id": event.case,
        "body": event.body,
        "previous": event.previous,
        "leaf": event.leaf,
    }


def _event(row: Row[tuple[object, ...]]) -> Event:
    return Event(
        stream=row.stream,
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        actor=row.actor,
        body=bytes(row.body),
        previous=bytes(row.previous),
        leaf=bytes(row.leaf),
        case=row.case_id,
    )
