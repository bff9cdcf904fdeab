"""The adapter for ONVIF: SOAP says what there is, RTSP brings it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from pydantic import Field

from adapters.base import Progress, SourceAdapter
from adapters.errors import AdapterError, ImpossibleAnswer, NoMedia, NoRecording, UnknownChannel
from adapters.media import Stretch, take_snapshot
from adapters.onvif.device import Device, Profile, Recording
from adapters.rtsp.credentials import Credentials
from adapters.rtsp.dialogue import Dialogue, Limits
from adapters.rtsp.live import Live, demand_now
from adapters.rtsp.options import RangeSyntax
from adapters.rtsp.replay import Replay
from adapters.web.options import WebOptions
from broker.domain.footage.media import PictureFormat, Point, Probe, SnapshotAsk
from broker.domain.time import TimeSpan

_NOW = timedelta(seconds=5)
_FOREVER = timedelta(days=365)
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG")


class OnvifOptions(WebOptions):
    """Where a device is. Its channels are its recordings, or, where it has none, its live profiles.

    Attributes:
        service: path of its device service.
        live: for a recording, the profile that shows the same camera now.
        media_hosts: hosts that it may name in addresses of streams; any other is taken for the device itself.
        sound: whether sound is kept.
    """

    service: str = Field("/onvif/device_service", pattern=r"^/[!-~]{0,200}$")
    live: dict[str, str] = Field(default_factory=dict)
    media_hosts: tuple[str, ...] = Field((), max_length=20)
    sound: bool = True


class OnvifAdapter(SourceAdapter):
    """A camera or recorder that speaks ONVIF."""

    name = "onvif"

    class Options(OnvifOptions):
        """See above."""

    options: Options

    def _ready(self) -> None:
        # Not with this module: the options of sources are checked without reading a WSDL.
        from adapters.onvif.soap import Soap  # noqa: PLC0415

        options = self.options
        who = (options.username, options.password) if options.username else None
        self._soap = Soap(options.address, options.service, options.gate, who, options.patience, options.certificates)
        self._device = Device(self._soap, httpx.URL(options.address).host, options.media_hosts)

    def _probe(self) -> Probe:
        ahead = self._device.ahead()
        detail = f"{self._device.name()} recordings={'yes' if self._device.records else 'no'}"
        self._know_clock()
        points = len(self._offered())
        told = None if ahead is None else round(ahead.total_seconds(), 1) + 0.0
        return Probe(points > 0, detail, points, ahead=told, ahead_by="" if ahead is None else "onvif")

    def _points(self) -> Iterable[Point]:
        self._know_clock()
        device, offered = self._device, self._offered()
        code, serial = device.identity
        own = device.only_channel
        return [
            Point(it.token, it.name, code if it.token == own else None, _vendor_id(serial, it.token, own))
            for it in offered
        ]

    def _offered(self) -> list[Recording | Profile]:
        device = self._device
        return [*(device.recordings if device.records else device.profiles).values()]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        self._know_clock()
        now = datetime.now(UTC) + self._ahead
        if not self._device.records:
            self._profile_of(channel)
            return [TimeSpan(now - _NOW, max(span.end, now) + _FOREVER)]  # what happens now, as long as one likes
        recording = self._device.recordings.get(channel)
        if recording is None:
            raise UnknownChannel(channel=channel)
        end = recording.end or now
        return [TimeSpan(recording.begin, end)] if recording.begin < end else []

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:
        self._know_clock()
        now = datetime.now(UTC) + self._ahead
        if self._device.records and (span.begin < now - _NOW or channel not in self.options.live):
            if not any(it.overlap(span) for it in self._coverage(channel, span)):
                return
            address = self._device.replay_address(channel)
            replay = Replay(
                lambda asked: self._talk(address, asked),
                RangeSyntax.CLOCK,
                lambda _: None,
                onvif=True,
                sound=self.options.sound,
            )
            yield from replay.stretches(span, room, progress, self._lost)
            return
        profile = self._profile_of(channel)
        demand_now(span, now)
        with self._talk(self._device.stream_address(profile)) as dialogue:
            live = Live(dialogue, self._ahead, sound=self.options.sound)
            yield from live.stretches(span, room, progress, self._lost)

    def _picture(self, channel: str, instant: datetime, target: Path) -> datetime:
        self._know_clock()
        profile = self._profile_of(channel)
        demand_now(TimeSpan(instant, instant + _NOW), datetime.now(UTC) + self._ahead)
        try:
            path = self._device.picture_address(profile)
        except AdapterError:  # many devices have none
            return self._live_picture(channel, profile, target)
        answer = self._soap.client.answer(path)
        self._soap.client.check(answer.status, channel)
        if not answer.body.startswith(_PICTURES):
            raise NoMedia(file=channel, got=answer.headers.get("content-type", "")[:80])
        target.write_bytes(answer.body)
        return datetime.now(UTC) + self._ahead

    def _live_picture(self, channel: str, profile: str, target: Path) -> datetime:
        address = self._device.stream_address(profile)
        with self._talk(address) as dialogue, TemporaryDirectory(dir=target.parent) as room:
            stretch = Live(dialogue, self._ahead, sound=False).picture(Path(room))
            ask = SnapshotAsk(channel, stretch.span.begin, format=PictureFormat.PNG)
            (Path(room) / take_snapshot([stretch], ask, Path(room)).file).replace(target)
        return stretch.span.begin

    def _profile_of(self, channel: str) -> str:
        """Return the live profile of a channel.

        Raises:
            UnknownChannel: there is no such channel.
            NoRecording: it is one of recordings alone.
        """
        profile = self.options.live.get(channel, channel)
        if profile in self._device.profiles:
            return profile
        if self._device.records and channel in self._device.recordings:
            raise NoRecording
        raise UnknownChannel(channel=channel)

    def _know_clock(self) -> None:
        """Learn how far the clock of the device is off, where it wants passwords that are good for minutes."""
        if self.options.username and not self._soap.knows_clock:
            with suppress(ImpossibleAnswer):
                self._device.learn_clock()

    @contextmanager
    def _talk(self, address: str, span: TimeSpan | None = None) -> Iterator[Dialogue]:
        options = self.options
        credentials = Credentials(options.username, options.password) if options.username else None
        seconds = max(Limits.whole, 4 * span.seconds if span else 0.0)
        limits = Limits(options.answer_seconds, options.silence_seconds, seconds)
        with Dialogue(address, options.gate, credentials, limits) as dialogue:
            yield dialogue


def _vendor_id(serial: str, token: str, own: str | None) -> str | None:
    """Return the serial number of a camera, or that of a device with the token of one of its channels."""
    if not serial:
        return None
    return serial if token == own else f"{serial}/{token}"
