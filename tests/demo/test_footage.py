"""The recordings: made, found again while they fit, or brought along by somebody."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import read_codes, write_recording
from broker.demo import footage, own_footage
from broker.domain.errors import Invalid
from broker.domain.time import TimeSpan

NOW = datetime(2026, 1, 1, 8, 0, 30, tzinfo=UTC)
NAMES = {"cam-02": "临江路口", "cam-03": "染坊街口"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[float]]]:
    """Make two minutes of the two peculiar cameras; beside the folder, what was told on the way."""
    folder = tmp_path_factory.mktemp("footage") / "made"
    told: list[float] = []
    footage.make(folder, NAMES, 2, NOW, lambda done, total: told.append(done / total))
    yield folder, told
    shutil.rmtree(folder)


def test_the_last_minutes_are_there_with_a_gap_and_in_two_codecs(made: tuple[Path, list[float]]) -> None:
    folder, told = made
    found = footage.recorded(folder, NAMES, NOW.replace(second=0) - timedelta(minutes=2), 2)
    assert told == sorted(told)
    assert told[-1] == 1
    slow, gap = found.channels
    assert [span.seconds for span in slow.spans] == [120]
    assert [span.seconds for span in gap.spans] == [48, 66]
    for channel in (slow, gap):
        codes = [code for file in sorted((folder / channel.name).glob("*.mp4")) for _, code in read_codes(file)]
        assert codes[0].instant == channel.spans[0].begin
        assert channel.step is not None
        assert codes[1].instant - codes[0].instant == channel.step
        assert all(any(span.holds_instant(code.instant) for span in channel.spans) for code in codes)


@pytest.mark.parametrize(
    ("minutes", "names", "later", "fits"),
    [
        (2, NAMES, timedelta(minutes=9), True),
        (2, NAMES, timedelta(minutes=11), False),
        (3, NAMES, timedelta(0), False),
        (2, {"cam-02": "another street"}, timedelta(0), False),
    ],
)
def test_an_earlier_set_is_used_while_it_fits(
    minutes: int, names: dict[str, str], later: timedelta, *, fits: bool, made: tuple[Path, list[float]]
) -> None:
    assert (footage.kept(made[0], names, minutes, NOW + later) is not None) is fits


@pytest.mark.parametrize("mark", [None, "", "{}", '{"begin": "yesterday", "form": 1}', "[1]"])
def test_half_a_set_does_not_count(mark: str | None, tmp_path: Path) -> None:
    if mark is not None:
        (tmp_path / footage.MARK).write_text(mark, encoding="utf-8")
    assert footage.kept(tmp_path, NAMES, 2, NOW) is None


def test_own_files_by_the_time_in_the_container(tmp_path: Path) -> None:
    (file,) = write_recording(tmp_path / "x", "c", NOW.replace(second=0), 0.5)
    file.rename(tmp_path / "door.mp4")
    found = own_footage.scan(tmp_path, None, "Asia/Shanghai", 4)
    assert [channel.name for channel in found.channels] == ["door"] * 4
    assert found.channels[0].spans == (TimeSpan(NOW.replace(second=0), NOW),)
    assert not found.coded


def test_own_files_by_a_pattern_said_by_hand(tmp_path: Path) -> None:
    (file,) = write_recording(tmp_path / "x", "c", NOW.replace(second=0), 0.5)
    file.rename(tmp_path / "20260101-1000 gate.mp4")
    found = own_footage.scan(tmp_path, "{start:%Y%m%d-%H%M} {channel}.mp4", "Asia/Shanghai", 2)
    assert [channel.name for channel in found.channels] == ["gate", "gate"]
    assert found.channels[0].spans[0].begin == datetime(2026, 1, 1, 2, tzinfo=UTC)


def test_nothing_that_can_be_used_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "holiday.mp4").write_bytes(b"no video")
    with pytest.raises(Invalid, match="footage-unusable") as found:
        own_footage.scan(tmp_path, None, "Asia/Shanghai", 4)
    assert "{channel}.mp4" in str(found.value.facts["tried"])
    with pytest.raises(Invalid, match="footage-no-folder"):
        own_footage.scan(tmp_path / "nothing", None, "Asia/Shanghai", 4)
