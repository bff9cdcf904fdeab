"""A ZIP that is written in one go and is the same bytes for the same members: stored, undated, ZIP64 where needed.

Every header says size and checksum beforehand, so that even a reader that cannot seek finds its way, and so that the
length of the whole is known before its first byte. See APPNOTE.TXT 6.3.10 of PKWARE, sections 4.3 and 4.5.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from broker.domain.errors import Unavailable

ELSEWHERE = 0xFFFFFFFF  # in place of a size or offset: it stands in the ZIP64 field
LARGE = ELSEWHERE  # sizes and offsets from here on do
MOST_MEMBERS = 0xFFFF
PLAIN, ZIP64 = 20, 45  # the version of the format that a reader needs
REGULAR_FILE = 0o100644 << 16  # attributes as Unix has them
MADE_ON_UNIX = 3 << 8
UNDATED = (0, 0x21)  # 1980-01-01 00:00:00, the first instant the format knows; the records say when
_ZIP64_FIELD = 0x0001


@dataclass(frozen=True)
class Entry:
    """One file of an archive, as its headers tell of it; names are ASCII."""

    name: str
    size: int
    crc: int
    """CRC-32, as `zlib.crc32` has it."""


@dataclass(frozen=True)
class Member:
    """An entry with the bytes that belong to it; `chunks` is called once, when its turn comes."""

    entry: Entry
    chunks: Callable[[], Iterable[bytes]]


def member(name: str, content: bytes) -> Member:
    """Return a member whose content is at hand."""
    return Member(Entry(name, len(content), zlib.crc32(content)), lambda: (content,))


def zipped(members: Sequence[Member]) -> Iterator[bytes]:
    """Yield the archive, chunk by chunk.

    Raises:
        ValueError: there are too many members, or a name is not ASCII.
        Unavailable: a member's chunks are not what its entry says.
    """
    entries = [each.entry for each in members]
    tail = directory(entries)  # first of all, so that a wrong entry shows before anything has left
    for each in members:
        yield local_header(each.entry)
        yield from _checked(each)
    yield tail


def zip_size(entries: Sequence[Entry]) -> int:
    """Return the length of the whole archive in bytes."""
    return sum(len(local_header(entry)) + entry.size for entry in entries) + len(directory(entries))


def offsets(entries: Sequence[Entry]) -> list[int]:
    """Return where the header of each entry begins."""
    places, at = [], 0
    for entry in entries:
        places.append(at)
        at += len(local_header(entry)) + entry.size
    return places


def _checked(each: Member) -> Iterator[bytes]:
    size, crc = 0, 0
    for chunk in each.chunks():
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        if size > each.entry.size:
            break
        yield chunk
    if (size, crc) != (each.entry.size, each.entry.crc):
        raise Unavailable("blob-damaged", place=each.entry.name, digest="")


def local_header(entry: Entry) -> bytes:
    """Return what stands before the bytes of an entry."""
    large = entry.size >= LARGE
    extra = struct.pack("<HHQQ", _ZIP64_FIELD, 16, entry.size, entry.size) if large else b""
    told = ELSEWHERE if large else entry.size
    name = entry.name.encode("ascii")
    head = struct.pack(
        "<4s5H3I2H", b"PK\x03\x04", ZIP64 if large else PLAIN, 0, 0, *UNDATED, entry.crc, told, told, len(name),
        len(extra),
    )  # fmt: skip
    return head + name + extra


def directory(entries: Sequence[Entry]) -> bytes:
    """Return what stands behind the last entry: the central directory and its end."""
    if len(entries) >= MOST_MEMBERS:
        raise ValueError(f"{len(entries)} members")
    places = offsets(entries)
    begin = places[-1] + len(local_header(entries[-1])) + entries[-1].size if entries else 0
    central = b"".join(_central(entry, place) for entry, place in zip(entries, places, strict=True))
    large = begin >= LARGE
    end = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(central), ELSEWHERE if large else begin, 0
    )
    return central + (_zip64_end(len(entries), len(central), begin) if large else b"") + end


def _central(entry: Entry, place: int) -> bytes:
    wide = [value for value in (entry.size, entry.size, place) if value >= LARGE]
    extra = struct.pack(f"<HH{len(wide)}Q", _ZIP64_FIELD, 8 * len(wide), *wide) if wide else b""
    needed = ZIP64 if wide else PLAIN
    size, at = (ELSEWHERE if value >= LARGE else value for value in (entry.size, place))
    name = entry.name.encode("ascii")
    head = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", MADE_ON_UNIX | needed, needed, 0, 0, *UNDATED, entry.crc, size, size, len(name),
        len(extra), 0, 0, 0, REGULAR_FILE, at,
    )  # fmt: skip
    return head + name + extra


def _zip64_end(count: int, size: int, begin: int) -> bytes:
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, MADE_ON_UNIX | ZIP64, ZIP64, 0, 0, count, count, size, begin)
    return record + struct.pack("<4sIQI", b"PK\x06\x07", 0, begin + size, 1)
