"""Media fetched into a file: resumed where it was cut off, given up where it does not end, looked at before use."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from adapters.errors import (
    EmptyMedia,
    ImpossibleAnswer,
    NoMedia,
    OversizedMedia,
    SourceRefusesEntry,
    SourceTimeout,
    SourceUnreachable,
)
from adapters.web.client import MEGABYTE, Fields, WebClient
from adapters.web.sniffing import ENOUGH, is_page, is_video, kind

LARGEST = 8 * 1024 * MEGABYTE
# A body that comes more slowly than this, for so long, will not come to its end.
_SLOWEST, _PATIENCE = 4 * 1024, 20.0
_TRIES = 3
_PART = 206


@dataclass(frozen=True)
class Got:
    """A file that was fetched: its size, the SHA-256 of its bytes and what the server said about it."""

    size: int
    digest: str
    headers: httpx.Headers


class Download:
    """One file from a server.

    Args:
        client: asks for it.
        name: what to call it in errors.
        largest: gives up beyond so many bytes.
        fits: looks at the first bytes.
        check: looks at the headers before anything of the body is read; raises when this is something else.
        slowest: bytes a second, over any twenty seconds.
    """

    def __init__(
        self,
        client: WebClient,
        name: str,
        *,
        largest: int = LARGEST,
        fits: Callable[[bytes], bool] = is_video,
        check: Callable[[httpx.Headers], None] = lambda _: None,
        slowest: int = _SLOWEST,
    ) -> None:
        self._client, self._name, self._largest, self._slowest = client, name, largest, slowest
        self._fits, self._check = fits, check

    def into(self, target: Path, path: str, fields: Fields = ()) -> Got:
        """Fetch a path into a new file.

        Raises:
            RecordingVanished: the server has no such thing, or has it no longer.
            NoMedia, EmptyMedia, OversizedMedia: what came is no media.
            SourceRefusesEntry: a page to log in came.
            AdapterError: the server failed, also when it broke off again and again. What came so far is removed.
        """
        try:
            with target.open("xb") as file:
                headers = self._whole(file, path, fields)
            with target.open("rb") as file:
                self._look(file.read(ENOUGH), headers)
                file.seek(0)
                return Got(target.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest(), headers)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _whole(self, file: IO[bytes], path: str, fields: Fields) -> httpx.Headers:
        """Write the body, in one go or, where it is cut off, in several; where the server knows no parts, anew."""
        headers: httpx.Headers | None = None
        for tries_left in reversed(range(_TRIES)):
            here = file.tell()
            try:
                with self._client.open(path, fields, headers=_rest(headers, here)) as answer:
                    self._client.check(answer.status_code, self._name)
                    self._check(answer.headers)
                    if headers is None or not self._continues(answer, here):
                        headers = answer.headers
                        file.seek(0)
                        file.truncate()
                    self._stream(answer, file)
                    return headers
            except SourceUnreachable as broken:
                # Only a body that was cut off is asked for again; whether the server is there at all is for the caller.
                if type(broken) is not SourceUnreachable or not tries_left or headers is None:
                    raise
        raise AssertionError

    def _continues(self, answer: httpx.Response, here: int) -> bool:
        """Say whether the answer goes on at `here`, and not at its beginning."""
        if answer.status_code != _PART:
            return False
        if not str(answer.headers.get("content-range", "")).startswith(f"bytes {here}-"):
            raise ImpossibleAnswer(where=self._client.where, problem="content-range")
        return True

    def _stream(self, answer: httpx.Response, file: IO[bytes]) -> None:
        since, at = time.monotonic(), file.tell()
        for chunk in answer.iter_raw():
            if not file.tell():
                self._refuse_page(chunk, answer.headers)
            file.write(chunk)
            if file.tell() > self._largest:
                raise OversizedMedia(file=self._name, megabytes=self._largest // MEGABYTE)
            now = time.monotonic()
            if now - since >= _PATIENCE:
                if file.tell() - at < self._slowest * (now - since):
                    raise SourceTimeout(seconds=round(now - since, 1))
                since, at = now, file.tell()
            self._client.deadline.in_seconds(_PATIENCE)
        file.flush()

    def _refuse_page(self, head: bytes, headers: httpx.Headers) -> None:
        """Raise when this is where a page begins: nobody needs the rest of it."""
        if is_page(head):
            raise SourceRefusesEntry(where=self._client.where)
        if headers.get("content-type", "").lower().startswith("text/html"):
            raise NoMedia(file=self._name, got="text/html")

    def _look(self, head: bytes, headers: httpx.Headers) -> None:
        if not head:
            raise EmptyMedia(file=self._name)
        if is_page(head):
            raise SourceRefusesEntry(where=self._client.where)
        if not self._fits(head):
            raise NoMedia(file=self._name, got=kind(headers.get("content-type", ""), head))


def _rest(headers: httpx.Headers | None, here: int) -> Fields:
    """Ask for what is still missing, where the server names this very version of the body; else for all of it."""
    if headers is None or not here:
        return ()
    tag = str(headers.get("etag", ""))
    version = tag if tag.startswith('"') else str(headers.get("last-modified", ""))
    return (("range", f"bytes={here}-"), ("if-range", version)) if version else ()
