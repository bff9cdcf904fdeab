"""`xueliang serve` and `xueliang worker` as processes: they start, answer, and end in good order."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from broker.cli.house.serving import listening, url_of
from broker.domain.errors import Invalid, Unavailable
from tests.cli.conftest import Run

PROGRAM = [sys.executable, "-c", "import sys; from broker.cli import main; sys.exit(main())"]
PATIENCE = 60


@contextmanager
def started(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file, subprocess.Popen([*PROGRAM, *arguments], stderr=file, stdout=file) as process:
        try:
            yield process
        finally:
            process.kill()


def said(log: Path, pattern: str, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := re.search(pattern, log.read_text(encoding="utf-8")):
            return found[0]
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def until_at_work(database_url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(database_url, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,):
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_answers_and_stops(
    number: signal.Signals, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUELIANG_DATABASE_URL", database_url)
    log = tmp_path / "log"
    with started(log, "serve", "--port", "0", "--data", str(tmp_path / "data")) as process:
        url = said(log, r"http://127\.0\.0\.1:\d+", process)
        said(log, "Press Ctrl\\+C to stop", process)
        assert httpx.get(f"{url}/docs").status_code == 200
        assert httpx.get(f"{url}/api/v1/me").status_code == 401
        process.send_signal(number)
        process.send_signal(number)  # impatience must not tear the end off
        assert process.wait(PATIENCE) == 0
    text = log.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert text.endswith("Stopped.\n")


def children(pid: int) -> set[int]:
    """Return the processes below one, as the kernel tells them."""
    below = {int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()}
    for thread in Path(f"/proc/{pid}/task").iterdir():
        below |= {int(it) for it in (thread / "children").read_text(encoding="ascii").split()}
    return below


def workers_of(database_url: str) -> set[int]:
    """Return the keys of the workers that the job engine knows."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM procrastinate_workers")}


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def at_work(process: subprocess.Popen[bytes]) -> int:
    """Return the process of workers below a server; the kernel's list of children may lack one while it changes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for pid in children(process.pid):
            with suppress(OSError):  # one that has just ended
                if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        time.sleep(0.1)
    raise AssertionError("no process of workers")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_beside_the_server_come_again_and_end_with_it(
    number: signal.Signals, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUELIANG_DATABASE_URL", database_url)
    log = tmp_path / "log"
    with started(log, "serve", "--port", "0", "--workers", "1", "--data", str(tmp_path / "data")) as process:
        until_at_work(database_url)
        first, known = at_work(process), workers_of(database_url)
        os.kill(first, signal.SIGKILL)
        until(lambda: bool(workers_of(database_url) - known))
        second = at_work(process)
        assert second != first
        process.send_signal(number)
        assert process.wait(PATIENCE) == (0 if number == signal.SIGTERM else -number)
        until(lambda: not Path(f"/proc/{second}").exists())
    text = log.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert "ended unasked (-9)" in text


def test_the_worker_starts_and_stops(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUELIANG_DATABASE_URL", database_url)
    log = tmp_path / "log"
    with started(log, "worker", "--data", str(tmp_path / "data")) as process:
        said(log, "The worker runs", process)
        until_at_work(database_url)
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_little_of_a_download_lies_in_the_kernel() -> None:
    with listening("127.0.0.1", 0) as opened:
        with socket.create_connection(opened.getsockname()), opened.accept()[0] as served:
            held = served.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        assert held <= 2 * 128 * 1024  # Linux doubles what it is told


def test_the_url_is_one_that_can_be_opened() -> None:
    with listening("0.0.0.0", 0) as opened:  # noqa: S104  # all addresses: what is asked here
        assert url_of(opened).startswith("http://127.0.0.1:")
    with listening("::1", 0) as opened:
        assert url_of(opened).startswith("http://[::1]:")


def test_a_port_that_is_taken(run: Run) -> None:
    with listening("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
        with pytest.raises(Unavailable, match="port-taken"), listening("127.0.0.1", port):
            pass
        ended = run("serve", "--port", str(port), "--data", "nothing")
    assert (ended.code, ended.err.count("\n")) == (8, 1)
    assert not Path("nothing").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may have every port")
def test_a_port_that_only_root_may_have() -> None:
    with pytest.raises(Unavailable, match="port-forbidden"), listening("127.0.0.1", 80):
        pass


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises((Invalid, Unavailable)), listening("no.such.host.invalid", 0):
        pass
