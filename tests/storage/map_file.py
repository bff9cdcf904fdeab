"""Writes maps in one file (PMTiles 3) for tests, from what the specification says and not from what reads them."""

import gzip
import struct
from collections.abc import Mapping, Sequence

from storage.geography.pmtiles import number_of

PLAIN, GZIP = 1, 2
Entry = tuple[int, int, int, int]
"""First number, how many, length, offset."""


def written(
    tiles: Mapping[tuple[int, int, int], bytes], *, kind: int, packed: bool = True, leaves: bool = False,
    tiles_packed: bool = False,
) -> bytes:  # fmt: skip
    """Return a file of these tiles; with `leaves` each stands in a directory of its own."""
    entries: list[Entry] = []
    content = b""
    for tile in sorted(tiles, key=lambda it: number_of(*it)):
        bits = gzip.compress(tiles[tile]) if tiles_packed else tiles[tile]
        entries.append((number_of(*tile), 1, len(bits), len(content)))
        content += bits
    pack = gzip.compress if packed else bytes
    below = b""
    if leaves:
        root = []
        for entry in entries:
            leaf = pack(directory([entry]))
            root.append((entry[0], 0, len(leaf), len(below)))
            below += leaf
        entries = root
    top = pack(directory(entries))
    deepest = max(z for z, _, _ in tiles)
    head = header(
        kind=kind, root=len(top), leaves_at=127 + len(top), tiles_at=127 + len(top) + len(below), deepest=deepest,
        packing=GZIP if packed else PLAIN, tiles_packing=GZIP if tiles_packed else PLAIN,
    )  # fmt: skip
    return head + top + below + content


def header(
    *, kind: int, root: int = 0, leaves_at: int = 0, tiles_at: int = 0, deepest: int = 2, packing: int = PLAIN,
    tiles_packing: int = PLAIN,
) -> bytes:  # fmt: skip
    numbers = struct.pack("<11Q", 127, root, 0, 0, leaves_at, 0, tiles_at, 0, 0, 0, 0)
    kinds = struct.pack("<6B", 1, packing, tiles_packing, kind, 0, deepest)
    return (b"PMTiles\x03" + numbers + kinds).ljust(127, b"\0")


def directory(entries: Sequence[Entry]) -> bytes:
    """Return a directory before it is packed."""
    firsts = [first for first, _, _, _ in entries]
    steps = [first - before for before, first in zip([0, *firsts], firsts, strict=False)]
    columns = [steps, *([entry[column] for entry in entries] for column in (1, 2))]
    offsets = [offset + 1 for _, _, _, offset in entries]
    return b"".join(map(_number, [len(entries), *(value for column in columns for value in column), *offsets]))


def _number(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:  # seven bits a byte
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
