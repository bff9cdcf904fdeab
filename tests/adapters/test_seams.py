"""Where one fetched file passes into the next: no picture is lost or there twice, though stated times are inexact."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.media import take_clip
from adapters.media.testcard import read_codes
from adapters.web.recordings import Placed, length_of, stretches
from broker.domain.footage.media import ClipAsk
from broker.domain.time import TimeSpan
from tests.adapters.recordings import at, span
from tests.adapters.replayed import Film, recorded

INEXACT = timedelta(seconds=1.5)


@dataclass(frozen=True)
class File:
    """A file that really begins at `begin` and is said to do so at `stated`."""

    begin: datetime
    frames: int
    stated: datetime

    @property
    def name(self) -> str:
        return f"{self.begin:%H%M%S}"

    @property
    def span(self) -> TimeSpan:
        return TimeSpan(self.stated, self.stated + timedelta(seconds=self.frames / 10))


def numbers(files: list[File], folder: Path, inexact: timedelta) -> list[datetime]:
    bodies = {it.name: recorded(folder / "made", Film(it.begin, it.frames)) for it in files}

    def take(file: File, target: Path) -> Placed:
        target.write_bytes(bodies[file.name])
        return Placed(file.stated, length_of(target, file.name))

    def lost(span: TimeSpan, error: Exception) -> None:
        raise AssertionError(span) from error

    (folder / "room").mkdir()
    (folder / "out").mkdir()
    found = list(stretches(files, span(0, 16), folder / "room", take, lost, inexact=inexact))
    pieces = take_clip(found, ClipAsk("x", span(0, 16)), folder / "out", lambda _: None)
    return [code.instant for piece in pieces for _, code in read_codes(folder / "out" / piece.file)]


@pytest.mark.parametrize("error", [-0.9, -0.3, 0.0, 0.4, 0.9])
@pytest.mark.parametrize("second", [4, 8], ids=["overlapping", "adjoining"])
def test_each_picture_is_there_once(error: float, second: int, tmp_path: Path) -> None:
    files = [File(at(0), 80, at(0)), File(at(second), 60, at(second + error))]
    shown = numbers(files, tmp_path, INEXACT)
    assert shown == [at(it / 10) for it in range((second + 6) * 10)]


def test_without_it_the_error_would_show(tmp_path: Path) -> None:
    files = [File(at(0), 80, at(0)), File(at(4), 60, at(3.1))]
    shown = numbers(files, tmp_path, timedelta(0))
    assert shown != [at(it / 10) for it in range(100)]
