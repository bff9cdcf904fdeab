"""Kill -9 in the middle of an import in a real worker: nothing of it is there, and the next worker does it once."""

import signal
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from broker.bootstrap import Broker, operator
from broker.domain.catalog.gb_code import compose
from broker.domain.catalog.imports import CatalogImport, ImportState
from broker.services.catalog.import_intake import Asked
from broker.worker.app import worker_thread
from tests.city import City
from tests.worker.test_crashes import TAKEOVER, eventually, worker_process

ME = operator("tests")
ROWS = 1000


def code(serial: int) -> str:
    return str(compose("990102", serial, industry="08"))


@pytest.mark.timeout(180)
def test_a_worker_killed_in_the_middle_of_an_import_is_replaced(broker: Broker, city: City, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    rows = "".join(f"{code(serial)},点{serial},30.61,104.01\n" for serial in range(1, ROWS + 1))
    path.write_text(f"国标编码,名称,纬度,经度\n{rows},没有坐标,,\n", encoding="utf-8")
    ordered = broker.imports.order(ME, path, Asked("dh-hb"))
    before = held(broker, city)

    def read() -> CatalogImport:
        return broker.imports.read(ME, ordered.id)

    with psycopg.connect(broker.database_url) as other:
        # Somebody who is about to add the point of the last row: all before it are written when it is waited for.
        other.execute(
            "INSERT INTO camera (id, owner_id, gb_code, name, latitude, longitude, stream, version)"
            " SELECT gen_random_uuid(), owner_id, %s, '挡路', 30, 104, stream, version FROM camera LIMIT 1",
            [code(ROWS)],
        )
        with worker_process(broker) as first:
            assert eventually(lambda: waiting(broker), TAKEOVER), "the import was not held up"
            assert read().state is ImportState.RUNNING
            first.send_signal(signal.SIGKILL)
            first.wait()
        other.rollback()  # what it was writing gets done, and there is nobody to commit it
    assert eventually(lambda: not writing(broker), TAKEOVER), "its transaction outlived it"
    assert held(broker, city) == before, "a part of it is there"
    with psycopg.connect(broker.database_url) as other:  # how long a silence tells is proved with the clips
        other.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    with worker_thread(broker, 1):  # as in `serve`
        assert eventually(lambda: read().state is ImportState.DONE, TAKEOVER)
    done = read()
    assert str(done.balance) == (
        f"read {ROWS + 1} = inserted {ROWS} + updated 0 + unchanged 0 + quarantined 1 + rejected 0"
    )
    assert done.attempt == 2
    assert held(broker, city) == before + ROWS
    with broker.work() as work:
        kinds = [event.kind for event in work.audit.stream(done.stream)]
        lists = [
            event.data["import"] for event in work.audit.stream(f"catalogue/{done.owner_id}") if "import" in event.data
        ]
    assert kinds == ["import:ordered", "import:started", "import:started", "import:finished"]
    assert lists.count(str(done.id)) == 1


def held(broker: Broker, city: City) -> int:
    with psycopg.connect(broker.database_url) as connection:
        asked = "SELECT count(*) FROM camera WHERE owner_id = %s"
        (count,) = connection.execute(asked, [city.departments["dh-hb"].id]).fetchone() or (0,)
    return int(count)


def waiting(broker: Broker) -> bool:
    """Say whether an import waits for what somebody else is about to write."""
    return count(broker, "wait_event_type = 'Lock' AND query LIKE 'COPY camera (%'") > 0


def writing(broker: Broker) -> bool:
    """Say whether the connection of an import is still there."""
    return count(broker, "state <> 'idle' AND query LIKE 'COPY camera (%'") > 0


def count(broker: Broker, which: LiteralString) -> int:
    with psycopg.connect(broker.database_url) as connection:
        asked = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND "
        )
        (found,) = connection.execute(asked + which).fetchone() or (0,)
    return int(found)
