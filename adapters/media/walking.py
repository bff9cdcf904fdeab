"""The frames of a span, out of one file or many, in order, and what they say together."""

from collections.abc import Callable, Generator, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from adapters.errors import AdapterError, NoRecording, RecordingVanished, UnreadableMedia
from adapters.media.decoding import Shown, footage
from adapters.media.smartcut.account import Account
from adapters.media.stretches import Stretch
from broker.domain.time import TimeSpan

# Two pictures nearer to each other than the time base of a clip is fine cannot both be in it.
_CLOSEST = timedelta(microseconds=12)


class Walk:
    """A walk over the frames whose instants lie in a span, none before and none after.

    Where nothing was recorded there are no frames either. A file that is gone or damaged costs its own part only, as
    long as another gives frames.

    Args:
        stretches: the files, in order of time, their spans disjoint; each is asked for when the one before is done.
        span: what is wanted.
        progress: told about once a second of footage how far into the span it has come, in seconds.

    Attributes:
        count: how many frames there were.
        sound: whether a file has sound.
    """

    def __init__(self, stretches: Iterable[Stretch], span: TimeSpan, progress: Callable[[float], None]) -> None:
        self._stretches = stretches
        self._span = span
        self._account = Account(span.begin, progress)
        self._digest = sha256()
        self._reached = span.begin - _CLOSEST
        self.count = 0
        self.sound = False

    def frames(self) -> Generator[Shown]:
        """Yield frames with their instants, which rise.

        Raises:
            NoRecording: no file has a frame in the span.
            UnreadableMedia, RecordingVanished: no file gave a frame, and this is what is wrong with the first bad one.
        """
        trouble: AdapterError | None = None
        for stretch in self._stretches:
            share = stretch.span.overlap(self._span)
            try:
                if share is not None:
                    self._account.expect(share)
                    yield from self._within(stretch, share)
            except (UnreadableMedia, RecordingVanished) as error:
                trouble = trouble or error
        if not self.count:
            raise trouble or NoRecording

    def _within(self, stretch: Stretch, share: TimeSpan) -> Generator[Shown]:
        with footage(stretch) as film:
            film.read = self._digest.update
            self.sound = self.sound or bool(film.container.streams.audio)
            for frame, instant in film.frames(share.begin):
                if instant >= share.end:
                    return
                # Nearer than the time base is fine: a recorder whose clock stood still or went back.
                if instant < share.begin or instant - self._reached < _CLOSEST:
                    continue
                self._reached = instant
                self.count += 1
                self._account.add(instant)
                yield frame, instant

    @property
    def first(self) -> datetime:
        """The instant of the first frame."""
        return cast("datetime", self._account.first)

    @property
    def last(self) -> datetime:
        """The instant of the last frame."""
        return cast("datetime", self._account.last)

    @property
    def digest(self) -> str:
        """The SHA-256 over all coded packets that were read, in hexadecimal."""
        return self._digest.hexdigest()

    def obtained(self) -> tuple[TimeSpan, ...]:
        """Return the spans that have pictures."""
        return self._account.obtained()
