"""What a playback server says it has recorded, read with suspicion."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.errors import ImpossibleAnswer, RecordingVanished
from adapters.http_playback.options import Listing
from adapters.http_playback.templates import filled
from adapters.web.client import WebClient
from adapters.web.clocks import TimeFormat
from broker.domain.time import TimeSpan

# A server whose clock is further ahead than this, or that writes times in another zone, lists the future.
_FUTURE = timedelta(minutes=10)
_MOST_PAGES, _MOST_ENTRIES = 200, 200_000
_MILLI = 1000


@dataclass(frozen=True)
class Entry:
    """One recording of a channel, as it is listed; `end` is None where the server does not know or exaggerates."""

    start: datetime
    end: datetime | None


class Recorded:
    """The recordings of a server's channels; asked for once for each span.

    Args:
        client: asks the server.
        shape: how its answers look.
        times: how it writes instants.
    """

    def __init__(self, client: WebClient, shape: Listing, times: TimeFormat) -> None:
        self._client, self._shape, self._times = client, shape, times
        self._known: dict[str, tuple[TimeSpan, tuple[TimeSpan, ...]]] = {}

    def spans(self, channel: str, around: TimeSpan) -> tuple[TimeSpan, ...]:
        """Return what is recorded around a span, sorted and disjoint; a recording that overlaps the next ends there.

        Raises:
            ImpossibleAnswer: the list cannot be read, or speaks of the future.
        """
        known = self._known.get(channel)
        if known is None or not known[0].holds(around):
            known = self._known[channel] = around, self._asked(channel, around)
        return known[1]

    def _asked(self, channel: str, around: TimeSpan) -> tuple[TimeSpan, ...]:
        now = datetime.now(UTC)
        entries = sorted(self._entries(channel, around), key=lambda it: it.start)
        spans = []
        for number, it in enumerate(entries):
            if it.start > now + _FUTURE:
                raise self._nonsense(f"start={it.start.isoformat(timespec='seconds')}")
            # What is told to last for ever lasts until the next begins, or until now.
            limit = entries[number + 1].start if number + 1 < len(entries) else now
            end = min(it.end or limit, limit if it.end is None else max(limit, it.start), now + _FUTURE)
            if it.start < end:
                spans.append(TimeSpan(it.start, end))
        return tuple(spans)

    def _entries(self, channel: str, around: TimeSpan) -> Iterator[Entry]:
        paged, seen = "{page}" in self._shape.path, 0
        before: object = None
        for page in range(self._shape.first_page, self._shape.first_page + (_MOST_PAGES if paged else 1)):
            rows = self._rows(channel, around, page)
            if not rows or rows == before:  # some servers give their last page again and again
                return
            before, seen = rows, seen + len(rows)
            if seen > _MOST_ENTRIES:
                break
            for number, row in enumerate(rows):
                entry = self._entry(channel, row, f"/{number}")
                if entry:
                    yield entry
            if not paged:
                return
        raise self._nonsense(f"> {seen}")

    def _rows(self, channel: str, around: TimeSpan, page: int) -> list[Any]:
        values = {
            "channel": channel,
            "start": self._times.write(around.begin),
            "end": self._times.write(around.end),
            "page": str(page),
        }
        try:
            answer = self._client.json(filled(self._shape.path, values))
        except RecordingVanished:  # 404: a channel of which nothing is recorded
            return []
        rows = _at(answer, self._shape.recordings)
        if rows is None:
            return []
        if not isinstance(rows, list):
            raise self._nonsense(self._shape.recordings or "/")
        return rows

    def _entry(self, channel: str, row: object, where: str) -> Entry | None:
        shape = self._shape
        if shape.channel is not None and _at(row, shape.channel) != channel:
            return None
        try:
            start = self._times.read(_at(row, shape.start))
        except (ValueError, TypeError):
            raise self._nonsense(where + shape.start) from None
        return Entry(start, self._end(row, start, where))

    def _end(self, row: object, start: datetime, where: str) -> datetime | None:
        """Return the end that is told; None where none is, or one that no recording has."""
        shape = self._shape
        if shape.end is not None:
            told = _at(row, shape.end)
            if told is None:
                return None
            try:
                return self._times.read(told)
            except (ValueError, TypeError):
                raise self._nonsense(where + shape.end) from None
        length = _at(row, shape.duration or "")
        if length is None:
            return None
        if isinstance(length, bool) or not isinstance(length, int | float) or math.isnan(length):
            raise self._nonsense(where + (shape.duration or ""))
        try:
            end = start + timedelta(seconds=length / _MILLI if shape.milliseconds else length)
        except OverflowError:
            return None
        return end if end > start else None

    def _nonsense(self, problem: str) -> ImpossibleAnswer:
        return ImpossibleAnswer(where=self._client.where, problem=problem)


def _at(value: object, pointer: str) -> object:
    """Return what a JSON pointer leads to, None where it leads nowhere."""
    for step in pointer.split("/")[1:]:
        if not isinstance(value, dict):
            return None
        value = value.get(step.replace("~1", "/").replace("~0", "~"))
    return value
