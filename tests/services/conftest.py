"""One database for tests that turn the clock and make persons of their own."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from broker.bootstrap import Broker, build
from broker.services.people.throttle import WINDOW
from storage.db.embedded.embedded import EmbeddedServer
from storage.db.engine import open_engine
from tests.city import City
from tests.clock import Turned
from tests.conftest import TEMPLATE, fast_settings
from tests.services.members import Member, Somebody, enrol, newcomer

HOUSE = "test_house"


@pytest.fixture(scope="session")
def house_clock() -> Turned:
    return Turned()


@pytest.fixture(scope="session")
def house(
    server: EmbeddedServer, city_template: City, house_clock: Turned, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Broker]:
    """The services over one database, on a clock that the tests turn forward."""
    assert city_template.persons
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(copy.format(sql.Identifier(HOUSE), sql.Identifier(TEMPLATE)))
    engine = open_engine(server.dsn(HOUSE))
    yield build(fast_settings(tmp_path_factory.mktemp("house")), server.dsn(HOUSE), engine, house_clock)
    engine.dispose()


@pytest.fixture
def somebody(house: Broker, house_clock: Turned) -> Somebody:
    """Give somebody without a second factor, at a time when no earlier failure counts any more."""
    house_clock.at += WINDOW
    return newcomer(house)


@pytest.fixture
def member(house: Broker, house_clock: Turned, somebody: Somebody) -> Member:
    """Give somebody who has enrolled."""
    return enrol(house, house_clock, somebody)
