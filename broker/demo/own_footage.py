"""Somebody's own video files as the recordings of the story: find out how they are named and what they show."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from adapters.errors import AdapterError
from adapters.gateway import Gateway
from broker.demo.footage import Channel, Footage
from broker.domain.errors import Invalid
from broker.domain.time import TimeSpan

ADAPTER = "local_files"
INDEXES = ("index.csv", "index.json")
PATTERNS = (
    "{channel}/{start:%Y%m%dT%H%M%S%z}.mp4",
    "{channel}/{start:%Y%m%d%H%M%S}.mp4",
    "{channel}/{start:%Y%m%d_%H%M%S}.mp4",
    "{channel}/{start:%Y-%m-%d_%H-%M-%S}.mp4",
    "{channel}_{start:%Y%m%d%H%M%S}_{end:%Y%m%d%H%M%S}.mp4",
    "{channel}_{start:%Y%m%d%H%M%S}.mp4",
    "{channel}_{start:%Y%m%d_%H%M%S}.mp4",
    "{channel}/{any}.mp4",
    "{channel}.mp4",
    "{channel}.mov",
    "{channel}.mkv",
    "{channel}.avi",
)
"""How files are usually named; without a start in the name, the instant at which the container says it was made."""

_LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
_DEADLINE = timedelta(seconds=120)
_MEMORY = 2 * 1024**3
_SHORTEST = 10  # seconds of one piece, so that there is something to cut from


def scan(folder: Path, pattern: str | None, zone: str, cameras: int) -> Footage:
    """Return what a folder holds, its first channels in turn for each of so many cameras.

    Raises:
        Invalid: there is no such folder, or nothing in it can be used; the error says what would help.
    """
    if not folder.is_dir():
        raise Invalid("footage-no-folder", folder=str(folder))
    gateway = Gateway(_DEADLINE, _MEMORY, answer_deadline=_DEADLINE)
    for options in _candidates(folder.resolve(), pattern, zone):
        channels = list(_usable(gateway, options, cameras))
        if channels:
            return Footage(options, tuple(islice(cycle(channels), cameras)), coded=False)
    tried = pattern or ", ".join(PATTERNS)
    raise Invalid("footage-unusable", folder=str(folder), seconds=_SHORTEST, tried=tried)


def _candidates(folder: Path, pattern: str | None, zone: str) -> Iterator[dict[str, object]]:
    place: dict[str, object] = {"folder": str(folder), "timezone": zone}
    if pattern is not None:
        yield {**place, "pattern": pattern}
        return
    yield from ({**place, "index": name} for name in INDEXES if (folder / name).is_file())
    yield from ({**place, "pattern": each} for each in PATTERNS)


def _usable(gateway: Gateway, options: dict[str, object], most: int) -> Iterator[Channel]:
    """Yield the first channels that have a piece of recording long enough."""
    ever = TimeSpan(_LONG_AGO, datetime.now(UTC) + timedelta(days=1))
    found = 0
    for point in gateway.points(ADAPTER, options):
        try:
            spans = gateway.coverage(ADAPTER, options, point.channel, ever)
        except AdapterError:
            continue  # a file that cannot be read; the next one may
        if any(span.seconds >= _SHORTEST for span in spans):
            yield Channel(point.channel, spans)
            found += 1
        if found == most:
            return
