"""Pictures of one stream written to files: a new file where they begin anew, none across a hole."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from adapters.media import Stretch
from adapters.media.packets import TICKS, Coded, Pictures, Voices, with_starts
from adapters.rtsp.assembly import Picture
from adapters.rtsp.codecs import Codec
from adapters.rtsp.sound import Sound, Voice
from adapters.rtsp.timeline import Timeline
from broker.domain.time import TimeSpan

_LARGEST = 32 * 1024 * 1024
_LONGEST = timedelta(seconds=30)
_USUAL = timedelta(milliseconds=40)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Entry:
    ticks: int
    stamp: datetime | None
    offset: int
    size: int
    key: bool


@dataclass
class Reel:
    """The file in the making: coded bytes on the disk, and the list of what they are."""

    path: Path
    sets: tuple[bytes, ...]
    raw: BinaryIO
    entries: list[_Entry] = field(default_factory=list)
    sounds: list[tuple[Sound, int, datetime | None]] = field(default_factory=list)
    size: int = 0

    def take(self, data: bytes) -> int:
        """Append coded bytes; return where they lie."""
        self.raw.write(data)
        self.size += len(data)
        return self.size - len(data)

    def reaches(self, picture: Picture) -> bool:
        """Say whether pictures are here that are shown when this one is, or later: another recording overlaps."""
        if picture.instant:
            return any(it.stamp is not None and it.stamp >= picture.instant for it in self.entries)
        return any(it.ticks >= picture.ticks for it in self.entries)


class Reels:
    """Makes the files of one stream, one after another.

    Args:
        room: where they are written.
        codec: of the pictures.
        sets: parameter sets that the server told beforehand.
        line: of the pictures' time stamps.
        voice: of the sound beside them, with the line of its time stamps.
    """

    def __init__(
        self,
        room: Path,
        codec: Codec,
        sets: tuple[bytes, ...],
        line: Timeline,
        voice: tuple[Voice, Timeline] | None = None,
    ) -> None:
        self._room, self._codec, self._line, self._voice = room, codec, line, voice
        self._sets: dict[int, tuple[bytes, ...]] = {codec.kind(it): (it,) for it in sets if it}
        self._reel: Reel | None = None
        self._reached: datetime | None = None
        self.pictures = 0
        self.damaged = 0

    def forget(self) -> None:
        """Drop the file in the making: all in it lies before what is wanted."""
        reel, self._reel = self._reel, None
        if reel is not None:
            self._drop(reel)

    def add(self, picture: Picture, *, jumps: bool) -> Iterator[Stretch]:
        """Take the next picture; `jumps` says that it does not follow the last one in time."""
        units = [it for it in picture.units if it]
        sets = self._told(units)
        slices = any(self._codec.is_slice(it) for it in units)
        begins = slices and self._codec.begins(units)
        changed = bool(sets) and sets != {kind: self._sets.get(kind) for kind in sets}
        if picture.damaged or jumps or (changed and self._reel is not None):
            self.damaged += picture.damaged
            yield from self.close()
        self._sets |= sets
        if picture.damaged or not slices:
            return
        if self._reel is not None and begins and self._reel.reaches(picture):
            yield from self.close()
        if self._reel is not None and self._full(self._reel, picture) and self._codec.restarts(units):
            yield from self.close(self._instant(picture.ticks, picture.instant))
        if self._reel is None:
            if not begins or not self._sets:
                return
            self._reel = self._new()
        self._keep(self._reel, picture, units, begins)

    def sound(self, piece: Sound) -> None:
        """Take a piece of sound; without pictures beside it, it is left out."""
        if self._reel is not None and self._voice is not None:
            self._reel.sounds.append((piece, self._reel.take(piece.data), self._voice[1].instant(piece.ticks)))

    def close(self, follower: datetime | None = None) -> Iterator[Stretch]:
        """Finish the file in the making; `follower` is the instant of a picture that follows without a hole."""
        reel, self._reel = self._reel, None
        if reel is None:
            return
        try:
            stretch = self._written(reel, follower)
        finally:
            self._drop(reel)
        if stretch is not None:
            yield stretch

    def _told(self, units: list[bytes]) -> dict[int, tuple[bytes, ...]]:
        """Return the parameter sets among the units, by kind; one kind may have several."""
        told: dict[int, tuple[bytes, ...]] = {}
        for unit in units:
            if self._codec.is_parameter_set(unit):
                kind = self._codec.kind(unit)
                told[kind] = (*told.get(kind, ()), unit)
        return {kind: tuple(dict.fromkeys(several)) for kind, several in told.items()}

    def _full(self, reel: Reel, picture: Picture) -> bool:
        lasts = (picture.ticks - reel.entries[0].ticks) / self._line.clock
        return lasts >= _LONGEST.total_seconds() or reel.size >= _LARGEST

    def _new(self) -> Reel:
        self.pictures += 1
        path = self._room / f"stream-{self.pictures}.mp4"
        sets = tuple(it for kind in sorted(self._sets) for it in self._sets[kind])
        return Reel(path, sets, path.with_suffix(".raw").open("w+b"))

    def _keep(self, reel: Reel, picture: Picture, units: list[bytes], begins: bool) -> None:
        if reel.entries and picture.ticks < reel.entries[0].ticks and not self._codec.restarts(units):
            return  # it leads into the first picture and leans on what lies before it, which is not here
        own = [it for it in units if not self._codec.is_parameter_set(it) and not self._codec.is_delimiter(it)]
        data = with_starts(own)
        offset = reel.take(data)
        reel.entries.append(_Entry(picture.ticks, picture.instant, offset, len(data), begins))

    def _instant(self, ticks: int, stamp: datetime | None) -> datetime | None:
        return stamp or self._line.instant(ticks)

    def _written(self, reel: Reel, follower: datetime | None) -> Stretch | None:
        """Write the file, its pictures at their own instants, and return what it covers."""
        self._line.settle()
        timed = [(at, it) for it in reel.entries if (at := self._instant(it.ticks, it.stamp))]
        if not timed:
            return None
        origin = min(at for at, _ in timed)
        shown = sorted({at for at, _ in timed})
        gaps = sorted(later - earlier for earlier, later in pairwise(shown))
        usual = min(gaps[len(gaps) // 2], timedelta(seconds=1)) if gaps else _USUAL
        end = max(follower or shown[-1] + usual, shown[-1] + _TICK)
        begin = max(origin, self._reached or origin)
        if begin >= end:
            return None
        coded, taken = [], set()
        for at, it in timed:
            ticks = _ticks(at - origin)
            if ticks in taken:  # two pictures of one instant: decoders and files want each its own
                continue
            taken.add(ticks)
            coded.append(Coded(ticks, it.offset, it.size, it.key, _ticks(end - at) if at == shown[-1] else 0))
        # Loaded only where there is something to write: the options of sources are checked without any decoder.
        from adapters.media.remux import write_packets  # noqa: PLC0415

        write_packets(reel.path, reel.raw, Pictures(self._codec.name, reel.sets, coded), self._voices(reel, origin))
        self._reached = end
        path = reel.path
        return Stretch(path.name, origin, TimeSpan(begin, end), lambda: os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def _voices(self, reel: Reel, origin: datetime) -> Voices | None:
        if self._voice is None:
            return None
        voice, line = self._voice
        coded = []
        line.settle()
        for piece, offset, known in reel.sounds:
            at = known or line.instant(piece.ticks)
            if at is not None and at >= origin:
                lasts = round(piece.samples / voice.rate / TICKS)
                coded.append(Coded(_ticks(at - origin), offset, len(piece.data), key=True, lasts=lasts))
        return Voices(voice.codec, voice.rate, voice.config, coded) if coded else None

    def _drop(self, reel: Reel) -> None:
        reel.raw.close()
        reel.path.with_suffix(".raw").unlink(missing_ok=True)


def _ticks(duration: timedelta) -> int:
    return round(duration.total_seconds() / TICKS)
