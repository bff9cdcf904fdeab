"""A day on which points in eight counties of one city were watched."""

from datetime import date

import psycopg
import pytest

from broker.bootstrap import Broker
from tests.city import City

DAY = date(2026, 2, 3)
MAP = "/dashboard/places?from=2026-02-01&to=2026-02-28"
ONLINE = {
    "330106": 0.995, "330105": 0.96, "330110": 0.91, "330127": 0.85, "330122": 0.5, "330182": 0.97,
    "330109": 0.999, "330112": 0.7,
}  # fmt: skip
"""County of the city 3301 -> how much of the day its points were online."""

OWNERS = {"330106": "dh-cg", "330105": "dh-cg"}
"""Whose points those are; all others belong to the department of traffic."""


@pytest.fixture
def watched(broker: Broker, city: City) -> Broker:
    """The program after that day."""
    assert city.persons
    with psycopg.connect(broker.database_url, autocommit=True) as connection:
        for division, online in ONLINE.items():
            connection.execute(
                """INSERT INTO health_day (day, owner_id, division, points, watched, online, intact, asked, recorded)
                SELECT %s, id, %s, 1, 100000, %s, %s, 86400, 43200 FROM department WHERE code = %s""",
                (DAY, division, int(online * 100_000), 50_000, OWNERS.get(division, "dh-jt")),
            )
    return broker
