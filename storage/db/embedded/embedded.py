"""A PostgreSQL of our own, for the machine where nobody set one up: it starts and ends with the program."""

import errno
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from broker.domain.errors import Unavailable
from storage.db.embedded.pg_binaries import Binaries, find_binaries
from storage.db.embedded.pg_cluster import OWNER, create_cluster, failure, recorded_major
from storage.db.embedded.pg_directory import PORT, ServerDirectory
from storage.db.embedded.pg_identity import choose_identity, hand_over
from storage.db.embedded.pg_process import CHECK_SECONDS, STOP_SECONDS, Child, command_line, end, last_words

DATABASE = "xueliang"
START_SECONDS = 120.0  # recovery after a crash replays up to max_wal_size
OLD_BACKENDS_SECONDS = 15.0
REVIVAL_PAUSES = (0.0, 1.0, 5.0, 15.0, 60.0)
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",  # the indexes of a million points; touched only where they are used
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",  # its memory is /dev/shm, 64 MB in most containers
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "logging_collector": "on",  # one file a weekday, overwritten after a week
    "log_directory": "../log",
    "log_filename": "server-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
}

logger = logging.getLogger(__name__)


class EmbeddedServer:
    """One PostgreSQL in one directory, which is for it alone; usable from several threads.

    A server that dies while the program lives is started again; one whose program dies stops by itself.
    """

    def __init__(self, directory: Path, *, binaries: Path | None = None) -> None:
        """Nothing is touched before `start`.

        Args:
            directory: on a local disk; made when missing.
            binaries: a directory with `postgres` and `initdb`, instead of those that `find_binaries` finds.
        """
        self._place = ServerDirectory(directory)
        self._override = binaries
        self._child: Child | None = None
        self._turn = threading.RLock()
        self._unwanted = threading.Event()

    def start(self) -> None:
        """Start the server, make the database `xueliang` when it is missing; returns when it answers.

        Does nothing when it runs already.

        Raises:
            Unavailable: `data-directory-in-use`, `data-directory-version`, `data-directory-foreign`,
                `data-directory-unwritable`, `no-space-left`, `database-binaries-missing`, `database-needs-user` or
                `database-start-failed`.
        """
        with self._turn:
            self._unwanted.clear()
            if self._child is None or not self._place.is_serving():
                self._start()

    def _start(self) -> None:
        place = self._place
        with _plain_errors(place.path):
            place.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.lock()
            try:
                binaries = find_binaries(self._override, major=recorded_major(place.cluster))
                # One that outlived its program is not adopted: it runs with that program's settings and binaries, and
                # nothing would end it when we end. A restart takes a fifth of a second.
                if leftover := place.forget_dead_postmaster():
                    end(leftover, place.cluster)
                identity = choose_identity(place.path, place.cluster, binaries.postgres)
                socket = place.prepare_socket()
                place.prepare_logs()
                hand_over(identity, place.path, socket)
                if not place.cluster.exists():
                    create_cluster(place.cluster, binaries, identity)
                self._launch(binaries, identity, socket)
                self._create_database()
            except BaseException:
                self._release()
                raise

    def _launch(self, binaries: Binaries, identity: str, socket: Path) -> None:
        """Start until the backends of a killed server are gone and ours is ready."""
        directories = '"{}"'.format(str(socket).replace('"', '""'))
        settings = SETTINGS | {"unix_socket_directories": directories}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = command_line(identity, self._place.path, [binaries.postgres, "-D", self._place.cluster, *flags])
        patience = time.monotonic() + OLD_BACKENDS_SECONDS
        while True:
            self._place.forget_dead_postmaster()
            self._child = Child(command, self._place.start_log, self._ended)
            if self._is_ready(self._child):
                return
            time.sleep(5 * CHECK_SECONDS)  # the collector of logs writes the last lines when the server is gone
            output = self._place.last_output()
            words = last_words(output)
            busy = "still in use" in words or "already exists" in words
            if not busy or time.monotonic() > patience:
                raise failure(output, self._place.path)

    def _is_ready(self, child: Child) -> bool:
        """Wait until the server accepts connections; False when it ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while not child.wait(CHECK_SECONDS):
            if self._place.postmaster() == (child.pid, "ready"):
                return True
            if time.monotonic() > deadline:
                end(child.pid, self._place.cluster)
                break
        return False

    def _create_database(self) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True, connect_timeout=10) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _ended(self, child: Child) -> None:
        """Start again a server that was killed; runs in the thread of the child that ended."""
        with self._turn:
            if child is not self._child:  # it was never ready, or was stopped on purpose
                return
        logger.warning("the embedded PostgreSQL ended without being asked: %s", last_words(self._place.last_output()))
        for pause in chain(REVIVAL_PAUSES, repeat(REVIVAL_PAUSES[-1])):
            if self._unwanted.wait(pause):
                return
            try:
                with self._turn:
                    if not self._unwanted.is_set():
                        self.start()
            except Unavailable as error:
                logger.warning("the embedded PostgreSQL could not be started again: %s", error)
            else:
                return

    def stop(self) -> None:
        """Stop the server, ending open connections, and let go of the directory; does nothing when it does not run."""
        self._unwanted.set()
        with self._turn:
            self._release()

    def _release(self) -> None:
        child, self._child = self._child, None
        if child is not None and not child.wait(0):
            end(child.pid, self._place.cluster)
            child.wait(STOP_SECONDS)
        if self._place.is_locked:  # else all of it is another program's
            self._place.remove_socket()
            self._place.unlock()

    def dsn(self, database: str = DATABASE, user: str = OWNER) -> str:
        """The libpq URL of a database, over the Unix socket.

        Raises:
            Unavailable: `database-not-running` before `start`.
        """
        place = self._place.socket_directory()
        if place is None:
            raise Unavailable("database-not-running", path=str(self._place.path))
        return _url(place, database, user)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def running_dsn(directory: Path, database: str = DATABASE, user: str = OWNER) -> str | None:
    """The libpq URL of the server that another program runs in `directory`; None when none answers there."""
    place = ServerDirectory(directory)
    socket = place.socket_directory()
    return _url(socket, database, user) if socket is not None and place.is_serving() else None


def _url(socket: Path, database: str, user: str) -> str:
    user, database, host = (quote(part, safe="") for part in (user, database, str(socket)))
    return f"postgresql://{user}@/{database}?host={host}&port={PORT}"


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Turn what the system and the driver raise into one sentence for the person who started the program."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Unavailable("no-space-left", path=str(path)) from error
        raise Unavailable("data-directory-unwritable", path=str(path), detail=error.strerror or "") from error
    except psycopg.Error as error:
        raise Unavailable("database-start-failed", path=str(path), detail=str(error).splitlines()[0]) from error
