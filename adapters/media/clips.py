"""Clips: exactly the frames of a span, out of one file or many, with the time between them as it was."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from adapters.errors import AdapterError, NoRecording, RecordingVanished, UnreadableMedia
from adapters.media.decoding import Shown, footage
from adapters.media.encoder import ClipWriter
from adapters.media.stretches import SEAM, Stretch
from broker.domain.media import Capture
from broker.domain.time import TimeSpan, merge

# Two pictures nearer to each other than the time base of a clip is fine cannot both be in it.
_CLOSEST = timedelta(microseconds=12)
_PROGRESS_EVERY = timedelta(seconds=1)


def clip(stretches: Sequence[Stretch], span: TimeSpan, target: Path, progress: Callable[[float], None]) -> Capture:
    """Write the frames whose instants lie in `span` to `target`, as H.264 in MP4, none before and none after.

    Memory does not depend on the length. Where nothing was recorded the clip shows nothing either: time stamps keep
    the real time, and `obtained` tells which parts have pictures. A file that is gone or damaged costs its own
    part only, as long as another gives pictures.

    Args:
        stretches: the files, in order of time, their spans disjoint.
        span: what is wanted; its beginning is nought in the clip.
        target: is written.
        progress: told about once a second of footage how far into the span it has come, in seconds.

    Raises:
        NoRecording: no file has a frame in the span.
        UnreadableMedia, RecordingVanished: no file gave a frame, and this is what is wrong with the first bad one.
    """
    trouble: AdapterError | None = None
    parts: list[_Part] = []
    reached = span.begin - _CLOSEST
    with ClipWriter(target, span.begin) as writer:
        for stretch in stretches:
            part = _Part(stretch.span)
            try:
                with closing(_frames(stretch)) as frames:
                    for frame, instant in frames:
                        if instant - reached < _CLOSEST:  # a recorder whose clock stood still or went back
                            continue
                        writer.write(frame, reached := instant)
                        part.add(instant)
                        if part.due():
                            progress((instant - span.begin).total_seconds())
            except (UnreadableMedia, RecordingVanished) as error:
                trouble = trouble or error
            if part.frames:
                parts.append(part)
        if not parts:
            raise trouble or NoRecording
    return Capture(
        media_type="video/mp4",
        container="mp4",
        codec="h264",
        width=writer.width,
        height=writer.height,
        frames=sum(part.frames for part in parts),
        first=parts[0].first,
        last=parts[-1].last,
        obtained=merge((part.obtained() for part in parts), SEAM),
    )


def _frames(stretch: Stretch) -> Generator[Shown]:
    with footage(stretch) as film:
        for frame, instant in film.frames(stretch.span.begin):
            if instant >= stretch.span.end:
                return
            if instant >= stretch.span.begin:
                yield frame, instant


@dataclass
class _Part:
    """What one file gave."""

    span: TimeSpan
    frames: int = 0
    first: datetime = field(init=False)
    last: datetime = field(init=False)
    interval: timedelta = timedelta(0)
    reported: datetime = field(init=False)

    def add(self, instant: datetime) -> None:
        if self.frames == 0:
            self.first = self.reported = instant
        else:
            self.interval = instant - self.last
        self.last = instant
        self.frames += 1

    def due(self) -> bool:
        """Say whether progress is to be told, which is about once a second of footage."""
        due = self.last - self.reported >= _PROGRESS_EVERY
        if due:
            self.reported = self.last
        return due

    def obtained(self) -> TimeSpan:
        """Return the span that has pictures: the whole of it, unless they begin late or end early.

        A picture stands for the time until the next, so half a second without a frame at either end is no hole.
        """
        usual = max(self.interval, SEAM)
        begin = self.span.begin if self.first - self.span.begin <= usual else self.first
        end = (
            self.span.end
            if self.span.end - self.last <= usual
            else self.last + max(self.interval, timedelta.resolution)
        )
        return TimeSpan(begin, end)
