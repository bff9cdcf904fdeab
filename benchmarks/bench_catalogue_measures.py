"""`make bench NAME=catalogue`: the four measures of a year over a province of 1,000,000 points in 200 departments.

Beside the points: a year of health sums and daily counts of the catalogue by department and county, 50,000 requests of
one part with two points each, their grants, 100,000 retrievals, 300,000 accesses in the register and the events of the
center's decisions. They are written by a few statements into a copy of the database; no figure counts that. "Plainly"
is what a program does that asks for each department and each indicator apart.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url, text

from benchmarks.figures import figure, interleaved
from benchmarks.million import million
from broker.bootstrap import Broker, operator
from broker.domain.oversight.measures import By
from broker.services.oversight.measure_files import as_pdf, as_xlsx
from broker.services.oversight.measures import Measures, Question
from storage.db.engine import open_engine
from storage.db.unit_of_work import UnitOfWork, Work

REQUESTS, DAYS, ROUNDS = 50_000, 365, 5
NEEDED = 2.0  # seconds
COPY = "measured"

FILLING = (
    """CREATE TEMPORARY TABLE place AS SELECT row_number() OVER () - 1 AS n, o.* FROM (
        SELECT owner_id, left(division, 6) AS county, count(*) AS points, min(id::text)::uuid AS one,
               max(id::text)::uuid AS other FROM camera GROUP BY 1, 2) o""",
    """INSERT INTO health_day (day, owner_id, division, points, watched, online, intact, asked, recorded)
        SELECT current_date - g, owner_id, county, points, points * 86400, points * 84000, points * 83000,
               points * 86400, points * 80000 FROM place, generate_series(1, 365) g""",
    """INSERT INTO catalogue_day (day, owner_id, county, points, complete, shared, connected)
        SELECT current_date - g, owner_id, county, points, points / 2, points - points / 50, points / 3
        FROM place, generate_series(1, 365) g""",
    """CREATE TEMPORARY TABLE asked AS SELECT g, gen_random_uuid() AS request, gen_random_uuid() AS item,
            gen_random_uuid() AS grant_id, now() - (g * 365.0 / {n}) * interval '1 day' AS at,
            o.owner_id AS owner, o.one, o.other, a.owner_id AS asker, p.id AS person
        FROM generate_series(1, {n}) g JOIN place o ON o.n = g % (SELECT count(*) FROM place)
        JOIN place a ON a.n = (g * 7) % (SELECT count(*) FROM place), (SELECT id FROM person LIMIT 1) p""",
    """INSERT INTO access_request (id, number, requester_id, department_id, basis, matter, case_number, reason, urgent,
            emergency, state, revision, rulebook, center_id, center_approvals, deciders, asked, terms, approved_terms,
            remarks, submitted_at, since, created_at, stream, version)
        SELECT request, 'M' || g, person, asker, 'administrative', 'environment', 'c' || g, 'x', false, g % 50 = 0,
            'DECIDED', 1, 0, owner, 0, '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', at, at, at,
            'access_request/' || request, 2 FROM asked""",
    """INSERT INTO request_item (id, request_id, department_id, revision, state, route, authorizations, due, deciders,
            authorizer_id, decided_at, stream, version)
        SELECT item, request, owner, 1, CASE WHEN g % 20 = 0 THEN 'LAPSED' ELSE 'AUTHORIZED' END, 'usual', 1,
            at + interval '3 days', ARRAY[person], person, at + (g % 4) * interval '1 day', 'request_item/' || item, 1
        FROM asked""",
    """INSERT INTO request_line (id, item_id, position, camera_id, asked_begin, asked_end, approved_begin, approved_end,
            authorized_begin, authorized_end)
        SELECT gen_random_uuid(), item, n, CASE n WHEN 1 THEN one ELSE other END, at, at + interval '1 hour', at,
            at + interval '1 hour', at, at + interval '1 hour' FROM asked, generate_series(1, 2) n""",
    """INSERT INTO access_grant (id, item_id, request_id, department_id, terms, valid_from, valid_until, state,
            quota_snapshots, quota_seconds, quota_bytes, used_snapshots, used_seconds, used_bytes, emergency, stream,
            version)
        SELECT grant_id, item, request, owner, '{{}}', at, at + interval '7 days', 'EXHAUSTED', 9, 9, 9, 0, 0, 0, false,
            'grant/' || grant_id, 1 FROM asked""",
    """INSERT INTO retrieval (id, grant_id, person_id, camera_id, action, asked_begin, asked_end, state, attempt,
            evidence, ordered_at, ready_at, stream, version)
        SELECT gen_random_uuid(), grant_id, person, one, 'clip', at, at + interval '1 hour',
            CASE WHEN (g + n) % 25 = 0 THEN 'FAILED' ELSE 'DELIVERED' END, 1, '[{{}}]', at,
            CASE WHEN (g + n) % 25 = 0 THEN NULL ELSE at + interval '1 minute' END, 'retrieval/' || g || '/' || n, 1
        FROM asked, generate_series(1, 2) n""",
    """INSERT INTO access_register (at, stream, seq, act, action, result, refusal, person_id, person_name, person_login,
            department_id, department_name, camera_id, camera_name, owner_id, owner_name, span_begin, span_end,
            request_id, request_number, basis, case_number, reason, grant_id, retrieval_id, address)
        SELECT at, 'r/' || g || '/' || n, 1, CASE n % 2 WHEN 0 THEN 'order' ELSE 'deliver' END, 'clip', 'allowed', '',
            person, 'p', 'p', asker, 'a', one, 'c', owner, 'o', at, at + interval '1 hour', request, 'M' || g,
            'administrative', 'c', 'reason', grant_id, gen_random_uuid(), '' FROM asked, generate_series(1, 6) n""",
    """INSERT INTO access_outcome (register_id, at, sent, reason)
        SELECT id, at, 1, '' FROM access_register WHERE act = 'deliver'""",
    """INSERT INTO audit_event (stream, seq, kind, at, actor, body, previous, leaf)
        SELECT stream, n, kind, at, 'x', body, sha256(body), sha256('\\x00'::bytea || body) FROM (
            SELECT 'access_request/' || request AS stream, n, at + (n - 1) * interval '1 hour' AS at,
                CASE n WHEN 1 THEN 'access_request:submitted' ELSE 'access_request:approved' END AS kind,
                convert_to(jsonb_build_object('data', jsonb_build_object('due', at + interval '1 day'))::text, 'UTF8')
                    AS body
            FROM asked, generate_series(1, 2) n) told""",
)


@contextmanager
def measured(broker: Broker) -> Iterator[Work]:
    """Give units of work on a copy of the province with a year behind it; the copy is dropped at the end."""
    url = make_url(broker.database_url)
    broker.engine.dispose()
    with psycopg.connect(url.set(database="postgres").render_as_string(hide_password=False), autocommit=True) as place:
        place.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(COPY)))
        copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        place.execute(copy.format(Identifier(COPY), Identifier(str(url.database))))
        mine = url.set(database=COPY).render_as_string(hide_password=False)
        try:
            _fill(mine)
            engine = open_engine(mine)
            yield partial(UnitOfWork, engine, broker.clock)
            engine.dispose()
        finally:
            place.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(COPY)))


def _fill(url: str) -> None:
    begun = time.perf_counter()
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in FILLING:
            connection.execute(statement.format(n=REQUESTS))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    print(f"# a year beside the points in {time.perf_counter() - begun:.0f} s", file=sys.stderr)


def plainly(work: Work, first: date, last: date) -> int:
    """Ask for each department and each of a few indicators apart; return how many questions that were."""
    with work() as opened:
        connection = opened.departments._connection  # noqa: SLF001  # a comparison from inside
        owners = [row.id for row in connection.execute(text("SELECT id FROM department WHERE kind = 'department'"))]
        points = "SELECT count(*) FROM camera WHERE owner_id = :owner AND lifecycle <> 'removed'"
        period = "WHERE owner_id = :owner AND {0} >= :first AND {0} < :last"
        asked = (
            points,
            f"{points} AND visibility <> 'internal'",
            f"{points} AND source_id IS NOT NULL",
            f"SELECT sum(online), sum(watched) FROM health_day {period.format('day')}",  # noqa: S608  # constants
            f"SELECT count(*) FROM access_register {period.format('at')}",  # noqa: S608  # constants
        )
        for owner in owners:
            for statement in asked:
                facts = {"owner": owner, "first": first, "last": last}
                used = {name: value for name, value in facts.items() if f":{name}" in statement}
                connection.execute(text(statement), used).all()
    return len(owners) * len(asked)


def main() -> None:
    """Fill the year, ask for it in several ways, print the figures."""
    with million() as broker, measured(broker) as work:
        service = Measures(work, broker.policy, broker.zone, outlined=False)
        me = operator("benchmark")
        last = broker.clock.now().astimezone(broker.zone).date()
        year = Question(last - timedelta(days=DAYS), last)
        whole = service.read(me, year).whole
        for each in whole.figures:
            print(f"# {each.key}: {each.part} / {each.whole}", file=sys.stderr)
        asked = {
            "the four measures of a year": year,
            "the four measures of a year, by department": Question(year.first, last, by=By.DEPARTMENT),
            "the four measures of a year, by county": Question(year.first, last, by=By.DISTRICT),
            "the four measures of a year, by month": Question(year.first, last, by=By.MONTH),
            "the four measures of a year up to now, the catalogue counted now": Question(
                year.first + timedelta(days=1), last + timedelta(days=1), fresh=True
            ),
        }
        calls = [partial(service.read, me, question) for question in asked.values()]
        *taken, apart = interleaved(ROUNDS, *calls, partial(plainly, work, year.first, last))
        for name, value in zip(asked, taken, strict=True):
            reference = "five of the sixteen, each department apart"
            figure(name, value, "s", reference=reference, ratio=value / apart, n=ROUNDS)
            if value > NEEDED:
                print(f"# {name}: {value:.2f} s is more than {NEEDED} s")
        report, months = service.book(me, year)
        paper, book = interleaved(
            3, lambda: as_pdf(report, months, broker.clock.now()), lambda: as_xlsx(report, months)
        )
        figure("the paper with charts", paper, "s", reference="the workbook", ratio=paper / book, n=3)


if __name__ == "__main__":
    main()
