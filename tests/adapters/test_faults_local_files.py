"""A folder of video files passes the suite of faults, each done to real files of a made-up recorder."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.base import Progress
from adapters.errors import AdapterError
from adapters.fault_conformance import FaultConformance, Outcome, Trouble
from adapters.local_files import LocalFilesAdapter
from adapters.media import Stretch
from adapters.media.recorder import Recorder
from broker.domain.time import TimeSpan
from tests.adapters import test_repeated_hour as autumn
from tests.adapters.playback import cut
from tests.adapters.recordings import CHANNEL, OVERLAPPING, STYLES, Recording, at, span
from tests.adapters.test_bad_media import MIDDLE, empty, header_only, text, unfinished

ASKED = TimeSpan(at(3.3), at(18.4))
ACROSS_THE_GAP = span(15, 30)


def short(folder: Path) -> None:
    """Three seconds in a file that is said to have twelve."""
    (folder / MIDDLE).write_bytes(cut(folder / MIDDLE, at(12), span(12, 15)))
    listed(folder, ends=True)


def overlapping(folder: Path) -> None:
    shutil.rmtree(folder)
    recorder = Recorder(folder, CHANNEL, "", span(0, 36), STYLES["cfr"])
    for it in OVERLAPPING:
        recorder.write(it)


def leading(folder: Path) -> None:
    """A file cut out of another from the key frame before on, all before its beginning piled up at nought."""
    recorder = Recorder(folder / "made", CHANNEL, "", span(0, 36), STYLES["cfr"])
    long = recorder.write(span(0, 24))
    (folder / MIDDLE).write_bytes(cut(long, at(0), span(12, 24)))


def rounding(folder: Path) -> None:
    """Named by the second, and begun in the middle of it; the second file begins as its name says."""
    shutil.rmtree(folder)
    recorder = Recorder(folder, CHANNEL, "", span(0, 36), STYLES["cfr"])
    for it in (span(0.4, 12), span(12, 24)):
        recorder.write(it)


def refused(folder: Path) -> None:
    """Listed, and what is there is no file; who runs as root may read any file."""
    (folder / MIDDLE).unlink()
    (folder / MIDDLE).mkdir()
    listed(folder)


def absurd(folder: Path) -> None:
    content = bytearray((folder / MIDDLE).read_bytes())
    duration = content.find(b"mvhd") + 20
    content[duration : duration + 4] = b"\xff\xff\xff\xf0"
    (folder / MIDDLE).write_bytes(content)


def of_another(folder: Path) -> None:
    """A file with the name of another camera in the folder of this one; all names tell the camera twice."""
    for file in (folder / CHANNEL).iterdir():
        camera = "other" if file == folder / MIDDLE else CHANNEL
        file.rename(file.with_name(f"{camera}_{file.name}"))


def gone(folder: Path) -> None:
    (folder / MIDDLE).unlink()
    listed(folder)


def leading_out(folder: Path) -> None:
    """Links and names that lead out of the folder, among them the middle file."""
    (folder / MIDDLE).rename(folder.with_name("outside.mp4"))
    (folder / MIDDLE).symlink_to(folder.with_name("outside.mp4"))
    (folder / CHANNEL / "20260301T040036Z.mp4\n.mp4").write_bytes(b"")
    (folder / "-rf").mkdir()


def coded_anew(folder: Path) -> None:
    Recorder(folder, CHANNEL, "", span(0, 36), replace(STYLES["cfr"], codec="hevc")).write(span(12, 24))


def twice(folder: Path) -> None:
    shutil.copy(folder / MIDDLE, (folder / MIDDLE).with_stem("20260301T040012Z (1)"))


def listed(folder: Path, *, ends: bool = False) -> None:
    """Write the index of three files, whatever became of them."""
    rows = []
    for second in (0, 12, 24):
        row = {"file": f"{CHANNEL}/20260301T0400{second:02}Z.mp4", "channel": CHANNEL, "start": at(second).isoformat()}
        rows.append({**row, "end": at(second + 12).isoformat()} if ends else row)
    (folder / "index.json").write_text(json.dumps(rows))


def to_the_middle(spoil: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda folder: spoil(folder / MIDDLE)


class Clearing(LocalFilesAdapter):
    """Somebody clears the folder up between the listing and the opening."""

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:
        found = list(super()._footage(channel, span, room, progress))
        (Path(self.options.folder) / MIDDLE).unlink()
        return found


DONE: Mapping[int, Callable[[Path], None]] = {
    1: short,
    2: overlapping,
    3: leading,
    4: rounding,
    5: to_the_middle(unfinished),
    7: refused,
    8: absurd,
    12: to_the_middle(header_only),
    13: to_the_middle(empty),
    14: of_another,
    15: to_the_middle(text),
    18: gone,
    19: leading_out,
    20: coded_anew,
    21: twice,
}
INDEXED = {"index": "index.json"}
OPTIONS: Mapping[int, Mapping[str, object]] = {
    1: INDEXED,
    7: INDEXED,
    14: {"pattern": "{channel}/{channel}_{start:%Y%m%dT%H%M%SZ}.mp4"},
    18: INDEXED,
    21: {"pattern": "{channel}/{start:%Y%m%dT%H%M%SZ}{any}.mp4"},
}


class TestLocalFilesWithFaults(FaultConformance):
    COMES: ClassVar[Mapping[int, Outcome | type[AdapterError]]] = {
        1: Outcome.MISSING,
        2: Outcome.WHOLE,
        3: Outcome.MISSING,
        4: Outcome.WHOLE,
        5: Outcome.MISSING,
        6: Outcome.MISSING,
        7: Outcome.MISSING,
        8: Outcome.WHOLE,
        9: Outcome.MISSING,
        10: Outcome.MISSING,
        12: Outcome.MISSING,
        13: Outcome.MISSING,
        14: Outcome.MISSING,
        15: Outcome.MISSING,
        18: Outcome.MISSING,
        19: Outcome.MISSING,
        20: Outcome.WHOLE,
        21: Outcome.WHOLE,
    }
    CANNOT: ClassVar[Mapping[int, str]] = {
        11: "files are read where they lie, and a folder or a file that changed is looked into again",
        16: "nobody logs in at a folder",
        17: "any number may read a file at once",
    }

    @pytest.fixture
    def trouble(self, fault: int, recording: Callable[[str], Recording], tmp_path: Path) -> Trouble:
        folder = tmp_path / "source"
        if fault == 9:
            return in_the_hour_that_comes_twice(folder)
        whole, asked, near = recording("cfr"), ASKED, timedelta(milliseconds=2)
        if fault == 4:
            asked, near = span(0, 24), timedelta(seconds=1)
        if fault == 6:
            whole, asked = recording("gap"), ACROSS_THE_GAP
        shutil.copytree(whole.folder, folder)
        if fault in DONE:
            DONE[fault](folder)
        truth = [it for it in whole.within(asked) if fault != 4 or it.instant >= at(0.4)]
        adapter: type[LocalFilesAdapter] = Clearing if fault == 10 else LocalFilesAdapter
        configured = adapter.configured({"folder": str(folder), **OPTIONS.get(fault, {})})
        return Trouble(configured, CHANNEL, asked, truth, near)


def in_the_hour_that_comes_twice(folder: Path) -> Trouble:
    """Two files follow each other, and of the first nothing tells which of the two hours it is of."""
    begin = autumn.SECOND
    autumn.recorded(folder, begin, ended=begin + timedelta(days=1))
    autumn.recorded(folder, begin + autumn.LENGTH)
    asked = TimeSpan(begin + timedelta(seconds=50), begin + timedelta(seconds=70))
    both = Recording(folder, tuple(sorted((folder / CHANNEL).iterdir())))
    adapter = LocalFilesAdapter.configured({"folder": str(folder), **autumn.options()})
    return Trouble(adapter, CHANNEL, asked, both.within(asked))
