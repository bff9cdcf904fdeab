"""New pictures with the parameters of a recording."""

import os
from datetime import datetime, timedelta
from fractions import Fraction

import av
from av.codec.context import Flags
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange

from adapters.media.letterbox import fitted
from adapters.media.smartcut.coding import Coding
from adapters.media.smartcut.nal import joined, units
from adapters.media.stored import StoredPacket

# Fine enough for every camera (11 µs), and a pause of 13 hours still fits into MP4's 32 bits.
TIME_BASE = Fraction(1, 90000)
_KEY_FRAME_EVERY = timedelta(seconds=2)


class Encoder:
    """Encodes runs of pictures; each run begins with a key frame and can stand behind anything.

    Args:
        coding: what the pictures are to fit to.
        context: a context of the right encoder, not yet open; it serves for the first run.
    """

    def __init__(self, coding: Coding, context: VideoCodecContext) -> None:
        self._coding = coding
        self._context: VideoCodecContext | None = _opened(context, coding)
        told = [coding.renamed(part) for part in units(bytes(context.extradata or b""), 0)]
        self.sets = tuple(part for part in told if coding.is_set(part))
        self._next_key: datetime | None = None

    def encode(self, frame: VideoFrame, tick: int, at: datetime) -> list[StoredPacket]:
        """Take a picture and return those that are ready, in order; their time stamps are the ticks."""
        if self._context is None:
            encoder = av.CodecContext.create(self._coding.ENCODER, "w")
            assert isinstance(encoder, VideoCodecContext)  # noqa: S101 - for the type checker
            self._context = _opened(encoder, self._coding)
        picture = self._alike(frame)
        picture.pts, picture.time_base, picture.pict_type = tick, TIME_BASE, PictureType.NONE
        # Key frames come by time, because the rate may vary.
        if self._next_key is None or at >= self._next_key:
            picture.pict_type = PictureType.I
            self._next_key = at + _KEY_FRAME_EVERY
        return self._coded(self._context, picture)

    def finish(self) -> list[StoredPacket]:
        """End the run and return the pictures that were still missing."""
        if self._context is None or self._next_key is None:
            return []
        left = self._coded(self._context, None)
        self._context = self._next_key = None
        return left

    def _alike(self, frame: VideoFrame) -> VideoFrame:
        look = self._coding.look
        if (frame.width, frame.height, frame.format.name) == (look.width, look.height, look.pixels):
            return frame
        return fitted(frame, look.width, look.height)

    def _coded(self, context: VideoCodecContext, picture: VideoFrame | None) -> list[StoredPacket]:
        try:
            return [self._wrapped(packet) for packet in context.encode(picture)]
        except FFmpegError as error:
            # What it can fail for is memory; it must not be taken for a fault of the file that is being read.
            raise MemoryError(str(error)) from error

    def _wrapped(self, packet: StoredPacket) -> StoredPacket:
        parts = [part for part in units(bytes(packet), 0) if not self._coding.is_set(part)]
        made = Packet(joined(self._coding.renamed(part) for part in parts))
        made.pts, made.is_keyframe = packet.pts, packet.is_keyframe
        return made


def _opened(context: VideoCodecContext, coding: Coding) -> VideoCodecContext:
    look = coding.look
    context.width, context.height, context.pix_fmt = look.width, look.height, look.pixels
    context.time_base, context.framerate = TIME_BASE, look.rate
    context.colorspace, context.color_primaries, context.color_trc = look.colours
    context.color_range = look.range or (ColorRange.JPEG if look.pixels == "yuvj420p" else ColorRange.UNSPECIFIED)
    if look.aspect:
        context.sample_aspect_ratio = look.aspect
    # Slices, the default, are shown half by some players; and each thread costs address space.
    context.thread_type, context.thread_count = "FRAME", min(os.cpu_count() or 1, 4)
    context.flags |= Flags.global_header
    context.codec_tag = coding.TAG
    context.options = coding.options()
    try:
        context.open(strict=False)
    except FFmpegError as error:
        raise MemoryError(str(error)) from error
    return context
