"""The adapter for a folder of video files: hooks on top of the shelf and the media functions."""

from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.base import Progress, SourceAdapter
from adapters.local_files.beneath import Folder
from adapters.local_files.listings import IndexListing, Listing, PatternListing
from adapters.local_files.options import LocalFilesOptions
from adapters.local_files.patterns import compiled
from adapters.local_files.shelf import Shelf
from adapters.media import SEAM, Stretch, crowd_at_the_front, inspect
from broker.domain.footage.media import Point, Probe
from broker.domain.time import TimeSpan, merge


class LocalFilesAdapter(SourceAdapter):
    """A folder of video files, known by their names or by an index."""

    name = "local_files"
    near = True

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
        self._shelf = Shelf(folder, self._listing, inspect, crowd_at_the_front)

    def _probe(self) -> Probe:
        files, channels = 0, set()
        for claim in self._listing.claims():
            files += 1
            channels.add(claim.channel)
        detail = f"files={files} refused={self._listing.refused()}"
        return Probe(ok=files > 0, detail=detail, points=len(channels))

    def _points(self) -> Iterable[Point]:
        channels = {claim.channel for claim in self._listing.claims()}
        it = self.options
        return [
            Point(channel, it.names.get(channel, channel), it.codes.get(channel), it.vendor_ids.get(channel))
            for channel in channels
        ]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:
        return merge((segment.span for segment in self._shelf.row(channel, span).segments), SEAM)

    def _footage(self, channel: str, span: TimeSpan, room: Path, progress: Progress) -> Iterable[Stretch]:  # noqa: ARG002 - a hook's signature
        row = self._shelf.row(channel, span)
        for part, error in row.lost(span):
            self._lost(part, error)
        return self._shelf.stretches(row.segments, span)
