"""Clips are exact at both ends, whatever the recorder wrote; read from the bar code in every frame."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.media.testcard import read_codes
from broker.domain.time import TimeSpan
from tests.adapters.recordings import CHANNEL, GAP, STYLES, Recording, at, clipped, span

SPANS = {
    "inside one group": span(2.3, 4.1),
    "between key frames of two files": span(7.35, 16.85),
    "from the very beginning": span(0, 1.5),
    "to the very end": span(34.05, 36),
    "over all three files": span(3.21, 33.33),
    "from a file's first frame": span(12, 13),
    "to a file's first frame": span(11, 12),
}


@pytest.mark.parametrize("wanted", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("style", [it for it in STYLES if it != "gap"])
def test_exactly_the_frames_of_the_span(
    style: str, wanted: TimeSpan, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    source = recording(style)
    capture, codes = clipped(source.folder, wanted, tmp_path)
    expected = source.within(wanted)
    assert [code for _, code in codes] == expected
    assert (capture.first, capture.last, capture.frames) == (expected[0].instant, expected[-1].instant, len(expected))
    assert capture.obtained == (wanted,)
    for seconds, code in codes:
        assert abs(wanted.begin + timedelta(seconds=seconds) - code.instant) < timedelta(milliseconds=0.1)


def test_the_end_is_not_in(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    frames = recording("vfr").codes
    for begin, end in ((10, 11), (11, 30), (100, 130)):
        wanted = TimeSpan(frames[begin].instant, frames[end].instant)
        _, codes = clipped(recording("vfr").folder, wanted, tmp_path)
        assert [code for _, code in codes] == frames[begin:end]


def test_no_player_finds_more(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    source = recording("bframes")
    clipped(source.folder, span(5.55, 9.95), tmp_path)
    shown = read_codes(tmp_path / "part-1.mp4", {"ignore_editlist": "1"})
    assert [code for _, code in shown] == source.within(span(5.55, 9.95))


def test_a_gap_stays_a_gap(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    source, wanted = recording("gap"), span(15.5, 30.5)
    capture, codes = clipped(source.folder, wanted, tmp_path)
    assert [code for _, code in codes] == source.within(wanted)
    assert capture.obtained == (TimeSpan(wanted.begin, GAP.begin), TimeSpan(GAP.end, wanted.end))
    pauses = [later[0] - earlier[0] for earlier, later in pairwise(codes)]
    assert max(pauses) == pytest.approx(GAP.seconds + 0.1, abs=0.001)


def test_a_span_that_begins_in_a_gap(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    capture, codes = clipped(recording("gap").folder, span(22, 28), tmp_path)
    assert capture.obtained == (span(26, 28),)
    assert codes[0][0] == pytest.approx(4)
    assert codes[0][1].instant == at(26)


def test_overlapping_files_give_each_instant_once(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    source = recording("cfr")
    folder = tmp_path / "overlap" / CHANNEL
    folder.mkdir(parents=True)
    for file in source.files:
        (folder / file.name).symlink_to(file)  # refused, so that only the copies below count
    rows = [("a.mp4", 0, source.files[0]), ("b.mp4", 12, source.files[1]), ("c.mp4", 12, source.files[1])]
    for name, _, file in rows:
        (folder.parent / name).write_bytes(file.read_bytes())
    index = "file,channel,start\n" + "".join(f"{name},{CHANNEL},{at(begin).isoformat()}\n" for name, begin, _ in rows)
    (folder.parent / "index.csv").write_text(index)
    _, codes = clipped(folder.parent, span(10, 20), tmp_path, index="index.csv")
    assert [code for _, code in codes] == source.within(span(10, 20))


def test_a_clip_plays_from_its_beginning_over_the_net(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    clipped(recording("cfr").folder, span(1, 3), tmp_path)
    content = (tmp_path / "part-1.mp4").read_bytes()
    assert content.find(b"moov") < content.find(b"mdat")
