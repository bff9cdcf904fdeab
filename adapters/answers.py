"""Checks of what a hook answered: a source that says "done" is believed only as far as its answer can be true."""

import re
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from adapters.errors import AdapterBroken, UnknownChannel
from broker.domain.catalog.gb_code import parse
from broker.domain.errors import Invalid
from broker.domain.footage.media import Capture, ClipAsk, Piece, Point, Probe, SnapshotAsk
from broker.domain.time import TimeSpan, merge

FILE_NAME = re.compile(r"part-[1-9][0-9]{0,3}\.mp4|picture\.(jpg|png)")
"""The only names that files of a result may have."""

KEPT_NAME = re.compile(r"original-[1-9][0-9]{0,3}")
"""The only names that copies of recorded files may have."""

LIVE = timedelta(seconds=15)
"""A live picture cannot be older than the question; so much younger it may be: cameras begin with a key frame."""

_LONGEST_CHANNEL = 255
_LONGEST_ID = 100
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
    first = {point.channel: _told(point) for point in reversed(points)}
    return tuple(sorted(first.values(), key=lambda point: point.channel))


def _told(point: Point) -> Point:
    """Return a point without a code that cannot be one, and with no more of a vendor's id than can be kept."""
    code: str | None = None
    with suppress(Invalid):
        code = str(parse(point.gb_code or ""))
    vendor_id = "".join(sign for sign in point.vendor_id or "" if sign.isprintable()).strip()[:_LONGEST_ID] or None
    return replace(point, gb_code=code, vendor_id=vendor_id)


def checked_spans(adapter: str, answer: Iterable[object], asked: TimeSpan) -> tuple[TimeSpan, ...]:
    """Return the spans merged, sorted and cut to `asked`."""
    given = tuple(answer)
    spans = tuple(span for span in given if isinstance(span, TimeSpan))
    _demand(len(spans) == len(given), adapter, "coverage is no TimeSpan")
    parts = (span.overlap(asked) for span in merge(spans))
    return tuple(part for part in parts if part)


def checked_snapshot(adapter: str, piece: Piece, ask: SnapshotAsk, folder: Path, *, live: bool) -> None:
    """Check that one picture, not newer than the instant asked for, really lies in `folder`."""
    capture = _checked_file(adapter, piece, folder, "image/")
    _demand(capture.frames == 1 and capture.first == capture.last, adapter, "snapshot has not one picture")
    latest = ask.instant + (LIVE if live else timedelta(0))
    _demand(capture.first <= latest, adapter, "snapshot is from after the instant")


def checked_clip(adapter: str, pieces: Sequence[Piece], ask: ClipAsk, folder: Path) -> None:
    """Check that the pieces follow each other, have pictures from within the span alone and really are in `folder`."""
    _demand(bool(pieces), adapter, "clip has no file")
    reached = ask.span.begin - timedelta.resolution
    for piece in pieces:
        capture = _checked_file(adapter, piece, folder, "video/")
        within = ask.span.begin <= capture.first <= capture.last < ask.span.end
        _demand(within, adapter, "clip has pictures from outside the span")
        _demand(reached < capture.first, adapter, "pieces of a clip overlap")
        reached = capture.last
        _demand(capture.frames > 0 and bool(capture.obtained), adapter, "clip has no pictures")
        whole = checked_spans(adapter, capture.obtained, ask.span)
        _demand(capture.obtained == whole, adapter, "obtained spans overlap")


def _checked_file(adapter: str, piece: Piece, folder: Path, family: str) -> Capture:
    capture, target = piece.capture, folder / piece.file
    _demand(FILE_NAME.fullmatch(piece.file) is not None, adapter, "a file of another name")
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
    return capture


def _demand(condition: bool, adapter: str, problem: str) -> None:
    if not condition:
        raise AdapterBroken(adapter=adapter, problem=problem)
