"""Clips as they are handed out: H.264 in MP4, time stamps true to the footage, playable in any browser.

The MP4 is fragmented: what is written stays as it is, so a clip can be played, and its digest taken, while it grows.
"""

import os
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import av
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from adapters.media.letterbox import fitted, limited

if TYPE_CHECKING:
    from av.container import OutputContainer

# Fine enough for every camera (11 µs), and a pause of 13 hours still fits into MP4's 32 bits.
_TIME_BASE = Fraction(1, 90000)
_KEY_FRAME_EVERY = timedelta(seconds=2)
_FIRST_GUESS_FPS = 25
# No B-frames: pictures leave in the order they were taken, and no player needs an edit list to start at the right one.
_SETTINGS = {"preset": "veryfast", "crf": "23", "forced-idr": "1", "x264-params": "bframes=0:keyint=infinite"}
_CONTAINER = {
    # Each fragment says its own time: else the first picture would be nought, whenever it was taken.
    "movflags": "frag_keyframe+empty_moov+default_base_moof+frag_discont",
    "avoid_negative_ts": "make_non_negative",
    "frag_duration": "500000",  # microseconds; so long at most does a player wait for more
    "flush_packets": "1",
}


class ClipWriter:
    """Writes frames into one MP4; the first frame gives the size. Use as a context manager.

    Args:
        target: is written; complete when the block has ended without an exception.
        begin: the instant that is nought in the clip.
        longest_side: the most pixels a side may have; a larger picture is made smaller.
    """

    def __init__(self, target: Path, begin: datetime, longest_side: int | None = None) -> None:
        self._begin = begin
        self._longest_side = longest_side
        self._container: OutputContainer = av.open(str(target), "w", format="mp4", options=dict(_CONTAINER))
        self._stream: VideoStream | None = None
        self._next_key = begin
        self.width = self.height = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._stream is not None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def begin(self, frame: VideoFrame) -> None:
        """Write the head of the clip, whose size and colours are those of its first frame; later frames say nothing."""
        if self._stream is None:
            self._open(frame)

    def fit(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame as it will be written: yuv420p, in the size of the clip, which the first frame gives.

        A frame of another size is scaled into that one's.
        """
        self.begin(frame)
        return fitted(frame, self.width, self.height)

    def write(self, picture: VideoFrame, instant: datetime) -> None:
        """Add a picture that `fit` returned; instants must rise. It may be painted on again afterwards."""
        stream = self._stream or self._open(picture)
        picture.pts = round(Fraction((instant - self._begin) // timedelta.resolution, 1_000_000) / _TIME_BASE)
        picture.time_base = _TIME_BASE
        # The source's frame types mean nothing here; key frames come by time, because the rate may vary.
        picture.pict_type = PictureType.NONE
        if instant >= self._next_key:
            picture.pict_type = PictureType.I
            self._next_key = instant + _KEY_FRAME_EVERY
        self._container.mux(stream.encode(picture))

    def _open(self, frame: VideoFrame) -> VideoStream:
        self.width, self.height = limited(frame.width, frame.height, self._longest_side)
        stream = self._stream = self._container.add_stream("libx264", rate=_FIRST_GUESS_FPS)
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
        stream.codec_context.time_base = _TIME_BASE
        # Slices, the default, are shown half by some players; and each thread costs address space.
        stream.thread_type, stream.thread_count = "FRAME", min(os.cpu_count() or 1, 4)
        stream.codec_context.options = dict(_SETTINGS)
        context = stream.codec_context
        # What the colours mean is handed on, so that no player guesses it by the size.
        context.colorspace, context.color_primaries, context.color_trc = (
            frame.colorspace, frame.color_primaries, frame.color_trc,
        )  # fmt: skip
        context.color_range = ColorRange.MPEG
        self._container.start_encoding()  # the head is there before the first picture has been encoded
        return stream
