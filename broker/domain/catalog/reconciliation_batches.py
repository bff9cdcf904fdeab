"""Many lines of a proposal decided at once: which ones are meant, and what kept the others back.

    matched = decided + held back

A line that cannot be carried out stays open with its reason; it never keeps the others from being decided.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from broker.domain.catalog.reconciliation import Line, LineKind, LineState, Reconciliation
from broker.domain.errors import BrokerError, Invalid

MOST_AT_ONCE: Final = 20_000
FIRST_SHOWN = 20


@dataclass(frozen=True)
class Batch:
    """The lines that are meant, by their kinds or one by one, and what is decided about them.

    `latitude` and `longitude` (WGS-84 degrees) are where the points of new channels stand: one site that all share.
    Lines up to the position `after` are left alone.
    """

    state: LineState
    kinds: frozenset[LineKind] = frozenset()
    positions: tuple[int, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    after: int = 0

    def __post_init__(self) -> None:
        if bool(self.kinds) == bool(self.positions):
            raise Invalid("batch-lines-unnamed", pointer="/kinds")
        if len(self.positions) > MOST_AT_ONCE:
            raise Invalid("batch-lines-many", pointer="/positions", most=MOST_AT_ONCE)
        if (self.latitude is None) != (self.longitude is None):
            raise Invalid("field-missing", pointer="/latitude" if self.latitude is None else "/longitude")


@dataclass(frozen=True)
class HeldBack:
    """Lines that stay open for one reason: how many, the first of them, and what was wrong with the very first."""

    reason: BrokerError
    lines: int
    first: tuple[int, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a batch; `beyond` lines match as well and lie behind `last`, where the bound was reached."""

    proposal: Reconciliation
    matched: int
    decided: Mapping[LineKind, int]
    held_back: tuple[HeldBack, ...]
    last: int
    beyond: int


def held_back(refused: Sequence[tuple[int, BrokerError]]) -> tuple[HeldBack, ...]:
    """Put the lines that stay open together by reason, the most frequent one first."""
    by_reason: dict[str, list[tuple[int, BrokerError]]] = {}
    for position, error in refused:
        by_reason.setdefault(error.slug, []).append((position, error))
    found = [
        HeldBack(them[0][1], len(them), tuple(position for position, _ in them[:FIRST_SHOWN]))
        for them in by_reason.values()
    ]
    return tuple(sorted(found, key=lambda it: (-it.lines, it.reason.slug)))


def counted(lines: Iterable[Line]) -> dict[LineKind, int]:
    """Return how many lines there are of each kind, of those that there are."""
    counts: dict[LineKind, int] = {}
    for line in lines:
        counts[line.proposed.kind] = counts.get(line.proposed.kind, 0) + 1
    return counts
