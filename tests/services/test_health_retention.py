"""What was seen of points is deleted at night, once it is older than it is kept, in bounded pieces."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from broker.bootstrap import Broker
from storage.db.sources import health_pruning
from tests.city import City
from tests.clock import Turned

CITY = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2027, 5, 20, 3, 0, tzinfo=CITY)
KEPT_DAYS, KEPT_TROUBLES = 1096, 400
TABLES = ("health_day", "source_day", "point_day", "health_alert", "point_recorded", "point_health")


SEEN = (
    "INSERT INTO health_day (day, owner_id, division) VALUES (%(day)s, %(owner)s, '990102')",
    "INSERT INTO source_day VALUES (%(owner)s, %(day)s, 1, 1)",
    "INSERT INTO point_day VALUES (%(camera)s, %(day)s, 1, 1, 1)",
    "INSERT INTO health_alert VALUES (%(owner)s, %(day)s, now(), 1, 1, 950)",
    """INSERT INTO point_recorded VALUES (%(camera)s, date_trunc('month', %(day)s::date), array_fill(1, '{31}'))
        ON CONFLICT DO NOTHING""",
)
TROUBLE = "INSERT INTO point_health (camera_id, state, since, seen_at, until) VALUES (%s, 'black', %s, %s, %s)"


@pytest.fixture
def seen(database_url: str, city: City, clock: Turned, connection: Connection) -> Connection:
    """Days on both sides of the bound, and troubles that ended, one that lasts among them."""
    clock.at = NIGHT.astimezone(UTC)
    first, second, third = city.cameras_of("dh-cg")
    with psycopg.connect(database_url, autocommit=True) as direct:
        direct.execute("SET session_replication_role = replica")  # no source is needed for its days
        for ago in (KEPT_DAYS + 40, KEPT_DAYS + 1, KEPT_DAYS, 1):
            facts = {"owner": first.owner_id, "camera": first.id, "day": NIGHT.date() - timedelta(days=ago)}
            for statement in SEEN:
                direct.execute(statement, facts)
        since = NIGHT - timedelta(days=KEPT_TROUBLES + 30)
        for camera, ended in ((second, KEPT_TROUBLES + 1), (second, KEPT_TROUBLES - 1), (third, None)):
            until = None if ended is None else NIGHT - timedelta(days=ended)
            direct.execute(TROUBLE, (camera.id, since, since, until))
    return connection


def counts(connection: Connection) -> dict[str, int]:
    found = {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES}  # noqa: S608
    connection.rollback()
    return found


def test_what_is_older_than_it_is_kept_goes_at_night(turned: Broker, clock: Turned, seen: Connection) -> None:
    assert (turned.settings.keep_health_days, turned.settings.keep_troubles_days) == (KEPT_DAYS, KEPT_TROUBLES)
    before = counts(seen)
    clock.at = NIGHT.replace(hour=14).astimezone(UTC)
    assert turned.health_retention.tick() == {}
    assert counts(seen) == before
    clock.at = NIGHT.astimezone(UTC)
    gone = turned.health_retention.tick()
    assert gone == {**dict.fromkeys(TABLES[:4], 2), "point_recorded": 1, "point_health": 1}
    assert counts(seen) == {name: before[name] - gone[name] for name in TABLES}
    lasting = seen.execute(text("SELECT count(*) FROM point_health WHERE until IS NULL")).scalar_one()
    oldest = seen.execute(text("SELECT min(day) FROM health_day")).scalar_one()
    assert (lasting, oldest) == (1, NIGHT.date() - timedelta(days=KEPT_DAYS))
    assert turned.health_retention.tick() == {}


def test_a_turn_is_bounded_and_the_oldest_goes_first(
    turned: Broker, seen: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_pruning, "MOST", 1)
    assert turned.health_retention.tick()["health_day"] == 1
    oldest = seen.execute(text("SELECT min(day) FROM health_day")).scalar_one()
    assert oldest == NIGHT.date() - timedelta(days=KEPT_DAYS + 1)
    seen.rollback()
    turned.health_retention.tick()
    assert turned.health_retention.tick() == {}


def test_what_was_seen_of_sources_is_not_deleted(seen: Connection) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        seen.execute(text("DELETE FROM source_health"))
