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
from broker.domain.media import Capture, ClipAsk, Point, Probe, SnapshotAsk
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

    def _snapshot(self, ask: SnapshotAsk, target: Path) -> Capture:
        target.write_bytes(b"<html>please sign in</html>")
        return Capture(
            "image/jpeg",
            "jpeg",
            "jpeg",
            8,
            8,
            1,
            ask.instant,
            ask.instant,
            (TimeSpan(ask.instant, ask.instant + timedelta(1)),),
        )

    def _clip(self, ask: ClipAsk, target: Path, progress: Progress) -> Capture:
        target.write_bytes(b"\0\0\0\x18ftyp" + bytes(4000))
        progress(1.0)
        self._note_pid()
        getattr(self, f"_fault_{self.options.fault}")()
        first, last = ask.span.begin, ask.span.end - timedelta(milliseconds=1)
        if self.options.fault == "early":
            first -= timedelta(seconds=2)
        return Capture("video/mp4", "mp4", "h264", 8, 8, 2, first, last, (ask.span,))

    def _note_pid(self) -> None:
        if self.options.note:
            Path(self.options.note).write_text(json.dumps([os.getpid()]))

    def _fault_none(self) -> None:
        pass

    _fault_early = _fault_none

    def _fault_hang(self) -> None:
        """Start a program, then hang in native code with the interpreter locked: no Python thread ever runs again."""
        child = subprocess.Popen(["/bin/sleep", "600"])
        Path(self.options.note).write_text(json.dumps([os.getpid(), os.getppid(), child.pid]))
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
        Path(self.options.note).write_text(json.dumps(seen))
