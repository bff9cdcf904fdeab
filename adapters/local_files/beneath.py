"""A folder that is looked into and never out of: no links, no devices, no names that lead elsewhere.

Names come from a disk that others write to. Each step of a path is opened on its own, beneath the step before and
without following links, so that swapping a folder for a link between a check and its use changes nothing.
"""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from adapters.errors import HostilePath, RecordingVanished, SourceUnreachable

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK the opening of a FIFO would wait for a writer, for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LEADS_ELSEWHERE = {errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EISDIR}
_LONGEST_NAME = 255
# Of a folder that was changed so short a time before it was listed, another change may bear the same time.
_SETTLED_NS = 2_000_000_000
_TEMPORARY = (".tmp", ".temp", ".part", ".partial", ".crdownload", "~")


@dataclass(frozen=True)
class Entries:
    """What a folder holds: ordinary files and folders; `refused` counts links, devices and hostile names."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    refused: int


class _Listed(NamedTuple):
    """A listing that holds as long as the folder keeps its time of change."""

    changed: tuple[int, int]
    settled: bool
    entries: Entries


def names_of(path: str) -> tuple[str, ...]:
    """Return the names of a relative path.

    Raises:
        HostilePath: it is absolute or leads upwards, or a name has control characters or a leading dash.
    """
    names = tuple(path.split("/"))
    if not all(_harmless(name) for name in names):
        raise HostilePath(path=_shown(path))
    return names


class Folder:
    """The folder of a source.

    Args:
        path: absolute; may itself be a link, an administrator wrote it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._listed: dict[tuple[str, ...], _Listed] = {}

    def open(self, path: str) -> int:
        """Return a descriptor of a regular file, open for reading; the caller closes it.

        Raises:
            HostilePath: a step is a link, or the end is no regular file.
            RecordingVanished: it is not there (any more).
            SourceUnreachable: the folder cannot be read.
        """
        *parents, name = names_of(path)
        with self._at(tuple(parents)) as parent, _told(path):
            descriptor = os.open(name, _FILE, dir_fd=parent)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise HostilePath(path=_shown(path))
        return descriptor

    def entries(self, parents: tuple[str, ...] = ()) -> Entries:
        """Return what the folder `parents` beneath this one holds; listed again only when it has changed."""
        with self._at(parents) as descriptor:
            state = os.fstat(descriptor)
            changed = (state.st_mtime_ns, state.st_ino)
            before = self._listed.get(parents)
            if before and before.settled and before.changed == changed:
                return before.entries
            settled = time.time_ns() - state.st_mtime_ns > _SETTLED_NS
            self._listed[parents] = listed = _Listed(changed, settled, _listing(descriptor))
            return listed.entries

    @contextmanager
    def _at(self, parents: tuple[str, ...]) -> Iterator[int]:
        try:
            descriptor = os.open(self._path, _FOLDER & ~os.O_NOFOLLOW)
        except OSError:
            raise SourceUnreachable(where=self._path) from None
        try:
            for name in parents:
                with _told("/".join(parents)):
                    below = os.open(name, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Tell an error of opening as what it means here."""
    try:
        yield
    except OSError as error:
        if error.errno in _LEADS_ELSEWHERE:
            raise HostilePath(path=_shown(path)) from None
        if error.errno == errno.ENOENT:
            raise RecordingVanished(file=path) from None
        raise SourceUnreachable(where=path) from error


def _listing(descriptor: int) -> Entries:
    files, folders, refused = [], [], 0
    with os.scandir(descriptor) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.endswith(_TEMPORARY):
                continue  # hidden, or being written: nobody's recording
            if not _harmless(entry.name):
                refused += 1
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                files.append(entry.name)
            else:
                refused += 1
    return Entries(tuple(sorted(files)), tuple(sorted(folders)), refused)


def _harmless(name: str) -> bool:
    leads_elsewhere = name in {"", ".", ".."} or "/" in name or "\\" in name
    # A leading dash would be an option to any program that is ever handed the name.
    return not leads_elsewhere and not name.startswith("-") and name.isprintable() and len(name) <= _LONGEST_NAME


def _shown(path: str) -> str:
    """Return the path fit for a message: control characters spelled out, bounded."""
    return path[:_LONGEST_NAME].encode("unicode_escape").decode() if not path.isprintable() else path[:_LONGEST_NAME]
