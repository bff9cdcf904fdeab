"""Three web processes, a hundred downloads: a stop holds everywhere when the call that made it returns."""

import signal
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from broker.bootstrap import build, operator
from broker.domain.time import SystemClock
from storage.db.embedded.embedded import EmbeddedServer
from storage.db.engine import open_engine
from storage.db.footage.revocations import LEASE
from tests.city import City
from tests.conftest import TEMPLATE, fast_settings
from tests.web.downloads import Readers
from tests.web.three_servers import SIZE, House, Server, call, three_servers

DATABASE = "test_revocation"
DOWNLOADS = 100
PACE = 2048  # bytes a tick and download: a reader that is slower than the server

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def house(server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    url, copy = server.dsn(DATABASE), sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(copy.format(sql.Identifier(DATABASE), sql.Identifier(TEMPLATE)))
    engine = open_engine(url)
    yield House(build(fast_settings(tmp_path_factory.mktemp("house")), url, engine, SystemClock()), city_template)
    engine.dispose()


@pytest.fixture(scope="module")
def servers(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, ...]]:
    with three_servers(house.broker, tmp_path_factory.mktemp("logs")) as started:
        yield started


def opened(house: House, servers: tuple[Server, ...], readers: Readers, count: int) -> str:
    """Open downloads of one result at all servers in turn, and return the grant's id."""
    grant = house.grant()
    ready, token = house.ready(grant), house.token("looker")
    for number in range(count):
        place = number % len(servers)
        readers.open(place, servers[place].url, f"/api/v1/retrievals/{ready.id}/media", token)
    assert readers.running() == count
    return str(grant.id)


def replicas(house: House) -> int:
    with psycopg.connect(house.broker.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM replica").fetchone()
    return int(row[0]) if row else 0


def test_nothing_arrives_after_the_call_has_returned(house: House, servers: tuple[Server, ...]) -> None:
    owner = house.token("owner.cg")
    with Readers(PACE) as readers:
        grant = opened(house, servers, readers, DOWNLOADS)
        assert replicas(house) == 3
        answer, _, returned = call(servers[0], owner, f"/grants/{grant}/revoke", {"reason": "撤销"})
        at_return = readers.arrived()
        readers.until_ended(30)
        late = [after - before for before, after in zip(at_return, readers.arrived(), strict=True)]
        assert sum(late) == 0, f"{sum(late)} bytes in {sum(map(bool, late))} downloads after the call had returned"
        assert max(download.last_at for download in readers.downloads) - returned <= LEASE
        assert {download.ended for download in readers.downloads} == {"reset"}
        assert all(0 < download.read < SIZE for download in readers.downloads)
    assert answer["state"] == "REVOKED"
    assert answer["effective_at"]


def test_a_lock_does_the_same_from_the_machine_itself(house: House, servers: tuple[Server, ...]) -> None:
    with Readers(PACE) as readers:
        opened(house, servers, readers, 9)
        lock = house.lock_camera()
        at_return = readers.arrived()
        readers.until_ended(30)
        assert readers.arrived() == at_return
    house.broker.locks.lift(operator("tests"), lock.id, "解除")


def test_a_process_that_hangs_serves_nothing_once_the_call_has_returned(
    house: House, servers: tuple[Server, ...]
) -> None:
    owner, hung = house.token("owner.cg"), servers[2]
    with Readers(PACE) as readers:
        grant = opened(house, servers, readers, 30)
        readers.paused = True
        readers.until_quiet()  # every delivery waits for its reader now, none is between two chunks
        hung.process.send_signal(signal.SIGSTOP)
        try:
            readers.paused = False
            _, asked, returned = call(servers[0], owner, f"/grants/{grant}/revoke", {"reason": "撤销"})
            assert returned - asked <= 2 * LEASE
            assert replicas(house) == 2, "the silent process is struck off"
            readers.pace = SIZE
            readers.until_quiet(2.5)  # what its kernel held has been read: there is room for more
            at_stop = readers.arrived()
            assert readers.running() == 10, "the downloads of the process that hangs are not cut by anybody else"
        finally:
            hung.process.send_signal(signal.SIGCONT)
        readers.until_ended(30)
        assert readers.arrived() == at_stop, "it went on where it had stopped"
        deadline = time.monotonic() + 10
        while replicas(house) < 3:
            assert time.monotonic() < deadline, "it did not come back"
            time.sleep(0.05)
