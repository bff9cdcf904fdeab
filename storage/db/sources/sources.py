"""Sources of footage, and the history of their clocks."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, false, insert, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from broker.domain.catalog.catalog import Source
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import SourceId
from broker.domain.sources.source_clocks import ClockOffset
from broker.domain.time import TimeSpan
from storage.db.requests.request_rows import AnyRow
from storage.db.sources.source_health import SourceHealthRepository
from storage.db.tables import source, source_clock


class SourceRepository:
    """Where footage lies and how to reach it; secret options are sealed before they come here and leave sealed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: SourceId) -> Source:
        """Raises Unknown when there is no such source."""
        row = self._connection.execute(select(source).where(source.c.id == key)).one_or_none()
        if row is None:
            raise Unknown("unknown-source", source=key)
        return _source(row)

    def load_many(self, keys: Collection[SourceId]) -> dict[SourceId, Source]:
        rows = self._connection.execute(select(source).where(source.c.id.in_(set(keys))))
        return {found.id: found for found in map(_source, rows)}

    def by_code(self, code: str, *, lock: bool = False) -> Source:
        """Raises Unknown when no source has this code."""
        wanted = select(source).where(source.c.code == code)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-source", source=code)
        return _source(row)

    def page(self, *, after: str = "", limit: int = 100, lock: bool = False) -> list[Source]:
        """Return sources by code; with `lock` nobody else changes them until the transaction ends."""
        rows = select(source).where(source.c.code > after).order_by(source.c.code).limit(limit)
        return [_source(row) for row in self._connection.execute(rows.with_for_update() if lock else rows)]

    def add(self, new: Source) -> None:
        """Raises Conflict when the code is taken."""
        if self._connection.execute(select(source.c.id).where(source.c.code == new.code)).first():
            raise Conflict("code-taken", code=new.code)
        values = _values(new) | {"id": new.id, "code": new.code, "adapter": new.adapter, "stream": new.stream}
        self._connection.execute(insert(source).values(values))

    def save(self, before: Source, after: Source) -> None:
        """Store a change; what a source is called by and which adapter reaches it stay.

        Raises:
            Conflict: somebody else changed it since `before` was read.
        """
        this = update(source).where(source.c.id == before.id, source.c.version == before.version)
        if self._connection.execute(this.values(_values(after))).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="source")

    def ahead(self, key: SourceId, at: datetime) -> ClockOffset | None:
        """Return the offset that holds for footage of an instant: the last one found before it, else the first after.

        None where nobody has ever looked.
        """
        return self.ahead_many({key: at}).get(key)

    def ahead_many(self, instants: Mapping[SourceId, datetime]) -> dict[SourceId, ClockOffset]:
        """Return the same for several sources, each at its own instant; a source nobody looked at is absent."""
        own, at, one = source_clock.c.source_id, source_clock.c.at, distinct_on(source_clock.c.source_id)
        before = or_(false(), *(and_(own == key, at <= instant) for key, instant in instants.items()))
        newest = select(source_clock).where(before).ext(one).order_by(own, at.desc(), source_clock.c.id.desc())
        found = {row.source_id: _offset(row) for row in self._connection.execute(newest)}
        late = [key for key in instants if key not in found]
        if late:
            first = select(source_clock).where(own.in_(late)).ext(one).order_by(own, at, source_clock.c.id)
            found |= {row.source_id: _offset(row) for row in self._connection.execute(first)}
        return found

    def last_measured(self, key: SourceId, by: str) -> ClockOffset | None:
        """Return the newest offset that was found in one way."""
        own = select(source_clock).where(source_clock.c.source_id == key, source_clock.c.by == by)
        row = self._connection.execute(own.order_by(source_clock.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else _offset(row)

    def clock(self, key: SourceId, *, before: int | None, limit: int) -> list[ClockOffset]:
        """Return the history of a clock, newest first, beginning behind the number `before`."""
        rows = select(source_clock).where(source_clock.c.source_id == key)
        if before is not None:
            rows = rows.where(source_clock.c.id < before)
        return [_offset(row) for row in self._connection.execute(rows.order_by(source_clock.c.id.desc()).limit(limit))]

    def note_clock(self, new: ClockOffset) -> ClockOffset:
        """Append to the history of a clock; returns the entry with its number."""
        row = self._connection.execute(
            insert(source_clock)
            .values(
                source_id=new.source_id, at=new.at, seconds=new.seconds, by=new.by, actor=new.actor,
                reference=new.reference, shown=new.shown,
            )
            .returning(source_clock),
        ).one()  # fmt: skip
        return _offset(row)

    def offline_during(self, key: SourceId, span: TimeSpan) -> tuple[TimeSpan, ...]:
        """Return when, within a span, the source was not reachable by our own log."""
        return SourceHealthRepository(self._connection).offline_during({key: span})[key]


def _values(it: Source) -> dict[str, object]:
    return {
        "name": it.name, "options": dict(it.options), "secrets": list(it.secrets), "sealed": it.sealed,
        "department_id": it.department_id, "sessions": it.sessions, "stopped": it.stopped,
        "keeps_days": it.keeps_days, "version": it.version,
    }  # fmt: skip


def _source(row: AnyRow) -> Source:
    return Source(
        id=row.id, code=row.code, name=row.name, adapter=row.adapter, options=row.options,
        department_id=row.department_id, sessions=row.sessions, version=row.version, secrets=tuple(row.secrets),
        sealed=bytes(row.sealed), stopped=row.stopped, keeps_days=row.keeps_days,
    )  # fmt: skip


def _offset(row: AnyRow) -> ClockOffset:
    return ClockOffset(
        source_id=row.source_id, at=row.at, seconds=row.seconds, by=row.by, actor=row.actor, reference=row.reference,
        shown=row.shown, number=row.id,
    )  # fmt: skip
