"""The shelf opens what it must and shares time out among files, each instant once."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from adapters.errors import UnknownChannel
from adapters.local_files.beneath import Folder
from adapters.local_files.listings import PatternListing
from adapters.local_files.patterns import compiled
from adapters.local_files.shelf import Segment, Shelf
from adapters.media import Head, inspect
from broker.domain.time import TimeSpan
from tests.adapters.recordings import CHANNEL, Recording, at, span

PATTERN = compiled("{channel}/{start:%Y%m%dT%H%M%SZ}.mp4")


class Counting:
    """Inspects files and remembers which."""

    def __init__(self) -> None:
        self.files: list[str] = []

    def __call__(self, descriptor: int, file: str) -> Head:
        self.files.append(Path(file).name)
        return inspect(descriptor, file)


@pytest.fixture
def folder(recording: Callable[[str], Recording], tmp_path: Path) -> Path:
    return Path(shutil.copytree(recording("cfr").folder, tmp_path / "source"))


def shelf(folder: Path, inspector: Callable[[int, str], Head]) -> Shelf:
    place = Folder(str(folder))
    return Shelf(place, PatternListing(place, PATTERN, UTC), inspector)


def shares(*spans: TimeSpan, wanted: TimeSpan) -> list[tuple[str, TimeSpan]]:
    segments = [Segment("abcdef"[number], it) for number, it in enumerate(spans)]
    stretches = shelf(Path("/nowhere"), inspect).stretches(segments, wanted)
    return [(stretch.file, stretch.span) for stretch in stretches]


def test_only_new_or_changed_files_are_opened(folder: Path) -> None:
    counting = Counting()
    tested = shelf(folder, counting)
    assert len(tested.row(CHANNEL, span(0, 36)).segments) == 3
    assert len(counting.files) == 3
    assert len(tested.row(CHANNEL, span(0, 36)).segments) == 3
    assert len(counting.files) == 3
    shutil.copy(folder / CHANNEL / "20260301T040000Z.mp4", folder / CHANNEL / "20260301T040100Z.mp4")
    os.utime(folder / CHANNEL / "20260301T040012Z.mp4", (0, 0))
    assert len(tested.row(CHANNEL, span(0, 90)).segments) == 4
    assert counting.files[3:] == ["20260301T040012Z.mp4", "20260301T040100Z.mp4"]


def test_a_file_that_grew_is_read_again(folder: Path) -> None:
    counting, last = Counting(), folder / CHANNEL / "20260301T040024Z.mp4"
    whole = last.read_bytes()
    last.write_bytes(whole[:-2000])
    tested = shelf(folder, counting)
    row = tested.row(CHANNEL, span(0, 60))
    assert len(row.segments) == 2
    assert [flaw.start for flaw in row.flaws] == [at(24)]
    last.write_bytes(whole)
    assert len(tested.row(CHANNEL, span(0, 60)).segments) == 3


def test_an_unchanged_folder_is_not_listed_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(folder / CHANNEL, (0, 0))
    os.utime(folder, (0, 0))
    place = Folder(str(folder))
    before = place.entries((CHANNEL,))
    monkeypatch.setattr(os, "scandir", lambda _: pytest.fail("listed again"))
    assert place.entries((CHANNEL,)) == before


def test_files_out_of_reach_are_not_opened(folder: Path) -> None:
    counting = Counting()
    shelf(folder, counting).row(CHANNEL, span(0, 12))
    assert counting.files == ["20260301T040000Z.mp4"]
    tomorrow = timedelta(days=1, seconds=13)
    shelf(folder, counting).row(CHANNEL, TimeSpan(at(0) + tomorrow, at(5) + tomorrow))
    assert counting.files[1:] == ["20260301T040024Z.mp4"]


def test_an_unknown_channel(folder: Path) -> None:
    with pytest.raises(UnknownChannel):
        shelf(folder, inspect).row("other", span(0, 36))


def test_shares_follow_each_other() -> None:
    assert shares(span(0, 10), span(10, 20), wanted=span(5, 15)) == [("a", span(5, 10)), ("b", span(10, 15))]


def test_where_files_overlap_the_newer_serves() -> None:
    assert shares(span(0, 12), span(10, 20), wanted=span(0, 20)) == [("a", span(0, 10)), ("b", span(10, 20))]


def test_a_file_within_another_interrupts_it() -> None:
    expected = [("a", span(0, 10)), ("b", span(10, 12)), ("a", span(12, 20))]
    assert shares(span(0, 20), span(10, 12), wanted=span(0, 20)) == expected


def test_the_same_file_twice_serves_once() -> None:
    assert [it for _, it in shares(span(0, 10), span(0, 10), wanted=span(0, 20))] == [span(0, 10)]


def test_a_pause_for_changing_files_is_no_gap() -> None:
    assert shares(span(0, 9.4), span(10, 20), wanted=span(0, 20)) == [("a", span(0, 10)), ("b", span(10, 20))]
    assert shares(span(0, 8), span(10, 20), wanted=span(0, 20)) == [("a", span(0, 8)), ("b", span(10, 20))]
