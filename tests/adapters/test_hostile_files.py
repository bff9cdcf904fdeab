"""Names and links that would lead out of the folder do not: each test plants one and looks what comes back."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.errors import HostilePath, RecordingVanished, SourceUnreachable, UnknownChannel
from adapters.local_files import LocalFilesAdapter
from adapters.local_files.beneath import Folder, names_of
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from tests.adapters.recordings import CHANNEL, Recording, at, span

HOSTILE = (
    "", "/", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "./a", "a/.", "a\x00b", "a\nb", "-rf", "a/-o", "a\\b",
    "x" * 256, "a\u202eb", "a\udcffb",
)  # fmt: skip
FILE = "20260301T040000Z.mp4"


@pytest.fixture
def folder(recording: Callable[[str], Recording], tmp_path: Path) -> Path:
    """A folder with one good file, which a test may spoil."""
    place = tmp_path / "source"
    (place / CHANNEL).mkdir(parents=True)
    shutil.copy(recording("cfr").files[0], place / CHANNEL / FILE)
    return place


def adapter(folder: Path, **options: object) -> LocalFilesAdapter:
    return LocalFilesAdapter.configured({"folder": str(folder), **options})


def indexed(folder: Path, file: str) -> LocalFilesAdapter:
    (folder / "index.csv").write_text(f"file,channel,start,end\n{file},cam,{at(0).isoformat()},{at(12).isoformat()}\n")
    return adapter(folder, index="index.csv")


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_hostile_names(path: str, folder: Path) -> None:
    with pytest.raises(HostilePath) as caught:
        names_of(path)
    assert str(caught.value.facts["path"]).isprintable()
    with pytest.raises(HostilePath):
        Folder(str(folder)).open(path)


@pytest.mark.parametrize("path", ["人民路/北 1.mp4", "a/b.c/d", "x" * 255, "a-b", "...x"])
def test_harmless_names(path: str) -> None:
    assert names_of(path) == tuple(path.split("/"))


def test_a_link_to_a_file_is_not_followed(folder: Path, recording: Callable[[str], Recording], tmp_path: Path) -> None:
    (folder / CHANNEL / FILE).unlink()
    (folder / CHANNEL / FILE).symlink_to(recording("cfr").files[0])
    assert adapter(folder).points() == ()
    assert adapter(folder).probe().detail == "files=0 refused=1"
    with pytest.raises(HostilePath):
        indexed(folder, f"{CHANNEL}/{FILE}").clip(ClipAsk("cam", span(1, 2)), tmp_path, lambda _: None)


def test_a_link_to_a_folder_is_not_followed(
    folder: Path, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    (folder / "outside").symlink_to(recording("cfr").folder / CHANNEL)
    assert [point.channel for point in adapter(folder).points()] == [CHANNEL]
    with pytest.raises(UnknownChannel):
        adapter(folder).snapshot(SnapshotAsk("outside", at(1)), tmp_path)
    with pytest.raises(HostilePath):
        indexed(folder, f"outside/{FILE}").snapshot(SnapshotAsk("cam", at(1)), tmp_path)


def test_a_file_swapped_for_a_link_after_the_listing(folder: Path, tmp_path: Path) -> None:
    source = adapter(folder)
    source.coverage(CHANNEL, span(0, 10))
    (folder / CHANNEL).rename(tmp_path / "elsewhere")
    (folder / CHANNEL).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HostilePath):
        source._shelf._folder.open(f"{CHANNEL}/{FILE}")


def test_a_fifo_neither_hangs_nor_is_read(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / CHANNEL / "20260301T040012Z.mp4")
    assert adapter(folder).probe().detail == "files=1 refused=1"
    with pytest.raises(HostilePath):
        indexed(folder, f"{CHANNEL}/20260301T040012Z.mp4").snapshot(SnapshotAsk("cam", at(1)), tmp_path)


def test_a_device_or_a_folder_in_place_of_a_file(folder: Path, tmp_path: Path) -> None:
    (folder / "folder.mp4").mkdir()
    for file in ("folder.mp4", f"{CHANNEL}/{FILE}/below.mp4"):
        with pytest.raises(HostilePath):
            indexed(folder, file).snapshot(SnapshotAsk("cam", at(1)), tmp_path)


def test_one_hostile_row_and_the_index_is_not_believed(folder: Path) -> None:
    with pytest.raises(HostilePath):
        indexed(folder, "../../etc/passwd").probe()


def test_hidden_and_unfinished_names_are_passed_over(folder: Path) -> None:
    for name in (f".{FILE}", f"{FILE}.part", f"{FILE}.tmp", f"{FILE}~"):
        shutil.copy(folder / CHANNEL / FILE, folder / CHANNEL / name)
    for pattern in ("{channel}/{start:%Y%m%dT%H%M%SZ}.mp4{any}", "{channel}/{any}{start:%Y%m%dT%H%M%SZ}.mp4"):
        assert adapter(folder, pattern=pattern).probe().detail == "files=1 refused=0"


def test_names_no_console_can_print(folder: Path) -> None:
    for name in (b"cam\n1", b"cam\xff1", b"-rf", b"cam\x1b[2J"):
        os.mkdir(os.fsencode(folder) + b"/" + name)  # noqa: PTH102 - pathlib knows no bytes
    assert adapter(folder).probe().detail == "files=1 refused=4"


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert adapter(tmp_path / "link").probe().points == 1


def test_what_is_gone_and_what_was_never_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordingVanished) as vanished:
        indexed(folder, "gone.mp4").snapshot(SnapshotAsk("cam", at(1)), tmp_path)
    assert vanished.value.facts["file"] == "gone.mp4"
    with pytest.raises(SourceUnreachable):
        adapter(tmp_path / "nowhere").probe()
