"""What the recordings of these tests are, and how to read them back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from adapters.local_files import LocalFilesAdapter
from adapters.media.testcard import Code, Style, read_codes
from broker.domain.footage.media import Capture, ClipAsk, Fetched, SnapshotAsk
from broker.domain.time import TimeSpan

START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
SECONDS = 36
CHANNEL, NAME = "34020000001310000001", "人民路与解放街路口北"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def span(begin: float, end: float) -> TimeSpan:
    return TimeSpan(at(begin), at(end))


GAP = span(20, 26)
OVERLAPPING = span(0, 9), span(7, 16), span(14, 24)
_FILE = timedelta(seconds=12)
_SMALL = (320, 180)
STYLES = {
    "cfr": Style(fps=10, size=_SMALL, gop=50, segment=_FILE),
    "vfr": Style(fps=10, size=_SMALL, gop=30, bframes=2, vfr=True, segment=_FILE),
    "bframes": Style(fps=10, size=_SMALL, gop=80, bframes=3, segment=_FILE),
    "hevc": Style(fps=5, size=_SMALL, gop=25, bframes=3, codec="hevc", segment=_FILE),
    "thirds": Style(fps=30, size=_SMALL, gop=60, segment=_FILE),
    "gap": Style(fps=10, size=_SMALL, gop=50, gaps=(GAP,), segment=_FILE),
}


@dataclass
class Recording:
    """One written recording and what is in it."""

    folder: Path
    files: tuple[Path, ...]

    @cached_property
    def codes(self) -> list[Code]:
        return [code for file in self.files for _, code in read_codes(file)]

    def within(self, part: TimeSpan) -> list[Code]:
        return [code for code in self.codes if part.holds_instant(code.instant)]

    def shown(self, instant: datetime) -> Code:
        return [code for code in self.codes if code.instant <= instant][-1]


def clipped(folder: Path, wanted: TimeSpan, out: Path, **options: object) -> tuple[Capture, list[tuple[float, Code]]]:
    """Take a clip that comes in one file; return what is said of it, and the time and code of every frame."""
    adapter = LocalFilesAdapter.configured({"folder": str(folder), **options})
    ((file, capture),) = delivered(adapter.clip(ClipAsk(CHANNEL, wanted), out, lambda _: None), out)
    return capture, read_codes(file)


def shot(folder: Path, instant: datetime, out: Path, **options: object) -> tuple[Capture, Code]:
    """Take a snapshot; return what is said of it, and its code."""
    adapter = LocalFilesAdapter.configured({"folder": str(folder), **options})
    ((file, capture),) = delivered(adapter.snapshot(SnapshotAsk(CHANNEL, instant), out), out)
    ((_, code),) = read_codes(file)
    return capture, code


def delivered(fetched: Fetched, out: Path) -> list[tuple[Path, Capture]]:
    return [(out / piece.file, piece.capture) for piece in fetched.pieces]
