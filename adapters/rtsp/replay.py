"""Recordings that an RTSP server plays: asked for by a range, believed only as far as it says what it plays."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from adapters.errors import AdapterError, ImpossibleAnswer, RecordingVanished
from adapters.media import Stretch
from adapters.rtsp.dialogue import Dialogue
from adapters.rtsp.messages import Message
from adapters.rtsp.options import RangeSyntax
from adapters.rtsp.ranges import Echo, clock_range, npt_range, read_range
from adapters.rtsp.rtp import Packet
from adapters.rtsp.streams import Medium, Stream
from broker.domain.time import TimeSpan

# A server begins at the key frame before; what begins earlier than that was not sought at all.
_LONGEST_LEAD = timedelta(seconds=60)
_MOST_ASKS = 16
_OVERSHOOT = timedelta(milliseconds=500)
_NEAR = timedelta(milliseconds=500)
# Asked for a begin that is so odd, an answer that repeats it repeats the question, and says nothing.
_ODD = timedelta(milliseconds=137)
_SAME = timedelta(milliseconds=2)
# Ten pictures in less than this no camera takes: the time stamps do not count what they are said to count.
_PACE, _SHORTEST = 10, timedelta(milliseconds=40)


@dataclass(frozen=True)
class Replay:
    """How one server plays recordings.

    Attributes:
        talk: opens a talk about the recording of a span.
        syntax: of ranges.
        begin_of: the instant of npt nought of what `talk` names for a span.
        onvif: whether the server is asked to replay as ONVIF says.
        sound: whether sound is kept.
        exact: whether an answer that only repeats the range that was asked for is believed.
    """

    talk: Callable[[TimeSpan], AbstractContextManager[Dialogue]]
    syntax: RangeSyntax
    begin_of: Callable[[TimeSpan], datetime | None]
    onvif: bool
    sound: bool
    exact: bool = False

    def stretches(
        self,
        span: TimeSpan,
        room: Path,
        progress: Callable[[float], None],
        lost: Callable[[TimeSpan, AdapterError], None],
    ) -> Iterator[Stretch]:
        """Yield files that hold what is recorded of a span.

        What ends early is asked for again from where it ended, as long as that brings anything.
        """
        left = span
        for number in range(_MOST_ASKS):
            asking = _Asking(self, left, room / str(number))
            try:
                for stretch in asking.stretches():
                    yield stretch
                    progress((stretch.span.end - span.begin).total_seconds())
            except AdapterError as error:
                if number == 0 and asking.reached is None:
                    raise
                lost(TimeSpan(asking.reached or left.begin, span.end), error)
                return
            if asking.complete or asking.reached is None or span.end - asking.reached < _NEAR:
                return
            if asking.reached <= left.begin:
                return
            left = TimeSpan(asking.reached, span.end)


class _Asking:
    """One talk about one span."""

    def __init__(self, replay: Replay, span: TimeSpan, room: Path) -> None:
        self._replay, self._span, self._room = replay, span, room
        # More than is wanted: what lies behind the end says that the end was reached, where silence only might.
        self._asked = TimeSpan(span.begin - _ODD, span.end + 2 * _OVERSHOOT)
        self.complete = False
        self.reached: datetime | None = None

    def stretches(self) -> Iterator[Stretch]:
        require = {"Require": "onvif-replay"} if self._replay.onvif else {}
        self._room.mkdir()
        with self._replay.talk(self._span) as dialogue:
            dialogue.options()
            try:
                description = dialogue.describe(require)
            except RecordingVanished:
                return  # no recording there
            stream = Stream(dialogue, description, self._room, sound=self._replay.sound, headers=require)
            try:
                answer = dialogue.play(self._headers())
            except RecordingVanished:
                return  # 457: the range holds nothing
            pins = _Pins(self._replay, self._asked, answer, dialogue.where)
            if pins.elsewhere:
                return
            try:
                yield from self._told(self._recorded(stream, pins))
            finally:
                stream.reels.forget()
            if stream.broken:
                raise stream.broken

    def _recorded(self, stream: Stream, pins: "_Pins") -> Iterator[Stretch]:
        for picture in stream.pictures(pins.pin):
            pins.agree(picture.instant, stream.video, picture.ticks)
            at = stream.instant(picture)
            if at is None:
                raise pins.wrong_footage()
            pins.keep_pace(at)
            begins = stream.codec.restarts(it for it in picture.units if it)
            if at >= self._span.end + (timedelta(0) if begins else _OVERSHOOT):
                self.complete = True
                break
            if begins and at <= self._span.begin:
                stream.reels.forget()
            yield from stream.reels.add(picture, jumps=stream.jumps(picture))
        yield from stream.reels.close()

    def _told(self, stretches: Iterator[Stretch]) -> Iterator[Stretch]:
        for stretch in stretches:
            self.reached = max(self.reached or stretch.span.end, stretch.span.end)
            if stretch.span.overlap(self._span):
                yield stretch

    def _headers(self) -> dict[str, str]:
        headers = {"Require": "onvif-replay", "Rate-Control": "no"} if self._replay.onvif else {}
        match self._replay.syntax:
            case RangeSyntax.CLOCK:
                headers["Range"] = clock_range(self._asked)
            case RangeSyntax.NPT:
                origin = self._replay.begin_of(self._span)
                if origin is not None:
                    headers["Range"] = npt_range(self._asked.begin - origin, self._asked.end - origin)
            case RangeSyntax.NONE:
                pass
        return headers


class _Pins:
    """Pins time stamps to instants by what the server says it plays, and finds out when it ignored the range."""

    def __init__(self, replay: Replay, asked: TimeSpan, answer: Message, where: str) -> None:
        self._asked, self._where = asked, where
        echo = read_range(answer.header("range"))
        begin, end = (self._instant(echo, told, replay) for told in (echo.begin, echo.end))
        # Asked for what lies behind the last recording, some servers play its end, and say so.
        self.elsewhere = begin is not None and end is not None and end <= asked.begin
        if begin is not None and begin < asked.begin - _LONGEST_LEAD and not self.elsewhere:
            raise self.wrong_footage()
        self._said, self._agreed = begin, False
        self._newest: list[datetime] = []
        repeats = begin is not None and abs(begin - asked.begin) < _SAME
        self._begin = None if repeats and not replay.exact else begin
        self._first = _first_stamps(answer.header("rtp-info"))

    def wrong_footage(self) -> ImpossibleAnswer:
        """Return the error for a server that plays something else than was asked for, or does not say what."""
        return ImpossibleAnswer(where=self._where, problem="Range")

    def _instant(self, echo: Echo, told: datetime | timedelta | None, replay: Replay) -> datetime | None:
        """Return the instant that an answer speaks of, None where it speaks of none."""
        if echo.unit == "clock" and isinstance(told, datetime):
            return told
        if echo.unit == "npt" and isinstance(told, timedelta) and replay.syntax is RangeSyntax.NPT:
            origin = replay.begin_of(self._asked)
            return origin + told if origin is not None else None
        return None

    def pin(self, medium: Medium, packet: Packet) -> None:
        """Pin the time stamps of a track when its first packet comes.

        Raises:
            ImpossibleAnswer: neither answer nor packet says which instant is shown.
        """
        ticks = medium.ticks.unrolled(packet.timestamp)
        if packet.instant is not None:
            medium.line.pin = ticks, packet.instant
            return
        if self._begin is None:
            raise self.wrong_footage()
        stamp = self._first.get(_last_word(medium.track.control), packet.timestamp)
        medium.line.pin = medium.ticks.unrolled(stamp), self._begin
        medium.ticks.unrolled(packet.timestamp)

    def agree(self, said: datetime | None, medium: Medium, ticks: int) -> None:
        """Compare what the first picture says of its instant with what the answer said, and go by the picture.

        Raises:
            ImpossibleAnswer: they speak of different times, or the picture of one that was not asked for.
        """
        if said is None:
            return
        if not self._agreed and said < max(self._said or self._asked.begin, self._asked.begin) - _LONGEST_LEAD:
            raise self.wrong_footage()
        self._agreed = True
        medium.line.pin = ticks, said

    def keep_pace(self, at: datetime) -> None:
        """Note the instant of a picture.

        Raises:
            ImpossibleAnswer: pictures come faster than they can have been taken, so their instants are wrong.
        """
        self._newest = [*self._newest[1 - _PACE :], at]
        if len(self._newest) == _PACE and max(self._newest) - min(self._newest) < _SHORTEST:
            raise ImpossibleAnswer(where=self._where, problem="time stamps")


def _first_stamps(told: str) -> dict[str, int]:
    """Return the time stamps with which tracks begin, by the last word of their addresses."""
    stamps = {}
    for part in told.split(","):
        words = dict(word.strip().partition("=")[::2] for word in part.split(";") if "=" in word)
        url, stamp = words.get("url", "").strip('"'), words.get("rtptime", "")
        if url and stamp.isdecimal() and int(stamp) < 1 << 32:
            stamps[_last_word(url)] = int(stamp)
    return stamps


def _last_word(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]
