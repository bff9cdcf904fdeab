"""What may have moved for many people at once: one question each, however many of them look on."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from broker.domain.footage.retrievals import UNFINISHED, RetrievalState
from broker.domain.ids import PersonId
from broker.domain.notices.notices import Told
from storage.db.notices.outbox import MOST_COUNTED

NEWEST = 50
"""Of each person's retrievals and requests only so many, the newest, are looked at."""

RESULTS = frozenset({RetrievalState.READY, RetrievalState.DELIVERED, RetrievalState.PURGED})

_NOTICES = """
    SELECT p.id AS person, counted.unread, notice.id, notice.kind, notice.at, notice.case_id, notice.facts
    FROM unnest(%(persons)s::uuid[]) AS p(id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS unread FROM (
            SELECT FROM notice_recipient WHERE person_id = p.id AND read_at IS NULL LIMIT %(most)s) AS few) AS counted
    LEFT JOIN LATERAL (
        SELECT notice_id FROM notice_recipient WHERE person_id = p.id AND read_at IS NULL
        ORDER BY notice_id DESC LIMIT 1) AS newest ON true
    LEFT JOIN notice ON notice.id = newest.notice_id
"""
_RETRIEVALS = """
    SELECT p.id AS person, it.id, it.state, it.progress, event.at,
        extract(epoch FROM it.asked_end - it.asked_begin)::float8 AS length
    FROM unnest(%(persons)s::uuid[]) AS p(id)
    CROSS JOIN LATERAL (SELECT * FROM retrieval WHERE person_id = p.id ORDER BY id DESC LIMIT %(most)s) AS it
    JOIN audit_event AS event ON event.stream = it.stream AND event.seq = it.version
"""
_REQUESTS = """
    SELECT p.id AS person, it.id, it.state, event.at
    FROM unnest(%(persons)s::uuid[]) AS p(id)
    CROSS JOIN LATERAL (
        SELECT id, state, stream, version FROM access_request WHERE requester_id = p.id
        ORDER BY id DESC LIMIT %(most)s) AS it
    JOIN audit_event AS event ON event.stream = it.stream AND event.seq = it.version
"""


class Step(NamedTuple):
    """A thing as it stands: since when, and for a retrieval how many hundredths of it are fetched."""

    key: UUID
    state: str
    at: datetime
    percent: int | None = None

    @property
    def running(self) -> bool:
        """Whether it moves without an event: a fetch says how far it has come many times a second."""
        return self.state in UNFINISHED


class Unread(NamedTuple):
    """How many notices somebody has not read, and the newest of them."""

    total: int
    newest: Told | None


class LiveRepository:
    """What is told to pages that stay open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest_event(self) -> int:
        """Return the number of the newest event of the trace: what stands still there moved nowhere else."""
        found = self._connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM audit_event").scalar_one()
        return int(found)

    def notices(self, persons: Collection[PersonId]) -> dict[PersonId, Unread]:
        told = {"persons": list(persons), "most": MOST_COUNTED}
        return {
            row.person: Unread(
                row.unread, None if row.id is None else Told(row.id, row.kind, row.at, row.case_id, row.facts)
            )
            for row in self._connection.exec_driver_sql(_NOTICES, told)
        }

    def retrievals(self, persons: Collection[PersonId]) -> Mapping[PersonId, tuple[Step, ...]]:
        """Return the retrievals of these persons."""
        told = {"persons": list(persons), "most": NEWEST}
        return _by_person(
            (row.person, Step(row.id, row.state, row.at, _percent(row.state, row.progress, row.length)))
            for row in self._connection.exec_driver_sql(_RETRIEVALS, told)
        )

    def requests(self, persons: Collection[PersonId]) -> Mapping[PersonId, tuple[Step, ...]]:
        """Return what these persons have asked for."""
        told = {"persons": list(persons), "most": NEWEST}
        return _by_person(
            (row.person, Step(row.id, row.state, row.at)) for row in self._connection.exec_driver_sql(_REQUESTS, told)
        )


def _by_person(rows: Iterable[tuple[PersonId, Step]]) -> dict[PersonId, tuple[Step, ...]]:
    found: dict[PersonId, list[Step]] = {}
    for who, step in rows:
        found.setdefault(who, []).append(step)
    return {who: tuple(steps) for who, steps in found.items()}


def _percent(state: str, fetched: float, length: float | None) -> int:
    """Return how many hundredths of the footage are fetched; not all of it before the result is there."""
    if state in RESULTS:
        return 100
    return 0 if not length else max(0, min(99, int(100 * fetched / length)))
