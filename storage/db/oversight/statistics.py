"""Counts over requests, items, grants and looks, each in one statement over the departments of a reach."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from broker.domain.oversight.statistics import Cell, Statistics, cell
from broker.domain.time import TimeSpan

WAITING = """
    WITH reach AS (SELECT id FROM department WHERE path ^@ ANY (:paths))
    SELECT ARRAY[state, age] AS of, count(*) AS n, NULL::float8 AS value FROM (
        SELECT r.state, CASE WHEN now() - r.since < interval '1 day' THEN '<1d'
            WHEN now() - r.since < interval '3 days' THEN '1-3d'
            WHEN now() - r.since < interval '7 days' THEN '3-7d' ELSE '>7d' END AS age
        FROM access_request r
        WHERE r.state IN ('CENTER_REVIEW', 'DEPARTMENT_REVIEW', 'RETURNED', 'EMERGENCY')
          AND (r.department_id IN (SELECT id FROM reach) OR r.center_id IN (SELECT id FROM reach))
    ) open GROUP BY state, age ORDER BY state, age"""

OVERDUE = """
    WITH reach AS (SELECT id FROM department WHERE path ^@ ANY (:paths))
    SELECT ARRAY[r.state] AS of, count(*) AS n, NULL::float8 AS value FROM access_request r
    WHERE r.state IN ('CENTER_REVIEW', 'DEPARTMENT_REVIEW', 'RETURNED', 'EMERGENCY')
      AND (r.department_id IN (SELECT id FROM reach) OR r.center_id IN (SELECT id FROM reach))
      AND (r.due < now() OR EXISTS (
          SELECT FROM request_item i WHERE i.request_id = r.id AND i.revision = r.revision
          AND i.state = 'PENDING' AND i.due < now()))
    GROUP BY r.state ORDER BY r.state"""

TIMES = """
    WITH reach AS (SELECT id FROM department WHERE path ^@ ANY (:paths)), steps AS (
        SELECT e.stream, e.kind, e.at, lead(e.kind) OVER w AS next_kind, lead(e.at) OVER w AS next_at
        FROM audit_event e
        WHERE e.at >= :begin AND e.at < :end AND e.kind IN (
            'access_request:submitted', 'access_request:resubmitted', 'access_request:approved',
            'access_request:rejected', 'access_request:returned', 'access_request:lapsed', 'access_request:withdrawn',
            'request_item:approved', 'request_item:authorized', 'request_item:refused', 'request_item:returned',
            'request_item:lapsed', 'request_item:voided')
        WINDOW w AS (PARTITION BY e.stream ORDER BY e.seq)
    ), stages AS (
        SELECT 'center' AS stage, r.center_id AS place, next_at - s.at AS took
        FROM steps s JOIN access_request r ON r.stream = s.stream
        WHERE s.kind IN ('access_request:submitted', 'access_request:resubmitted')
          AND s.next_kind IN ('access_request:approved', 'access_request:rejected', 'access_request:returned')
          AND r.center_id IN (SELECT id FROM reach)
        UNION ALL
        SELECT 'owner', i.department_id, next_at - s.at FROM steps s JOIN request_item i ON i.stream = s.stream
        WHERE s.kind = 'request_item:approved'
          AND s.next_kind IN ('request_item:authorized', 'request_item:refused', 'request_item:returned')
          AND i.department_id IN (SELECT id FROM reach)
    )
    SELECT ARRAY[stage, d.code] AS of, count(*) AS n,
           extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY took))::float8 / 3600 AS value
    FROM stages JOIN department d ON d.id = place GROUP BY stage, d.code ORDER BY stage, d.code"""

REFUSALS = """
    WITH reach AS (SELECT id FROM department WHERE path ^@ ANY (:paths))
    SELECT ARRAY[stage, became] AS of, count(*) AS n, NULL::float8 AS value FROM (
        SELECT 'center' AS stage, lower(r.state) AS became FROM access_request r
        WHERE r.state IN ('REJECTED', 'RETURNED', 'LAPSED', 'WITHDRAWN') AND r.since >= :begin AND r.since < :end
          AND (r.department_id IN (SELECT id FROM reach) OR r.center_id IN (SELECT id FROM reach))
        UNION ALL
        SELECT 'owner', lower(i.state) FROM request_item i
        WHERE i.state IN ('REFUSED', 'RETURNED', 'LAPSED') AND i.decided_at >= :begin AND i.decided_at < :end
          AND i.department_id IN (SELECT id FROM reach)
        UNION ALL
        SELECT 'look', a.refusal FROM access_register a
        WHERE a.result = 'refused' AND a.at >= :begin AND a.at < :end AND a.department_id IN (SELECT id FROM reach)
    ) refused GROUP BY stage, became ORDER BY stage, became"""

SHARING = """
    WITH reach AS (SELECT id FROM department WHERE path ^@ ANY (:paths))
    SELECT ARRAY[d.code] AS of, count(*) AS n, avg((l.authorized_begin IS NOT NULL)::int)::float8 AS value
    FROM request_line l JOIN request_item i ON i.id = l.item_id JOIN department d ON d.id = i.department_id
    WHERE l.approved_begin IS NOT NULL AND i.state IN ('AUTHORIZED', 'REFUSED', 'LAPSED')
      AND i.decided_at >= :begin AND i.decided_at < :end AND i.department_id IN (SELECT id FROM reach)
    GROUP BY d.code ORDER BY d.code"""

EMERGENCIES = """
    WITH reach AS (SELECT id FROM department WHERE path ^@ ANY (:paths))
    SELECT ARRAY[became] AS of, count(*) AS n, NULL::float8 AS value FROM (
        SELECT CASE WHEN r.state = 'EMERGENCY' THEN 'open' WHEN r.approver_id IS NULL THEN 'unratified'
            WHEN r.state = 'REJECTED' THEN 'disavowed' ELSE 'ratified' END AS became
        FROM access_request r
        WHERE r.emergency AND r.created_at >= :begin AND r.created_at < :end
          AND (r.department_id IN (SELECT id FROM reach) OR r.center_id IN (SELECT id FROM reach))
    ) emergencies GROUP BY became ORDER BY became"""

QUOTA = """
    WITH reach AS (SELECT id FROM department WHERE path ^@ ANY (:paths))
    SELECT ARRAY[code, kind] AS of, count(*) AS n, (sum(used) / nullif(sum(quota), 0))::float8 AS value FROM (
        SELECT d.code, v.kind, v.used, v.quota FROM access_grant g JOIN department d ON d.id = g.department_id,
        LATERAL (VALUES ('snapshots', g.used_snapshots::float8, g.quota_snapshots::float8),
                        ('seconds', g.used_seconds, g.quota_seconds), ('bytes', g.used_bytes, g.quota_bytes))
            AS v (kind, used, quota)
        WHERE g.valid_from >= :begin AND g.valid_from < :end AND g.department_id IN (SELECT id FROM reach)
    ) used GROUP BY code, kind ORDER BY code, kind"""


@dataclass(frozen=True)
class StatisticsRepository:
    """Reads the tables of a period; small cells are withheld before anything leaves here."""

    connection: Connection

    def read(self, paths: Sequence[str], period: TimeSpan) -> Statistics:
        """Return the tables over the departments in the subtrees `paths`."""
        return Statistics(
            waiting=self._cells(WAITING, paths, period),
            overdue=self._cells(OVERDUE, paths, period),
            times=self._cells(TIMES, paths, period),
            refusals=self._cells(REFUSALS, paths, period),
            sharing=self._cells(SHARING, paths, period),
            emergencies=self._cells(EMERGENCIES, paths, period),
            quota=self._cells(QUOTA, paths, period),
        )

    def _cells(self, statement: str, paths: Sequence[str], period: TimeSpan) -> tuple[Cell, ...]:
        facts = {"paths": list(paths), "begin": period.begin, "end": period.end}
        used = {name: value for name, value in facts.items() if f":{name}" in statement}
        rows = self.connection.execute(text(statement), used)
        return tuple(cell(tuple(row.of), row.n, row.value) for row in rows)
