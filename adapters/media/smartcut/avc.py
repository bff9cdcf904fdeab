"""H.264: which streams can be joined to, and the header of a track that holds two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from adapters.media.smartcut.bits import Bits
from adapters.media.smartcut.coding import Coding, Entry, Look
from adapters.media.smartcut.nal import payload

_IDR, _SPS, _PPS = 5, 7, 8
_PROFILES = {66: "baseline", 77: "main", 100: "high"}
_PIXELS = {"yuv420p", "yuvj420p"}
_MOST_SETS = 31
_SPS_IDS = 32


@dataclass(frozen=True)
class Avc(Coding):
    """Progressive 8-bit 4:2:0 H.264 of the profiles that cameras use."""

    NAME: ClassVar[str] = "h264"
    TAG: ClassVar[str] = "avc1"
    ENCODER: ClassVar[str] = "libx264"

    @classmethod
    def of(cls, look: Look, sets: Sequence[bytes]) -> Self | None:
        """Return the coding of a stream with these parameter sets, or None where pictures cannot be joined to it."""
        heads = [part for part in sets if _kind(part) == _SPS]
        pictures = [part for part in sets if _kind(part) == _PPS]
        if not heads or not pictures or len(heads) + len(pictures) > _MOST_SETS or look.pixels not in _PIXELS:
            return None
        if any(part[1] not in _PROFILES or not _progressive(part) for part in heads):
            return None
        coding = cls(look, (*heads, *pictures))
        return coding if coding._free_id() is not None else None

    def options(self) -> dict[str, str]:
        profile = _PROFILES[min(part[1] for part in self.sets if _kind(part) == _SPS)]
        params = f"sps-id={self._free_id()}:bframes=0:keyint=infinite:scenecut=0:rc-lookahead=0"
        return {
            "preset": "ultrafast", "crf": "17", "profile": profile, "forced-idr": "1", "x264-params": params,
        }  # fmt: skip

    def renamed(self, part: bytes) -> bytes:
        return part  # the encoder was told its id

    def record(self, fresh: Sequence[bytes]) -> bytes:
        every = (*self.sets, *fresh)
        heads = [part for part in every if _kind(part) == _SPS]
        pictures = [part for part in every if _kind(part) == _PPS]
        profile, level = max(part[1] for part in heads), max(part[3] for part in heads)
        promises = 0xFF
        for part in heads:
            promises &= part[2]
        record = bytes((1, profile, promises, level, 0xFF, 0xE0 | len(heads)))
        record += b"".join(len(part).to_bytes(2, "big") + part for part in heads)
        record += bytes((len(pictures),)) + b"".join(len(part).to_bytes(2, "big") + part for part in pictures)
        if profile == 100:  # noqa: PLR2004 - High; says 4:2:0 and eight bits once more
            record += bytes((0xFC | 1, 0xF8, 0xF8, 0))
        return record

    @classmethod
    def is_set(cls, part: bytes) -> bool:
        return _kind(part) in {_SPS, _PPS}

    @classmethod
    def entry(cls, parts: Sequence[bytes]) -> Entry:
        # A picture that only announces a point of recovery leaves the decoder's numbering as it was: it cannot follow
        # pictures of another encoder.
        return Entry.CLEAN if any(_kind(part) == _IDR for part in parts) else Entry.NONE

    @classmethod
    def broken_off(cls, parts: Sequence[bytes]) -> list[bytes]:
        return list(parts)

    def _free_id(self) -> int | None:
        taken = set()
        for part in self.sets:
            bits = Bits(payload(part[4:] if _kind(part) == _SPS else part[1:]))
            taken.add(bits.golomb())
        return next((number for number in range(1, _SPS_IDS) if number not in taken), None)


def sets_of(record: bytes) -> tuple[int, list[bytes]]:
    """Return the size of lengths and the parameter sets in the header of a track (avcC)."""
    found, place = [], 6
    for count in (record[5] & 31, None):
        if count is None:
            count, place = record[place], place + 1  # noqa: PLW2901 - the second list says its length itself
        for _ in range(count):
            size = int.from_bytes(record[place : place + 2], "big")
            found.append(record[place + 2 : place + 2 + size])
            place += 2 + size
    return (record[4] & 3) + 1, [part for part in found if part]


def _kind(part: bytes) -> int:
    return part[0] & 31


def _progressive(head: bytes) -> bool:
    """Return whether a sequence parameter set promises whole frames, never fields."""
    bits = Bits(payload(head)[4:])
    bits.golomb()  # its id
    if head[1] == 100:  # noqa: PLR2004 - High
        bits.golomb(), bits.golomb(), bits.golomb(), bits.take(1)
        if bits.take(1):
            _skip_scaling(bits)
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1), bits.signed(), bits.signed()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed()
    bits.golomb(), bits.take(1), bits.golomb(), bits.golomb()
    return bool(bits.take(1))


def _skip_scaling(bits: Bits) -> None:
    for number in range(8):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if number < 6 else 64):  # noqa: PLR2004 - six small tables come first
            if following:
                following = (last + bits.signed()) % 256
            last = following or last
