"""Which footage the story asks for: windows and instants chosen from what is recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.demo.footage import Channel, Footage
from broker.domain.time import TimeSpan

_LONGEST = timedelta(hours=1)
_CLIP = timedelta(seconds=60)
_INTERRUPTED = timedelta(minutes=5)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Plan:
    """What is asked of each camera, what the center leaves of it, and what is retrieved.

    The clip begins 1.4 s after a full second: between two key frames of any usual recorder. The snapshot lies
    between two frames, so that the one before it is the one that was on the screen.
    """

    asked: tuple[TimeSpan, ...]
    approved: tuple[TimeSpan, ...]
    clip: TimeSpan
    snapshot: datetime
    interrupted: TimeSpan
    outside: datetime


def plan(footage: Footage) -> Plan:
    """Choose windows: four fifths of what is there are asked for, the middle half is approved."""
    whole = [_whole(channel) for channel in footage.channels]
    approved = [_part(span, 0.25, 0.75) for span in whole]
    first, second = approved[0], approved[1]
    begin = first.begin + _share(first, 0.2) + timedelta(seconds=1.4)
    return Plan(
        asked=tuple(_part(span, 0.1, 0.9) for span in whole),
        approved=tuple(approved),
        clip=TimeSpan(begin, min(begin + _CLIP, first.end)),
        snapshot=second.begin + _share(second, 0.4) + timedelta(seconds=0.33),
        interrupted=TimeSpan(first.begin, min(first.begin + _INTERRUPTED, first.end)),
        outside=second.end + _SECOND,
    )


def _whole(channel: Channel) -> TimeSpan:
    """Return the end of the longest piece of a channel, of at most an hour, in whole seconds."""
    longest = max(channel.spans, key=lambda span: span.seconds)
    begin = max(longest.begin, longest.end - _LONGEST)
    return TimeSpan(begin.replace(microsecond=0) + (_SECOND if begin.microsecond else 0 * _SECOND), longest.end)


def _part(span: TimeSpan, first: float, last: float) -> TimeSpan:
    return TimeSpan(span.begin + _share(span, first), span.begin + _share(span, last))


def _share(span: TimeSpan, share: float) -> timedelta:
    return timedelta(seconds=int(span.seconds * share))
