"""`make bench NAME=catalogue_health`: what the watch over a million points costs, a turn, a day and a year.

1,000,000 points of 200 departments behind 1,000 sources, one point in a hundred troubled. A turn is measured at the
database alone; what a look itself costs is measured on real recordings through the sandbox. Beside each figure stands
what is written or read plainly: a row for each point and each day.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.gateway import Gateway
from adapters.media.testcard import Style, write_recording
from benchmarks.figures import figure, seconds
from benchmarks.million import POINTS, found
from broker.bootstrap import Broker, open_broker, operator
from broker.domain.footage.media import Probe
from broker.domain.ids import new_id
from broker.domain.sources.point_judgement import day_span
from broker.domain.sources.point_looks import Look, LookAsk
from broker.domain.time import TimeSpan
from broker.services.sources.point_looks import EACH, PAGE, SHOWN_A_TURN, SOURCES_A_TURN, Errand
from broker.settings import Settings
from storage.db.unit_of_work import UnitOfWork

SOURCES = 1000
TROUBLED = 100
PLAIN_DAYS, YEAR = 3, 365
LOOKED = 32


_INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
    WHERE i.indrelid = 'camera'::regclass AND NOT EXISTS (
        SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"""

# The last two departments are those of the province: their points lie in all counties.
_POINTS = """
    INSERT INTO camera (id, owner_id, external_key, name, division, latitude, longitude, source_id, channel, stream,
                        version)
    SELECT uuidv7(), (%(owners)s::uuid[])[o], n::text, '点位' || n,
           CASE WHEN o > cardinality(%(owners)s::uuid[]) - 2
                THEN (%(counties)s::text[])[1 + n %% cardinality(%(counties)s::text[])]
                ELSE (%(homes)s::text[])[o] END,
           30, 120, (%(sources)s::uuid[])[1 + n::bigint * cardinality(%(sources)s::uuid[]) / %(points)s], n::text,
           'catalogue/' || (%(owners)s::uuid[])[o], 1
    FROM generate_series(0, %(points)s - 1) n,
         LATERAL (SELECT (1 + n::bigint * cardinality(%(owners)s::uuid[]) / %(points)s)::int) AS home (o)"""


@contextmanager
def watched(points: int) -> Iterator[Broker]:
    """Open a broker over points that are bound to sources, all of them online since yesterday."""
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(data=Path(place), password_memory_kib=64, password_passes=1, workers=0)
        with open_broker(settings) as broker:
            counties, owners = found(broker)
            with psycopg.connect(broker.database_url) as connection:
                connection.execute("SET session_replication_role = replica")
                sources = [new_id() for _ in range(SOURCES)]
                _add_sources(connection, sources, [owner.id for _, owner in owners])
                given = {
                    "points": points, "sources": sources, "owners": [owner.id for _, owner in owners],
                    "counties": [county.code for county in counties], "homes": [county.code for county, _ in owners],
                }  # fmt: skip
                indexes = connection.execute(_INDEXES).fetchall()  # made anew at the end: it is much quicker
                for name, _ in indexes:
                    connection.execute(SQL("DROP INDEX {}").format(Identifier(name)))
                connection.execute(_POINTS, given)
                for _, definition in indexes:
                    connection.execute(definition)
                connection.commit()
                connection.autocommit = True
                connection.execute("VACUUM ANALYZE camera")
            yield broker


def _add_sources(connection: psycopg.Connection[Any], sources: list[UUID], owners: list[UUID]) -> None:
    for number, key in enumerate(sources):
        home = owners[number * len(owners) // len(sources)]
        connection.execute(
            "INSERT INTO source (id, code, name, adapter, options, department_id, sessions, stream, version)"
            " VALUES (%s, %s, %s, 'local_files', '{}', %s, 4, %s, 1)",
            (key, f"s{number}", f"s{number}", home, f"source/{key}"),
        )
    connection.execute(
        "INSERT INTO source_health (source_id, state, since, seen_at)"
        " SELECT id, 'online', now() - interval '1 day', now() FROM source"
    )


def main() -> None:
    """Measure and print."""
    points = int(sys.argv[1]) if len(sys.argv) > 1 else POINTS
    with watched(points) as broker:
        following(broker, points)
        turns(broker)
        days(broker)
        years(broker)
    looking()


def at(broker: Broker, do: Callable[[UnitOfWork], object]) -> float:
    """Return the seconds of something done in one transaction, with its commit."""
    me = operator("benchmark")

    def once() -> None:
        with broker.work() as work:
            permit = broker.policy.require(me, "source:list", me.roles(work.now))
            do(work)
            work.commit(permit)

    return seconds(once)


def following(broker: Broker, points: int) -> None:
    """Watch all points: a page a turn; then the same pages again, with nothing new."""
    today = datetime.now(UTC).date()
    pages = -(-points // PAGE) + (0 if points % PAGE else 1)
    fresh = [at(broker, lambda work: work.point_watch.follow_page(work.now, today, PAGE)) for _ in range(pages)]
    again = [at(broker, lambda work: work.point_watch.follow_page(work.now, today, PAGE)) for _ in range(9)]
    plain = max(again) * pages
    for name, taken in (("a page of new points", fresh), ("a page without any change", again)):
        middle = sorted(taken)[len(taken) // 2]
        whole = f"all pages in one turn, {plain:.1f} s"
        figure(f"catalogue_health: {name}, {PAGE} points", middle * 1000, "ms", reference=whole,
               ratio=middle / plain, n=len(taken))  # fmt: skip
    with psycopg.connect(broker.database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE point_watch")


def turns(broker: Broker) -> None:
    """Choose who is looked at, note what was seen, and follow a source that is gone."""
    later = timedelta(hours=1)
    chosen: dict[Any, Any] = {}

    def choose(work: UnitOfWork) -> None:
        chosen.update(work.point_watch.due(work.now + later, sources=SOURCES_A_TURN, each=EACH))

    taken = [at(broker, choose) for _ in range(9)]
    count = sum(map(len, chosen.values()))
    with broker.work() as work:
        sources, now = work.sources.load_many(list(chosen)), work.now
    today = now.astimezone(broker.zone).date()
    whole = TimeSpan(now - timedelta(days=8), now)

    def note() -> None:
        for key, due in chosen.items():
            errand = Errand(sources[key], due, timedelta(0), now, today)
            seen = [Look(it.channel, (whole,), now, 0.0, 0.5, 9.0) for it in due]
            broker.point_looks._note(errand, seen)  # noqa: SLF001  # the part behind the sandbox

    noted = seconds(note)
    middle = sorted(taken)[len(taken) // 2]
    figure(f"catalogue_health: choose {count} points of a turn", middle * 1000, "ms",
           reference="a turn of 60 s", ratio=middle / 60, n=len(taken))  # fmt: skip
    figure(f"catalogue_health: note {count} looks with 7 days of recordings each", noted * 1000, "ms",
           reference="a turn of 60 s", ratio=noted / 60, n=1)  # fmt: skip
    gone = Probe(ok=False, detail="empty", points=0)
    with psycopg.connect(broker.database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE camera SET status = 'on' WHERE status <> 'on' AND source_id IN (SELECT id FROM source LIMIT 10)"
        )
        connection.execute(
            "UPDATE source_health SET until = seen_at WHERE source_id IN (SELECT id FROM source LIMIT 10)"
        )
        connection.execute(
            "INSERT INTO source_health (source_id, state, since, seen_at, detail)"
            " SELECT id, 'offline', now() - interval '5 minutes', now(), %s FROM source LIMIT 10",
            (gone.detail,),
        )
    shown = at(broker, lambda work: work.point_health.follow_sources(work.now, SHOWN_A_TURN))
    figure(f"catalogue_health: show {SHOWN_A_TURN} points of sources that went away", shown * 1000, "ms",
           reference="a turn of 60 s", ratio=shown / 60, n=1)  # fmt: skip


def days(broker: Broker) -> None:
    """Settle yesterday and today with one point in a hundred in trouble; beside it a row for each point."""
    with psycopg.connect(broker.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO point_health (camera_id, state, since, seen_at)"
            " SELECT camera_id, 'black', now() - interval '5 hours', now() FROM point_watch"
            " WHERE ('x' || right(camera_id::text, 6))::bit(24)::int %% %s = 0 ON CONFLICT DO NOTHING",
            (TROUBLED,),
        )
        connection.execute("UPDATE point_watch SET since = since - 5")
        connection.execute("VACUUM ANALYZE point_watch, point_health")
    today = datetime.now(UTC).astimezone(broker.zone).date()
    wrote: list[Any] = []

    def settle(work: UnitOfWork) -> None:
        span = day_span(today, broker.zone)
        wrote.append(work.point_settling.settle(today, span.begin, min(span.end, work.now)))

    taken = [at(broker, settle) for _ in range(5)]
    with psycopg.connect(broker.database_url) as connection:
        connection.execute(
            "CREATE TABLE plain_day (camera_id uuid, day date, watched int, online int, recorded int,"
            " PRIMARY KEY (camera_id, day))"
        )

        def plain() -> None:
            connection.execute(
                "INSERT INTO plain_day SELECT camera_id, %s, 86400, 80000, 86400 FROM point_watch", (today,)
            )
            connection.commit()

        row = seconds(plain)
        for back in range(1, PLAIN_DAYS):
            connection.execute(
                "INSERT INTO plain_day SELECT camera_id, %s, 86400, 80000, 86400 FROM point_watch",
                (today - timedelta(days=back),),
            )
        connection.commit()
    first, middle = taken[0], sorted(taken)[len(taken) // 2]
    print(f"# rows written by a settlement, the first one and one with nothing new: {wrote[0]} {wrote[-1]}")
    figure(
        "catalogue_health: settle a day", first, "s", reference=f"a row a point, {row:.1f} s", ratio=first / row, n=1
    )
    figure("catalogue_health: settle it again", middle, "s", reference=f"a row a point, {row:.1f} s",
           ratio=middle / row, n=len(taken))  # fmt: skip


def years(broker: Broker) -> None:
    """Ask about a year: the whole, by day and department, one department, one point."""
    today = datetime.now(UTC).astimezone(broker.zone).date()
    begin = today - timedelta(days=YEAR)
    with psycopg.connect(broker.database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO health_day SELECT h.day - back, owner_id, division, points, watched, online, intact, asked,"
            " recorded FROM health_day h, generate_series(1, %s) back WHERE h.day = %s ON CONFLICT DO NOTHING",
            (YEAR, today),
        )
        connection.execute("VACUUM ANALYZE health_day")
        connection.execute("VACUUM ANALYZE plain_day")
        sizes = connection.execute(
            "SELECT count(*), pg_total_relation_size('health_day') / 1e6, pg_total_relation_size('plain_day') / 1e6"
            " FROM health_day"
        ).fetchone()
        print(f"# health_day of a year: rows, MB; {PLAIN_DAYS} plain days: MB: {sizes}")
        plain = seconds(
            lambda: connection.execute(
                "SELECT sum(watched), sum(online), sum(recorded) FROM plain_day WHERE day >= %s", (begin,)
            ).fetchone()
        )
        point = connection.execute("SELECT camera_id FROM point_watch LIMIT 1").fetchone()
    whole = plain / PLAIN_DAYS * YEAR
    asked: dict[str, Callable[[UnitOfWork], object]] = {
        "all points": lambda work: work.point_days.availability(begin, today),
        "all points by day": lambda work: work.point_days.by_day(begin, today),
        "all points by department": lambda work: work.point_days.by_department(begin, today),
        "one county": lambda work: work.point_days.availability(begin, today, division="330102"),
        "one department": lambda work: work.point_days.availability(begin, today, paths=["/p/c330102/ga330102/"]),
        "one point": lambda work: work.point_days.of_point(point[0] if point else new_id(), begin, today),  # type: ignore[arg-type]
    }
    for name, do in asked.items():
        taken = sorted(at(broker, do) for _ in range(7))
        figure(f"catalogue_health: a year of {name}", taken[3] * 1000, "ms",
               reference=f"rows of points, {whole:.0f} s by {PLAIN_DAYS} of {YEAR} days", ratio=taken[3] / whole,
               n=len(taken))  # fmt: skip


def looking() -> None:
    """Look at points on real recordings, many in one child and one in a child of its own."""
    with tempfile.TemporaryDirectory() as place:
        end = datetime(2026, 11, 1, 8, tzinfo=UTC)
        write_recording(Path(place), "01", end, 3, style=Style(size=(1280, 720), fps=5))
        gateway = Gateway(timedelta(minutes=5), 2 * 1024**3)
        ask = LookAsk("01", TimeSpan(end - timedelta(days=2), end + timedelta(minutes=3)))
        options: dict[str, object] = {"folder": place}
        begun = time.process_time()
        many = seconds(lambda: gateway.look("local_files", options, [ask] * LOOKED)) / LOOKED
        alone = seconds(lambda: gateway.look("local_files", options, [ask]))
        figure("catalogue_health: a look at a point, 720p recordings", many * 1000, "ms",
               reference=f"a child for each, {alone * 1000:.0f} ms", ratio=many / alone, n=LOOKED)  # fmt: skip
        print(f"# of this process itself: {time.process_time() - begun:.2f} s")


if __name__ == "__main__":
    main()
