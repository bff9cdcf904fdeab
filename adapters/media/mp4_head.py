"""The length of an MP4 file from its header alone: two or three short reads, no decoder.

A folder of a month of one-minute files has 40,000 of them for each camera; opening each with FFmpeg takes minutes,
reading a header takes a twentieth of a millisecond.
"""

import os
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from adapters.errors import (
    EmptyMedia,
    EncryptedMedia,
    MediaWithoutPictures,
    MediaWithoutVideo,
    UnfinishedMedia,
    UnreadableMedia,
)
from adapters.media.stretches import Head

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"}
_LARGEST_MOOV = 64 * 1024 * 1024
_LONGEST = timedelta(days=1)
_MOST_TRACKS = 100
# Together these names do not stand by chance among the numbers of a header.
_ENCRYPTED = (b"encv", b"sinf", b"schm")


class _Box(NamedTuple):
    kind: bytes
    begin: int
    end: int


def read_mp4_head(descriptor: int, file: str) -> Head | None:
    """Return the head of an MP4, or None when it is another container or one that only a decoder can measure.

    Args:
        descriptor: open for reading; stays open, and its position does not change.
        file: what to call it in errors.

    Raises:
        EmptyMedia, UnfinishedMedia, MediaWithoutVideo, MediaWithoutPictures: it is an MP4 without footage.
        EncryptedMedia: its pictures need a key.
        UnreadableMedia: it has more tracks than any recorder writes.
    """
    size = os.fstat(descriptor).st_size
    if size == 0:
        raise EmptyMedia(file=file)
    kinds: set[bytes] = set()
    for box in _boxes(descriptor, 0, size):
        if not kinds and box.kind not in _FIRST_BOXES:
            return None
        if box.kind == b"moov":
            return _from_moov(descriptor, box, size, file)
        kinds.add(box.kind)
    if not kinds:
        return None
    # Recorders write the index last: without it the file is still open, or was never closed.
    raise UnfinishedMedia(file=file)


def _boxes(descriptor: int, begin: int, end: int) -> Iterator[_Box]:
    while end - begin >= 8:  # noqa: PLR2004 - the size of a box's header
        header = os.pread(descriptor, 16, begin)
        if len(header) < 8:  # noqa: PLR2004 - as above
            return
        length, kind, start = int.from_bytes(header[:4], "big"), header[4:8], begin + 8
        if length == 1:
            length, start = int.from_bytes(header[8:16], "big"), begin + 16
        elif length == 0:  # up to the end of the file
            length = end - begin
        if length < start - begin:
            return
        yield _Box(kind, start, begin + length)
        begin += length


def _from_moov(descriptor: int, moov: _Box, size: int, file: str) -> Head | None:
    if moov.end > size:
        raise UnfinishedMedia(file=file)
    if moov.end - moov.begin > _LARGEST_MOOV:
        return None
    body = os.pread(descriptor, moov.end - moov.begin, moov.begin)
    if b"vide" not in body:
        raise MediaWithoutVideo(file=file)
    if all(name in body for name in _ENCRYPTED):
        raise EncryptedMedia(file=file)
    if body.count(b"trak") > _MOST_TRACKS:
        raise UnreadableMedia(file=file)
    if b"mvex" in body:  # fragmented: the header does not know how long it became
        return None
    head = _from_mvhd(body)
    if head is None or not timedelta(0) < head.duration <= _LONGEST:
        if not _frames(body):
            raise MediaWithoutPictures(file=file)
        return None  # frames, and an absurd length: a decoder has to count
    return head


def _frames(body: bytes) -> int:
    """Return how many samples the tables of sizes tell of."""
    frames, at = 0, body.find(b"stsz")
    while at >= 0:
        frames += int.from_bytes(body[at + 12 : at + 16], "big")
        at = body.find(b"stsz", at + 4)
    return frames


def _from_mvhd(body: bytes) -> Head | None:
    at = body.find(b"mvhd") + 4
    if at < 8 or len(body) < at + 32:  # noqa: PLR2004 - the box is not there, or cut
        return None
    layout = ">4xQQIQ" if body[at] == 1 else ">4xIIII"
    created, _, scale, duration = struct.unpack_from(layout, body, at)
    if not scale:
        return None
    seconds = min(duration / scale, _LONGEST.total_seconds() * 2)
    return Head(timedelta(seconds=seconds), _instant(created))


def _instant(seconds: int) -> datetime | None:
    """Return the time of creation; recorders without a clock leave it at nought."""
    if not seconds:
        return None
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
