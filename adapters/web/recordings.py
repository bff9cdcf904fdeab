"""Recorded files on a server, fetched one after the other, and the part of time that each of them is to serve."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from adapters.errors import (
    AdapterError,
    ImpossibleAnswer,
    RecordingRefused,
    RecordingVanished,
    SourceFailed,
    UnreadableMedia,
)
from adapters.media import SEAM, Stretch, first_picture, inspect, shift_between
from broker.domain.time import TimeSpan, missing

# How long before the time that a source states a file may really begin: servers go back to a key frame.
LONGEST_LEAD = timedelta(seconds=15)
# What one file costs when it cannot be had; everything else ends the whole errand, because it would happen again.
_OF_ONE_FILE = (RecordingVanished, RecordingRefused, UnreadableMedia, SourceFailed, ImpossibleAnswer)


class Listed(Protocol):
    """A recording as its source lists it."""

    @property
    def name(self) -> str:
        """What to call it in messages."""

    @property
    def span(self) -> TimeSpan:
        """What it holds, as far as the source tells."""


Some = TypeVar("Some", bound=Listed)


@dataclass(frozen=True)
class Placed:
    """A file that was fetched.

    Attributes:
        origin: the instant of its time nought.
        duration: how long it is.
        serves: what may be taken from it, where that is less than all.
    """

    origin: datetime
    duration: timedelta
    serves: TimeSpan | None = None

    def within(self, span: TimeSpan) -> TimeSpan | None:
        """Return what it has of a span."""
        if self.duration <= timedelta(0):
            return None
        own = TimeSpan(self.origin, self.origin + self.duration).overlap(span)
        return own.overlap(self.serves) if own and self.serves else own


@dataclass(frozen=True)
class _Neighbour(Generic[Some]):
    """The file before: where it was put, and whether pictures of the one before it bear that out."""

    listed: Some
    file: Path
    placed: Placed
    agreed: bool


class _Contradiction(ImpossibleAnswer):
    """Two neighbours have pictures in common, and their times cannot both be true."""


def length_of(file: Path, name: str) -> timedelta:
    """Return how long a fetched file really is.

    Raises:
        UnreadableMedia: it is no video; the subclass says why.
    """
    return inspect(os.open(file, os.O_RDONLY), name).duration


def stretches(
    listed: Sequence[Some],
    span: TimeSpan,
    room: Path,
    take: Callable[[Some, Path], Placed],
    lost: Callable[[TimeSpan, AdapterError], None],
    *,
    inexact: timedelta = timedelta(0),
) -> Iterator[Stretch]:
    """Fetch files and share `span` out among them: each instant to one file, the newer where two overlap.

    Where times are inexact, files that overlap are placed by the pictures that both have: what is missing or twice
    where one passes into the next would be the difference of their errors. A file that is put elsewhere by its pictures
    than by its times was cut short, or is another: it stands where its pictures do as long as the one before agrees
    with its own neighbour; else nobody knows which of the two is wrong, and both are lost.

    Args:
        listed: recordings that may reach into the span.
        span: what is wanted.
        room: where files are written, named by us.
        take: fetches one and says where it stands in time.
        lost: told what cannot be had, and why.
        inexact: by how much the stated times of two files may contradict each other.

    Yields:
        In order of time; each as soon as no other file can change it.
    """
    shares: list[Stretch] = []
    before: _Neighbour[Some] | None = None
    ordered = sorted(listed, key=lambda it: it.span)
    for number, it in enumerate(ordered):
        target = room / f"{number}.media"
        try:
            placed, agreed = _beside(before, target, take(it, target), inexact)
        except _Contradiction as error:
            lost(it.span, error)
            if before:
                lost(before.listed.span, error)
                shares = [share for share in shares if share.file != before.listed.name]
            before = None
            continue
        except _OF_ONE_FILE as error:
            lost(it.span, error)
            continue
        before = _Neighbour(it, target, placed, agreed)
        own = placed.within(span)
        if own is None:
            continue
        shares = _shared(shares, Stretch(it.name, placed.origin, own, _opening(target)))
        until = ordered[number + 1].span.begin - LONGEST_LEAD if number + 1 < len(ordered) else span.end
        # The last one waits for its neighbour, who may begin just after it.
        while len(shares) > 1 and shares[0].span.end <= until and shares[1].span.begin <= until:
            yield _to_the_next(shares.pop(0), shares[0])
    for this, following in zip_longest(shares, shares[1:]):
        yield _to_the_next(this, following)


def _beside(before: _Neighbour[Some] | None, file: Path, placed: Placed, inexact: timedelta) -> tuple[Placed, bool]:
    """Place a file by the one before it; it serves from its first picture on. Say too whether they share pictures.

    Files that have pictures in common are placed so that these are of the same instants; files that have none do not
    overlap, whatever is said of their times.

    Raises:
        _Contradiction: the pictures put it elsewhere than its times do, and nothing shows which of the two is right.
    """
    if not inexact:
        return placed, False
    first, origin, shift = first_picture(file), placed.origin, None
    if before and (end := before.placed.origin + before.placed.duration) > origin - LONGEST_LEAD:
        shift = shift_between(before.file, file)
        origin = before.placed.origin - shift if shift is not None else max(origin, end - first)
        if abs(origin - placed.origin) > inexact:
            if shift is not None and not before.agreed:
                raise _Contradiction(where=before.listed.name, problem="pictures in common")
            origin = origin if shift is not None else placed.origin
    whole = TimeSpan(origin + first, max(origin + placed.duration, origin + first + timedelta.resolution))
    return Placed(origin, placed.duration, whole), shift is not None


def _shared(shares: list[Stretch], newest: Stretch) -> list[Stretch]:
    """Return the shares with one more, which takes from the others what it has itself."""
    parts = (replace(share, span=part) for share in shares for part in missing(share.span, [newest.span]))
    return sorted([*parts, newest], key=lambda share: share.span)


def _to_the_next(share: Stretch, following: Stretch | None) -> Stretch:
    """Lengthen a share to the next where the pause is that of changing files: its last picture stays until then."""
    if following is None or not timedelta(0) < following.span.begin - share.span.end <= SEAM:
        return share
    return replace(share, span=TimeSpan(share.span.begin, following.span.begin))


def _opening(file: Path) -> Callable[[], int]:
    return lambda: os.open(file, os.O_RDONLY)
