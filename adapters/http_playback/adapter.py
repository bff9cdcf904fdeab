"""The adapter for playback servers: what they list is asked for with a margin, and believed as far as it is there."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from adapters.base import Progress, SourceAdapter
from adapters.errors import (
    ImpossibleAnswer,
    MediaWithoutPictures,
    RecordingRefused,
    RecordingVanished,
    UnknownChannel,
    UnreadableMedia,
)
from adapters.http_playback.listing import Recorded
from adapters.http_playback.options import Auth, HttpPlaybackOptions, Surplus
from adapters.http_playback.templates import filled
from adapters.media import Stretch, crowd_at_the_front, shift_between
from adapters.web.client import Bearer, WebClient
from adapters.web.clocks import TimeFormat, ahead
from adapters.web.downloads import Download, Got
from adapters.web.recordings import Placed, length_of, stretches
from broker.domain.footage.media import Point, Probe
from broker.domain.time import TimeSpan

# So much more than asked for is the length of a last picture, not another beginning.
_TOLERANCE = timedelta(seconds=0.15)
# A second look at a recording: from an odd moment within it, so that a server that rounds is found out.
_LATER, _LOOK = timedelta(seconds=1.37), timedelta(seconds=2)
_LATELY = timedelta(hours=1)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Part:
    """A part of a recording: what it is to serve, and what is asked for, which is more."""

    channel: str
    span: TimeSpan
    asked: TimeSpan

    @property
    def name(self) -> str:
        return f"{self.channel} {self.span.begin.isoformat(timespec='milliseconds')}"


class HttpPlaybackAdapter(SourceAdapter):
    """A server that lists recordings and hands out a start and a duration of them."""

    name = "http_playback"

    class Options(HttpPlaybackOptions):
        """See `adapters.http_playback.options`."""

    options: Options

    def _ready(self) -> None:
        it = self.options
        self._client = WebClient(it.address, it.gate, auth=_signed(it), patience=it.patience, trusted=it.certificates)
        self._times = TimeFormat(it.times, ZoneInfo(it.timezone))
        self._recorded = Recorded(self._client, it.listing, self._times)
        self._seen: dict[str, Part] = {}
        self._looked: set[str] = set()

    def _probe(self) -> Probe:
        now = datetime.now(UTC)
        path = filled(
            self.options.listing.path,
            {
                "channel": next(iter(self.options.channels)),
                "start": self._times.write(now - _LATELY),
                "end": self._times.write(now),
                "page": str(self.options.listing.first_page),
            },
        )
        answer = self._client.answer(path)
        clock = ahead(answer, now, datetime.now(UTC))
        if answer.status not in {404, 410}:
            self._client.check(answer.status, path)
            self._client.parsed(answer)
        detail = f"status={answer.status} channels={len(self.options.channels)}"
        return Probe(True, detail, len(self.options.channels), clock, "" if clock is None else "http-date")

    def _points(self) -> Iterable[Point]:
        it = self.options
        return [
            Point(channel, name or channel, it.codes.get(channel), it.vendor_ids.get(channel))
            for channel, name in it.channels.items()
        ]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        if channel not in self.options.channels:
            raise UnknownChannel(channel=channel)
        return self._recorded.spans(channel, span)

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:  # noqa: ARG002
        return stretches(list(self._parts(channel, span)), span, room, self._take, self._lost)

    def _parts(self, channel: str, span: TimeSpan) -> Iterator[Part]:
        """Share a span out among what is listed, in parts that are not too long."""
        longest, lead = timedelta(seconds=self.options.longest_seconds), timedelta(seconds=self.options.lead_seconds)
        for recorded in self._coverage(channel, TimeSpan(span.begin - lead, span.end + lead)):
            wanted = recorded.overlap(span)
            while wanted:
                end = min(wanted.begin + longest, wanted.end)
                begin = max(recorded.begin, wanted.begin - lead)
                yield Part(channel, TimeSpan(wanted.begin, end), self._whole(begin, min(recorded.end, end + lead)))
                wanted = TimeSpan(end, wanted.end) if end < wanted.end else None

    def _whole(self, begin: datetime, end: datetime) -> TimeSpan:
        """Widen a span to what can be written: a server that takes whole seconds cuts the rest off."""
        step = self._times.step
        return TimeSpan(begin - (begin - _EPOCH) % step, end + (_EPOCH - end) % step)

    def _take(self, part: Part, target: Path) -> Placed:
        placed = self._fetched(part, target)
        if part.channel not in self._looked:
            self._look_again(part, placed, target)
            self._looked.add(part.channel)
        return placed

    def _fetched(self, part: Part, target: Path) -> Placed:
        values = {
            "channel": part.channel,
            "start": self._times.write(part.asked.begin),
            "end": self._times.write(part.asked.end),
            "duration": f"{part.asked.seconds:.6f}".rstrip("0").rstrip("."),
            "duration_ms": str(part.asked.duration // _MILLISECOND),
        }
        download = Download(self._client, part.name, check=lambda headers: self._check(headers, part))
        got = download.into(target, filled(self.options.media, values))
        self._compare(got, part)
        length = length_of(target, part.name)
        origin = self._origin(part, length)
        crowd = crowd_at_the_front(os.open(target, os.O_RDONLY), part.name)
        honest = TimeSpan(origin + crowd, origin + length).overlap(part.span)
        if honest is None:
            raise MediaWithoutPictures(file=part.name)
        return Placed(origin, length, honest)

    def _look_again(self, part: Part, placed: Placed, target: Path) -> None:
        """Ask for a little from the middle: the same pictures must be of the same instants, whatever was asked for.

        A server that begins at a key frame, or at a whole second, and says nothing about it is found out so.
        """
        begin = part.asked.begin + max(_LATER, self._times.step)
        if part.asked.end - begin < _LOOK / 2:
            return
        asked = self._whole(begin, min(begin + _LOOK, part.asked.end))
        beside = target.with_suffix(".look")
        try:
            again = self._fetched(replace(part, asked=asked), beside)
            shift = shift_between(target, beside)
        except (UnreadableMedia, RecordingVanished, RecordingRefused):
            return  # too little for this server; what it gave for the whole is judged by itself
        finally:
            beside.unlink(missing_ok=True)
        if shift is not None and abs(shift + (again.origin - placed.origin)) > _TOLERANCE:
            seconds = (shift + (again.origin - placed.origin)).total_seconds()
            raise ImpossibleAnswer(where=self._client.where, problem=f"{part.name}: {seconds:+.1f} s")

    def _check(self, headers: httpx.Headers, part: Part) -> None:
        """Raise when the server says itself that this is something else."""
        for header, held in self.options.headers.items():
            if held.replace("{channel}", part.channel) not in headers.get(header, ""):
                raise self._impossible(header)

    def _compare(self, got: Got, part: Part) -> None:
        """Raise when the server gives the same for everything, as caches do."""
        other = self._seen.setdefault(got.digest, part)
        if (other.channel, other.asked) != (part.channel, part.asked):
            raise self._impossible(f"SHA-256 {got.digest[:12]}: {other.name} = {part.name}")

    def _origin(self, part: Part, length: timedelta) -> datetime:
        """Return the instant of the file's time nought."""
        surplus = length - part.asked.duration
        if surplus <= _TOLERANCE or self.options.surplus is Surplus.BACK:
            return part.asked.begin
        if self.options.surplus is Surplus.FRONT:
            return part.asked.begin - surplus
        raise self._impossible(f"{length.total_seconds():.1f} s > {part.asked.seconds:.1f} s")

    def _impossible(self, problem: str) -> ImpossibleAnswer:
        return ImpossibleAnswer(where=self._client.where, problem=problem)


def _signed(options: HttpPlaybackOptions) -> httpx.Auth | None:
    name, password = options.username, options.password.get_secret_value()
    match options.auth:
        case Auth.BASIC:
            return httpx.BasicAuth(name, password)
        case Auth.DIGEST:
            return httpx.DigestAuth(name, password)
        case Auth.BEARER:
            return Bearer(options.token.get_secret_value())
        case _:
            return None
