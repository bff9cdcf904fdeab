"""What was seen of points long ago is deleted, a bounded piece a turn: the oldest first, by an index."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection, text

MOST = 20_000
"""Rows of one table that go in one turn; a turn is one transaction."""

DAYS = ("health_day", "source_day", "point_day", "health_alert")
"""Tables whose rows are of one day."""


class HealthPruning:
    """Deletes over one open transaction; how long things are kept is said by the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def troubles(self, before: datetime) -> int:
        """Delete troubles of points that ended before an instant; return how many."""
        return self._delete("point_health", "until < :before", "until", {"before": before})

    def days(self, before: date) -> dict[str, int]:
        """Delete what the days before one came to; return how many rows of which table."""
        gone = {name: self._delete(name, "day < :before", "day", {"before": before}) for name in DAYS}
        month = before.replace(day=1)  # a row holds a month: it goes with its last day
        gone["point_recorded"] = self._delete("point_recorded", "month < :before", "month", {"before": month})
        return {name: count for name, count in gone.items() if count}

    def _delete(self, table: str, condition: str, order: str, facts: Mapping[str, object]) -> int:
        rows = f"SELECT ctid FROM {table} WHERE {condition} ORDER BY {order} LIMIT :most"  # noqa: S608  # constants
        statement = f"DELETE FROM {table} WHERE ctid = ANY (ARRAY({rows}))"  # noqa: S608  # constants of this module
        return self._connection.execute(text(statement), {**facts, "most": MOST}).rowcount
