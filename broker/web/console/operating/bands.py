"""Stays in a state, as a band over time in a small SVG; the table beside it says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.web.api.sources.source_history import SpellOut

WIDTH = 600.0
THIN = 1.0
"""A stay of a minute in a band of a month is still to be seen."""


@dataclass(frozen=True)
class Stay:
    """A part of the band."""

    x: float
    width: float
    spell: SpellOut


@dataclass(frozen=True)
class Band:
    """Stays between two instants; what lies between them nobody has watched. `shares`: of the whole, by state."""

    begin: datetime
    end: datetime
    stays: Sequence[Stay]
    shares: dict[str, float]
    width: float = WIDTH


def band(spells: Sequence[SpellOut], begin: datetime, end: datetime) -> Band:
    """Return the stays that reach into [begin, end), oldest first."""
    whole = end - begin
    stays, sums = [], dict[str, timedelta]()
    for spell in reversed(spells):
        first, last = max(spell.since, begin), min(spell.until or spell.seen_at, end)
        if last < begin or first > end:
            continue
        x = (first - begin) / whole * WIDTH
        stays.append(Stay(round(x, 1), round(max(THIN, (last - first) / whole * WIDTH), 1), spell))
        sums[spell.state] = sums.get(spell.state, timedelta()) + (last - first)
    return Band(begin, end, stays, {state: long / whole for state, long in sums.items()})
