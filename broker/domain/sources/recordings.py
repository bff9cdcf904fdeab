"""What is known of recordings without asking again: the answers of a source, put together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.domain.time import TimeSpan, merge, missing

FRESH = timedelta(minutes=15)
"""How old an answer may be that stands in for a question."""

REMEMBERED = timedelta(days=35)
"""How long answers are kept at most."""


@dataclass(frozen=True)
class Answer:
    """What a source said at an instant: of `span`, `recorded` is recorded (disjoint, sorted, within)."""

    span: TimeSpan
    recorded: tuple[TimeSpan, ...]
    at: datetime


@dataclass(frozen=True)
class Knowledge:
    """What the answers say together: what was ever asked, what of it is recorded, and how old the oldest of it is."""

    known: tuple[TimeSpan, ...]
    recorded: tuple[TimeSpan, ...]
    at: datetime | None

    def tells(self, span: TimeSpan) -> bool:
        """Say whether the whole of a span was asked for."""
        return not missing(span, self.known)


def spoken(span: TimeSpan, recorded: Iterable[TimeSpan], at: datetime) -> Answer | None:
    """Return an answer as far as it can hold: nothing is said about what had not happened yet."""
    if at <= span.begin:
        return None
    past = TimeSpan(span.begin, min(span.end, at))
    return Answer(past, tuple(part for each in merge(recorded) if (part := past.overlap(each))), at)


def put_together(span: TimeSpan, answers: Iterable[Answer]) -> Knowledge:
    """Return what the answers say about a span; where two speak of the same part, the newer one counts."""
    left: tuple[TimeSpan, ...] = (span,)
    known: list[TimeSpan] = []
    recorded: list[TimeSpan] = []
    oldest: datetime | None = None
    for answer in sorted(answers, key=lambda each: each.at, reverse=True):
        new = [part for piece in left if (part := piece.overlap(answer.span))]
        if not new:
            continue
        known += new
        recorded += (part for piece in new for each in answer.recorded if (part := piece.overlap(each)))
        left = tuple(part for piece in left for part in missing(piece, [answer.span]))
        oldest = answer.at if oldest is None else min(oldest, answer.at)
    return Knowledge(merge(known), merge(recorded), oldest)
