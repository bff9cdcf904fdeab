"""Views of one person as events: what a page has not been told yet, each with the instant to go on from."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from uuid import UUID

from broker.services.notices.couriers.wording import worded
from broker.services.notices.live import Look, Seen
from storage.db.notices.live import Step

MARGIN = timedelta(seconds=10)
"""How far before the instant a page goes on from steps are told again: clocks differ, and a commit takes its time."""

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    """One event: its name, and what it says."""

    name: str
    data: Mapping[str, object]

    def written(self, number: int) -> bytes:
        """Return the event as it goes over the wire."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"id: {number}\nevent: {self.name}\ndata: {data}\n\n".encode()


@dataclass
class Teller:
    """Tells one page, in its language, what it does not know; `since` is the instant up to which it knows all."""

    parts: frozenset[str]
    language: str
    zone: tzinfo
    since: datetime | None
    _told: dict[str, object] = field(default_factory=dict)
    _steps: dict[UUID, tuple[str, int | None]] = field(default_factory=dict)

    def news(self, look: Look, seen: Seen) -> list[Event]:
        """Return what is new; counts are told once at the beginning in any case."""
        since, self.since = self.since, look.at
        return [
            *self._count("inbox", {"count": seen.waiting}),
            *self._count("notice", self._notice(seen)),
            *self._moved("retrieval", seen.retrievals, since),
            *self._moved("request", seen.requests, since),
        ]

    def _notice(self, seen: Seen) -> dict[str, object]:
        newest = seen.unread.newest
        text = worded(newest, self.language, self.zone).subject if newest else ""
        return {"count": seen.unread.total, "newest": text}

    def _count(self, name: str, data: dict[str, object]) -> Iterator[Event]:
        if name in self.parts and self._told.get(name) != data:
            self._told[name] = data
            yield Event(name, data)

    def _moved(self, name: str, steps: Iterable[Step], since: datetime | None) -> Iterator[Event]:
        if name not in self.parts:
            return
        for step in steps:
            stands = (step.state, step.percent)
            known = self._steps.get(step.key)
            self._steps[step.key] = stands
            # of what stood so before this page looked on, only what it may have missed
            if known != stands and (known or step.running or (since is not None and step.at > since - MARGIN)):
                told = {"id": str(step.key), "state": step.state, "percent": step.percent}
                yield Event(name, {key: value for key, value in told.items() if value is not None})


def number_of(at: datetime) -> int:
    """Return the id of events of an instant: milliseconds, so that any process can go on from it."""
    return (at - _EPOCH) // _MILLISECOND


def instant_of(number: str) -> datetime | None:
    """Return the instant behind an id; None for what is none of ours."""
    if not (number.isascii() and number.isdigit()) or len(number) > len("1763800000000"):
        return None
    return _EPOCH + int(number) * _MILLISECOND
