"""The recordings of a folder in order of time; a file is opened only when its own length must be known."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from adapters.errors import (
    AdapterError,
    HostilePath,
    RecordingVanished,
    UncertainHour,
    UnknownChannel,
    UnreadableMedia,
)
from adapters.local_files.beneath import Folder
from adapters.local_files.listings import Claim, Listing
from adapters.media import SEAM, Head, Stretch
from broker.domain.time import TimeSpan, missing

# No recorder writes files of more than a day: what starts earlier than that before an ask cannot reach into it.
_LONGEST = timedelta(days=1)
_SURELY = timedelta(minutes=10)  # nearer to one of two instants than this, at least half an hour apart, decides
_Version = tuple[int, int, int]


@dataclass(frozen=True)
class Segment:
    """A file and the span it covers."""

    file: str
    span: TimeSpan


@dataclass(frozen=True)
class Flaw:
    """A file that claims to start at `start` and cannot be read."""

    start: datetime
    error: AdapterError


@dataclass(frozen=True)
class Row:
    """What a channel has around a span, in order of time."""

    segments: tuple[Segment, ...]
    flaws: tuple[Flaw, ...]

    def lost(self, span: TimeSpan) -> list[tuple[TimeSpan, AdapterError]]:
        """Return the parts of `span` that files should have that cannot be read, up to where the next file begins."""
        starts = sorted({segment.span.begin for segment in self.segments} | {flaw.start for flaw in self.flaws})
        parts = []
        for flaw in self.flaws:
            end = next((start for start in starts if start > flaw.start), span.end)
            part = TimeSpan(flaw.start, end).overlap(span) if flaw.start < end else None
            if part:
                parts.append((part, flaw.error))
        return parts


class Shelf:
    """Files with their spans.

    Args:
        folder: where they are.
        listing: which there are.
        inspect: reads a file's head from a descriptor, which it closes; gets the file's name for messages.
        crowd: reads in the same manner how long after a file's beginning its own pictures begin: whoever cuts a file
            out of another without coding it may pile up what decoding needs from before at its front. Default: at once.
    """

    def __init__(
        self,
        folder: Folder,
        listing: Listing,
        inspect: Callable[[int, str], Head],
        crowd: Callable[[int, str], timedelta] | None = None,
    ) -> None:
        self._folder, self._listing, self._inspect, self._crowd = folder, listing, inspect, crowd
        self._heads: dict[str, tuple[_Version, Head | AdapterError]] = {}

    def row(self, channel: str, span: TimeSpan) -> Row:
        """Return the segments that reach into `span`, and the files that might if they could be read.

        Raises:
            UnknownChannel: no file is of this channel.
        """
        segments, flaws, known = [], [], False
        for claim in self._listing.claims(channel):
            known = True
            starts = [it.start for it in (claim, claim.again) if it and it.start]
            if starts and not any(span.begin - _LONGEST < start < span.end for start in starts):
                continue
            try:
                segment = self._segment(self._settled(claim))
            except (UnreadableMedia, RecordingVanished, HostilePath) as error:
                flaws += [Flaw(start, error) for start in starts]
                continue
            if segment and segment.span.overlap(span):
                segments.append(segment)
        if not known:
            raise UnknownChannel(channel=channel)
        segments.sort(key=lambda segment: (segment.span, segment.file))
        return Row(tuple(segments), tuple(sorted(flaws, key=lambda flaw: flaw.start)))

    def stretches(self, segments: Iterable[Segment], span: TimeSpan) -> list[Stretch]:
        """Share `span` out among the segments, in order: each instant to one file, the newer where two overlap.

        The newer, because files overlap by rounding most of all: the last picture of one is said to last a little
        into the next, and the other way round the first picture of each file would be lost.
        """
        shares: list[tuple[Segment, TimeSpan]] = []
        for segment in sorted(segments, key=lambda segment: segment.span):
            own = segment.span.overlap(span)
            if own is None:
                continue
            parts = [(segment, own)]
            while shares and shares[-1][1].end > own.begin:  # starts rise: only the last few can reach into this one
                older, share = shares.pop()
                parts += [(older, part) for part in missing(share, [own])]
            shares += sorted(parts, key=lambda share: share[1])
        honest = ((segment, self._honest(segment, share)) for segment, share in _without_seams(shares))
        return [self._stretch(segment, share) for segment, share in honest if share]

    def _stretch(self, segment: Segment, share: TimeSpan) -> Stretch:
        return Stretch(segment.file, segment.span.begin, share, lambda: self._folder.open(segment.file))

    def _honest(self, segment: Segment, share: TimeSpan) -> TimeSpan | None:
        """Return a share without the pictures at the front of its file that are of another time."""
        if self._crowd is None or share.begin > segment.span.begin + SEAM:
            return share
        try:
            crowd = self._crowd(self._folder.open(segment.file), segment.file)
        except (UnreadableMedia, RecordingVanished, HostilePath):
            return share  # told when the file is opened for its pictures
        begin = max(share.begin, segment.span.begin + crowd)
        return TimeSpan(begin, share.end) if begin < share.end else None

    def _settled(self, claim: Claim) -> Claim:
        """Return the one of two possible beginnings that the file bears out: by what it says, or when it was ended.

        Raises:
            UncertainHour: it bears out neither, or both.
        """
        if claim.again is None:
            return claim
        head = self._head(claim.file)
        ended = datetime.fromtimestamp(self._heads[claim.file][0][1] / 1_000_000_000, UTC)
        for witness in filter(None, (head.created, ended - head.duration)):
            near = [it for it in (claim, claim.again) if it.start and abs(it.start - witness) < _SURELY]
            if len(near) == 1:
                return near[0]
        raise UncertainHour(file=claim.file)

    def _segment(self, claim: Claim) -> Segment | None:
        """Return the claim with what the file itself adds, or None when nobody knows when it starts."""
        if claim.start and claim.end:
            return Segment(claim.file, TimeSpan(claim.start, claim.end)) if claim.start < claim.end else None
        head = self._head(claim.file)
        start = claim.start or head.created
        if start is None:
            return None
        return Segment(claim.file, TimeSpan(start, claim.end or start + head.duration))

    def _head(self, file: str) -> Head:
        """Return the file's head; it is read again only when size, time of change or inode differ."""
        descriptor = self._folder.open(file)
        state = os.fstat(descriptor)
        version = (state.st_size, state.st_mtime_ns, state.st_ino)
        known = self._heads.get(file)
        if known and known[0] == version:
            os.close(descriptor)
        else:
            known = self._heads[file] = version, self._looked_into(descriptor, file)
        if isinstance(known[1], AdapterError):
            raise known[1].with_traceback(None)
        return known[1]

    def _looked_into(self, descriptor: int, file: str) -> Head | AdapterError:
        try:
            return self._inspect(descriptor, file)
        except UnreadableMedia as error:
            return error


def _without_seams(shares: list[tuple[Segment, TimeSpan]]) -> Iterator[tuple[Segment, TimeSpan]]:
    """Lengthen each share to the next where the pause is that of changing files: its last picture stays until then."""
    for (segment, share), following in zip_longest(shares, shares[1:]):
        begin = following[1].begin if following else share.end
        yield segment, TimeSpan(share.begin, begin if begin - share.end <= SEAM else share.end)
