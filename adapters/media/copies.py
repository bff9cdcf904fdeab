"""Copies for delivery: every frame decoded, treated and encoded anew, in one pass.

In this order: what nobody may see is covered (masks, then faces), the picture is made smaller where it has to be, and
the words are laid on (watermark, clock, banner), so that no word is scaled and none lies under a mask. Snapshots go the
same way.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import cv2
import numpy as np
from av.video.frame import VideoFrame

from adapters.errors import MarkFailed
from adapters.media.encoder import ClipWriter
from adapters.media.faces import Detector, Face, Shown, seen, with_faces
from adapters.media.letterbox import plain
from adapters.media.letters import legible
from adapters.media.masks import cover, fill
from adapters.media.panels import Clock, banner
from adapters.media.planes import Canvas, Pixels, view
from adapters.media.stretches import Stretch
from adapters.media.walking import Walk
from adapters.media.watermark import film
from broker.domain.footage.media import Capture, Piece, Treatment
from broker.domain.time import TimeSpan

_FILE = "part-1.mp4"
_CHINA = "Asia/Shanghai"


def marked(
    stretches: Iterable[Stretch],
    span: TimeSpan,
    folder: Path,
    progress: Callable[[float], None],
    treatment: Treatment,
) -> list[Piece]:
    """Write exactly the frames of `span`, treated, as one clip that can be played while it is written.

    It has no sound. Memory does not depend on its length.

    Args:
        stretches: the files, in order of time, their spans disjoint.
        span: what is wanted; its beginning is nought in the clip.
        folder: where `part-1.mp4` is written.
        progress: told about once a second of footage how far into the span it has come, in seconds.
        treatment: what is done to the pictures.

    Raises:
        RedactionImpossible: faces have to be covered and cannot be found; nothing was decoded.
        MarkFailed: the pictures are too small for the words.
        NoRecording: no file has a frame in the span.
        UnreadableMedia, RecordingVanished: no file gave a frame, and this is what is wrong with the first bad one.
    """
    words = _Words(treatment)
    detector = Detector.ready() if treatment.faces else None
    walk, sheet = Walk(stretches, span, progress), _Sheet()
    with closing(walk.frames()) as shown, ClipWriter(folder / _FILE, span.begin, treatment.longest_side) as writer:
        for frame, instant, faces in _looked_over(_begun(shown, writer), detector):
            whole = sheet.copy(frame)
            _cover(Canvas.of_frame(whole), treatment, faces)
            picture = writer.fit(whole)
            words.write(Canvas.of_frame(picture), instant)
            writer.write(picture, instant)
    capture = Capture(
        media_type="video/mp4",
        container="mp4",
        codec="h264",
        width=writer.width,
        height=writer.height,
        frames=walk.count,
        first=walk.first,
        last=walk.last,
        obtained=walk.obtained(),
        reencoded=walk.count,
        source_digest=walk.digest,
        notes=(*notes_of(treatment), *(["sound-left-out"] if walk.sound else [])),
    )
    return [Piece(_FILE, capture)]


def treated(picture: Pixels, at: datetime, treatment: Treatment) -> Pixels:
    """Return a BGR picture of shape (height, width, 3) treated like the frames of a clip.

    Raises:
        RedactionImpossible: faces have to be covered and cannot be found.
        MarkFailed: the picture is too small for the words.
    """
    words = _Words(treatment)
    canvas = Canvas.of_picture(picture)
    height, width = picture.shape[:2]
    faces = Detector.ready().faces(_resized(picture, *seen(width, height))) if treatment.faces else []
    _cover(canvas, treatment, faces)
    longest, most = max(width, height), treatment.longest_side
    if most is not None and longest > most:
        canvas = Canvas.of_picture(
            _resized(canvas.picture(), max(width * most // longest, 1), max(height * most // longest, 1))
        )
    words.write(canvas, at)
    return canvas.picture()


def notes_of(treatment: Treatment) -> tuple[str, ...]:
    """Return the statements that belong to every picture treated so."""
    said = [treatment.banner, *treatment.watermark]
    notes = {
        "masks-applied": bool(treatment.masks),
        "faces-by-detector": treatment.faces,
        "letters-by-code": any("[U+" in legible(text) for text in said),
    }
    return tuple(note for note, holds in notes.items() if holds)


def _resized(picture: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _begun(shown: Iterable[Shown], writer: ClipWriter) -> Iterator[Shown]:
    """Yield frames as yuv420p; the head of the clip is written at the first, which faces may hold up for a while."""
    for frame, instant in shown:
        whole = plain(frame)
        writer.begin(whole)
        yield whole, instant


def _looked_over(
    frames: Iterable[Shown], detector: Detector | None
) -> Iterator[tuple[VideoFrame, datetime, list[Face]]]:
    if detector is not None:
        return with_faces(frames, detector)
    return ((frame, instant, []) for frame, instant in frames)


def _cover(canvas: Canvas, treatment: Treatment, faces: list[Face]) -> None:
    cover(canvas, treatment.masks)
    fill(canvas, [face.rectangle(canvas.width, canvas.height) for face in faces])


class _Sheet:
    """A frame to paint on, the same for all pictures of a size: the decoder still looks at what it gave.

    The encoder has taken its own copy when `encode` returns.
    """

    def __init__(self) -> None:
        self._frame: VideoFrame | None = None

    def copy(self, frame: VideoFrame) -> VideoFrame:
        """Return a frame that may be written to, with the pixels of a yuv420p frame."""
        sheet = self._frame
        if sheet is None or (sheet.width, sheet.height) != (frame.width, frame.height):
            sheet = self._frame = VideoFrame(frame.width, frame.height, "yuv420p")
            sheet.colorspace, sheet.color_range = frame.colorspace, frame.color_range
            sheet.color_primaries, sheet.color_trc = frame.color_primaries, frame.color_trc
        for ours, given in zip(sheet.planes, frame.planes, strict=True):
            view(ours)[:] = view(given)
        return sheet


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if name == _CHINA:  # a machine without a time zone database
            return timezone(timedelta(hours=8))
        raise MarkFailed(problem=name) from error


class _Words:
    """The words of a treatment, prepared for the size of the pictures when the first one comes."""

    def __init__(self, treatment: Treatment) -> None:
        self._treatment = treatment
        self._clock: Clock | None = None
        self._zone = _zone(treatment.clock) if treatment.clock else None

    def write(self, canvas: Canvas, instant: datetime) -> None:
        """Write them onto a picture; all pictures are of one size."""
        if self._treatment.watermark:
            film(self._treatment.watermark, canvas).paint(canvas)
        if self._zone is not None:
            if self._clock is None:
                self._clock = Clock(self._zone, canvas.width, canvas.height)
            self._clock.paint(canvas, instant)
        if self._treatment.banner:
            banner(self._treatment.banner, canvas.width, canvas.height).paint(canvas)
