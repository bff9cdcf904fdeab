"""A camera that does not exist, for demonstrations: a street with a clock, recorded without a gap up to now."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from adapters.base import Progress, SourceAdapter
from adapters.errors import UnknownChannel
from adapters.media import Stretch
from broker.domain.footage.media import Point, Probe
from broker.domain.time import TimeSpan

_FILE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def _channels(channels: dict[str, str]) -> dict[str, str]:
    if not all(name and name.isprintable() and "/" not in name and name not in {".", ".."} for name in channels):
        raise ValueError("must be names")
    return channels


class SyntheticAdapter(SourceAdapter):
    """Draws what is asked for; the same instant always looks the same."""

    name = "synthetic"
    near = True

    class Options(SourceAdapter.Options):
        """Options of a made-up recorder.

        Attributes:
            channels: its cameras, and what is written into their pictures.
            days: how long it keeps what it has recorded.
            fps: pictures a second.
            height: of a picture, in pixels; it is sixteen ninths as wide.
        """

        channels: Annotated[dict[str, str], AfterValidator(_channels)] = Field(
            default={"street": "模拟路口"}, min_length=1, max_length=1000
        )
        days: int = Field(default=30, ge=1, le=3650)
        fps: int = Field(default=5, ge=1, le=30)
        height: Literal[180, 360, 720, 1080] = 360

    options: Options

    def _probe(self) -> Probe:
        return Probe(True, "", len(self.options.channels))

    def _points(self) -> Iterable[Point]:
        return [Point(channel, name) for channel, name in self.options.channels.items()]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        if channel not in self.options.channels:
            raise UnknownChannel(channel=channel)
        now = datetime.now(UTC).replace(microsecond=0)
        kept = TimeSpan(now - timedelta(days=self.options.days), now).overlap(span)
        return [kept] if kept else []

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterator[Stretch]:  # noqa: ARG002
        from adapters.media.recorder import Recorder, Style  # noqa: PLC0415 - decoders load when they are needed

        style = Style(fps=self.options.fps, size=(self.options.height * 16 // 9, self.options.height))
        for recorded in self._coverage(channel, span):
            begin = recorded.begin.replace(microsecond=0)
            # Pictures are counted from midnight, so that a picture has one number whoever asks for it.
            whole = TimeSpan(begin.replace(hour=0, minute=0, second=0), recorded.end + _SECOND)
            recorder = Recorder(room, channel, self.options.channels[channel], whole, style)
            while begin < recorded.end:
                end = min(begin.replace(second=0) + _FILE, _next_second(recorded.end))
                file = recorder.write(TimeSpan(begin, end))
                share = TimeSpan(begin, end).overlap(recorded)
                if share:
                    yield Stretch(file.name, begin, share, partial(_opened, file))
                begin = end


def _next_second(instant: datetime) -> datetime:
    return instant + (instant.replace(microsecond=0) - instant) % _SECOND


def _opened(file: Path) -> int:
    return os.open(file, os.O_RDONLY)
