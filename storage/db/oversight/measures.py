"""Counts behind the four measures: a few statements over sets, each by department, county and span of the period.

The spans are given as the instants at which they begin (`bounds`), because only the city knows when its months do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from broker.domain.catalog.camera_record import RECORD_FIELDS
from broker.domain.ids import DepartmentId
from broker.domain.oversight.measures import Tally
from broker.domain.time import TimeSpan
from storage.db.requests.request_rows import AnyRow

CLASSES = (1, 2, 3, 9)
COUNTY = 6

NEEDED: Mapping[str, list[str]] = {
    f"class_{each}": [key for key, field in RECORD_FIELDS.items() if each in field.mandatory] for each in CLASSES
}

POINTS = """
    SELECT c.owner_id, left(c.division, :digits) AS county, count(*) AS points,
           count(*) FILTER (WHERE c.gb_code IS NOT NULL AND c.division <> '' AND CASE c.point_class
               WHEN 1 THEN c.record ?& CAST(:class_1 AS text[]) WHEN 2 THEN c.record ?& CAST(:class_2 AS text[])
               WHEN 3 THEN c.record ?& CAST(:class_3 AS text[]) WHEN 9 THEN c.record ?& CAST(:class_9 AS text[])
               ELSE false END) AS complete,
           count(*) FILTER (WHERE c.visibility <> 'internal') AS shared,
           count(c.source_id) AS connected
    FROM camera c WHERE c.lifecycle <> 'removed' GROUP BY 1, 2"""

CASES = {
    "sharing.across": """
        SELECT r.department_id AS place, r.submitted_at AS at, 1 AS whole, (o.request_id IS NOT NULL)::int AS part
        FROM access_request r LEFT JOIN (
            SELECT DISTINCT i.request_id FROM request_item i JOIN access_request q ON q.id = i.request_id
            WHERE i.revision = q.revision AND i.department_id <> q.department_id
              AND q.submitted_at >= :begin AND q.submitted_at < :end
        ) o ON o.request_id = r.id WHERE r.submitted_at >= :begin AND r.submitted_at < :end""",
    "sharing.authorized": """
        SELECT i.department_id AS place, i.decided_at AS at, 1 AS whole, (l.authorized_begin IS NOT NULL)::int AS part
        FROM request_item i JOIN request_line l ON l.item_id = i.id
        WHERE i.decided_at >= :begin AND i.decided_at < :end AND i.state IN ('AUTHORIZED', 'REFUSED', 'LAPSED')
          AND l.approved_begin IS NOT NULL""",
    "availability.retrievals": """
        SELECT g.department_id AS place, t.ordered_at AS at, 1 AS whole, (t.ready_at IS NOT NULL)::int AS part
        FROM retrieval t JOIN access_grant g ON g.id = t.grant_id
        WHERE t.ordered_at >= :begin AND t.ordered_at < :end AND (t.ready_at IS NOT NULL OR t.state = 'FAILED')""",
    "control.trace": """
        SELECT a.owner_id AS place, a.at, 1 AS whole, (a.request_id IS NOT NULL AND a.grant_id IS NOT NULL
            AND a.reason <> '' AND a.basis <> '' AND a.person_name <> '' AND a.department_name <> ''
            AND (a.act <> 'deliver' OR o.register_id IS NOT NULL))::int AS part
        FROM access_register a LEFT JOIN access_outcome o ON o.register_id = a.id
        WHERE a.at >= :begin AND a.at < :end AND a.result = 'allowed'
          AND (a.act <> 'deliver' OR o.register_id IS NOT NULL
               OR a.at < CAST(:now AS timestamptz) - interval '1 day')""",
    "control.emergencies": """
        SELECT r.department_id AS place, r.created_at AS at, 1 AS whole,
            (r.approver_id IS NOT NULL AND r.state NOT IN ('EMERGENCY', 'REJECTED'))::int AS part
        FROM access_request r WHERE r.emergency AND r.created_at >= :begin AND r.created_at < :end
          AND (r.state <> 'EMERGENCY' OR r.due < :now)""",
}

# What came to an end in the period, and what is open past its deadline: in time, or not at all.
ENDED = """
    SELECT i.department_id AS place, i.decided_at AS at, (i.state <> 'LAPSED' AND i.decided_at <= i.due) AS in_time,
        i.state = 'LAPSED' AS missed
    FROM request_item i WHERE i.decided_at >= :begin AND i.decided_at < :end AND i.due IS NOT NULL
      AND i.state IN ('AUTHORIZED', 'REFUSED', 'RETURNED', 'LAPSED')
    UNION ALL
    SELECT i.department_id, i.due, false, true FROM request_item i JOIN access_request r ON r.id = i.request_id
    WHERE i.state = 'PENDING' AND r.state = 'DEPARTMENT_REVIEW' AND i.revision = r.revision
      AND i.due >= :begin AND i.due < least(:end, :now)
    UNION ALL
    SELECT r.center_id, e.at, e.at <= CAST(e.due AS timestamptz), e.kind = 'access_request:lapsed'
    FROM (
        SELECT stream, kind, at, lag(due) OVER w AS due FROM (
            SELECT stream, seq, kind, at, CASE WHEN kind LIKE '%submitted' THEN
                convert_from(body, 'UTF8')::jsonb #>> '{data,due}' END AS due
            FROM audit_event
            WHERE at >= CAST(:begin AS timestamptz) - interval '92 days' AND at < :end AND kind IN (
                'access_request:submitted', 'access_request:resubmitted', 'access_request:approved',
                'access_request:rejected', 'access_request:returned', 'access_request:lapsed')
        ) step WINDOW w AS (PARTITION BY stream ORDER BY seq)
    ) e JOIN access_request r ON r.stream = e.stream
    WHERE e.at >= :begin AND e.due IS NOT NULL AND e.kind NOT LIKE '%submitted' AND r.center_id IS NOT NULL
    UNION ALL
    SELECT r.center_id, r.due, false, true FROM access_request r WHERE r.state = 'CENTER_REVIEW'
      AND r.center_id IS NOT NULL AND r.due >= :begin AND r.due < least(:end, :now)"""

SERVED = """
    SELECT DISTINCT r.department_id AS place, width_bucket(g.valid_from, CAST(:bounds AS timestamptz[])) - 1 AS span
    FROM access_grant g JOIN access_request r ON r.id = g.request_id
    WHERE g.valid_from >= :begin AND g.valid_from < :end AND g.department_id <> r.department_id"""

HEALTH = """
    SELECT h.owner_id AS place, h.division AS county, width_bucket(h.day, CAST(:days AS date[])) - 1 AS span,
        sum(h.watched)::bigint AS watched, sum(h.online)::bigint AS online, sum(h.intact)::bigint AS intact,
        sum(h.asked)::bigint AS asked, sum(h.recorded)::bigint AS recorded
    FROM health_day h WHERE h.day >= :first AND h.day < :last GROUP BY 1, 2, 3"""


@dataclass(frozen=True)
class Counted:
    """What the catalogue held of one department in one county at one moment: points, and how many of them were so."""

    department: DepartmentId
    county: str
    points: int
    complete: int
    shared: int
    connected: int

    def tallies(self, span: int) -> tuple[Tally, ...]:
        told = (
            ("coverage.records", self.complete),
            ("sharing.points", self.shared),
            ("sharing.connected", self.connected),
        )
        return tuple(Tally(key, self.department, self.county, span, part, self.points) for key, part in told)


def health_tallies(row: AnyRow, county: str) -> tuple[Tally, ...]:
    """Return the counts of a row of sums over days."""
    place = (row.place, county, row.span)
    return (
        Tally("availability.online", *place, row.online, row.watched),
        Tally("availability.intact", *place, row.intact, row.watched),
        Tally("availability.recorded", *place, row.recorded, row.asked),
    )


class MeasureRepository:
    """Counts over one open transaction; whose they are is decided by the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def catalogue(self) -> list[Counted]:
        """Count the catalogue as it is now."""
        rows = self._connection.execute(text(POINTS), {"digits": COUNTY, **NEEDED})
        return [Counted(*row) for row in rows]

    def days(self, first: date, last: date) -> list[date]:
        """Return the days in (first, last] on which the catalogue was counted, in order."""
        told = text("SELECT DISTINCT day FROM catalogue_day WHERE day > :first AND day <= :last ORDER BY day")
        return [row.day for row in self._connection.execute(told, {"first": first, "last": last})]

    def catalogue_on(self, days: Sequence[date]) -> dict[date, list[Counted]]:
        """Return what was counted on some days."""
        told = text("""
            SELECT day, owner_id, county, points, complete, shared, connected FROM catalogue_day
            WHERE day = ANY (CAST(:days AS date[])) ORDER BY day""")
        found: dict[date, list[Counted]] = {day: [] for day in days}
        for row in self._connection.execute(told, {"days": list(days)}):
            found[row.day].append(Counted(*row[1:]))
        return found

    def keep_catalogue(self, day: date) -> bool:
        """Count the catalogue for a day; False where that was done before."""
        known = text("SELECT 1 FROM catalogue_day WHERE day = :day LIMIT 1")
        if self._connection.execute(known, {"day": day}).one_or_none():
            return False
        keep = text(f"""
            INSERT INTO catalogue_day (day, owner_id, county, points, complete, shared, connected)
            SELECT :day, counted.* FROM ({POINTS}) counted ON CONFLICT DO NOTHING""")  # noqa: S608  # a constant
        self._connection.execute(keep, {"day": day, "digits": COUNTY, **NEEDED})
        return True

    def cases(
        self, period: TimeSpan, bounds: Sequence[datetime], now: datetime, counties: Mapping[DepartmentId, str]
    ) -> list[Tally]:
        """Count what persons did in a period; `counties` says where the departments are."""
        facts = {"begin": period.begin, "end": period.end, "bounds": list(bounds), "now": now}
        told: list[Tally] = []
        for key, statement in CASES.items():
            rows = self._grouped(statement, "sum(part)::bigint AS part, count(*) AS whole", facts)
            told += [Tally(key, row.place, counties.get(row.place, ""), row.span, row.part, row.whole) for row in rows]
        ended = "count(*) FILTER (WHERE in_time) AS kept, count(*) FILTER (WHERE missed) AS missed, count(*) AS whole"
        for row in self._grouped(ENDED, ended, facts):
            county = counties.get(row.place, "")
            told.append(Tally("control.on_time", row.place, county, row.span, row.kept, row.whole))
            told.append(Tally("control.overdue", row.place, county, row.span, row.missed, row.whole))
        return told

    def served(self, period: TimeSpan, bounds: Sequence[datetime]) -> list[tuple[DepartmentId, int]]:
        """Return which departments got a grant of another one, and in which span."""
        facts = {"begin": period.begin, "end": period.end, "bounds": list(bounds)}
        return [(row.place, row.span) for row in self._connection.execute(text(SERVED), facts)]

    def health(self, first: date, last: date, days: Sequence[date]) -> list[Tally]:
        """Add up the health of points over the days in [first, last); `days` are those on which the spans begin."""
        rows = self._connection.execute(text(HEALTH), {"first": first, "last": last, "days": list(days)})
        return [tally for row in rows for tally in health_tallies(row, row.county)]

    def _grouped(self, statement: str, wanted: str, facts: Mapping[str, object]) -> Sequence[AnyRow]:
        span = "width_bucket(at, CAST(:bounds AS timestamptz[])) - 1 AS span"
        whole = f"SELECT place, {span}, {wanted} FROM ({statement}) counted GROUP BY 1, 2"  # noqa: S608  # constants
        used = {name: value for name, value in facts.items() if f":{name}" in whole}
        return self._connection.execute(text(whole), used).all()
