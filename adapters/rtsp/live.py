"""What a camera shows now, recorded in the time it takes."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.errors import AdapterError, NoRecording, SourceTimeout
from adapters.media import Stretch
from adapters.rtsp.dialogue import Dialogue
from adapters.rtsp.rtp import Packet
from adapters.rtsp.streams import Medium, Stream
from broker.domain.time import TimeSpan

# How long after its beginning a span may still be called now.
_LATE = timedelta(seconds=15)
_EARLY = timedelta(seconds=60)
_GRACE = timedelta(seconds=1)
# How long a camera is given to say what time it is, once there are pictures enough.
_REPORT_SECONDS = 6.0


class Live:
    """One camera, now.

    Args:
        dialogue: a talk that has just begun.
        ahead: how far the camera's clock is ahead of ours, as far as that is known.
        sound: whether sound is kept.
    """

    def __init__(self, dialogue: Dialogue, ahead: timedelta, *, sound: bool) -> None:
        self._dialogue, self._ahead, self._sound = dialogue, ahead, sound

    def stretches(
        self,
        span: TimeSpan,
        room: Path,
        progress: Callable[[float], None],
        lost: Callable[[TimeSpan, AdapterError], None],
    ) -> Iterator[Stretch]:
        """Yield files with what is shown from now until the end of the span.

        Raises:
            NoRecording: the span is not about now.
        """
        demand_now(span, datetime.now(UTC) + self._ahead)
        stream, reached = self._playing(room), span.begin
        try:
            for stretch in self._recorded(stream, span, progress):
                reached = max(reached, stretch.span.end)
                yield stretch
        finally:
            stream.reels.forget()
        if reached + _GRACE < span.end:
            lost(TimeSpan(reached, span.end), stream.broken or SourceTimeout())

    def picture(self, room: Path) -> Stretch:
        """Return a file with the next picture that can be decoded.

        Raises:
            SourceTimeout: none comes.
        """
        stream, begun = self._playing(room), 0.0
        for picture in stream.pictures(_unpinned):
            if not begun:
                list(stream.reels.add(picture, jumps=False))
                begun = time.monotonic() if stream.reels.pictures else 0.0
            elif stream.instant(picture) or time.monotonic() - begun > _REPORT_SECONDS:
                break
        found = list(stream.reels.close())
        if not found:
            raise stream.broken or SourceTimeout()
        return found[0]

    def clock(self, room: Path) -> timedelta | None:
        """Return how far the camera's clock is ahead of ours, None where it does not say within seconds."""
        stream, began = self._playing(room), time.monotonic()
        for _ in stream.pictures(_unpinned):
            if stream.clock is not None or time.monotonic() - began > _REPORT_SECONDS:
                break
        return stream.clock

    def _playing(self, room: Path) -> Stream:
        self._dialogue.options()
        description = self._dialogue.describe()
        stream = Stream(self._dialogue, description, room, sound=self._sound, ahead=self._ahead)
        self._dialogue.play({"Range": "npt=0.000-"})
        return stream

    def _recorded(self, stream: Stream, span: TimeSpan, progress: Callable[[float], None]) -> Iterator[Stretch]:
        began, enough = time.monotonic(), False
        for picture in stream.pictures(_unpinned):
            known = stream.instant(picture)
            at = known or datetime.now(UTC) + self._ahead
            progress((at - span.begin).total_seconds())
            enough = enough or at >= span.end + _GRACE / 2
            if not enough:
                yield from stream.reels.add(picture, jumps=stream.jumps(picture))
            elif known or time.monotonic() - began > _REPORT_SECONDS:
                break  # until then it may still say what time it is
        yield from stream.reels.close()


def demand_now(span: TimeSpan, now: datetime) -> None:
    """Return when a span begins about now, by the clock of the camera.

    Raises:
        NoRecording: it does not; nothing else can be had.
    """
    if not now - _LATE <= span.begin <= now + _EARLY and not (span.begin <= now < span.end):
        raise NoRecording
    if span.end <= now:
        raise NoRecording


def _unpinned(_medium: Medium, _packet: Packet) -> None:
    """Leave time stamps as they are until a report of the camera says what they mean."""
