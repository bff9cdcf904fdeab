"""Snapshots: the picture that was on the screen at an instant, exact to the frame."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from av.error import InvalidDataError
from numpy.typing import NDArray

from adapters.errors import NoRecording, TruncatedMedia
from adapters.media.decoding import Footage, Shown, footage
from adapters.media.smartcut.pace import DEPTH
from adapters.media.stored import StoredPacket
from adapters.media.stretches import SEAM, Stretch

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# A group of pictures larger than this is decoded as it is read.
_MOST_PACKETS, _MOST_BYTES = 2000, 64 * 1024 * 1024


def shown(stretches: Sequence[Stretch], instant: datetime) -> tuple[NDArray[np.uint8], datetime, str]:
    """Return the last frame shown at or before `instant`: BGR, shape (height, width, 3), its own instant, the digest.

    The digest is the SHA-256 of the coded packets from the key frame to the frame, as they lie in the file.

    Args:
        stretches: files that may hold it, in order of time; where the last has no frame yet, the one before is asked.
        instant: UTC.

    Raises:
        NoRecording: none of the files has a frame so early.
        UnreadableMedia: a file cannot be read, or (TruncatedMedia) not as far as the instant.
    """
    for stretch in reversed(stretches):
        with footage(stretch) as film:
            film.stream.thread_type = "AUTO"  # somebody waits, and pictures at once take no more room than a cut does
            packets = _leading_to(film, instant)
            found = _last_of(film, packets) or _found_decoding(film, instant)
            if found is not None:
                frame, at = found
                digest = sha256()
                for packet in packets or _leading_to(film, at):
                    digest.update(packet)
                return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), at, digest.hexdigest()
    raise NoRecording


def _leading_to(film: Footage, instant: datetime) -> list[StoredPacket]:
    """Return the packets from a key frame to the one that is shown at `instant`; none where that cannot be told."""
    packets: list[StoredPacket] = []
    size = target = beyond = 0
    newest: datetime | None = None
    for packet in film.packets(instant):
        if packet.pts is None or len(packets) == _MOST_PACKETS or size > _MOST_BYTES:
            return []
        packets.append(packet)
        size += packet.size
        at = film.instant(packet.pts)
        if at > instant:
            beyond += 1
        elif newest is None or at > newest:
            newest, target = at, len(packets)
        if beyond > DEPTH:
            break
    # Where the file ends early, decoding tells how well it ended.
    return packets[:target] if beyond else []


def _last_of(film: Footage, packets: list[StoredPacket]) -> Shown | None:
    """Return the frame of the last packet, decoding only what it needs; None where that does not go smoothly."""
    if not packets:
        return None
    context, target = film.stream.codec_context, packets[-1].pts or 0
    found: VideoFrame | None = None
    try:
        film.container.seek(packets[0].pts or 0, stream=film.stream)  # lets the decoder forget what it was given before
        for packet in (*packets, None):
            # Pictures to which no other refers are passed over: in H.264 each says so itself.
            needless = context.name == "h264" and packet is not packets[-1]
            context.skip_frame = "NONREF" if needless else "DEFAULT"
            found = next((frame for frame in context.decode(packet) if frame.pts == target), found)
    except InvalidDataError:
        return None
    finally:
        context.skip_frame = "DEFAULT"
    return None if found is None or found.is_corrupt else (found, film.instant(target))


def _found_decoding(film: Footage, instant: datetime) -> Shown | None:
    """Return the frame by decoding on until one comes that is later."""
    last = None
    for frame, at in film.frames(instant):
        if at > instant:
            return last
        last = frame, at
    # The file was read to its end. If that end was not a good one, an old frame is no answer.
    if film.damaged and (last is None or instant - last[1] > SEAM):
        raise TruncatedMedia(file=film.stretch.file)
    return last
