"""What the media functions are handed: files that are already open, and the part of time that each is to serve.

Decoders never get a path. Whoever knows the source opens the file, with whatever care that takes, and hands over a
descriptor; so nothing here can be led to another file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.domain.time import TimeSpan

# Recorders change files with a pause of up to a second, and name files by the whole second: this is no gap, and the
# last picture before it is still the one on the screen.
SEAM = timedelta(seconds=1)


@dataclass(frozen=True)
class Stretch:
    """One file's share of an ask.

    Attributes:
        file: its name within the source, for messages.
        origin: the instant of the file's own time nought.
        span: the part that this file is to serve; stretches of one ask do not overlap.
        open: gives a descriptor for reading; the receiver closes it.
    """

    file: str
    origin: datetime
    span: TimeSpan
    open: Callable[[], int]


@dataclass(frozen=True)
class Head:
    """What a file says about itself: how long it is and, perhaps, when it was begun."""

    duration: timedelta
    created: datetime | None
