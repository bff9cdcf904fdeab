"""What a server did to the times of pictures when it cut a file, found by the coded pictures; nothing is decoded."""

import os
from datetime import timedelta
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

from adapters.media.containers import only_media_errors, opened, origin_shift

# No camera takes pictures as close as this, in seconds; and so far into a file it is looked for.
_CROWDED, _FRONT = 0.002, 1.0


def shift_between(one: Path, other: Path) -> timedelta | None:
    """Return how much later the pictures that both files have are in the second; None where they share none.

    The last picture they share is taken: some servers put what lies before the first wanted picture in its place. One
    that a file has twice tells nothing: where nothing moves all pictures are alike.

    Raises:
        UnreadableMedia: one of them is no video.
    """
    first, second = _times(one), _times(other)
    shared = max((digest for digest in second if digest in first), key=lambda it: second[it], default=None)
    return None if shared is None else timedelta(seconds=second[shared] - first[shared])


def crowd_at_the_front(descriptor: int, file: str) -> timedelta:
    """Return when the pictures begin that follow one another as pictures do; nought when all do.

    Decoding begins with a key frame, so some servers put what lies before the first wanted picture all at nought.
    The descriptor is closed.

    Raises:
        UnreadableMedia: it is no video.
    """
    times = sorted(_front(descriptor, file))
    crowd = [later for earlier, later in pairwise(times) if later - earlier < _CROWDED]
    return timedelta(seconds=crowd[-1]) + timedelta.resolution if crowd and crowd[0] < _CROWDED else timedelta(0)


def first_picture(file: Path) -> timedelta:
    """Return when the first picture is shown; recorders leave time before it, in which the file has nothing.

    Raises:
        UnreadableMedia: it is no video.
    """
    return timedelta(seconds=max(min(_front(os.open(file, os.O_RDONLY), file.name), default=0.0), 0.0))


def _front(descriptor: int, file: str) -> list[float]:
    """Return when the first pictures are shown, in seconds of the file and in order of decoding: a second of them."""
    times: list[float] = []
    with opened(descriptor, file) as (container, stream), only_media_errors(file):
        shift = origin_shift(container, stream)
        for packet in container.demux(stream):
            if packet.pts is not None and stream.time_base:
                times.append(float(packet.pts * stream.time_base - shift))
            if times and times[-1] > times[0] + _FRONT:
                break
    return times


def _times(file: Path) -> dict[bytes, float]:
    """Return when each picture is shown, in seconds of the file, by the digest of its coded bytes; none twice."""
    times: dict[bytes, float] = {}
    repeated = set()
    with (
        opened(os.open(file, os.O_RDONLY), file.name) as (container, stream),
        only_media_errors(file.name),
    ):
        shift = origin_shift(container, stream)
        for packet in container.demux(stream):
            if packet.pts is not None and stream.time_base:
                digest = blake2b(bytes(packet), digest_size=16).digest()
                if digest in times:
                    repeated.add(digest)
                times[digest] = float(packet.pts * stream.time_base - shift)
    return {digest: at for digest, at in times.items() if digest not in repeated}
