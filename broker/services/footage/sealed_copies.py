"""Recorded files under a key of their own in the blob store: sealed there, opened for one retrieval, erased."""

import logging
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from adapters.errors import Aborted
from broker.domain.errors import SourceFault, Unavailable, Unknown
from broker.domain.footage.escrows import SealedCopy, SealedFile
from broker.domain.footage.media import Kept, KeptFile
from storage.blobs.base import BlobStore
from storage.sealed_streams import KEY_BYTES, Damaged, open_stream, seal_stream
from storage.secrets import SecretBox

_BLOCK = 1024 * 1024

logger = logging.getLogger(__name__)


class SealedCopies:
    """Seals and opens; who may have a copy opened is not its business.

    `place` says what a copy belongs to ("escrow/<id>"): the envelope of its key and its streams open nowhere else.
    """

    def __init__(self, blobs: BlobStore, box: SecretBox) -> None:
        self._blobs = blobs
        self._box = box

    def seal(self, kept: Kept, folder: Path, place: str, ahead: float, aborted: Callable[[], bool]) -> SealedCopy:
        """Seal files under a fresh key, which leaves this method in its envelope alone.

        Raises:
            Aborted: `aborted` said so; nothing stays in the store.
            Unavailable: the store, or the key that seals keys, cannot be used now.
        """
        key = secrets.token_bytes(KEY_BYTES)
        envelope = self._box.seal(key, f"{place}/key")
        numbers = {name: number for number, name in enumerate(dict.fromkeys(it.file for it in kept.files), 1)}
        blobs: dict[str, tuple[str, int]] = {}
        try:
            for name, number in numbers.items():
                content = _read(folder / name, aborted)
                blob = self._blobs.put_stream(seal_stream(content, key, _stream_of(place, number)))
                blobs[name] = blob.digest, blob.size
        except BaseException:
            self.erase(digest for digest, _ in blobs.values())
            raise
        files = tuple(SealedFile(numbers[it.file], *blobs[it.file], it.name, it.origin, it.span) for it in kept.files)
        return SealedCopy(files, kept.missing, ahead, envelope)

    def open(self, copy: SealedCopy, place: str, folder: Path, aborted: Callable[[], bool]) -> list[KeptFile]:
        """Write the files of a copy into `folder`; it is for one retrieval, and removed afterwards.

        Raises:
            SourceFault: `sealed-copy-damaged`, it is not what was sealed, or not under this key, or not for this place.
            Aborted: `aborted` said so.
            Unavailable: the store, or the key that seals keys, cannot be used now.
        """
        key = self._key(copy, place)
        streams = {it.stream: it.digest for it in copy.files}
        for number, digest in streams.items():
            try:
                opened = open_stream(self._blobs.read(digest), key, _stream_of(place, number))
                _write(opened, folder / f"original-{number}", aborted)
            except (Damaged, Unknown) as error:
                logger.error("the sealed copy %s cannot be opened: %s", place, error)  # noqa: TRY400  # its trace tells nothing
                raise SourceFault("sealed-copy-damaged") from None
            except Unavailable as error:
                if error.slug == "blob-damaged":
                    raise SourceFault("sealed-copy-damaged") from error
                raise
        return [KeptFile(f"original-{it.stream}", it.name, it.origin, it.span) for it in copy.files]

    def erase(self, digests: Iterable[str]) -> None:
        """Remove streams from the store. Each was sealed under a key of its own, so nobody else's is the same."""
        for digest in digests:
            self._blobs.delete(digest)

    def _key(self, copy: SealedCopy, place: str) -> bytes:
        try:
            return self._box.open(copy.key, f"{place}/key")
        except Unavailable as error:
            if error.slug == "secret-damaged":
                raise SourceFault("sealed-copy-damaged") from error
            raise


def options_of(files: Sequence[KeptFile], folder: Path) -> Mapping[str, object]:
    """Return the options of the adapter `kept` for files that lie in a folder."""
    told = [
        {
            "file": str(folder / it.file),
            "name": it.name,
            "origin": it.origin.isoformat(),
            "begin": it.span.begin.isoformat(),
            "end": it.span.end.isoformat(),
        }
        for it in files
    ]
    return {"files": told}


def _stream_of(place: str, number: int) -> str:
    return f"{place}/{number}"


def _read(path: Path, aborted: Callable[[], bool]) -> Iterator[bytes]:
    with path.open("rb") as file:
        for block in iter(partial(file.read, _BLOCK), b""):
            if aborted():
                raise Aborted
            yield block


def _write(blocks: Iterable[bytes], path: Path, aborted: Callable[[], bool]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for block in blocks:
            if aborted():
                raise Aborted
            file.write(block)
