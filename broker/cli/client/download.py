"""Take a result away: what has come is kept and continued after a break, and the whole is checked by its digest."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from broker.cli.client.server import Server
from broker.domain.errors import Conflict, Forbidden, Invalid, Unavailable

CHUNK = 64 * 1024
TRIES = 6
PAUSE = 1.0
PARTIAL = 206

Told = Callable[[float, float], None]
Record = dict[str, Any]


def download_all(server: Server, retrieval: Record, target: Path, *, told: Told, replace: bool = False) -> list[Path]:
    """Bring every file of a result; the first into `target`, the second beside it with `-2` in its name, and so on.

    Raises:
        Conflict, Forbidden, Unavailable: as for `download`.
    """
    files = []
    for item in retrieval["result"]["items"]:
        number = item["number"]
        place = target if number == 1 else target.with_name(f"{target.stem}-{number}{target.suffix}")
        files.append(download(server, f"/retrievals/{retrieval['id']}/media?item={number}", item, place, told=told,
                              replace=replace))  # fmt: skip
    return files


def download(server: Server, path: str, item: Record, target: Path, *, told: Told, replace: bool = False) -> Path:
    """Bring one file into `target`, continuing what an earlier try left in `target.part`.

    Args:
        server: as the person who ordered sees it.
        path: where the server has it.
        item: its `digest` and `size`.
        target: the file to be; a file of that name is left alone unless it is the result already.
        told: told the bytes that are here and those there will be.
        replace: overwrite a file of that name.

    Raises:
        Conflict: there is another file of that name.
        Forbidden: the grant ended; what had come is removed, for it may no longer be had.
        Unavailable: the server broke off again and again, or what came has another digest.
    """
    digest, size = item["digest"], item["size"]
    if target.exists() and not replace:
        if target.stat().st_size == size and _digest_of(target).hexdigest() == digest:
            told(size, size)
            return target
        raise Conflict("file-exists", file=str(target))
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("ab") as file:
            _fill(server, path, size, part, told)
            os.fsync(file.fileno())
        if _digest_of(part).hexdigest() != digest:
            part.unlink()
            raise Unavailable("digest-differs", file=str(target), digest=digest)
        part.replace(target)
    except Forbidden:
        part.unlink(missing_ok=True)
        raise
    except OSError as error:
        raise Invalid("file-unwritable", file=str(target), reason=error.strerror or "") from error
    return target


def _fill(server: Server, path: str, size: int, part: Path, told: Told) -> None:
    """Ask for what is missing until nothing is; a break in the connection is no end as long as something comes."""
    tries = TRIES
    if part.stat().st_size > size:
        part.write_bytes(b"")  # left by something else
    while (here := part.stat().st_size) < size:
        try:
            _take(server, path, size, part, here, told)
        except httpx.TransportError as error:
            tries = TRIES if part.stat().st_size > here else tries - 1
            if not tries:
                raise Unavailable("server-broke-off", url=server.url) from error
            time.sleep(PAUSE if part.stat().st_size == here else 0)


def _take(server: Server, path: str, size: int, part: Path, here: int, told: Told) -> None:
    with server.stream(path, {"Range": f"bytes={here}-"} if here else {}) as response:
        if here and response.status_code != PARTIAL:
            here = 0  # a server that does not know ranges begins anew, and so do we
        with part.open("r+b") as file:
            file.seek(here)
            file.truncate()
            for chunk in response.iter_raw(CHUNK):
                file.write(chunk)
                here += len(chunk)
                told(here, size)


def _digest_of(path: Path) -> "hashlib._Hash":
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")
