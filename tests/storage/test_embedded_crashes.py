import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from storage.db.embedded.embedded import EmbeddedServer, running_dsn
from storage.db.embedded.pg_binaries import find_binaries
from storage.db.embedded.pg_directory import ServerDirectory
from storage.db.embedded.pg_identity import choose_identity
from storage.db.embedded.pg_process import command_line, is_alive, is_postmaster
from tests.storage.embedded_cases import (
    HOLD,
    ROWS,
    copy_template,
    make_template,
    postmaster_pid,
    program,
    rows,
    served_by,
    wait_until,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory)


@pytest.fixture
def directory(template: Path, tmp_path: Path) -> Path:
    return copy_template(template, tmp_path)


@pytest.fixture
def leftover(directory: Path) -> "subprocess.Popen[bytes]":
    """A server that no EmbeddedServer knows, as a crashed program would leave one."""
    place = ServerDirectory(directory)
    binaries = find_binaries()
    identity = choose_identity(place.path, place.cluster, binaries.postgres)
    settings = ["-c", f"unix_socket_directories={place.prepare_socket()}", "-c", "listen_addresses="]
    command = command_line(identity, place.path, [binaries.postgres, "-D", place.cluster, *settings])
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_until(place.is_serving)
    return server


def test_a_killed_server_is_started_again_with_its_data(directory: Path) -> None:
    with EmbeddedServer(directory) as server:
        pid = postmaster_pid(directory)
        with psycopg.connect(server.dsn()):  # a backend that has to notice
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not is_alive(pid))
            server.start()
        assert postmaster_pid(directory) != pid
        assert rows(server.dsn()) == ROWS


def test_a_killed_server_comes_back_by_itself(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    with EmbeddedServer(directory) as server:
        pid = postmaster_pid(directory)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: served_by(directory) not in {pid, None})
        assert rows(server.dsn()) == ROWS
    assert "ended without being asked" in caplog.text


def test_a_killed_program_takes_its_server_along_and_the_next_finds_the_data(directory: Path) -> None:
    with program(HOLD, directory) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        pid = postmaster_pid(directory)
    with EmbeddedServer(directory) as server:
        assert not is_postmaster(pid, directory / "cluster")
        assert rows(server.dsn()) == ROWS


def test_the_server_of_a_killed_program_stops_without_help(directory: Path) -> None:
    with program(HOLD, directory) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    wait_until(lambda: not (directory / "cluster" / "postmaster.pid").exists())  # a clean end removes it
    assert running_dsn(directory) is None


def test_a_live_server_left_by_another_program_is_replaced(
    directory: Path, leftover: "subprocess.Popen[bytes]"
) -> None:
    with EmbeddedServer(directory) as server:
        assert leftover.wait(1) == 0
        assert rows(server.dsn()) == ROWS


def test_a_zombie_is_not_taken_for_a_server(directory: Path, leftover: "subprocess.Popen[bytes]") -> None:
    leftover.kill()  # and not waited for: it stays in the process table, and takes signals
    wait_until(lambda: not is_alive(leftover.pid))
    assert running_dsn(directory) is None
    with EmbeddedServer(directory) as server:
        assert rows(server.dsn()) == ROWS
    leftover.wait()


def test_a_stranger_with_the_noted_number_is_neither_believed_nor_harmed(directory: Path) -> None:
    with program("import time; time.sleep(60)") as stranger:
        file = directory / "cluster" / "postmaster.pid"
        file.write_text(f"{stranger.pid}\n{directory}/cluster\n0\n5432\n{directory}/socket\n\n  1 1\nready\n")
        with EmbeddedServer(directory) as server:
            assert rows(server.dsn()) == ROWS
        assert stranger.poll() is None


def test_a_killed_initdb_leaves_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "db"
    with program(HOLD, directory):
        wait_until(lambda: any(directory.glob("cluster.new.*/PG_VERSION")))
    assert not (directory / "cluster").exists()
    with EmbeddedServer(directory):
        assert not list(directory.glob("cluster.new.*"))
