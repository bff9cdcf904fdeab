"""A browser driven by the words of its own developer tools, over a pipe: for those that Playwright does not know."""

import fcntl
import json
import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FLAGS = [
    "--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-3d-apis", "--disable-dev-shm-usage",
    "--disable-sync", "--disable-background-networking", "--disable-component-update", "--no-first-run",
    "--window-size=1280,900", "--remote-debugging-pipe",
]  # fmt: skip
READS, WRITES = 3, 4
"""The descriptors that `--remote-debugging-pipe` means."""

PATIENCE = 60.0
PAUSE = 0.02
HIGH = 20


class Browser:
    """A browser that runs until it is left."""

    def __init__(self, program: Path, profile: Path) -> None:
        self._program = program
        self._profile = profile
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        hears, self._write = os.pipe()
        self._read, says = os.pipe()
        # out of the way of the two that the browser wants
        given = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, HIGH) for one in (hears, says)]
        quiet = os.open(os.devnull, os.O_RDWR)
        self._pid = os.posix_spawn(
            self._program,
            [str(self._program), *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            {**os.environ, "LANGUAGE": "en"},
            file_actions=[
                *((os.POSIX_SPAWN_DUP2, quiet, number) for number in (0, 1, 2)),
                (os.POSIX_SPAWN_DUP2, given[0], READS),
                (os.POSIX_SPAWN_DUP2, given[1], WRITES),
            ],
            setpgroup=0,
        )
        for one in (hears, says, quiet, *given):
            os.close(one)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._read)
        os.close(self._write)

    def ask(self, method: str, session: str | None = None, **facts: Any) -> dict[str, Any]:
        """Say one thing and return the answer; what the browser tells meanwhile is kept in `events`."""
        self._number += 1
        told = {"id": self._number, "method": method, "params": facts, **({"sessionId": session} if session else {})}
        os.write(self._write, json.dumps(told).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        answer: dict[str, Any] | None = None
        while answer is None:
            for heard in self._heard(deadline):
                if heard.get("id") == self._number:
                    assert "error" not in heard, (method, heard["error"])
                    answer = heard["result"]
                else:
                    self.events.append(heard)
        return answer

    def _heard(self, deadline: float) -> list[dict[str, Any]]:
        ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, "the browser says nothing"
        part = os.read(self._read, 1 << 16)
        assert part, "the browser has ended"
        *whole, self._rest = (self._rest + part).split(b"\0")
        return [json.loads(one) for one in whole]
