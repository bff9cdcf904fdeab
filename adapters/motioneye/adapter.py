"""The adapter for motionEye: its cameras are channels, its movies are recordings."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.base import Progress, SourceAdapter
from adapters.errors import UnknownChannel
from adapters.media import SEAM, Stretch
from adapters.motioneye.api import Api
from adapters.motioneye.movies import Movie
from adapters.web.client import WebClient
from adapters.web.clocks import ahead
from adapters.web.options import WebOptions, ZoneName
from adapters.web.recordings import LONGEST_LEAD, Placed, length_of, stretches
from broker.domain.footage.media import Point, Probe
from broker.domain.time import TimeSpan, merge

# How much later than its last picture a file is closed varies by so much.
_INEXACT = timedelta(seconds=1.5)


class MotionEyeAdapter(SourceAdapter):
    """A motionEye that records movies; `address` is that of its pages, such as `http://10.0.0.5:8765`."""

    name = "motioneye"

    class Options(WebOptions):
        """Options of a web server, and the zone in which motionEye names its files."""

        timezone: ZoneName

    options: Options

    def _ready(self) -> None:
        it = self.options
        self._client = WebClient(it.address, it.gate, patience=it.patience, trusted=it.certificates)
        self._api = Api(self._client, ZoneInfo(it.timezone), it.username, it.password.get_secret_value())
        self._known: dict[str, list[Movie]] = {}

    def _probe(self) -> Probe:
        cameras, answer = self._api.cameras()
        now = datetime.now(UTC)  # the login took its time before the question proper: only the answer counts
        clock = ahead(answer, now, now)
        return Probe(
            bool(cameras), f"cameras={len(cameras)}", len(cameras), clock, "" if clock is None else "http-date"
        )

    def _points(self) -> Iterable[Point]:
        return [Point(number, name) for number, name in self._api.cameras()[0].items()]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        return merge((movie.span for movie in self._movies(channel, span)), SEAM)

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:  # noqa: ARG002
        movies = self._movies(channel, span)
        return stretches(movies, span, room, partial(self._take, channel), self._lost, inexact=_INEXACT)

    def _movies(self, channel: str, span: TimeSpan) -> list[Movie]:
        """Return the movies that may reach into a span; the whole list is asked for once."""
        if channel not in self._known:
            if channel not in self._api.cameras()[0]:
                raise UnknownChannel(channel=channel)
            self._known[channel] = list(self._api.movies(channel))
        around = TimeSpan(span.begin - LONGEST_LEAD, span.end + LONGEST_LEAD)
        return [movie for movie in self._known[channel] if movie.span.overlap(around)]

    def _take(self, channel: str, movie: Movie, target: Path) -> Placed:
        self._api.download(channel, movie, target)
        return movie.placed(length_of(target, movie.name), self._client.where)
