"""What is asked of a source of footage and what it gave: plain values that cross process borders."""

from dataclasses import dataclass
from datetime import datetime

from broker.domain.time import TimeSpan


@dataclass(frozen=True)
class SnapshotAsk:
    """One picture: the frame that was shown at `instant` on the channel `channel` of a source.

    `mark` is burnt into the picture, whatever adapter fetched it; nothing is where it is empty.
    """

    channel: str
    instant: datetime
    mark: str = ""


@dataclass(frozen=True)
class ClipAsk:
    """Moving pictures: exactly the frames whose instants lie in `span` (half open) of `channel`.

    `mark` is burnt into every one of them, whatever adapter fetched them; nothing is where it is empty.
    """

    channel: str
    span: TimeSpan
    mark: str = ""


Ask = SnapshotAsk | ClipAsk


@dataclass(frozen=True)
class Capture:
    """What came back, described truthfully; the bytes themselves lie in a file or a blob.

    `obtained` are the spans that really have pictures (several where the recording has gaps); `first` and
    `last` are the instants of the first and the last frame; `frames` counts them; sizes are in pixels.
    """

    media_type: str
    container: str
    codec: str
    width: int
    height: int
    frames: int
    first: datetime
    last: datetime
    obtained: tuple[TimeSpan, ...]


@dataclass(frozen=True)
class Point:
    """A channel that a source offers, as the source itself names it."""

    channel: str
    name: str


@dataclass(frozen=True)
class Probe:
    """The health of a source: reachable or not, and the sentence that says why."""

    ok: bool
    detail: str
    points: int
