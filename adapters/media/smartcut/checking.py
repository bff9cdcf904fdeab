"""A last look at a file that was put together: all pictures there, and decodable where two kinds of them meet."""

from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.error import FFmpegError

from adapters.media.smartcut.reel import Written

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Damaged recordings change often between copying and drawing; the first seams speak for the others.
_MOST_SEAMS = 16
_BEHIND = 6


def holds(path: Path, written: Written) -> bool:
    """Return whether the file has the pictures it should have and a decoder passes its seams without complaint."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stamps = [packet.pts for packet in container.demux(stream) if packet.pts is not None and packet.size]
            if len(stamps) != written.frames or (min(stamps), max(stamps)) != (written.first, written.last):
                return False
        return all(_decodes(path, seam) for seam in written.seams[:_MOST_SEAMS])
    except FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        return False


def _decodes(path: Path, seam: int) -> bool:
    """Decode from the key frame before a seam to some pictures behind it; whether each packet gives its picture."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        container.seek(max(seam - 1, 0), stream=stream, backward=True)
        expected: list[int] = []
        given: list[int | None] = []
        beyond = 0
        for packet in container.demux(stream):
            if packet.pts is None or not packet.size:
                break
            if expected and packet.pts < expected[0]:
                continue  # shown before the key frame, and not decodable without what stands before that
            beyond += packet.pts >= seam
            if beyond > _BEHIND:
                break
            expected.append(packet.pts)
            given += _good(packet.decode())
        given += _good(stream.decode(None))
        return sorted(expected) == given


def _good(frames: "list[VideoFrame]") -> list[int | None]:
    return [frame.pts for frame in frames if not frame.is_corrupt]
