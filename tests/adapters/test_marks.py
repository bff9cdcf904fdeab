"""The mark of an emergency, read back from the pixels of every picture."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.errors import MarkFailed
from adapters.gateway import Gateway
from adapters.local_files import LocalFilesAdapter
from adapters.media import take_snapshot
from adapters.media.encoder import ClipWriter
from adapters.media.marks import Box, box_of, burn_in
from adapters.media.testcard import read_codes
from broker.domain.media import Capture, ClipAsk, SnapshotAsk
from tests.adapters.faulty import FaultyAdapter
from tests.adapters.recordings import CHANNEL, Recording, at, span

MARK = "应急调阅 EMERGENCY XL2026-000123"
OTHERS = [f"应急调阅 EMERGENCY XL2026-{number:06}" for number in (124, 129, 132, 223, 323)]
Pixels = NDArray[np.uint8]
DARK, BRIGHT = 70, 180


def frames_of(path: Path) -> list[tuple[float, Pixels]]:
    """Return the brightness of every picture, with its time."""
    with av.open(str(path)) as container:
        return [
            (float(frame.time or 0), np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8))
            for frame in container.decode(video=0)
        ]


def says(luma: Pixels, mark: str) -> bool:
    """Say whether a picture carries this mark rather than one of the others, in the place where it belongs."""
    box = box_of(mark, luma.shape[1], luma.shape[0])
    found = luma[box.rows, box.columns].astype(int)

    def off(text: str) -> float:
        shades = box_of(text, luma.shape[1], luma.shape[0]).shades.astype(int)
        return float(np.abs(shades - found).mean()) if shades.shape == found.shape else 255.0

    return off(mark) < 20 and all(off(mark) < off(other) for other in OTHERS)


def outside(luma: Pixels, box: Box) -> NDArray[np.int64]:
    """Return the pixels that the mark has nothing to do with."""
    away = np.ones(luma.shape, bool)
    away[box.rows, box.columns] = False
    return luma[away].astype(np.int64)


def test_a_snapshot_carries_its_mark_in_the_box_and_nowhere_else(adapter: LocalFilesAdapter, tmp_path: Path) -> None:
    plain, marked = tmp_path / "plain", tmp_path / "marked"
    first = adapter.snapshot(SnapshotAsk(CHANNEL, at(5)), plain)
    second = adapter.snapshot(SnapshotAsk(CHANNEL, at(5), MARK), marked)
    assert first == second
    (_, before), (_, after) = frames_of(plain)[0], frames_of(marked)[0]
    box = box_of(MARK, before.shape[1], before.shape[0])
    assert says(after, MARK)
    assert not says(before, MARK)
    assert np.abs(outside(after, box) - outside(before, box)).mean() < 2


def test_without_a_mark_the_bytes_are_those_of_the_adapter(adapter: LocalFilesAdapter, tmp_path: Path) -> None:
    given = adapter.snapshot(SnapshotAsk(CHANNEL, at(5)), tmp_path / "given")
    stretches = adapter._shelf.stretches(adapter._shelf.row(CHANNEL, span(4, 6)).segments, span(4, 6))
    assert take_snapshot(stretches, at(5), tmp_path / "bare") == given
    assert (tmp_path / "given").read_bytes() == (tmp_path / "bare").read_bytes()


@pytest.mark.parametrize("style", ["gap", "vfr", "hevc"])
def test_every_frame_of_a_clip_is_marked_and_none_is_lost_or_moved(
    style: str, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    adapter = LocalFilesAdapter.configured({"folder": str(recording(style).folder)})
    plain, marked = tmp_path / "plain.mp4", tmp_path / "marked.mp4"
    wanted = span(17.3, 29.7)
    first = adapter.clip(ClipAsk(CHANNEL, wanted), plain, lambda _: None)
    second = adapter.clip(ClipAsk(CHANNEL, wanted, MARK), marked, lambda _: None)
    assert first == second
    before, after = frames_of(plain), frames_of(marked)
    assert [time for time, _ in after] == [time for time, _ in before]
    assert read_codes(marked) == read_codes(plain)
    assert len(after) == second.frames == len(recording(style).within(wanted))
    box = box_of(MARK, 320, 180)
    for (_, old), (_, new) in zip(before, after, strict=True):
        assert says(new, MARK)
        assert not says(old, MARK)
        assert np.abs(outside(new, box) - outside(old, box)).mean() < 4
    assert sorted(tmp_path.iterdir()) == [marked, plain]


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (352, 288), (640, 360), (1920, 1080), (3840, 2160)])
def test_the_words_are_bright_on_a_dark_box_within_the_picture_at_any_size(size: tuple[int, int]) -> None:
    width, height = size
    box = box_of(MARK, width, height)
    assert 0 <= box.top < box.rows.stop <= height
    assert 0 <= box.left < box.columns.stop <= width
    assert not any(side % 2 for side in (box.top, box.left, *box.shades.shape))
    rim = (box.shades[0], box.shades[-1], box.shades[:, 0], box.shades[:, -1])
    assert all((edge < DARK).all() for edge in rim), "no letter touches the rim"
    bright = box.shades > BRIGHT
    assert 0.05 < bright.mean() < 0.5
    letters = np.flatnonzero(bright.any(axis=1))
    assert letters[-1] - letters[0] >= min(height, width) * 0.03
    assert cv2.connectedComponents(bright.astype(np.uint8))[0] > len(MARK), "the letters stand apart"


def test_a_narrow_picture_has_the_words_one_below_the_other() -> None:
    wide, narrow = box_of(MARK, 320, 180), box_of(MARK, 160, 120)
    assert narrow.shades.shape[0] > 2 * wide.shades.shape[0]
    with pytest.raises(MarkFailed):
        box_of(MARK, 48, 32)


def capture_of(kind: str, size: tuple[int, int], frames: int) -> Capture:
    begin = at(0)
    return Capture(kind, "x", "x", *size, frames, begin, begin, (span(0, 1),))


def test_png_pictures_and_clips_of_strange_sizes_are_marked_too(tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    noise = np.random.default_rng(7).integers(0, 255, (203, 331, 3), np.uint8)
    picture.write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    burn_in(MARK, capture_of("image/png", (331, 203), 1), picture)
    after = cv2.imdecode(np.fromfile(picture, np.uint8), cv2.IMREAD_COLOR)
    assert after is not None
    box = box_of(MARK, 331, 203)
    changed = (np.asarray(after) != noise).any(axis=2)
    changed[box.rows, box.columns] = False
    assert not changed.any()
    clip = tmp_path / "clip.mp4"
    with ClipWriter(clip, at(0)) as writer:
        for number, size in enumerate([(331, 203), (640, 480), (331, 203)]):
            writer.write(av.VideoFrame.from_ndarray(np.full((*size[::-1], 3), 200, np.uint8)), at(number))
    burn_in(MARK, capture_of("video/mp4", (330, 202), 3), clip)
    assert [(time, says(luma, MARK)) for time, luma in frames_of(clip)] == [(0, True), (1, True), (2, True)]


def test_what_cannot_be_marked_is_not_handed_on(adapter: LocalFilesAdapter, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    capture = adapter.clip(ClipAsk(CHANNEL, span(1, 3)), clip, lambda _: None)
    with pytest.raises(MarkFailed, match="mark-failed"):
        burn_in(MARK, replace(capture, frames=capture.frames + 1), clip)
    clip.write_bytes(clip.read_bytes()[:2000])
    with pytest.raises(MarkFailed):
        burn_in(MARK, capture, clip)
    with pytest.raises(MarkFailed):
        burn_in(MARK, replace(capture, media_type="image/webp"), clip)
    strange = FaultyAdapter.configured({})
    target = tmp_path / "target"
    strange.clip(ClipAsk("1", span(0, 5)), target, lambda _: None)
    assert target.exists()
    with pytest.raises(MarkFailed):
        strange.clip(ClipAsk("1", span(0, 5), MARK), target, lambda _: None)
    assert sorted(tmp_path.iterdir()) == [clip]


def test_the_mark_is_burnt_in_behind_the_sandbox(
    gateway: Gateway, faulty: str, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    options = {"folder": str(recording("cfr").folder)}
    ask = ClipAsk(CHANNEL, span(2, 4), MARK)
    target = tmp_path / "result"

    def fetch(adapter: str, given: dict[str, object]) -> Capture:
        return gateway.fetch(adapter, given, ask, target, on_progress=lambda _: None, aborted=lambda: False)

    capture = fetch("local_files", dict(options))
    assert capture.frames == len(recording("cfr").within(ask.span))
    assert capture.last - capture.first == timedelta(seconds=1.9)
    assert all(says(luma, MARK) for _, luma in frames_of(target))
    target.unlink()
    with pytest.raises(MarkFailed):
        fetch(faulty, {})
    assert not target.exists()
