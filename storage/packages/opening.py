"""A package opened with suspicion, as ZIP or as folder: nothing is unpacked, no name is used before it was checked."""

import os
import re
import stat
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from storage.packages.findings import Fault
from storage.packages.zip_writing import ELSEWHERE, Entry, directory, local_header, offsets

CHUNK = 1024 * 1024
LARGEST_DIRECTORY = 64 * 1024 * 1024
_END, _END_BYTES = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_BYTES = b"PK\x06\x07", 20
_CENTRAL, _CENTRAL_BYTES = b"PK\x01\x02", 46
_ENCRYPTED = 0x1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*")
_LONGEST_NAME = 400


class Contents(Protocol):
    """The files of a package by their paths from the top folder on, and what is wrong with what holds them."""

    @property
    def sizes(self) -> Mapping[str, int]: ...
    @property
    def faults(self) -> list[Fault]: ...
    def read(self, path: str) -> Iterator[bytes]:
        """Yield a file's bytes."""


@dataclass
class Folder:
    """An unpacked package."""

    root: Path
    sizes: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def read(self, path: str) -> Iterator[bytes]:
        """Yield a file's bytes; a link that was put in its place meanwhile is not followed."""
        handle = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


@dataclass
class Archive:
    """A ZIP that is byte for byte as the writer would have written it; `places` says where each file begins."""

    file: BinaryIO
    name: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def read(self, path: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        self.file.seek(self.places[path])
        left = self.sizes[path]
        while left and (chunk := self.file.read(min(left, CHUNK))):
            left -= len(chunk)
            yield chunk


def open_folder(root: Path) -> Folder:
    """List an unpacked package; whatever is no plain file is a fault."""
    found = Folder(root)
    for place, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = Path(place) / name
            told, mode = path.relative_to(root).as_posix(), path.lstat().st_mode
            if stat.S_ISREG(mode):
                found.sizes[told] = path.lstat().st_size
            elif not stat.S_ISDIR(mode):
                found.faults.append(Fault("link", name=told))
    found.faults += _name_faults(list(found.sizes))
    return found


def open_archive(file: BinaryIO) -> Archive:
    """Read the directory of a ZIP and hold every byte that is no content against what the writer would have written."""
    found = Archive(file)
    size = file.seek(0, os.SEEK_END)
    try:
        listed = list(_listed(file, size))
    except (ValueError, struct.error, UnicodeDecodeError) as error:
        found.faults.append(Fault("container", where=str(error)[:80]))
        return found
    entries = [each.entry for each in listed]
    found.faults += [fault for each in listed if (fault := each.fault()) is not None]
    found.faults += _name_faults([entry.name for entry in entries])
    if not found.faults and (where := _first_difference(file, size, entries)) is not None:
        found.faults.append(Fault("container", where=where))
    folders = {entry.name.partition("/")[0] for entry in entries if "/" in entry.name}
    if found.faults or len(folders) != 1 or not all("/" in entry.name for entry in entries):
        found.faults = found.faults or [Fault("container", where="top folder")]
        return found
    found.name = folders.pop()
    for entry, place in zip(entries, offsets(entries), strict=True):
        path = entry.name.partition("/")[2]
        found.sizes[path], found.places[path] = entry.size, place + len(local_header(entry))
    return found


@dataclass(frozen=True)
class _Listed:
    """An entry as the directory of the ZIP lists it."""

    entry: Entry
    flags: int
    method: int
    mode: int

    def fault(self) -> Fault | None:
        if self.flags & _ENCRYPTED:
            return Fault("encrypted", name=self.entry.name)
        if stat.S_ISLNK(self.mode):
            return Fault("link", name=self.entry.name)
        return Fault("compressed", name=self.entry.name) if self.method else None


def _listed(file: BinaryIO, size: int) -> Iterator[_Listed]:
    """Yield what the directory lists; the ZIP64 field of an entry holds what is too large for its place."""
    begin, length = _directory_place(file, size)
    if not 0 <= begin <= begin + length <= size or length > LARGEST_DIRECTORY:
        raise ValueError("directory")
    central, at = _at(file, begin, length), 0
    while at < len(central):
        head = struct.unpack_from("<4s6H3I5H2I", central, at)
        if head[0] != _CENTRAL:
            raise ValueError(f"directory at {at}")
        name_bytes, extra_bytes, comment_bytes = head[10:13]
        name = central[at + _CENTRAL_BYTES : at + _CENTRAL_BYTES + name_bytes].decode("utf-8")
        extra = central[at + _CENTRAL_BYTES + name_bytes :][:extra_bytes]
        told = head[9]
        if told == ELSEWHERE and len(extra) >= 12:  # noqa: PLR2004  # a ZIP64 field with one number
            told = struct.unpack_from("<Q", extra, 4)[0]
        yield _Listed(Entry(name, told, head[7]), head[3], head[4], head[15] >> 16)
        at += _CENTRAL_BYTES + name_bytes + extra_bytes + comment_bytes


def _directory_place(file: BinaryIO, size: int) -> tuple[int, int]:
    """Return where the central directory begins and its length, from the very end of the file."""
    end = _at(file, size - _END_BYTES, _END_BYTES)
    if end[:4] != _END or end[-2:] != b"\0\0":
        raise ValueError("end")
    length, begin = struct.unpack_from("<2I", end, 12)
    if begin == ELSEWHERE:
        locator = _at(file, size - _END_BYTES - _LOCATOR_BYTES, _LOCATOR_BYTES)
        record = struct.unpack_from("<Q", locator, 8)[0]
        if locator[:4] != _LOCATOR or not 0 <= record <= size:
            raise ValueError("end")
        length, begin = struct.unpack_from("<2Q", _at(file, record, 56), 40)
    return begin, length


def _first_difference(file: BinaryIO, size: int, entries: list[Entry]) -> str | None:
    """Return where the headers are other than the writer would have written them, None where they are not."""
    places = offsets(entries)
    for entry, place in zip(entries, places, strict=True):
        head = local_header(entry)
        if _at(file, place, len(head)) != head:
            return entry.name
    tail = directory(entries)
    if size < len(tail) or _at(file, size - len(tail), len(tail)) != tail:
        return "directory"
    end = places[-1] + len(local_header(entries[-1])) + entries[-1].size if entries else 0
    return None if end + len(tail) == size else "length"


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    if place < 0:
        raise ValueError("length")
    file.seek(place)
    return file.read(count)


def _name_faults(names: list[str]) -> list[Fault]:
    """Return what is wrong with names: some lead elsewhere, two are one on another kind of disk, one is there twice."""
    faults = [
        Fault("name", name=name)
        for name in names
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME or ".." in name
    ]
    faults += [Fault("twice", name=name) for name, count in Counter(names).items() if count > 1]
    alike: dict[str, str] = {}
    for name in sorted(set(names)):
        other = alike.setdefault(name.casefold(), name)
        if other != name:
            faults.append(Fault("alike", name=name, other=other))
    return faults
