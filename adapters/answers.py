"""Checks of what a hook answered: a source that says "done" is believed only as far as its answer can be true."""

import stat
from collections.abc import Iterable
from pathlib import Path

from adapters.errors import AdapterBroken, UnknownChannel
from broker.domain.media import Capture, ClipAsk, Point, Probe, SnapshotAsk
from broker.domain.time import TimeSpan, merge

_LONGEST_CHANNEL = 255
# How files of these types begin; a login page saved as a clip is caught here.
_MARKS = {"image/jpeg": (0, b"\xff\xd8\xff"), "image/png": (0, b"\x89PNG"), "video/mp4": (4, b"ftyp")}


def plain_channel(channel: str) -> str:
    """Return the channel unchanged.

    Raises:
        UnknownChannel: it is empty, endless or holds control characters; no source has such a channel.
    """
    if not 0 < len(channel) <= _LONGEST_CHANNEL or not channel.isprintable():
        raise UnknownChannel(channel=channel[:_LONGEST_CHANNEL].encode("unicode_escape").decode())
    return channel


def checked_probe(adapter: str, answer: object) -> Probe:
    """Return the probe, or raise AdapterBroken when it is none."""
    if not isinstance(answer, Probe) or answer.points < 0:
        raise AdapterBroken(adapter=adapter, problem="probe is no Probe")
    return answer


def checked_points(adapter: str, answer: Iterable[object]) -> tuple[Point, ...]:
    """Return the points sorted, each channel once: sources do list a camera twice."""
    given = tuple(answer)
    points = tuple(point for point in given if isinstance(point, Point) and point.channel)
    _demand(len(points) == len(given), adapter, "points are no Points")
    first = {point.channel: point for point in reversed(points)}
    return tuple(sorted(first.values(), key=lambda point: point.channel))


def checked_spans(adapter: str, answer: Iterable[object], asked: TimeSpan) -> tuple[TimeSpan, ...]:
    """Return the spans merged, sorted and cut to `asked`."""
    given = tuple(answer)
    spans = tuple(span for span in given if isinstance(span, TimeSpan))
    _demand(len(spans) == len(given), adapter, "coverage is no TimeSpan")
    parts = (span.overlap(asked) for span in merge(spans))
    return tuple(part for part in parts if part)


def checked_snapshot(adapter: str, capture: Capture, ask: SnapshotAsk, target: Path) -> Capture:
    """Return the capture of one picture, not newer than the instant asked for, that really lies in `target`."""
    _check_file(adapter, capture, target, "image/")
    _demand(capture.frames == 1 and capture.first == capture.last, adapter, "snapshot has not one picture")
    _demand(capture.first <= ask.instant, adapter, "snapshot is from after the instant")
    return capture


def checked_clip(adapter: str, capture: Capture, ask: ClipAsk, target: Path) -> Capture:
    """Return the capture of pictures that all lie within the span and really are in `target`."""
    _check_file(adapter, capture, target, "video/")
    within = ask.span.begin <= capture.first <= capture.last < ask.span.end
    _demand(within, adapter, "clip has pictures from outside the span")
    _demand(capture.frames > 0 and bool(capture.obtained), adapter, "clip has no pictures")
    _demand(capture.obtained == checked_spans(adapter, capture.obtained, ask.span), adapter, "obtained spans overlap")
    return capture


def _check_file(adapter: str, capture: Capture, target: Path, family: str) -> None:
    _demand(isinstance(capture, Capture), adapter, "capture is no Capture")
    _demand(capture.media_type.startswith(family), adapter, f"media type {capture.media_type}")
    _demand(capture.width > 0 and capture.height > 0, adapter, "picture without size")
    try:
        state = target.lstat()
    except FileNotFoundError:
        raise AdapterBroken(adapter=adapter, problem="no file was written") from None
    _demand(stat.S_ISREG(state.st_mode) and state.st_size > 0, adapter, "the file is empty")
    place, mark = _MARKS.get(capture.media_type, (0, b""))
    with target.open("rb") as file:
        head = file.read(16)
    _demand(head[place : place + len(mark)] == mark, adapter, f"the file is no {capture.media_type}")


def _demand(condition: bool, adapter: str, problem: str) -> None:
    if not condition:
        raise AdapterBroken(adapter=adapter, problem=problem)
