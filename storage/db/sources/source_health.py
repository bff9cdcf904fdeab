"""The health of sources: stays in a state, and when each source is to be asked again."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from broker.domain.ids import SourceId
from broker.domain.sources.source_health import HealthState, Spell, offline_spans
from broker.domain.time import TimeSpan
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import source, source_health, source_watch


class Due(NamedTuple):
    """A source that is to be asked, after so many failures in a row."""

    source_id: SourceId
    failures: int


class SourceHealthRepository:
    """What was seen of sources; a spell that has ended is never changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def current(self, key: SourceId, *, lock: bool = False) -> Spell | None:
        """Return the spell that lasts; with `lock` whoever else tells about this source waits."""
        if lock:
            held = func.pg_advisory_xact_lock(func.hashtextextended(f"source_health/{key}", 0))
            self._connection.execute(select(held))
        rows = select(source_health).where(source_health.c.source_id == key, source_health.c.until.is_(None))
        row = self._connection.execute(rows).one_or_none()
        return None if row is None else _spell(row)

    def current_many(self, keys: Collection[SourceId]) -> dict[SourceId, Spell]:
        """Return the spells that last, by source."""
        lasting = source_health.c.source_id.in_(set(keys)) & source_health.c.until.is_(None)
        return {row.source_id: _spell(row) for row in self._connection.execute(select(source_health).where(lasting))}

    def save(self, spell: Spell) -> None:
        """Store what became of the current spell."""
        this = update(source_health).where(source_health.c.id == spell.number)
        self._connection.execute(this.values(seen_at=spell.seen_at, until=spell.until, detail=spell.detail))

    def begin(self, spell: Spell) -> None:
        self._connection.execute(
            insert(source_health).values(
                source_id=spell.source_id, state=spell.state, since=spell.since, seen_at=spell.seen_at,
                until=spell.until, detail=spell.detail,
            ),
        )  # fmt: skip

    def page(self, key: SourceId, *, before: int | None, limit: int) -> list[Spell]:
        """Return the spells of a source, newest first, beginning behind the number `before`."""
        rows = select(source_health).where(source_health.c.source_id == key)
        if before is not None:
            rows = rows.where(source_health.c.id < before)
        return [_spell(row) for row in self._connection.execute(rows.order_by(source_health.c.id.desc()).limit(limit))]

    def offline_during(self, spans: Mapping[SourceId, TimeSpan]) -> dict[SourceId, tuple[TimeSpan, ...]]:
        """Return for each source when, within its span, it was not reachable; one question for all."""
        if not spans:
            return {}
        begin, end = min(it.begin for it in spans.values()), max(it.end for it in spans.values())
        rows = select(source_health).where(
            source_health.c.source_id.in_(spans.keys()),
            source_health.c.state == HealthState.OFFLINE,
            source_health.c.since < end,
            or_(source_health.c.until.is_(None), source_health.c.until > begin),
        )
        spells: dict[SourceId, list[Spell]] = defaultdict(list)
        for row in self._connection.execute(rows):
            spells[row.source_id].append(_spell(row))
        return {key: offline_spans(spells[key], span) for key, span in spans.items()}

    def due(self, now: datetime, limit: int) -> list[Due]:
        """Return the sources that are to be asked now, the one that has waited longest first, held until commit."""
        unasked = select(source.c.id, literal(now), literal(0)).where(
            ~exists().where(source_watch.c.source_id == source.c.id)
        )
        columns = ["source_id", "next_at", "failures"]
        self._connection.execute(upsert(source_watch).from_select(columns, unasked).on_conflict_do_nothing())
        rows = (
            select(source_watch.c.source_id, source_watch.c.failures)
            .join(source, source.c.id == source_watch.c.source_id)
            .where(source_watch.c.next_at <= now, ~source.c.stopped)
            .order_by(source_watch.c.next_at)
            .limit(limit)
        )
        found = self._connection.execute(rows.with_for_update(of=source_watch, skip_locked=True))
        return [Due(SourceId(row.source_id), row.failures) for row in found]

    def ask_at(self, watched: Sequence[tuple[SourceId, datetime, int]]) -> None:
        """Say of each source when it is to be asked next, and after how many failures in a row."""
        if not watched:
            return
        rows = [{"source_id": key, "next_at": at, "failures": failures} for key, at, failures in watched]
        known = upsert(source_watch)
        again = {"next_at": known.excluded.next_at, "failures": known.excluded.failures}
        self._connection.execute(known.on_conflict_do_update(index_elements=["source_id"], set_=again), rows)

    def ask_soon(self, key: SourceId, now: datetime) -> None:
        """Let a source be asked at the next turn, if that is earlier than it would have been."""
        later = (source_watch.c.source_id == key) & (source_watch.c.next_at > now)
        self._connection.execute(update(source_watch).where(later).values(next_at=now))


def _spell(row: AnyRow) -> Spell:
    return Spell(
        source_id=row.source_id, state=HealthState(row.state), since=row.since, seen_at=row.seen_at, until=row.until,
        detail=row.detail, number=row.id,
    )  # fmt: skip
