"""What a package looks like inside: a BagIt bag (RFC 8493), its file names, its manifests, its label.

- `bagit.txt`, `bag-info.txt`, `README.txt`: what this is, whose it is, how to verify it;
- `manifest-sha256.txt`, and `manifest-sm3.txt` where wanted: the digest of every file below `data/`;
- `tagmanifest-sha256.txt`: the digests of the files above;
- `signature.p7s`: over the tag manifest; itself in no list;
- `data/records/evidence.json`: who, why, on which basis, what was asked, what came, how it was made;
- `data/records/report.pdf`: the same for people;
- `data/contact-sheet.jpg`: pictures of each clip, with their instants;
- `data/media/`: the footage.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives import hashes

DECLARATION_FILE, DECLARATION = "bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
INFO, README = "bag-info.txt", "README.txt"
SHA256, SM3 = "sha256", "sm3"
MANIFESTS = {SHA256: "manifest-sha256.txt", SM3: "manifest-sm3.txt"}
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "signature.p7s"
FOLLOWING = ("signature.tsr", "signature.tlog-proof")
"""A time stamp and a proof of the log may be laid beside the signature later; they are in no list either."""
DATA = "data/"
RECORD, REPORT, SHEET, MEDIA = (
    "data/records/evidence.json",
    "data/records/report.pdf",
    "data/contact-sheet.jpg",
    "data/media/",
)
DIGITS = 64
_LINE = re.compile(r"([0-9a-f]{64})  ([\x21-\x7e]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


class Digest(Protocol):
    """A digest that grows."""

    def update(self, data: bytes, /) -> object: ...
    def hexdigest(self) -> str: ...


class Sm3:
    """The digest of GB/T 32905, as `hashlib` would have it."""

    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def hexdigest(self) -> str:
        return self._hash.copy().finalize().hex()


def new_digest(algorithm: str) -> Digest:
    """Return an empty digest of one of the algorithms of `MANIFESTS`."""
    return Sm3() if algorithm == SM3 else hashlib.sha256()


@dataclass(frozen=True)
class Label:
    """What the outside of a package says; `name` is that of its one top folder, in plain ASCII."""

    name: str
    organization: str
    case: str
    software: str
    at: datetime


def manifest(digests: Mapping[str, str]) -> bytes:
    """Return a manifest of path -> digest, in the form that `sha256sum -c` reads too."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode("ascii")


def read_manifest(content: bytes) -> dict[str, str]:
    """Return path -> digest.

    Raises:
        ValueError: it is not as `manifest` would have written it.
    """
    found: dict[str, str] = {}
    for line in content.decode("ascii").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(line[:80])
        found[match[2]] = match[1]
    if manifest(found) != content:
        raise ValueError("not as it is written")
    return found


def info(label: Label, sizes: Iterable[int]) -> bytes:
    """Return `bag-info.txt`; `sizes` are those of all files below data/."""
    counted = list(sizes)
    told = {
        "Source-Organization": label.organization,
        "External-Identifier": label.name,
        "Bag-Group-Identifier": label.case,
        "Bagging-Date": label.at.date().isoformat(),
        "Payload-Oxum": f"{sum(counted)}.{len(counted)}",
        "Bag-Software-Agent": label.software,
    }
    return "".join(f"{name}: {_CONTROL.sub(' ', value).strip() or '-'}\n" for name, value in told.items()).encode()


def read_info(content: bytes) -> dict[str, str]:
    """Return the fields of `bag-info.txt`.

    Raises:
        ValueError: it has a line without a name, or a name twice.
    """
    found: dict[str, str] = {}
    for line in content.decode("utf-8").splitlines():
        name, colon, value = line.partition(": ")
        if not colon or name in found:
            raise ValueError(line[:80])
        found[name] = value
    return found
