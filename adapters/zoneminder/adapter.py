"""The adapter for ZoneMinder: monitors are channels, events are recordings."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.base import Progress, SourceAdapter
from adapters.errors import ImpossibleAnswer, UnknownChannel
from adapters.media import Stretch
from adapters.web.client import WebClient
from adapters.web.clocks import ahead
from adapters.web.options import WebOptions, ZoneName
from adapters.web.recordings import Placed, length_of, stretches
from adapters.zoneminder.api import Api
from adapters.zoneminder.events import Event
from broker.domain.footage.media import Point, Probe
from broker.domain.time import TimeSpan

# Events are stated to the second, cut off; and a length that is a little out moves a file that began early.
_INEXACT = timedelta(seconds=1.5)


class ZoneMinderAdapter(SourceAdapter):
    """A ZoneMinder; `address` is where its web interface begins, such as `http://10.0.0.5/zm`."""

    name = "zoneminder"

    class Options(WebOptions):
        """Options of a web server, and the zone in which ZoneMinder writes its times, which state none."""

        timezone: ZoneName

    options: Options

    def _ready(self) -> None:
        it = self.options
        self._client = WebClient(it.address, it.gate, patience=it.patience, trusted=it.certificates)
        self._api = Api(self._client, ZoneInfo(it.timezone), it.username, it.password.get_secret_value())
        self._monitors: dict[str, str] = {}
        self._zone_told: str | None = None

    def _probe(self) -> Probe:
        asked = datetime.now(UTC)
        answer = self._api.version()
        clock = ahead(answer, asked, datetime.now(UTC))
        monitors = self._api.monitors()
        detail = f"version={str(self._client.parsed(answer).get('version'))[:20]!a} monitors={len(monitors)}"
        other = self._other_zone(TimeSpan(asked, asked + _INEXACT))
        ok = bool(monitors) and not other
        return Probe(ok, detail + other, len(monitors), clock, "" if clock is None else "http-date")

    def _points(self) -> Iterable[Point]:
        return [Point(number, name) for number, name in self._api.monitors().items()]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        return [event.span for event in self._events(channel, span)]

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:  # noqa: ARG002
        return stretches(self._events(channel, span), span, room, self._take, self._lost, inexact=_INEXACT)

    def _events(self, channel: str, span: TimeSpan) -> list[Event]:
        self._monitors = self._monitors or self._api.monitors()
        if channel not in self._monitors:
            raise UnknownChannel(channel=channel)
        if other := self._other_zone(span):
            raise ImpossibleAnswer(where=self._client.where, problem=other.strip())
        return self._api.events(channel, span)

    def _other_zone(self, span: TimeSpan) -> str:
        """Say in which zone the server writes, if reading its times in the one configured would be wrong."""
        if self._zone_told is None:
            self._zone_told = self._api.zone_told()
        believed = ZoneInfo(self.options.timezone)
        try:
            told = ZoneInfo(self._zone_told) if self._zone_told else believed
        except (ZoneInfoNotFoundError, ValueError, OSError):  # what is no name of a zone tells nothing
            return ""
        ends = span.begin, span.end
        if [at.astimezone(told).utcoffset() for at in ends] == [at.astimezone(believed).utcoffset() for at in ends]:
            return ""
        return f" timezone={told.key}"

    def _take(self, event: Event, target: Path) -> Placed:
        self._api.video(event, target)
        return event.placed(length_of(target, event.name), self._client.where)
