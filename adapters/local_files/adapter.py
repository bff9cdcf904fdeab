"""The adapter for a folder of video files: hooks on top of the shelf and the media functions."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.base import Progress, SourceAdapter
from adapters.errors import AdapterError, NoRecording
from adapters.local_files.beneath import Folder
from adapters.local_files.listings import IndexListing, Listing, PatternListing
from adapters.local_files.options import LocalFilesOptions
from adapters.local_files.patterns import compiled
from adapters.local_files.shelf import Row, Shelf
from adapters.media import SEAM, Stretch, inspect, take_clip, take_snapshot
from broker.domain.media import Capture, ClipAsk, Point, Probe, SnapshotAsk
from broker.domain.time import TimeSpan, merge

# Wide enough around an instant to see the file that ends just before it and the one that starts just after.
_AROUND = 2 * SEAM


class LocalFilesAdapter(SourceAdapter):
    """A folder of video files, known by their names or by an index."""

    name = "local_files"

    class Options(LocalFilesOptions):
        """See `adapters.local_files.options`."""

    options: Options

    def _ready(self) -> None:
        zone, folder = ZoneInfo(self.options.timezone), Folder(self.options.folder)
        self._folder = folder
        self._listing: Listing = (
            PatternListing(folder, compiled(self.options.pattern), zone)
            if self.options.index is None
            else IndexListing(folder, self.options.index, zone)
        )
        self._shelf = Shelf(folder, self._listing, inspect)

    def _probe(self) -> Probe:
        files, channels = 0, set()
        for claim in self._listing.claims():
            files += 1
            channels.add(claim.channel)
        detail = f"files={files} refused={self._listing.refused()}"
        return Probe(ok=files > 0, detail=detail, points=len(channels))

    def _points(self) -> Iterable[Point]:
        channels = {claim.channel for claim in self._listing.claims()}
        return [Point(channel, self.options.names.get(channel, channel)) for channel in channels]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        return merge((segment.span for segment in self._shelf.row(channel, span).segments), SEAM)

    def _snapshot(self, ask: SnapshotAsk, target: Path) -> Capture:
        around = TimeSpan(ask.instant - _AROUND, ask.instant + _AROUND)
        row = self._shelf.row(ask.channel, around)
        stretches = self._shelf.stretches(row.segments, around)
        held = [number for number, it in enumerate(stretches) if it.span.holds_instant(ask.instant)]
        if not held:
            raise _nothing(row, TimeSpan(ask.instant, ask.instant + timedelta.resolution))
        return take_snapshot(_with_neighbour(stretches, held[0]), ask.instant, target)

    def _clip(self, ask: ClipAsk, target: Path, progress: Progress) -> Capture:
        row = self._shelf.row(ask.channel, ask.span)
        stretches = self._shelf.stretches(row.segments, ask.span)
        if not stretches:
            raise _nothing(row, ask.span)
        return take_clip(stretches, ask.span, target, progress)


def _with_neighbour(stretches: list[Stretch], number: int) -> list[Stretch]:
    """Return the stretch and the one that ends where it begins: its last picture may still be on the screen."""
    before = stretches[number - 1 : number] if number else []
    return [it for it in before if it.span.end == stretches[number].span.begin] + [stretches[number]]


def _nothing(row: Row, span: TimeSpan) -> AdapterError:
    """Return the error for a span without pictures: a file that cannot be read is named, else nothing was recorded."""
    return row.fault(span) or NoRecording()
