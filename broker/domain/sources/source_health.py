"""The health of a source over time: one entry for each stay in a state, not one for each time it was asked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broker.domain.ids import SourceId
from broker.domain.time import TimeSpan, merge

EVERY = timedelta(minutes=5)
"""How often a source is asked that answers."""

AGAIN = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8))
"""How long to wait after the first, second … time without an answer; after more, as long as after the last."""

JITTER = 0.2
"""So much of a pause is left to chance, so that many sources are not asked in the same moment."""

UNWATCHED = timedelta(hours=1)
"""After so long a time without any look nobody can say that a state lasted: another stay begins."""

LONGEST_DETAIL = 200


class HealthState(StrEnum):
    """How a source is."""

    ONLINE = "online"
    FAULTY = "faulty"  # it answers and is of no use: an empty folder, a wrong password
    OFFLINE = "offline"  # it does not answer


@dataclass(frozen=True)
class Spell:
    """One stay in a state: first and last seen in it, and when it was first seen in another; None while it lasts."""

    source_id: SourceId
    state: HealthState
    since: datetime
    seen_at: datetime
    until: datetime | None = None
    detail: str = ""
    number: int = 0


def observed(
    current: Spell | None, source_id: SourceId, state: HealthState, at: datetime, detail: str
) -> tuple[Spell | None, Spell | None]:
    """Return what becomes of the current spell (None: nothing) and the spell that begins, if one does.

    What was seen before the latest look changes nothing: two who look at once tell in any order. A stay that nobody
    saw for long ended when it was last seen.
    """
    told = detail[:LONGEST_DETAIL]
    if current is None:
        return None, Spell(source_id, state, at, at, detail=told)
    if at < current.seen_at:
        return None, None
    if at - current.seen_at > UNWATCHED:
        return replace(current, until=current.seen_at), Spell(source_id, state, at, at, detail=told)
    if current.state is state:
        return replace(current, seen_at=at, detail=told), None
    return replace(current, until=at), Spell(source_id, state, at, at, detail=told)


def offline_spans(spells: Iterable[Spell], span: TimeSpan) -> tuple[TimeSpan, ...]:
    """Return when, within a span, the source was not reachable.

    An outage lasts until the source was seen again; where nobody looked for long (the program itself was off), no
    longer than one pause after it was last missed.
    """
    away: list[TimeSpan] = []
    for spell in spells:
        heard = spell.seen_at + AGAIN[-1] * (1 + JITTER)
        end = min(heard, spell.until) if spell.until else spell.seen_at
        if spell.state is HealthState.OFFLINE and spell.since < end:
            away.append(TimeSpan(spell.since, end))
    return tuple(part for each in merge(away) if (part := each.overlap(span)))


def pause(failures: int, chance: float) -> timedelta:
    """Return how long not to ask after so many failures in a row; `chance` lies between -1 and 1."""
    plain = EVERY if failures == 0 else AGAIN[min(failures, len(AGAIN)) - 1]
    return plain * (1 + JITTER * chance)
