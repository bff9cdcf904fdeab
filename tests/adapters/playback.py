"""A playback server as MediaMTX is one: `/list` says what there is, `/get` cuts a part out, from a key frame on."""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av

from adapters.http_playback import HttpPlaybackAdapter
from broker.domain.time import TimeSpan
from tests.adapters.recordings import CHANNEL, Recording
from tests.adapters.web_server import Call, Reply

_TICKS = 90_000


@dataclass(frozen=True)
class Stored:
    """One recorded file of the server."""

    file: Path
    span: TimeSpan


def stored(recording: Recording) -> list[Stored]:
    """Return the files of a made-up recording with the spans that they hold."""
    return [Stored(file, _span(file)) for file in recording.files]


def rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Playback:
    """Answers for the recordings of channels; tests override what a faulty server does otherwise."""

    def __init__(self, channels: dict[str, list[Stored]]) -> None:
        self.channels = channels

    def __call__(self, call: Call) -> Reply:
        channel = call.query.get("path", "")
        if channel not in self.channels:
            return Reply(b"{}", 404)
        return self.listed(channel, call) if call.path == "/list" else self.got(channel, call)

    def listed(self, channel: str, call: Call) -> Reply:
        around = TimeSpan(datetime.fromisoformat(call.query["start"]), datetime.fromisoformat(call.query["end"]))
        rows = [self.row(it.span) for it in self.channels[channel] if it.span.overlap(around)]
        return Reply(json.dumps(rows).encode(), headers={"content-type": "application/json"})

    def row(self, span: TimeSpan) -> dict[str, object]:
        return {"start": rfc3339(span.begin), "duration": span.seconds}

    def got(self, channel: str, call: Call) -> Reply:
        begin = datetime.fromisoformat(call.query["start"])
        return self.part(channel, TimeSpan(begin, begin + timedelta(seconds=float(call.query["duration"]))))

    def part(self, channel: str, span: TimeSpan) -> Reply:
        held = [it for it in self.channels[channel] if it.span.holds_instant(span.begin)]
        return media(cut(held[-1].file, held[-1].span.begin, span)) if held else Reply(b"{}", 404)


def media(body: bytes) -> Reply:
    return Reply(body, headers={"content-type": "video/mp4"})


@lru_cache
def cut(file: Path, origin: datetime, span: TimeSpan, *, lead: bool = False) -> bytes:
    """Return the packets of a span as MP4, from the key frame before it on.

    As MediaMTX does it, the pictures before the span are all put at its beginning; with `lead` they keep their times,
    and the file begins with them.
    """
    target = io.BytesIO()
    with av.open(str(file)) as source, av.open(target, "w", format="mp4") as sink:
        given = source.streams.video[0]
        base = given.time_base or Fraction(1, _TICKS)
        taken = sink.add_stream_from_template(given)
        taken.time_base = Fraction(1, _TICKS)
        # None of these has B-frames: what is shown first is stored first.
        packets = [it for it in source.demux(given) if it.pts is not None]
        begin, end = ((at - origin).total_seconds() for at in (span.begin, span.end))
        times = [float((it.pts or 0) * base) for it in packets]
        keys = [n for n, it in enumerate(packets) if it.is_keyframe and times[n] <= begin + 1e-6]
        nought = times[keys[-1]] if lead else begin
        early = 0
        for packet, at in zip(packets[keys[-1] :], times[keys[-1] :], strict=True):
            if at >= end - 1e-6:
                break
            ticks = round((at - nought) * _TICKS)
            early += ticks < 0
            packet.pts = packet.dts = early - 1 if ticks < 0 else max(ticks, early)
            packet.duration = round((packet.duration or 0) * base * _TICKS)
            packet.time_base = Fraction(1, _TICKS)
            packet.stream = taken
            sink.mux(packet)
    return target.getvalue()


def channels_of(recording: Recording, others: Iterable[str] = ()) -> dict[str, list[Stored]]:
    return {CHANNEL: stored(recording), **{other: stored(recording) for other in others}}


def adapter_at(address: str, **options: object) -> HttpPlaybackAdapter:
    """Return an adapter for a server of these tests that soon loses patience."""
    own = {"address": address, "channels": {CHANNEL: ""}, "allow_addresses": ["127.0.0.1"]}
    return HttpPlaybackAdapter.configured({**own, "silence_seconds": 2, "lead_seconds": 1, **options})


def _span(file: Path) -> TimeSpan:
    begin = datetime.strptime(file.stem, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with av.open(str(file)) as container:
        return TimeSpan(begin, begin + timedelta(seconds=(container.duration or 0) / av.time_base))
