"""What an export of the trace reads: how far a search reaches, its events in order, and the whole streams of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select, true, tuple_

from broker.domain.oversight.trace_search import Sought, Traced
from storage.db.oversight.audit import traced, wanted
from storage.db.oversight.trace_reach import TraceVisibility
from storage.db.tables import audit_event

told = audit_event.c


@dataclass(frozen=True)
class Extent:
    """How far a search reaches before its limit.

    Attributes:
        after, last: its events lie behind the one number and up to the other.
        count: how many there are.
        more: whether others follow.
        horizon: the newest event there was; what is written later belongs to no file of this search.
    """

    after: int
    last: int
    count: int
    more: bool
    horizon: int


@dataclass(frozen=True)
class Length:
    """How many events a stream has up to the horizon, and how many of them the reader may know of."""

    events: int
    seen: int


class TraceExportRepository:
    """Reads the trace step by step, each step by key."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def extent(self, visible: TraceVisibility, sought: Sought, *, after: int, limit: int) -> Extent:
        """Return what a search reaches from `after` on when it stops after `limit` events."""
        matching = (visible.clause(), *wanted(sought))
        first = select(told.id).where(*matching, told.id > after).order_by(told.id).limit(limit).subquery()
        count, last = self._connection.execute(select(func.count(), func.coalesce(func.max(first.c.id), after))).one()
        more = self._connection.execute(select(told.id).where(*matching, told.id > last).limit(1)).first() is not None
        horizon = self._connection.execute(select(func.coalesce(func.max(told.id), 0))).scalar_one()
        return Extent(after, last, count, more, horizon)

    def page(self, visible: TraceVisibility, sought: Sought, within: Extent, *, after: int, limit: int) -> list[Traced]:
        """Return the events of a search in the order of the log, behind `after`."""
        rows = select(audit_event).where(visible.clause(), *_matching(sought, within), told.id > after)
        return [traced(row) for row in self._connection.execute(rows.order_by(told.id).limit(limit))]

    def streams(self, visible: TraceVisibility, sought: Sought, within: Extent, *, after: str, limit: int) -> list[str]:
        """Return the names of the streams that events of a search are of, in order, behind `after`."""
        rows = select(told.stream).where(visible.clause(), *_matching(sought, within), told.stream > after)
        return list(self._connection.execute(rows.distinct().order_by(told.stream).limit(limit)).scalars())

    def lengths(self, visible: TraceVisibility, streams: Sequence[str], horizon: int) -> dict[str, Length]:
        """Return how long these streams are."""
        seen = func.count().filter(visible.clause())
        rows = select(told.stream, func.count().label("events"), seen.label("seen"))
        counted = rows.where(told.stream.in_(streams), told.id <= horizon).group_by(told.stream)
        return {row.stream: Length(row.events, row.seen) for row in self._connection.execute(counted)}

    def events(
        self, visible: TraceVisibility, sought: Sought, within: Extent, streams: Sequence[str], *,
        after: tuple[str, int], limit: int,
    ) -> list[tuple[Traced, bool]]:  # fmt: skip
        """Return events of these streams by stream and number, behind `after`, each with whether it was sought."""
        found = and_(true(), *_matching(sought, within)).label("found")
        rows = select(audit_event, found).where(
            visible.clause(), told.stream.in_(streams), told.id <= within.horizon, tuple_(told.stream, told.seq) > after
        )
        ordered = rows.order_by(told.stream, told.seq).limit(limit)
        return [(traced(row), row.found) for row in self._connection.execute(ordered)]


def _matching(sought: Sought, within: Extent) -> list[ColumnElement[bool]]:
    return [*wanted(sought), told.id > within.after, told.id <= within.last]
