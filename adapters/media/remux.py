"""Coded pictures and sound as they came over a network, written into a file; nothing is decoded for it."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import av
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from adapters.errors import UnreadableMedia
from adapters.media.packets import TICKS, Coded, Pictures, Voices, with_starts


def write_packets(target: Path, raw: BinaryIO, pictures: Pictures, voices: Voices | None) -> None:
    """Write a file from coded bytes that lie in `raw`: MP4, or QuickTime where sound is in G.711.

    Raises:
        UnreadableMedia: the first picture is none, or the bytes are not of this codec.
    """
    try:
        _write(target, raw, pictures, voices)
    except FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise UnreadableMedia(file=target.name) from error


def _write(target: Path, raw: BinaryIO, pictures: Pictures, voices: Voices | None) -> None:
    container = "mov" if voices and voices.codec.startswith("pcm") else "mp4"
    first = with_starts(pictures.sets) + _bytes_of(raw, pictures.coded[0])
    # FFmpeg itself reads sizes and profile out of the first picture: a template that fits what it is to write.
    with (
        av.open(BytesIO(first), format=pictures.codec) as sample,
        _sound_sample(voices, raw) as voice,
        av.open(str(target), "w", format=container) as output,
    ):
        video = output.add_stream_from_template(_video_of(sample.streams.video, target))
        video.time_base = TICKS
        sound = output.add_stream_from_template(voice) if voice else None
        if sound and voices:
            sound.time_base = Fraction(1, voices.rate)
        for stream, coded, decoded in _in_order(pictures, video, voices, sound):
            data = _bytes_of(raw, coded)
            if stream is sound and voices and voices.codec == "aac":
                data = _adts(voices.config, len(data)) + data
            packet = Packet(data)
            packet.stream, packet.time_base = stream, TICKS
            packet.pts, packet.dts, packet.duration = coded.at, decoded, coded.lasts
            packet.is_keyframe = coded.key
            output.mux(packet)


def _in_order(
    pictures: Pictures, video: Stream, voices: Voices | None, sound: Stream | None
) -> Iterable[tuple[Stream, Coded, int]]:
    """Return everything in the order in which it is decoded, each with its stream and the time of that."""
    packets = [(video, it, decoded) for it, decoded in _timed(pictures.coded)]
    if voices and sound:
        packets += [(sound, it, it.at) for it in voices.coded]
    return sorted(packets, key=lambda packet: packet[2])


def _timed(coded: Sequence[Coded]) -> Iterable[tuple[Coded, int]]:
    """Yield the pictures with the times at which they have to be decoded, which no network tells.

    The times of showing, sorted, are when there is something to show; earlier by as much as the picture that is
    farthest out of order needs, each picture is decoded before it is shown.
    """
    shown = sorted(it.at for it in coded)
    early = max((due - it.at for due, it in zip(shown, coded, strict=True)), default=0)
    return ((it, due - early) for due, it in zip(shown, coded, strict=True))


def _adts(config: bytes, size: int) -> bytes:
    """Return the head that says of a frame of AAC how it is coded; the writer of MP4 takes it off again.

    Raises:
        UnreadableMedia: the configuration is one that this head cannot say.
    """
    bits = int.from_bytes(config[:2], "big")
    profile, frequency, channels = bits >> 11, bits >> 7 & 0x0F, bits >> 3 & 0x0F
    if not 1 <= profile <= 4 or frequency > 12 or not 1 <= channels <= 7:  # noqa: PLR2004 - what fits into the fields
        raise UnreadableMedia(file="AAC")
    length = size + 7
    second = (profile - 1) << 6 | frequency << 2 | channels >> 2
    third = (channels & 3) << 6 | length >> 11
    return bytes([0xFF, 0xF1, second, third, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F, 0xFC])


def _wave(codec: str, rate: int) -> bytes:
    """Return the head of a WAVE file with one channel of G.711."""
    tag = 6 if codec == "pcm_alaw" else 7
    form = struct.pack("<HHIIHHH", tag, 1, rate, rate, 1, 8, 0)
    return b"RIFF" + struct.pack("<I", 30 + 8 + 8) + b"WAVEfmt " + struct.pack("<I", 18) + form + b"data\0\0\0\0"


@contextmanager
def _sound_sample(voices: Voices | None, raw: BinaryIO) -> Iterator[Stream | None]:
    """Give a stream like the one to write, which FFmpeg itself has read; None where there is no sound."""
    if voices is None:
        yield None
    elif voices.codec == "aac":
        frames = (_bytes_of(raw, it) for it in voices.coded[:3])
        data = b"".join(_adts(voices.config, len(it)) + it for it in frames)
        with av.open(BytesIO(data), format="aac") as sample:
            yield sample.streams.audio[0]
    else:
        with av.open(BytesIO(_wave(voices.codec, voices.rate) + bytes(64)), format="wav") as sample:
            yield sample.streams.audio[0]


def _video_of(found: Sequence[VideoStream], target: Path) -> VideoStream:
    if not found or not found[0].width:
        raise UnreadableMedia(file=target.name)
    return found[0]


def _bytes_of(raw: BinaryIO, coded: Coded) -> bytes:
    raw.seek(coded.offset)
    return raw.read(coded.size)
