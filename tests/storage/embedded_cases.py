"""What the tests of the embedded PostgreSQL share: a data directory to copy, other programs, a look at processes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import scalar_row

from storage.db.embedded.embedded import EmbeddedServer, running_dsn

ROWS = 1000
HOLD = "from storage.db.embedded.embedded import EmbeddedServer; import pathlib, sys, time\n"
HOLD += "EmbeddedServer(pathlib.Path(sys.argv[1])).start(); print('ready', flush=True); time.sleep(60)"


def make_template(factory: pytest.TempPathFactory) -> Path:
    """A directory with a stopped server that holds the table `footage` of ROWS rows, made once: copying is quicker."""
    directory = factory.getbasetemp() / "embedded-template"
    if not directory.exists():
        with EmbeddedServer(directory) as server:
            execute(server.dsn(), f"CREATE TABLE footage AS SELECT generate_series(1, {ROWS}) AS id")
    return directory


def copy_template(template: Path, parent: Path) -> Path:
    return Path(shutil.copytree(template, parent / "db"))


def execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())


def value(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection, connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(query.encode()).fetchone()


def rows(dsn: str) -> object:
    return value(dsn, "SELECT count(*) FROM footage")


def postmaster_pid(directory: Path) -> int:
    return int((directory / "cluster" / "postmaster.pid").read_text().split("\n")[0])


def served_by(directory: Path) -> int | None:
    """The process that serves the directory; None while one gives way to the next."""
    try:
        return postmaster_pid(directory) if running_dsn(directory) is not None else None
    except (FileNotFoundError, ValueError):
        return None


@contextmanager
def program(code: str, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Another Python program with the same modules; killed, unless it has ended, when the block ends."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as child:
        try:
            yield child
        finally:
            child.kill()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
