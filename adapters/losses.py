"""Why a part of a span has no pictures, as far as the source itself can tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.errors import AdapterError, RecordingVanished, SourceTimeout, SourceUnreachable, UnreadableMedia
from broker.domain.requests.coverage import Missing, MissingReason
from broker.domain.time import TimeSpan, missing

_REASONS: tuple[tuple[tuple[type[AdapterError], ...], MissingReason], ...] = (
    ((RecordingVanished,), MissingReason.OVERWRITTEN),  # listed a moment ago and gone: nothing else removes recordings
    ((SourceUnreachable, SourceTimeout), MissingReason.OFFLINE),
    ((UnreadableMedia,), MissingReason.CUT_SHORT),
)


@dataclass(frozen=True)
class Loss:
    """A part that should be recorded and could not be had."""

    span: TimeSpan
    error: AdapterError


def explained(
    asked: TimeSpan,
    obtained: Iterable[TimeSpan],
    losses: Sequence[Loss],
    listed: Sequence[TimeSpan],
) -> tuple[Missing, ...]:
    """Return what of `asked` was not obtained, in order, each part with its reason.

    Args:
        asked: what was wanted.
        obtained: what has pictures.
        losses: what the adapter knows about parts that it could not get.
        listed: what the source claims to have.
    """
    left = missing(asked, obtained)
    told: list[Missing] = []
    for loss in losses:
        told += [Missing(part, _reason(loss.error)) for gap in left if (part := gap.overlap(loss.span))]
        left = _without(left, loss.span)
    for gap in left:
        parts = (part for span in listed if (part := gap.overlap(span)))
        told += [Missing(part, MissingReason.CUT_SHORT) for part in parts]
        told += [Missing(part, MissingReason.NO_RECORDING) for part in missing(gap, listed)]
    return tuple(sorted(told, key=lambda it: it.span))


def _without(spans: Iterable[TimeSpan], taken: TimeSpan) -> tuple[TimeSpan, ...]:
    return tuple(part for span in spans for part in missing(span, [taken]))


def _reason(error: AdapterError) -> MissingReason:
    return next((reason for kinds, reason in _REASONS if isinstance(error, kinds)), MissingReason.REFUSED)
