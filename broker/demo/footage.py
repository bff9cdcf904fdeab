"""The recordings of the story: made up when there are none that still fit, each frame saying which one it is."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.media.testcard import Style, write_recordings
from broker.domain.time import TimeSpan, missing

MARK = "footage.json"
FRESH = timedelta(minutes=10)
"""How much younger the last hour may have become for the recordings to count as covering it still."""

_FORM = 1
_GAP = (0.40, 0.45)
_GAP_CHANNEL, _HEVC_CHANNEL = "cam-03", "cam-02"
_KEY_SECONDS = 4
_PLAIN = Style(gop=5 * _KEY_SECONDS)
# H.265 costs the encoder eight times as much, and a new encoder for each file as well: a small camera, a slow one,
# with long files.
_HEVC = Style(codec="hevc", size=(480, 270), fps=1, gop=_KEY_SECONDS, segment=timedelta(minutes=5))


@dataclass(frozen=True)
class Channel:
    """A channel of the source and what is recorded there.

    `step` is the time from frame to frame, `key` the time from key frame to key frame, where they are known.
    """

    name: str
    spans: tuple[TimeSpan, ...]
    step: timedelta | None = None
    key: timedelta | None = None


@dataclass(frozen=True)
class Footage:
    """Where the recordings lie, as options of the adapter, and a channel for each camera of the story.

    `coded` says that every frame carries the bar code of the test card, so that a cut can be checked to the frame.
    """

    options: Mapping[str, object]
    channels: tuple[Channel, ...]
    coded: bool


def recorded(folder: Path, names: Mapping[str, str], begin: datetime, minutes: int) -> Footage:
    """Return what a folder of made-up recordings holds."""
    whole = TimeSpan(begin, begin + timedelta(minutes=minutes))
    channels = tuple(
        Channel(name, missing(whole, style.gaps), timedelta(seconds=1 / style.fps), timedelta(seconds=_KEY_SECONDS))
        for name, style in _styles(names, whole).items()
    )
    return Footage({"folder": str(folder.resolve()), "names": dict(names)}, channels, coded=True)


def kept(folder: Path, names: Mapping[str, str], minutes: int, now: datetime) -> Footage | None:
    """Return the recordings of an earlier run when they still cover the last `minutes`, else None."""
    try:
        told = json.loads((folder / MARK).read_text(encoding="utf-8"))
        begin = datetime.fromisoformat(told["begin"])
        same = (told["form"], told["minutes"], told["names"]) == (_FORM, minutes, dict(names))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not same or now - (begin + timedelta(minutes=minutes)) > FRESH:
        return None
    return recorded(folder, names, begin, minutes)


def make(
    folder: Path, names: Mapping[str, str], minutes: int, now: datetime, progress: Callable[[float, float], None]
) -> Footage:
    """Make the recordings of the last `minutes` anew; `progress` is told how much of how much is done."""
    shutil.rmtree(folder, ignore_errors=True)
    begin = now.astimezone(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes)
    whole = TimeSpan(begin, begin + timedelta(minutes=minutes))
    styles = _styles(names, whole)
    groups = {style: {name: names[name] for name in names if styles[name] == style} for style in styles.values()}
    before = 0
    for style, cameras in groups.items():

        def told(done: int, files: int, before: int = before, share: int = len(cameras)) -> None:
            progress(before + share * done / files, len(names))

        write_recordings(folder, cameras, begin, minutes, style=style, progress=told)
        before += len(cameras)
    mark = {"form": _FORM, "begin": begin.isoformat(), "minutes": minutes, "names": dict(names)}
    (folder / MARK).write_text(json.dumps(mark, ensure_ascii=False), encoding="utf-8")  # last: only a whole set counts
    return recorded(folder, names, begin, minutes)


def _styles(names: Mapping[str, str], whole: TimeSpan) -> dict[str, Style]:
    """Return how each camera records: one with a gap, one in H.265, the others as plain as can be."""
    seconds = int(whole.seconds)
    first, last = (timedelta(seconds=int(seconds * share)) for share in _GAP)
    gap = TimeSpan(whole.begin + first, whole.begin + last)
    special = {_GAP_CHANNEL: replace(_PLAIN, gaps=(gap,)), _HEVC_CHANNEL: _HEVC}
    return {name: special.get(name, _PLAIN) for name in names}
