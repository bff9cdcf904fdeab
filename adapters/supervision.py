"""A child process on a short leash: fed, listened to, and ended with all its descendants in its process group."""

import fcntl
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from adapters.errors import Aborted, SourceTimeout

# How often an abort is looked for; a tenth of the second that is promised for it.
_POLL_SECONDS = 0.05
_STDERR_KEPT = 8 * 1024
_CHUNK = 64 * 1024
# A month of gaps every minute makes 4 MB; whoever says more in one breath is not listened to any longer.
_LONGEST_LINE = 32 * 1024 * 1024


@dataclass
class Child:
    """A running child: lines come from `lines()`, the tail of what it wrote to standard error is in `stderr`."""

    process: subprocess.Popen[bytes]
    job: bytes
    seconds: float
    silence: float
    aborted: Callable[[], bool]
    stderr: bytearray = field(default_factory=bytearray)

    def lines(self) -> Iterator[bytes]:
        """Yield each line the child writes until it closes its end.

        Raises:
            SourceTimeout: the deadline passed, or nothing came for as long as `silence` says.
            Aborted: the caller says so; it is asked every 50 ms, also while nothing comes.
        """
        deadline, heard = time.monotonic() + self.seconds, time.monotonic()
        unsent, unread = memoryview(self.job), bytearray()
        with selectors.DefaultSelector() as selector:
            for pipe, event in self._pipes():
                fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_NONBLOCK)
                selector.register(pipe, event)
            while True:
                self._check(min(deadline, heard + self.silence))
                for key, _ in selector.select(_POLL_SECONDS):
                    if key.fileobj is self.process.stdin:
                        unsent = self._feed(unsent, selector)
                    elif key.fileobj is self.process.stderr:
                        self._keep(key.fd, selector)
                    elif chunk := os.read(key.fd, _CHUNK):
                        heard = time.monotonic()
                        *whole, unread = (unread + chunk).split(b"\n")
                        yield from map(bytes, whole)
                        if len(unread) > _LONGEST_LINE:
                            return
                    else:
                        return

    def _check(self, deadline: float) -> None:
        if time.monotonic() >= deadline:
            raise SourceTimeout(seconds=round(min(self.seconds, self.silence), 1))
        if self.aborted():
            raise Aborted

    def _pipes(self) -> Iterator[tuple[IO[bytes], int]]:
        read, write = selectors.EVENT_READ, selectors.EVENT_WRITE
        pipes = ((self.process.stdin, write), (self.process.stdout, read), (self.process.stderr, read))
        return ((pipe, event) for pipe, event in pipes if pipe is not None)

    def _feed(self, unsent: memoryview, selector: selectors.BaseSelector) -> memoryview:
        stdin = self.process.stdin
        if stdin is None:  # it is always a pipe here
            return unsent
        with suppress(BrokenPipeError):  # it died at once; the end of its output tells
            unsent = unsent[os.write(stdin.fileno(), unsent[:_CHUNK]) :]
            if unsent:
                return unsent
        selector.unregister(stdin)
        stdin.close()
        return unsent

    def _keep(self, descriptor: int, selector: selectors.BaseSelector) -> None:
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            selector.unregister(descriptor)
        self.stderr += chunk
        del self.stderr[:-_STDERR_KEPT]

    def end(self) -> None:
        """Kill the whole process group, then reap its leader: in this order, so the group's number is still ours."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with suppress(BlockingIOError, ValueError):
            if self.process.stderr:
                self.stderr += os.read(self.process.stderr.fileno(), _CHUNK)
                del self.stderr[:-_STDERR_KEPT]
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


@contextmanager
def running(
    module: str, job: bytes, *, folder: Path, seconds: float, silence: float, aborted: Callable[[], bool]
) -> Iterator[Child]:
    """Run `python -m module` in a process group of its own; it is gone when the block ends, however it ends.

    Args:
        module: what to run; it reads the job from standard input.
        job: the bytes it is fed. Never on its command line, where every user of the machine could read them.
        folder: its working directory and the place of its temporary files.
        seconds: the deadline by wall clock, from now.
        silence: how many seconds it may say nothing.
        aborted: asked every 50 ms whether to stop.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-X", "faulthandler", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(folder, sys.path),
        start_new_session=True,
    )
    child = Child(process, job, seconds, silence, aborted)
    try:
        yield child
    finally:
        child.end()


def environment(folder: Path, search_path: Sequence[str]) -> dict[str, str]:
    """Return all that a child knows of its parent's environment: where programs, libraries and modules are."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZDIR") if name in os.environ}
    modules = os.pathsep.join(str(Path(place).resolve()) for place in search_path)
    return kept | {
        "PYTHONPATH": modules,  # it imports what the parent imports, adapters of others included
        "PYTHONUTF8": "1",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # Memory is limited by address space: idle arenas and thread pools would eat it up.
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
