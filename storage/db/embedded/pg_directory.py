"""The directory of an own PostgreSQL: its lock, its socket, its logs, and what a neighbour may read of them."""

import contextlib
import fcntl
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from broker.domain.errors import Unavailable
from storage.db.embedded.pg_process import is_alive, is_postmaster

PORT = 5432  # only a part of the socket's file name: nothing listens on TCP
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 107
STATUS_LINE = 7  # of postmaster.pid, counted from 0
LOG_LIMIT_BYTES = 8 * 1024 * 1024
TAIL_BYTES = 8192


class ServerDirectory:
    """Names of everything below one directory, and the lock that makes it one program's.

    ::

        lock               held with flock by the program, holds its pid
        socket-directory   the path of the directory of the Unix socket
        cluster/           PostgreSQL's own data directory
        socket/            0700; absent when the path would be too long for a socket
        log/               start.log of the last start, server-<weekday>.log afterwards
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.cluster = self.path / "cluster"
        self.logs = self.path / "log"
        self.start_log = self.logs / "start.log"
        self._socket_note = self.path / "socket-directory"
        self._lock = -1
        self._marks: dict[Path, int] = {}

    def lock(self) -> None:
        """Take the directory for this program, or raise Unavailable `data-directory-in-use`."""
        if self.is_locked:
            return
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            raise Unavailable("data-directory-in-use", path=str(self.path), pid=holder or "?") from error
        except OSError:
            os.close(handle)
            raise
        self._lock = handle
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)

    def unlock(self) -> None:
        """Let another program have the directory."""
        if self.is_locked:
            os.close(self._lock)
            self._lock = -1

    @property
    def is_locked(self) -> bool:
        """Whether this program holds the directory."""
        return self._lock >= 0

    def prepare_socket(self) -> Path:
        """An empty directory, 0700, for the socket; its path is noted for `socket_directory`."""
        place = self._private_socket_directory()
        for leftover in place.glob(f"{SOCKET_NAME}*"):  # the lock of a dead server would look like a live one's
            leftover.unlink(missing_ok=True)
        self._socket_note.write_text(f"{place}\n", encoding="utf-8")
        return place

    def _private_socket_directory(self) -> Path:
        place = self.path / "socket"
        if _fits(place):
            place.mkdir(mode=0o700, exist_ok=True)
            place.chmod(0o700)
            return place
        noted = self.socket_directory()
        if noted is not None and self._is_private(noted):
            return noted
        return Path(tempfile.mkdtemp(prefix="xueliang-"))  # mkdtemp makes it 0700 and under a name nobody can guess

    def socket_directory(self) -> Path | None:
        """The directory of the last start's socket."""
        with contextlib.suppress(OSError):
            return Path(self._socket_note.read_text(encoding="utf-8").removesuffix("\n"))
        return None

    def remove_socket(self) -> None:
        """Remove a socket directory that stands outside of ours."""
        place = self.socket_directory()
        if place is not None and place.parent != self.path and self._is_private(place):
            shutil.rmtree(place, ignore_errors=True)
        self._socket_note.unlink(missing_ok=True)

    def prepare_logs(self) -> None:
        """Bound what the logs take: PostgreSQL truncates only files that are a week old while it runs."""
        self.logs.mkdir(mode=0o700, exist_ok=True)
        for log in self.logs.glob("server-*.log"):
            if log.stat().st_size > LOG_LIMIT_BYTES:
                os.truncate(log, 0)
        self._marks = {log: log.stat().st_size for log in self.logs.glob("server-*.log")}

    def last_output(self) -> str:
        """What the server wrote since `prepare_logs`, at most 8 KiB a file, the file with the reason last."""
        logs = sorted(self.logs.glob("server-*.log"), key=lambda log: log.stat().st_mtime)
        texts = [_tail(log, self._marks.get(log, 0)) for log in logs[-1:]]
        early = _tail(self.start_log, 0)  # until the collector of logs runs, and after it cannot
        return "".join([*texts, early] if "FATAL" in early else [early, *texts])

    def postmaster(self) -> tuple[int, str] | None:
        """Pid and status (`starting`, `ready`, `stopping`) that the server wrote about itself; it may be long dead."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            lines = (self.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return int(lines[0]), lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else ""
        return None

    def forget_dead_postmaster(self) -> int | None:
        """The pid of a live server of this directory; a dead one's pid is made harmless.

        PostgreSQL takes any process with the noted number, a zombie or a stranger, for a live server and refuses to
        start. The file is not removed, since it also names the shared memory by which PostgreSQL notices old backends
        that are still writing: only its number becomes that of the new server's parent, which PostgreSQL ignores.
        """
        noted = self.postmaster()
        if noted is None:
            return None
        if is_postmaster(noted[0], self.cluster):
            return noted[0]
        file = self.cluster / "postmaster.pid"
        rest = file.read_text(encoding="utf-8").partition("\n")[2]
        file.write_text(f"{os.getpid()}\n{rest}", encoding="utf-8")
        return None

    def is_serving(self) -> bool:
        """Whether a live server of this directory accepts connections."""
        noted, place = self.postmaster(), self.socket_directory()
        if noted is None or place is None or noted[1] != "ready" or not is_alive(noted[0]):
            return False
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(place / SOCKET_NAME))
            return True
        return False

    def _is_private(self, place: Path) -> bool:
        """Whether `place` is a directory, not a link, of our own or of the user that the database runs as."""
        try:
            state, ours = place.lstat(), {os.geteuid(), self.path.stat().st_uid}
        except OSError:
            return False
        return stat.S_ISDIR(state.st_mode) and state.st_uid in ours and not state.st_mode & 0o077


def _fits(place: Path) -> bool:
    """Whether a socket in `place` can be addressed: short enough, and no comma, which libpq takes for a list."""
    return len(os.fsencode(place / SOCKET_NAME)) <= SOCKET_PATH_LIMIT and "," not in str(place)


def _tail(log: Path, begin: int) -> str:
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(max(begin, log.stat().st_size - TAIL_BYTES))
        return file.read().decode("utf-8", "replace")
    return ""
