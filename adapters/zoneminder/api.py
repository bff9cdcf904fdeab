"""The questions that ZoneMinder is asked: its API for lists, its pages for the recordings themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from adapters.errors import ImpossibleAnswer, RecordingVanished, SourceRefusesEntry
from adapters.web.client import Answer, Fields, WebClient
from adapters.web.downloads import Download
from adapters.web.recordings import LONGEST_LEAD
from adapters.web.sessions import Session
from adapters.zoneminder.events import LOCAL, Event, event_of
from broker.domain.time import TimeSpan

_PAGE, _MOST_PAGES = 100, 1000
# The one that is being recorded has no end, and a question for ends passes it over: it is among the newest.
_NEWEST = 5
_AN_HOUR = timedelta(hours=1)
_DOES_NOT_KNOW = {404, 500, 501}  # CakePHP answers 500 where it has no such question


class Api:
    """One ZoneMinder.

    Args:
        client: asks it.
        zone: in which it writes times.
        username, password: of a user who may see events; no login where there is no name.
    """

    def __init__(self, client: WebClient, zone: ZoneInfo, username: str, password: str) -> None:
        self._client, self._zone = client, zone
        self._username, self._password = username, password
        self._session = Session(self._login)

    def version(self) -> Answer:
        """Return the answer that names the version."""

        def question(carried: Fields) -> Answer:
            answer = self._client.answer("/api/host/getVersion.json", carried)
            self._client.check(answer.status, "getVersion")
            return answer

        return self._session.ask(question)

    def zone_told(self) -> str:
        """Return the zone that the server says it writes in; nothing where it does not tell."""

        def question(carried: Fields) -> object:
            answer = self._client.answer("/api/host/getTimeZone.json", carried)
            if answer.status in _DOES_NOT_KNOW:
                return {}
            self._client.check(answer.status, "getTimeZone")
            return self._client.parsed(answer)

        told = self._session.ask(question)
        zone = told.get("tz") if isinstance(told, dict) else None
        return zone if isinstance(zone, str) else ""

    def monitors(self) -> dict[str, str]:
        """Return the names of the monitors by their numbers; names may be there twice, numbers may not."""
        rows = self._list(self._json("/api/monitors.json"), "monitors")
        monitors = {}
        for row in rows:
            monitor = self._object(row, "Monitor")
            number = str(monitor.get("Id"))
            if not number.isascii() or not number.isdigit():
                raise self._nonsense("/monitors/Id")
            monitors[number] = str(monitor.get("Name") or number)
        return monitors

    def events(self, monitor: str, span: TimeSpan) -> list[Event]:
        """Return what was or is being recorded around a span, in order of time."""
        begin, end = self._local(span.begin, -LONGEST_LEAD), self._local(span.end, LONGEST_LEAD)
        ended = f"MonitorId:{monitor}/StartDateTime <=:{end}/EndDateTime >=:{begin}"
        newest = f"MonitorId:{monitor}/StartDateTime <=:{end}"
        rows = (*self._pages(ended), *self._page(newest, 1, "desc", _NEWEST)[0])
        now, where = datetime.now(UTC), self._client.where
        read = (event_of(self._object(row, "Event"), monitor, self._zone, now, where) for row in rows)
        events = sorted({it.number: it for it in read if it}.values(), key=lambda it: (it.start, it.number))
        # One without an end that is not the last was broken off: nobody knows when, but not after the next began.
        for number, (event, following) in enumerate(pairwise(events)):
            if event.end is None:
                events[number] = replace(event, now=following.start)
        around = TimeSpan(span.begin - LONGEST_LEAD, span.end + LONGEST_LEAD)
        return [event for event in events if event.span.overlap(around)]

    def video(self, event: Event, target: Path) -> None:
        """Fetch the recording of an event."""
        download = Download(self._client, event.name, check=lambda headers: _check_name(headers, event))
        fields = (("view", "view_video"), ("eid", str(event.number)))
        self._session.ask(lambda carried: download.into(target, "/index.php", (*fields, *_pairs(carried))))

    def _login(self) -> Fields:
        if not self._username:
            return ()
        form = {"user": self._username, "pass": self._password}
        token = self._client.json("/api/host/login.json", form=form).get("access_token")
        if not isinstance(token, str) or not token:
            raise SourceRefusesEntry(where=self._client.where)
        return (("token", token),)

    def _json(self, path: str, fields: Fields = ()) -> Any:
        return self._session.ask(lambda carried: self._client.json(path, (*_pairs(fields), *_pairs(carried))))

    def _pages(self, conditions: str) -> Iterator[object]:
        for page in range(1, _MOST_PAGES):
            rows, more = self._page(conditions, page, "asc", _PAGE)
            yield from rows
            if not more or not rows:
                return
        raise self._nonsense("/pagination")

    def _page(self, conditions: str, page: int, direction: str, limit: int) -> tuple[list[object], bool]:
        fields = {"sort": "StartDateTime", "direction": direction, "limit": str(limit), "page": str(page)}
        answer = self._json(f"/api/events/index/{quote(conditions)}.json", fields)
        more = answer.get("pagination", {}).get("nextPage") if isinstance(answer, dict) else False
        return self._list(answer, "events"), more is True

    def _local(self, instant: datetime, margin: timedelta) -> str:
        """Write an instant as a local time; around a change of the clocks an hour further away, to be safe."""
        changing = len({(instant + hours * _AN_HOUR).astimezone(self._zone).utcoffset() for hours in (-2, 0, 2)}) > 1
        away = margin + (_AN_HOUR if margin > timedelta(0) else -_AN_HOUR) if changing else margin
        return (instant + away).astimezone(self._zone).strftime(LOCAL)

    def _list(self, answer: object, name: str) -> list[object]:
        rows = answer.get(name) if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise self._nonsense(f"/{name}")
        return rows

    def _object(self, row: object, name: str) -> Mapping[str, object]:
        found = row.get(name) if isinstance(row, dict) else None
        if not isinstance(found, dict):
            raise self._nonsense(f"/{name}")
        return found

    def _nonsense(self, problem: str) -> ImpossibleAnswer:
        return ImpossibleAnswer(where=self._client.where, problem=problem)


def _check_name(headers: httpx.Headers, event: Event) -> None:
    """Raise unless this is the file of the event; one that is gone is answered with 200 and a file without a name."""
    told = headers.get("content-disposition", "")
    if "filename" in told and f'"{event.number}-' not in told:
        raise RecordingVanished(file=event.name)


def _pairs(fields: Fields) -> tuple[tuple[str, str], ...]:
    return tuple(dict(fields).items())
