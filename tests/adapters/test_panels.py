"""The mark of an emergency, read back from the pixels of every picture, and the box of the clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from adapters.errors import MarkFailed
from adapters.gateway import Gateway
from adapters.local_files import LocalFilesAdapter
from adapters.media.panels import Clock, Panel, banner, told
from adapters.media.planes import Canvas
from broker.domain.footage.media import ClipAsk, PictureFormat, SnapshotAsk, Treatment
from tests.adapters.films import Pixels, lumas
from tests.adapters.recordings import CHANNEL, Recording, at, span

MARK = "应急调阅 EMERGENCY XL2026-000123"
MARKED = Treatment(banner=MARK)
OTHERS = [f"应急调阅 EMERGENCY XL2026-{number:06}" for number in (124, 129, 132, 223, 323)]


def says(luma: Pixels, mark: str) -> bool:
    """Say whether a picture carries this mark rather than one of the others, in the place where it belongs."""
    box = banner(mark, luma.shape[1], luma.shape[0])
    found = luma[box.rows, box.columns].astype(int)

    def off(text: str) -> float:
        ink = banner(text, luma.shape[1], luma.shape[0]).ink.astype(int) * 219 // 255 + 16
        return float(np.abs(ink - found).mean()) if ink.shape == found.shape else 255.0

    return off(mark) < 20 and all(off(mark) < off(other) for other in OTHERS)


def outside(luma: Pixels, box: Panel) -> Pixels:
    """Return the pixels that the mark has nothing to do with."""
    away = np.ones(luma.shape[:2], bool)
    away[box.rows, box.columns] = False
    return luma[away]


def test_a_snapshot_carries_its_mark_in_the_box_and_nowhere_else(adapter: LocalFilesAdapter, tmp_path: Path) -> None:
    pictures = []
    for number, treatment in enumerate((Treatment(), MARKED)):
        out = tmp_path / str(number)
        out.mkdir()
        (piece,) = adapter.snapshot(SnapshotAsk(CHANNEL, at(5), treatment, PictureFormat.PNG), out).pieces
        pictures.append(cv2.imread(str(out / piece.file)))
    before, after = (np.asarray(picture, np.uint8) for picture in pictures)
    box = banner(MARK, before.shape[1], before.shape[0])
    assert np.array_equal(outside(after, box), outside(before, box))
    assert says(after[:, :, 1], MARK)
    assert not says(before[:, :, 1], MARK)


def test_every_frame_of_a_clip_carries_it_behind_the_sandbox(
    gateway: Gateway, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    options = {"folder": str(recording("cfr").folder)}
    ask = ClipAsk(CHANNEL, span(2, 4), MARKED)
    fetched = gateway.fetch("local_files", options, ask, tmp_path, on_progress=lambda _: None, aborted=lambda: False)
    (piece,) = fetched.pieces
    pictures = lumas(tmp_path / piece.file)
    assert len(pictures) == piece.capture.frames == len(recording("cfr").within(ask.span))
    assert all(says(luma, MARK) for luma in pictures)


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (352, 288), (640, 360), (1920, 1080), (3840, 2160)])
def test_the_words_are_bright_on_a_dark_box_within_the_picture_at_any_size(size: tuple[int, int]) -> None:
    width, height = size
    box = banner(MARK, width, height)
    assert 0 <= box.top < box.rows.stop <= height
    assert 0 <= box.left < box.columns.stop <= width
    assert not any(side % 2 for side in (box.top, box.left, *box.ink.shape))
    rim = (box.ink[0], box.ink[-1], box.ink[:, 0], box.ink[:, -1])
    assert all((edge == 0).all() for edge in rim), "no letter touches the rim"
    bright = box.ink > 190
    assert 0.05 < bright.mean() < 0.5
    letters = np.flatnonzero(bright.any(axis=1))
    assert letters[-1] - letters[0] >= min(height, width) * 0.03
    assert cv2.connectedComponents(bright.astype(np.uint8))[0] > len(MARK), "the letters stand apart"


def test_a_narrow_picture_has_the_words_one_below_the_other() -> None:
    wide, narrow = banner(MARK, 320, 180), banner(MARK, 160, 120)
    assert narrow.ink.shape[0] > 2 * wide.ink.shape[0]
    with pytest.raises(MarkFailed):
        banner(MARK, 48, 32)


@pytest.mark.parametrize("size", [(1920, 1080), (320, 180), (352, 288), (240, 426)])
def test_the_clock_stands_above_the_lower_edge_and_below_the_banner(size: tuple[int, int]) -> None:
    box = Clock(UTC, *size).panel
    words = banner(MARK, *size)
    assert words.rows.stop <= box.top
    assert box.rows.stop <= size[1] * 0.9
    assert box.columns.stop <= size[0]


def test_the_clock_says_the_time_of_its_zone_with_the_offset() -> None:
    instant = datetime(2026, 7, 1, 22, 30, 5, 123_999, tzinfo=UTC)
    expected = {
        "UTC": "2026-07-01 22:30:05.123 +00:00",
        "Asia/Shanghai": "2026-07-02 06:30:05.123 +08:00",
        "Asia/Kathmandu": "2026-07-02 04:15:05.123 +05:45",
        "America/St_Johns": "2026-07-01 20:00:05.123 -02:30",
    }
    assert {zone: told(instant, ZoneInfo(zone)) for zone in expected} == expected


def test_a_clock_that_has_run_looks_like_one_that_was_just_set() -> None:
    running, instant = Clock(UTC, 320, 180), datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC)
    for step in range(25):
        canvas, fresh = (Canvas.of_picture(np.full((180, 320, 3), 90, np.uint8)) for _ in range(2))
        now = instant + timedelta(milliseconds=137 * step)
        running.paint(canvas, now)
        Clock(UTC, 320, 180).paint(fresh, now)
        assert np.array_equal(canvas.picture(), fresh.picture())
