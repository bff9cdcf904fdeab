"""What the pictures look like after the way through the clip writer: size, range, colours, threads."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from adapters.media import Stretch, take_clip, take_snapshot
from adapters.media.planes import view
from adapters.media.testcard import read_codes
from broker.domain.footage.media import Capture, ClipAsk, SnapshotAsk, Treatment
from broker.domain.time import TimeSpan
from tests.adapters.recordings import Recording, at, span

BT709 = 1


def plain_video(path: Path, size: tuple[int, int], pixels: str, grey: int, tags: int | None = None) -> None:
    """Write two seconds of one grey."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        (stream.width, stream.height), stream.pix_fmt = size, pixels
        if tags is not None:
            context = stream.codec_context
            context.colorspace = context.color_primaries = context.color_trc = tags
        frame = VideoFrame(*size, pixels)
        for plane, value in zip(frame.planes, (grey, 128, 128), strict=True):
            view(plane)[:] = value
        for number in range(10):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def stretch(path: Path, part: TimeSpan, begin: float = 0) -> Stretch:
    return Stretch(path.name, at(begin), part, lambda: os.open(path, os.O_RDONLY))


def clip(
    folder: Path, *stretches: Stretch, whole: TimeSpan | None = None, told: Callable[[float], None] = lambda _: None
) -> tuple[Capture, list[VideoFrame]]:
    """Take a copy in which nothing is to be seen but that it was encoded anew."""
    span = whole or TimeSpan(stretches[0].span.begin, stretches[-1].span.end)
    ask = ClipAsk("cam", span, Treatment(longest_side=4096))
    (piece,) = take_clip(stretches, ask, folder, told)
    with av.open(str(folder / piece.file)) as container:
        return piece.capture, list(container.decode(video=0))


@pytest.mark.parametrize(("pixels", "grey"), [("yuv420p", 200), ("yuvj420p", 200), ("yuv422p", 200), ("yuv444p", 30)])
def test_brightness_is_kept(pixels: str, grey: int, tmp_path: Path) -> None:
    plain_video(tmp_path / "source.mp4", (64, 48), pixels, grey)
    with av.open(str(tmp_path / "source.mp4")) as container:
        before = next(container.decode(video=0)).to_ndarray(format="bgr24")
    _, frames = clip(tmp_path, stretch(tmp_path / "source.mp4", span(0, 2)))
    after = frames[0].to_ndarray(format="bgr24")
    assert np.abs(before.astype(int) - after.astype(int)).max() <= 3


def test_the_meaning_of_colours_is_handed_on(tmp_path: Path) -> None:
    plain_video(tmp_path / "source.mp4", (64, 48), "yuv420p", 100, tags=BT709)
    _, frames = clip(tmp_path, stretch(tmp_path / "source.mp4", span(0, 2)))
    assert (frames[0].colorspace, frames[0].color_primaries, frames[0].color_trc) == (BT709, BT709, BT709)


def test_a_camera_that_changes_its_size_within_the_span(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    plain_video(tmp_path / "square.mp4", (120, 120), "yuv420p", 180)
    files = recording("cfr").files
    capture, frames = clip(
        tmp_path,
        stretch(files[0], span(10, 12)),
        stretch(tmp_path / "square.mp4", span(12, 14), 12),
        stretch(files[2], span(24, 26), 24),
    )
    assert (capture.width, capture.height, capture.frames) == (320, 180, 50)
    assert {(frame.width, frame.height) for frame in frames} == {(320, 180)}
    luma = view(frames[25].planes[0])
    assert abs(int(luma[90, 160]) - 180) < 6
    assert luma[90, 20] < 24
    assert luma[90, 300] < 24


def test_odd_sizes_are_cut_to_even(tmp_path: Path) -> None:
    path = tmp_path / "odd.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 65, 49, "yuv444p"
        frame = VideoFrame(65, 49, "yuv444p")
        for number in range(5):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    capture, frames = clip(tmp_path, stretch(path, span(0, 1)))
    assert (capture.width, capture.height, frames[0].width, frames[0].height) == (64, 48, 64, 48)
    shot = take_snapshot([stretch(path, span(0, 1))], SnapshotAsk("cam", at(0.5)), tmp_path).capture
    assert (shot.width, shot.height) == (65, 49)


def test_every_picture_is_whole(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    """Encoders that cut pictures into slices, one a core, make players show half of one after a loss."""
    clip(tmp_path, stretch(recording("cfr").files[0], span(1, 3)))
    with av.open(str(tmp_path / "part-1.mp4")) as container:
        packet = next(iter(container.demux(video=0)))
        content, kinds = bytes(packet), []
        while content:
            length = int.from_bytes(content[:4], "big")
            kinds.append(content[4] & 0x1F)
            content = content[4 + length :]
    assert kinds.count(5) == 1


def test_progress_is_told_about_once_a_second(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    told: list[float] = []
    part = stretch(recording("cfr").files[0], span(1, 11))
    clip(tmp_path, part, told=told.append)
    assert told == pytest.approx([float(second) for second in range(10)])
    assert len(read_codes(tmp_path / "part-1.mp4")) == 100
    assert part.span.duration == timedelta(seconds=10)


def test_time_that_stands_still_or_goes_back_is_left_out(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    source = recording("cfr")
    again = [stretch(source.files[0], span(1, 3)), stretch(source.files[0], span(2, 4))]
    capture, _ = clip(tmp_path, *again, whole=span(1, 4))
    assert [code for _, code in read_codes(tmp_path / "part-1.mp4")] == source.within(span(1, 4))
    assert capture.frames == 30
