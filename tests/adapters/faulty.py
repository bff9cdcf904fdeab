"""An adapter that fails in the way its option says; runs in the sandbox only, because some of it is deadly."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from adapters.base import Progress, SourceAdapter
from adapters.errors import AdapterError, RecordingVanished
from adapters.media import Stretch
from adapters.media.testcard import Style, write_recording
from broker.domain.footage.media import Point, Probe
from broker.domain.time import TimeSpan


class OwnError(RecordingVanished):
    """An error of the adapter's own, with more to tell than its parent has."""

    FACTS = ("file", "shelf")


class StrangeError(AdapterError):
    """An error of a kind for which there is no sentence."""


class FaultyAdapter(SourceAdapter):
    """Does what `fault` says."""

    name = "faulty"

    class Options(SourceAdapter.Options):
        fault: str = "none"
        password: str = ""
        note: str = ""

    options: Options

    def _probe(self) -> Probe:
        getattr(self, f"_fault_{self.options.fault}")()
        return Probe(ok=True, detail="survived", points=0)

    def _points(self) -> Iterable[Point]:
        raise ConnectionRefusedError(111, "rtsp://admin:hunter22@10.0.0.1 refused")

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:  # noqa: ARG002 - a hook's signature
        middle = span.begin + span.duration / 2
        hour = timedelta(hours=1)
        return [
            TimeSpan(middle, span.end + hour),
            TimeSpan(span.begin - hour, middle),
            TimeSpan(middle - hour, middle + hour),
        ]

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:
        progress(1.0)
        self._note([os.getpid()])
        getattr(self, f"_fault_{self.options.fault}")()
        begin = span.begin.replace(microsecond=0)
        style = Style(fps=5, size=(160, 90), gop=5)
        (file,) = write_recording(room, channel, begin, span.seconds / 60 + 0.05, style=style)
        early = TimeSpan(begin - timedelta(seconds=9), span.end + timedelta(seconds=9))  # more than was asked for
        return [Stretch(file.name, begin, early, lambda: os.open(file, os.O_RDONLY))]

    def _note(self, seen: object) -> None:
        """Leave the note whole: a test that waits for it reads it while this process may be in the middle of a line."""
        if self.options.note:
            half = Path(f"{self.options.note}.half")
            half.write_text(json.dumps(seen))
            half.replace(self.options.note)

    def _fault_none(self) -> None:
        pass

    def _fault_hang(self) -> None:
        """Start a program, then hang in native code with the interpreter locked: no Python thread ever runs again."""
        child = subprocess.Popen(["/bin/sleep", "600"])
        self._note([os.getpid(), os.getppid(), child.pid])
        ctypes.PyDLL(None).pause()

    def _fault_segv(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def _fault_killed(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def _fault_bad_alloc(self) -> None:
        os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'")
        os.kill(os.getpid(), signal.SIGABRT)

    def _fault_hunger(self) -> None:
        hoard = [bytearray(64 * 1024 * 1024) for _ in range(1000)]
        raise AssertionError(len(hoard))

    def _fault_exit(self) -> None:
        os._exit(3)

    def _fault_polite_exit(self) -> None:
        sys.exit("good-bye")

    def _fault_chatter(self) -> None:
        sys.stdout.write('{"result": "forged"}')
        sys.stdout.flush()
        os.write(1, b'{"result": "forged"}\n')
        sys.stderr.write("x" * 3_000_000)

    def _fault_bug(self) -> None:
        raise ZeroDivisionError(f"at rtsp://admin:{self.options.password}@10.0.0.1")

    def _fault_own(self) -> None:
        raise OwnError(file="a.mp4", shelf=7)

    def _fault_strange(self) -> None:
        raise StrangeError

    def _fault_full(self) -> None:
        raise OSError(28, "No space left on device")

    def _fault_slow(self) -> None:
        time.sleep(600)

    def _fault_spy(self) -> None:
        """Tell all that a neighbour could see of this process and of its guard."""
        seen = {"environment": repr(os.environ)}
        for who in ("self", str(os.getppid())):
            for what in ("cmdline", "environ"):
                seen[f"{who}/{what}"] = Path(f"/proc/{who}/{what}").read_bytes().decode()
        self._note(seen)
