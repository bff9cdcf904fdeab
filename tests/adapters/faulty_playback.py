"""Playback servers that do what servers were seen to do; each is a `Playback` with one thing wrong."""

import io
import json
from datetime import UTC, datetime, timedelta
from threading import Lock

import av

from broker.domain.time import TimeSpan
from tests.adapters.playback import Playback, Stored, cut, media
from tests.adapters.recordings import at
from tests.adapters.web_server import Call, Reply

_PAGE = b"<!DOCTYPE html><html><form action=/login>please sign in</form></html>"


class Short(Playback):
    def part(self, channel: str, span: TimeSpan) -> Reply:
        return super().part(channel, TimeSpan(span.begin, span.begin + span.duration / 2))


class Leading(Playback):
    """Begins at the key frame before, and says nothing about it."""

    def part(self, channel: str, span: TimeSpan) -> Reply:
        it = next(it for it in self.channels[channel] if it.span.holds_instant(span.begin))
        return media(cut(it.file, it.span.begin, span, lead=True))


class LeadingAndAsLongAsAsked(Playback):
    """Begins at the key frame before, and gives so many seconds from there."""

    def part(self, channel: str, span: TimeSpan) -> Reply:
        it = next(it for it in self.channels[channel] if it.span.holds_instant(span.begin))
        key = it.span.begin + (span.begin - it.span.begin) // timedelta(seconds=5) * timedelta(seconds=5)
        return media(cut(it.file, it.span.begin, TimeSpan(key, min(key + span.duration, it.span.end)), lead=True))


class WholeSeconds(Playback):
    def part(self, channel: str, span: TimeSpan) -> Reply:
        begin = span.begin.replace(microsecond=0)
        return super().part(channel, TimeSpan(begin, begin + timedelta(seconds=span.seconds // 1)))


class UnixSeconds(Playback):
    """Speaks of whole seconds since 1970 and of nothing finer."""

    def listed(self, channel: str, call: Call) -> Reply:
        query = {**call.query, **{name: _from_unix(call.query[name]) for name in ("start", "end")}}
        return super().listed(channel, Call(call.method, call.path, query, call.headers, call.form))

    def row(self, span: TimeSpan) -> dict[str, object]:
        return {"start": int(span.begin.timestamp()), "duration": span.seconds}

    def got(self, channel: str, call: Call) -> Reply:
        begin = datetime.fromtimestamp(int(call.query["start"]), UTC)
        return self.part(channel, TimeSpan(begin, begin + timedelta(seconds=int(call.query["duration"]))))


class Milliseconds(UnixSeconds):
    def row(self, span: TimeSpan) -> dict[str, object]:
        return {"start": int(span.begin.timestamp() * 1000), "duration": span.seconds}


class Running(Playback):
    def row(self, span: TimeSpan) -> dict[str, object]:
        return {**super().row(span), "duration": None}


class Absurd(Playback):
    def row(self, span: TimeSpan) -> dict[str, object]:
        return {**super().row(span), "duration": 9.2e18}


class OtherZone(Playback):
    """Writes the local time of somewhere else without saying so; it records now."""

    def listed(self, channel: str, call: Call) -> Reply:  # noqa: ARG002 - the signature of the parent
        local = datetime.now(UTC) + timedelta(hours=8) - timedelta(minutes=5)
        return Reply(json.dumps([{"start": local.replace(tzinfo=None).isoformat(), "duration": 300}]).encode())


class Refusing(Playback):
    """Refuses everything from the second recording on."""

    status = 400

    def part(self, channel: str, span: TimeSpan) -> Reply:
        return Reply(b"{}", self.status) if span.begin >= at(12) else super().part(channel, span)


class Deleting(Refusing):
    status = 404


class Saying(Refusing):
    """Says something else instead of sending the second recording."""

    said = b'{"success": true}'

    def part(self, channel: str, span: TimeSpan) -> Reply:
        return Reply(self.said) if span.begin >= at(12) else super().part(channel, span)


class SendingNothing(Saying):
    said = b""


class SendingAHeader(Playback):
    """Sends of the second recording the header alone."""

    def part(self, channel: str, span: TimeSpan) -> Reply:
        good = super().part(channel, span)
        return media(_head(good.body)) if span.begin >= at(12) else good


class AskingToLogIn(Saying):
    said = _PAGE


class SendingElsewhere(Playback):
    def part(self, channel: str, span: TimeSpan) -> Reply:  # noqa: ARG002
        return Reply(b"", 302, {"location": "http://127.0.0.2:1/login"})


class Cutting(Playback):
    """Breaks off in the middle of every body; `versions` says whether the rest can be asked for."""

    versions = False

    def part(self, channel: str, span: TimeSpan) -> Reply:
        good = super().part(channel, span)
        headers = {**good.headers, **({"etag": f'"{len(good.body)}"'} if self.versions else {})}
        return Reply(good.body, headers=headers, sent=len(good.body) * 2 // 3)


class CuttingWithVersions(Cutting):
    versions = True


class Stale(Playback):
    """Gives what it gave first for whatever is asked later."""

    first: Reply | None = None

    def part(self, channel: str, span: TimeSpan) -> Reply:
        self.first = self.first or super().part(channel, span)
        return self.first


class MixingUp(Playback):
    """Hands out another camera's recording, and its name with it."""

    def part(self, channel: str, span: TimeSpan) -> Reply:  # noqa: ARG002
        good = super().part("other", span)
        return Reply(good.body, headers={"content-disposition": "attachment; filename=other.mp4"})


class ListingOthers(Playback):
    """Lists other cameras' recordings among those that were asked for."""

    def listed(self, channel: str, call: Call) -> Reply:
        rows = json.loads(super().listed(channel, call).body)
        mixed = [{**row, "camera": channel} for row in rows]
        mixed += [{"start": at(-30).isoformat(), "duration": 20, "camera": "../../etc/passwd"}]
        return Reply(json.dumps(mixed).encode())


class Forgetting(Playback):
    """Takes a token for two answers."""

    answers = 0

    def __call__(self, call: Call) -> Reply:
        self.answers += 1
        return super().__call__(call) if self.answers <= 2 else Reply(b"", 401)


class OneAtATime(Playback):
    def __init__(self, channels: dict[str, list[Stored]]) -> None:
        super().__init__(channels)
        self._alone = Lock()

    def __call__(self, call: Call) -> Reply:
        if not self._alone.acquire(blocking=False):
            return Reply(b"", 503)
        try:
            return super().__call__(call)
        finally:
            self._alone.release()


class Busy(Playback):
    def part(self, channel: str, span: TimeSpan) -> Reply:  # noqa: ARG002
        return Reply(b"", 503)


class Repeating(Playback):
    def listed(self, channel: str, call: Call) -> Reply:
        rows = json.loads(super().listed(channel, call).body)
        return Reply(json.dumps([*rows, *rows]).encode())


def _from_unix(told: str) -> str:
    return datetime.fromtimestamp(int(told), UTC).isoformat()


def _head(body: bytes) -> bytes:
    """Return an MP4 with the header of a good one and not one picture."""
    target = io.BytesIO()
    with av.open(io.BytesIO(body)) as source, av.open(target, "w", format="mp4") as sink:
        sink.add_stream_from_template(source.streams.video[0])
        sink.start_encoding()
    return target.getvalue()
