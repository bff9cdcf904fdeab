"""The coverage ledger (录像覆盖): of a span that was asked for, what there is, what is missing, and why.

What is asked is always exactly what is there and what is missing together: spans are cut, never rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from broker.domain.time import TimeSpan, merge, missing

LOOKED_BACK = timedelta(days=7)
"""A recording is the oldest that is kept when nothing at all was found in so long a time before it."""


class MissingReason(StrEnum):
    """Why a part of a span has no pictures."""

    NO_RECORDING = "no_recording"
    OFFLINE = "offline"  # the source was not reachable then, by our own log of its health
    REFUSED = "refused"  # the source lists it and does not hand it out
    CUT_SHORT = "cut_short"  # the source says it recorded it, and gave less
    OVERWRITTEN = "overwritten"  # older than what the source still keeps


@dataclass(frozen=True)
class Missing:
    """A part of a span without pictures."""

    span: TimeSpan
    reason: MissingReason


@dataclass(frozen=True)
class Coverage:
    """One line of the ledger; `present` and the spans of `missing` are sorted, disjoint, and together `asked`."""

    asked: TimeSpan
    present: tuple[TimeSpan, ...]
    missing: tuple[Missing, ...]

    @property
    def lost(self) -> timedelta:
        return sum((part.span.duration for part in self.missing), timedelta(0))

    @property
    def asked_seconds(self) -> float:
        return self.asked.seconds

    @property
    def missing_seconds(self) -> float:
        return self.lost.total_seconds()

    @property
    def obtained_seconds(self) -> float:
        return (self.asked.duration - self.lost).total_seconds()


def ledger(
    asked: TimeSpan,
    present: Iterable[TimeSpan],
    *,
    refused: Iterable[TimeSpan] = (),
    listed: Iterable[TimeSpan] = (),
    offline: Iterable[TimeSpan] = (),
    kept_since: datetime | None = None,
) -> Coverage:
    """Balance one span.

    Args:
        asked: what was wanted.
        present: what was obtained, or before anything is fetched: what is recorded.
        refused: what the source lists and does not hand out.
        listed: what the source says it recorded; what of it is not present was cut short.
        offline: when the source was not reachable, by our own log.
        kept_since: what is older than this was overwritten; None where nobody knows.
    """
    there = tuple(part for span in merge(present) if (part := asked.overlap(span)))
    told = [(MissingReason.REFUSED, tuple(refused)), (MissingReason.CUT_SHORT, tuple(listed))]
    claims = [*told, *_background(asked.begin, offline, kept_since)]
    gaps = missing(asked, there)
    return Coverage(asked, there, tuple(part for gap in gaps for part in _divided(gap, claims)))


def explained(
    parts: Iterable[Missing], offline: Iterable[TimeSpan] = (), kept_since: datetime | None = None
) -> tuple[Missing, ...]:
    """Say more about parts of which a source only said that nothing is recorded; other reasons stand."""
    told: list[Missing] = []
    away = tuple(offline)
    for part in parts:
        if part.reason is MissingReason.NO_RECORDING:
            told += _divided(part.span, _background(part.span.begin, away, kept_since))
        else:
            told.append(part)
    return tuple(told)


def oldest_kept(known: Iterable[TimeSpan], recorded: Iterable[TimeSpan]) -> datetime | None:
    """Return where the oldest recording that is still kept begins, None where what is known does not prove it.

    Args:
        known: the spans of which the source said what is recorded.
        recorded: what of them is.
    """
    first = next(iter(merge(recorded)), None)
    if first is None:
        return None
    before = TimeSpan(first.begin - LOOKED_BACK, first.begin)
    return first.begin if not missing(before, known) else None


def _background(
    begin: datetime, offline: Iterable[TimeSpan], kept_since: datetime | None
) -> list[tuple[MissingReason, Sequence[TimeSpan]]]:
    """Return the reasons that do not come from the source; that it is gone for good outweighs that it was away."""
    gone = (TimeSpan(begin, kept_since),) if kept_since is not None and kept_since > begin else ()
    return [(MissingReason.OVERWRITTEN, gone), (MissingReason.OFFLINE, tuple(offline))]


def _divided(gap: TimeSpan, claims: Iterable[tuple[MissingReason, Sequence[TimeSpan]]]) -> list[Missing]:
    """Give each part of a gap to the first reason that claims it; what nobody claims was not recorded."""
    told: list[Missing] = []
    left: tuple[TimeSpan, ...] = (gap,)
    for reason, spans in claims:
        claimed = merge(spans)
        told += [Missing(part, reason) for piece in left for span in claimed if (part := piece.overlap(span))]
        left = tuple(part for piece in left for part in missing(piece, claimed))
    told += [Missing(part, MissingReason.NO_RECORDING) for part in left]
    return sorted(told, key=lambda part: part.span)
