"""Packages made without any service: two small clips that are none, a record that tells of them, a key of their own."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rfc8785

from storage.packages import bag
from storage.packages.authority import Made, new_key
from storage.packages.signing import KeyFiles
from storage.packages.writing import Payload, bagged, payload
from storage.packages.zip_writing import zipped

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
NAME = "REQ-2026-000123-5d3c1a00"
CLIPS = {"data/media/001-a.mp4": b"first clip" * 7, "data/media/002-b.mp4": b"\0second clip\xff" * 5}


@dataclass(frozen=True)
class House:
    """Who signs: the key, and the root to trust."""

    made: Made

    @property
    def root(self) -> Path:
        return self.made.root

    def sign(self, content: bytes, at: datetime = NOW) -> bytes:
        return KeyFiles(self.made.key, self.made.certificate).signer().sign(content, at)


def house(folder: Path, now: datetime = NOW, *, rotate: bool = False) -> House:
    return House(new_key(folder, "锦城市公安局", now, rotate=rotate))


def record(**changes: Any) -> bytes:
    files = [
        {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in CLIPS.items()
    ]
    told: dict[str, Any] = {"format": "xueliang-evidence/1", "package": {"name": NAME}, "items": [{"files": files}]}
    return rfc8785.dumps({**told, **changes})


def label() -> bag.Label:
    return bag.Label(NAME, "锦城市公安局", "REQ-2026-000123", "xueliang 0.1.0", NOW)


def payloads(*, sm3: bool = False, told: bytes | None = None) -> list[Payload]:
    contents = {bag.RECORD: record() if told is None else told, bag.SHEET: b"a picture", **CLIPS}
    return [payload(path, content, sm3=sm3) for path, content in contents.items()]


def package(by: House, *, sm3: bool = False, told: bytes | None = None) -> bytes:
    return b"".join(zipped(bagged(label(), payloads(sm3=sm3, told=told), by.sign)))
