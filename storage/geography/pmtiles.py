"""A map in one file: PMTiles, version 3 (https://github.com/protomaps/PMTiles), read where it lies.

    header       127 bytes: where the parts lie, how they are packed, what the tiles are
    directories  runs of tiles in the order of Hilbert: number, how many, length, offset; 0 tiles are a directory
    tiles        as they were packed

A damaged file is an error, never a wrong tile; no more is read than the limits below.
"""

import os
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice
from pathlib import Path

MAGIC = b"PMTiles\x03"
HEADER = struct.Struct("<8s11Q6B")
HEADER_SIZE = 127
MEDIA_TYPES = {1: "application/vnd.mapbox-vector-tile", 2: "image/png", 3: "image/jpeg", 4: "image/webp"}
PLAIN, GZIP = 1, 2
LARGEST_TILE = 4 * 1024 * 1024
LARGEST_DIRECTORY = 16 * 1024 * 1024
NESTED = 4  # directories in directories
DEEPEST = 22


class BadMapFile(Exception):  # noqa: N818  # told on as a wrong setting
    """The file is no such map, or one that cannot be read; the text says why."""


@dataclass(frozen=True)
class Run:
    """Tiles with numbers that follow each other and the same content; or, with a `count` of 0, a directory."""

    number: int
    count: int
    offset: int
    length: int


class MapFile:
    """The tiles of one file.

    Attributes:
        media_type: what its tiles are.
        packed: whether they are gzipped.
        deepest: the scale of the nearest ones.
        changed: when the file was changed last, in nanoseconds.

    Raises:
        BadMapFile: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY)
            head = os.pread(self._file, HEADER_SIZE, 0)
            self.changed = os.fstat(self._file).st_mtime_ns
        except OSError as error:
            raise BadMapFile(error.strerror or str(path)) from None
        if len(head) < HEADER_SIZE or not head.startswith(MAGIC):
            raise BadMapFile("no PMTiles of version 3")
        fields = HEADER.unpack_from(head)
        self._root = fields[1], fields[2]
        self._leaves, self._tiles = fields[5], fields[7]
        self._packing, tiles_packed, kind, _, self.deepest = fields[13:18]
        if kind not in MEDIA_TYPES or not {self._packing, tiles_packed} <= {PLAIN, GZIP} or self.deepest > DEEPEST:
            raise BadMapFile(f"tiles of kind {kind}, packed {self._packing}/{tiles_packed}, to scale {self.deepest}")
        self.media_type, self.packed = MEDIA_TYPES[kind], tiles_packed == GZIP
        self._directory = lru_cache(64)(self._read_directory)
        self._directory(*self._root)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile as it is packed; None where the file has none.

        Raises:
            BadMapFile: the file is damaged.
        """
        wanted = number_of(z, x, y)
        place = self._root
        for _ in range(NESTED):
            runs = self._directory(*place)
            at = bisect_right(runs, wanted, key=lambda run: run.number) - 1
            if at < 0:
                return None
            run = runs[at]
            if run.count:
                found = wanted < run.number + run.count
                return self._bytes(self._tiles + run.offset, run.length, LARGEST_TILE) if found else None
            place = self._leaves + run.offset, run.length
        raise BadMapFile("directories without an end")

    def _bytes(self, offset: int, length: int, most: int) -> bytes:
        content = os.pread(self._file, length, offset) if length <= most and offset < 2**62 else b""
        if len(content) != length:
            raise BadMapFile("cut off")
        return content

    def _read_directory(self, offset: int, length: int) -> list[Run]:
        content = self._bytes(offset, length, LARGEST_DIRECTORY)
        try:
            return _runs(_unpacked(content) if self._packing == GZIP else content)
        except (StopIteration, ValueError, zlib.error):
            raise BadMapFile("a damaged directory") from None


def number_of(z: int, x: int, y: int) -> int:
    """Return the number of a tile: those of smaller scales first, each scale along the curve of Hilbert."""
    number, size = ((1 << 2 * z) - 1) // 3, 1 << z
    half = size >> 1
    while half:
        right, low = int(x & half > 0), int(y & half > 0)
        number += half * half * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = size - 1 - x, size - 1 - y
            x, y = y, x
        half >>= 1
    return number


def _unpacked(content: bytes) -> bytes:
    packed = zlib.decompressobj(zlib.MAX_WBITS | 16)
    found = packed.decompress(content, LARGEST_DIRECTORY)
    if not packed.eof:
        raise BadMapFile("a directory without an end")
    return found


def _runs(content: bytes) -> list[Run]:
    """Read a directory: the number of its runs, then a column of each of their members."""
    numbers = _numbers(content)
    size = next(numbers)
    if size > len(content):
        raise BadMapFile("a damaged directory")
    firsts = list(accumulate(islice(numbers, size)))
    counts, lengths, offsets = (list(islice(numbers, size)) for _ in range(3))
    runs: list[Run] = []
    for place, (first, count, length, offset) in enumerate(zip(firsts, counts, lengths, offsets, strict=True)):
        # 0: right behind the one before; else one more than it is
        begin = runs[-1].offset + runs[-1].length if place and not offset else offset - 1
        runs.append(Run(first, count, begin, length))
    return runs


def _numbers(content: bytes) -> Iterator[int]:
    """Yield whole numbers of seven bits a byte, the lowest first."""
    number = shift = 0
    for byte in content:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            yield number
            number = shift = 0
