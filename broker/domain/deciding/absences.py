"""Absence (离岗): while somebody is away, nobody waits for that person's decision.

It takes no right away: who comes back early may act at once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import PersonId
from broker.domain.oversight.audit import Entry
from broker.domain.time import TimeSpan

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Absence:
    """A person is away during `span`, unless back before."""

    id: UUID
    person: PersonId
    span: TimeSpan
    note: str
    ended_at: datetime | None = None
    version: int = 1

    @property
    def stream(self) -> str:
        return f"absence/{self.id}"

    def is_over(self, at: datetime) -> bool:
        return self.ended_at is not None or self.span.end <= at


def check_span(span: TimeSpan, now: datetime) -> None:
    """Refuse what begins in the past, or is longer than a year.

    Raises:
        Invalid: with the pointer of the end that is wrong.
    """
    if span.begin < now:
        raise Invalid("begins-in-the-past", pointer="/begin", now=now.isoformat(timespec="seconds"))
    if span.duration > LONGEST:
        raise Invalid("absence-too-long", pointer="/end", longest=LONGEST.days)


def note(absence: Absence) -> Entry:
    """Return what the trace says of a new absence; the note stays outside, it may tell of an illness."""
    data = {
        "person": str(absence.person),
        "begin": absence.span.begin.isoformat(),
        "end": absence.span.end.isoformat(),
    }
    return Entry(absence.stream, "absence:noted", data)


def end(absence: Absence, now: datetime) -> tuple[Absence, Entry]:
    """Note that somebody is back.

    Raises:
        Conflict: the absence is over already.
    """
    if absence.is_over(now):
        raise Conflict("absence-over", absence=absence.id)
    return replace(absence, ended_at=now, version=absence.version + 1), Entry(absence.stream, "absence:ended")
