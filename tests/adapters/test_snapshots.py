"""A snapshot is the frame that was on the screen: not the next one, not the nearest, not an old one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.errors import NoRecording
from tests.adapters.recordings import GAP, STYLES, Recording, at, shot, span

TICK = timedelta(microseconds=1)


@pytest.mark.parametrize("style", STYLES)
def test_on_and_between_frames(style: str, recording: Callable[[str], Recording], tmp_path: Path) -> None:
    source = recording(style)
    # Around key frames, in the middle of a group, at a file's ends, and at the very first and last frame.
    for number in (1, 2, 48, 50, 51, 77, len(source.codes) // 3, len(source.codes) - 1):
        frame = source.codes[number].instant
        for instant in (frame, frame + TICK, frame - TICK, frame + timedelta(milliseconds=13)):
            capture, code = shot(source.folder, instant, tmp_path)
            assert code == source.shown(instant)
            assert capture.first == capture.last == code.instant


def test_the_last_frame_of_a_file_stays_until_the_next(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    source = recording("vfr")
    boundary = at(12)
    before = source.shown(boundary)
    assert before.instant < boundary  # with a variable rate no frame falls on the boundary
    _, code = shot(source.folder, boundary + TICK, tmp_path)
    assert code == before


def test_full_size_jpeg(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    capture, _ = shot(recording("cfr").folder, at(3), tmp_path)
    assert (capture.width, capture.height, capture.media_type) == (320, 180, "image/jpeg")
    assert (tmp_path / "picture.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize("instant", [GAP.begin, GAP.begin + GAP.duration / 2, GAP.end - TICK])
def test_in_a_gap_there_is_no_picture(instant: datetime, recording: Callable[[str], Recording], tmp_path: Path) -> None:
    with pytest.raises(NoRecording) as caught:
        shot(recording("gap").folder, instant, tmp_path)
    assert caught.value.nearby == (span(0, 20), span(26, 36))
    assert caught.value.facts["begin"] == caught.value.facts["end"]


def test_after_the_end_there_is_no_picture(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    with pytest.raises(NoRecording) as caught:
        shot(recording("gap").folder, at(36), tmp_path)
    assert caught.value.nearby == (span(26, 36),)
