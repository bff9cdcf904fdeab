"""What still hangs on a department: one question, asked under its lock before it is closed."""

from datetime import datetime

from sqlalchemy import Connection, text

from broker.domain.ids import DepartmentId
from broker.domain.people.reorganising import Ties

_COUNTS = text("""
    SELECT
        (SELECT count(*) FROM department WHERE parent_id = :key AND closed_at IS NULL) AS departments,
        (SELECT count(*) FROM person WHERE department_id = :key AND active) AS persons,
        (SELECT count(*) FROM camera WHERE owner_id = :key) AS cameras,
        (SELECT count(*) FROM source WHERE department_id = :key) AS sources,
        (SELECT count(*) FROM access_request WHERE department_id = :key
            AND state IN ('CENTER_REVIEW', 'DEPARTMENT_REVIEW', 'RETURNED', 'EMERGENCY'))
        + (SELECT count(*) FROM access_request WHERE department_id <> :key
            AND (center_id = :key OR escalated_to = :key) AND state IN ('CENTER_REVIEW', 'EMERGENCY')) AS requests,
        (SELECT count(*) FROM request_item i JOIN access_request r ON r.id = i.request_id AND r.revision = i.revision
            WHERE i.department_id = :key AND i.state IN ('PENDING', 'PROVISIONAL')
            AND r.state IN ('CENTER_REVIEW', 'DEPARTMENT_REVIEW', 'EMERGENCY')) AS items,
        (SELECT count(*) FROM access_grant g JOIN access_request r ON r.id = g.request_id
            WHERE (g.department_id = :key OR r.department_id = :key)
            AND g.state IN ('ISSUED', 'SUSPENDED') AND g.valid_until > :at) AS grants
""")


def ties_of(connection: Connection, key: DepartmentId, at: datetime) -> Ties:
    """Return how much hangs on a department at an instant."""
    return Ties(**connection.execute(_COUNTS, {"key": key, "at": at}).one()._mapping)  # noqa: SLF001  # its public way
