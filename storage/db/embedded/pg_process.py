"""The processes of an own PostgreSQL: how they start, whether they live, how they end, what they said last."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

LAUNCHER = Path(__file__).with_name("pg_launch.py")
STOP_SECONDS = 20.0
CHECK_SECONDS = 0.02


def command_line(identity: str, directory: Path, command: Sequence[str | Path]) -> list[str]:
    """The argument list that runs `command` in `directory` as `identity` and ends it with the program."""
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), identity, str(directory)]
    return launcher + [str(part) for part in command]


def environment() -> dict[str, str]:
    """What PostgreSQL may see of our environment: nothing that would move its data, its port or its language."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"}


def run(identity: str, directory: Path, command: Sequence[str | Path]) -> tuple[int, str]:
    """Run a command to its end; returns its exit status and everything it wrote."""
    done = subprocess.run(
        command_line(identity, directory, command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment(),
        check=False,
        start_new_session=True,
    )
    return done.returncode, done.stdout


class Child:
    """A process that is started and awaited by a thread of its own, and that ends when we end.

    The kernel sends the death signal when the *thread* that made the child is gone, so that thread has to live as long
    as the child does. It also reaps the child, whoever else is busy.
    """

    def __init__(self, command: list[str], log: Path, on_exit: "Callable[[Child], None]") -> None:
        """Start `command`, both outputs to the file `log`.

        Args:
            command: as `command_line` makes it.
            log: overwritten.
            on_exit: called in the child's thread when the child has ended, for whatever reason.

        Raises:
            OSError: the command or the log could not be opened.
        """
        self.pid = 0
        self._command = command
        self._on_exit = on_exit
        self._started: Future[int] = Future()
        self._gone = threading.Event()
        threading.Thread(target=self._live, args=(log,), name="postgres", daemon=True).start()
        self.pid = self._started.result()

    def _live(self, log: Path) -> None:
        try:
            with log.open("wb") as output:
                process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=environment(),
                    start_new_session=True,  # so that Ctrl-C in the terminal reaches us and not the database
                )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._gone.set()
            self._started.set_exception(error)
            return
        self._started.set_result(process.pid)
        process.wait()
        self._gone.set()
        self._on_exit(self)

    def wait(self, seconds: float) -> bool:
        """Whether the child has ended within so many seconds."""
        return self._gone.wait(seconds)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie, which still takes signals, is dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X", "x"}


def is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether the process is alive and is the server of this very data directory, not a later owner of its number."""
    if not is_alive(pid):
        return False
    try:
        return Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:  # containers may forbid looking at another user's process; its arguments are public
        with contextlib.suppress(OSError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            return os.fsencode(cluster) in arguments
    return False


def end(pid: int, cluster: Path) -> None:
    """Stop a server: fast, then at once, then by force; returns when it is gone."""
    for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_postmaster(pid, cluster):
                return
            time.sleep(CHECK_SECONDS)


def last_words(output: str) -> str:
    """The last meaningful line of what PostgreSQL wrote, without time and process number."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    grave = [line for line in lines if re.search(r"\b(FATAL|PANIC|ERROR|error):", line)]
    words = (grave or lines or [""])[-1]
    return re.sub(r"^.*?\b(FATAL|PANIC|ERROR|error|LOG):\s*", "", words)
