"""A package put together: files with known digests in, a signed bag out, ready to be zipped chunk by chunk."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from storage.packages import bag
from storage.packages.zip_writing import Entry, Member, member

Chunks = Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Measured:
    """What has to be known of a file before it can be written: its size and its digests."""

    size: int
    crc: int
    sha256: str
    sm3: str = ""


@dataclass(frozen=True)
class Payload:
    """A file of the package, by its path from the top folder on."""

    path: str
    measured: Measured
    chunks: Chunks


def measure(chunks: Iterable[bytes], *, sm3: bool, into: Path | None = None) -> Measured:
    """Return the size and the digests of a content, writing it to a file on the way if one is named."""
    sha256, other = hashlib.sha256(), bag.Sm3() if sm3 else None
    size = crc = 0
    with open(into or "/dev/null", "wb") as file:  # noqa: PTH123  # a device is no path of ours
        for chunk in chunks:
            sha256.update(chunk)
            if other is not None:
                other.update(chunk)
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            if into is not None:
                file.write(chunk)
    return Measured(size, crc, sha256.hexdigest(), other.hexdigest() if other else "")


def payload(path: str, content: bytes, *, sm3: bool) -> Payload:
    """Return a file whose content is at hand."""
    return Payload(path, measure((content,), sm3=sm3), lambda: (content,))


def bagged(label: bag.Label, payloads: Sequence[Payload], sign: Callable[[bytes], bytes]) -> list[Member]:
    """Return the members of a signed package; SM3 stands beside SHA-256 where every payload has it.

    Args:
        label: what the outside says.
        payloads: every file below data/, in the order in which they are to lie in the archive.
        sign: makes the detached signature over the tag manifest.
    """
    tags = {
        bag.DECLARATION_FILE: bag.DECLARATION,
        bag.INFO: bag.info(label, (each.measured.size for each in payloads)),
        bag.README: how_to_verify(label.name),
        bag.MANIFESTS[bag.SHA256]: bag.manifest({each.path: each.measured.sha256 for each in payloads}),
    }
    if all(each.measured.sm3 for each in payloads):
        tags[bag.MANIFESTS[bag.SM3]] = bag.manifest({each.path: each.measured.sm3 for each in payloads})
    listed = bag.manifest({name: hashlib.sha256(content).hexdigest() for name, content in tags.items()})
    tags |= {bag.TAG_MANIFEST: listed, bag.SIGNATURE: sign(listed)}
    heads = [member(f"{label.name}/{name}", content) for name, content in tags.items()]
    return [*heads, *(_member(label.name, each) for each in payloads)]


def _member(folder: str, of: Payload) -> Member:
    return Member(Entry(f"{folder}/{of.path}", of.measured.size, of.measured.crc), of.chunks)


def how_to_verify(name: str) -> bytes:
    """Return the note that tells in Chinese and English how to verify the package."""
    text = files("storage.packages").joinpath("how_to_verify.txt").read_text(encoding="utf-8")
    return text.replace("{name}", name).encode()
