"""The adapter for RTSP: hooks on top of talks that are played live or replayed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from adapters.base import Progress, SourceAdapter
from adapters.errors import RecordingVanished, UnknownChannel
from adapters.media import Stretch, take_snapshot
from adapters.rtsp.credentials import Credentials
from adapters.rtsp.dialogue import Dialogue, Limits
from adapters.rtsp.live import Live, demand_now
from adapters.rtsp.options import RtspOptions, filled
from adapters.rtsp.ranges import read_range
from adapters.rtsp.replay import Replay
from adapters.web.gate import Gate
from broker.domain.footage.media import PictureFormat, Point, Probe, SnapshotAsk
from broker.domain.time import TimeSpan

_LONGEST_NAME = 80
# What lies so far back is still told as what happens now.
_NOW = timedelta(seconds=5)
_FOREVER = timedelta(days=365)


class RtspAdapter(SourceAdapter):
    """A camera or recorder that speaks RTSP."""

    name = "rtsp"

    class Options(RtspOptions):
        """See `adapters.rtsp.options`."""

    options: Options

    def _ready(self) -> None:
        self._gate = Gate.opening(self.options.allow_addresses)
        self._zone = ZoneInfo(self.options.timezone)

    def _probe(self) -> Probe:
        channel = next(iter(self.options.channels))
        with self._talk(self.options.url, channel) as dialogue:
            server = "".join(it for it in dialogue.options()[:_LONGEST_NAME] if it.isprintable())
            description = dialogue.describe()
        codecs = " ".join(f"{it.kind}={it.codec}" for it in description.tracks)
        with self._talk(self.options.url, channel) as dialogue, TemporaryDirectory() as room:
            ahead = Live(dialogue, timedelta(0), sound=False).clock(Path(room))
        told = None if ahead is None else round(ahead.total_seconds(), 1) + 0.0
        by = "" if ahead is None else "rtcp"
        return Probe(True, f"{server} {codecs}".strip(), len(self.options.channels), ahead=told, ahead_by=by)

    def _points(self) -> Iterable[Point]:
        return [Point(channel, name or channel) for channel, name in self.options.channels.items()]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        self._demand_known(channel)
        now = datetime.now(UTC) + self._ahead
        if self.options.replay_url is None:
            return [TimeSpan(now - _NOW, max(span.end, now) + _FOREVER)]  # what happens now, as long as one likes
        if self.options.keeps_hours is not None:
            return [TimeSpan(now - timedelta(hours=self.options.keeps_hours), now)]
        try:
            with self._talk(self.options.replay_url, channel, span) as dialogue:
                told = read_range(dialogue.describe().range)
        except RecordingVanished:
            return []
        origin = self.options.begin_of(span)
        begin, end = (
            origin + it if origin is not None and isinstance(it, timedelta) else it for it in (told.begin, told.end)
        )
        if not isinstance(begin, datetime):
            return []
        end = end if isinstance(end, datetime) else now
        return [TimeSpan(begin, end)] if begin < end else []

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:
        self._demand_known(channel)
        past = span.begin < datetime.now(UTC) + self._ahead - _NOW
        if self.options.replay_url is not None and past:
            yield from self._replay(self.options.replay_url, channel).stretches(span, room, progress, self._lost)
            return
        demand_now(span, datetime.now(UTC) + self._ahead)
        with self._live(channel) as live:
            yield from live.stretches(span, room, progress, self._lost)

    def _picture(self, channel: str, instant: datetime, target: Path) -> datetime:
        self._demand_known(channel)
        demand_now(TimeSpan(instant, instant + _NOW), datetime.now(UTC) + self._ahead)
        with self._live(channel) as live, TemporaryDirectory(dir=target.parent) as room:
            stretch = live.picture(Path(room))
            ask = SnapshotAsk(channel, stretch.span.begin, format=PictureFormat.PNG)
            piece = take_snapshot([stretch], ask, Path(room))
            (Path(room) / piece.file).replace(target)
        return stretch.span.begin

    def _replay(self, address: str, channel: str) -> Replay:
        options = self.options
        return Replay(
            lambda span: self._talk(address, channel, span),
            options.range,
            options.begin_of,
            onvif=options.onvif_replay,
            sound=options.sound,
            exact=options.range_is_exact,
        )

    @contextmanager
    def _live(self, channel: str) -> Iterator[Live]:
        try:
            with self._talk(self.options.url, channel) as dialogue:
                yield Live(dialogue, self._ahead, sound=self.options.sound)
        except RecordingVanished:
            raise UnknownChannel(channel=channel) from None

    @contextmanager
    def _talk(self, template: str, channel: str, span: TimeSpan | None = None) -> Iterator[Dialogue]:
        options = self.options
        credentials = Credentials(options.username, options.password) if options.username else None
        seconds = 4 * span.seconds if span else 0.0
        limits = Limits(options.answer_seconds, options.silence_seconds, max(Limits.whole, seconds))
        with Dialogue(filled(template, channel, span, self._zone), self._gate, credentials, limits) as dialogue:
            yield dialogue

    def _demand_known(self, channel: str) -> None:
        if channel not in self.options.channels:
            raise UnknownChannel(channel=channel)
