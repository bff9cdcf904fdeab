"""Which files there are and what they claim to show: by their names, or by an index that lies beside them."""

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from adapters.errors import InvalidIndex, RecordingVanished
from adapters.local_files.beneath import Folder, names_of
from adapters.local_files.patterns import Pattern
from adapters.local_times import readings

_LARGEST_INDEX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Claim:
    """One file and what is said about it; the file itself has not been opened.

    `again` is the same later, where summer time repeats the hour that is told.
    """

    file: str
    channel: str
    start: datetime | None
    end: datetime | None
    again: "Claim | None" = None


def claim_of(file: str, channel: str, starts: Sequence[datetime], ends: Sequence[datetime]) -> Claim:
    """Return the claim for what its beginning and its end may mean, each earliest first."""

    def ended(start: datetime) -> datetime | None:
        return next((end for end in ends if end > start), ends[0] if ends else None)

    again = Claim(file, channel, starts[1], ended(starts[1])) if len(starts) > 1 else None
    first = starts[0] if starts else None
    return Claim(file, channel, first, ended(first) if first else None, again)


class Listing(Protocol):
    """A way to know the files of a folder."""

    def claims(self, channel: str | None = None) -> Iterator[Claim]:
        """Yield what is claimed, for one channel or for all, in no particular order."""

    def refused(self) -> int:
        """Return how many names were refused in what has been looked at."""


class PatternListing:
    """Files known by their names."""

    def __init__(self, folder: Folder, pattern: Pattern, zone: tzinfo) -> None:
        self._folder, self._pattern, self._zone = folder, pattern, zone
        self._refused: dict[tuple[str, ...], int] = {}

    def claims(self, channel: str | None = None) -> Iterator[Claim]:
        yield from self._beneath((), channel)

    def refused(self) -> int:
        return sum(self._refused.values())

    def _beneath(self, parents: tuple[str, ...], channel: str | None) -> Iterator[Claim]:
        try:
            entries = self._folder.entries(parents)
        except RecordingVanished:  # a day that was cleared away while we were looking
            return
        self._refused[parents] = entries.refused
        depth = len(parents)
        if depth + 1 < len(self._pattern.levels):
            for name in entries.folders:
                if self._pattern.fits(name, depth, channel):
                    yield from self._beneath((*parents, name), channel)
            return
        for name in entries.files:
            if self._pattern.fits(name, depth, channel):
                path = "/".join((*parents, name))
                named = self._pattern.named(path, self._zone)
                if named and channel in {None, named.channel}:
                    yield claim_of(path, named.channel, named.starts, named.ends)


class IndexListing:
    """Files known by a list: columns or keys `file`, `channel`, `start` and perhaps `end`, times in ISO 8601."""

    def __init__(self, folder: Folder, index: str, zone: tzinfo) -> None:
        self._folder, self._index, self._zone = folder, index, zone
        self._read: tuple[tuple[int, int, int], tuple[Claim, ...]] | None = None

    def claims(self, channel: str | None = None) -> Iterator[Claim]:
        return (claim for claim in self._all() if channel in {None, claim.channel})

    def refused(self) -> int:
        return 0

    def _all(self) -> tuple[Claim, ...]:
        with os.fdopen(self._folder.open(self._index), "rb") as file:
            state = os.fstat(file.fileno())
            version = (state.st_size, state.st_mtime_ns, state.st_ino)
            if self._read is None or self._read[0] != version:
                if state.st_size > _LARGEST_INDEX:
                    raise InvalidIndex(file=self._index, line=0)
                self._read = version, tuple(self._claims_in(file.read()))
            return self._read[1]

    def _claims_in(self, content: bytes) -> Iterator[Claim]:
        line = 0
        try:
            text = content.decode("utf-8-sig")
            rows = json.loads(text) if self._index.endswith(".json") else csv.DictReader(io.StringIO(text))
            # The first row of a CSV file is its second line; in JSON it is the first entry.
            for line, row in enumerate(rows, start=1 if self._index.endswith(".json") else 2):  # noqa: B007 - told below
                yield self._claim(row)
        except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
            raise InvalidIndex(file=self._index, line=line) from None

    def _claim(self, row: Mapping[str, str | None]) -> Claim:
        file, channel, start = (row[name] or "" for name in ("file", "channel", "start"))
        names_of(file)  # one hostile name, and the index is not believed at all
        begins, ends = self._instants(start), self._instants(row.get("end") or "")
        if not channel or not begins or (ends and ends[-1] <= begins[0]):
            raise ValueError(file)
        return claim_of(file, channel, begins, ends)

    def _instants(self, text: str) -> tuple[datetime, ...]:
        if not text:
            return ()
        instant = datetime.fromisoformat(text)
        return (instant.astimezone(UTC),) if instant.tzinfo else tuple(readings(instant, self._zone))
