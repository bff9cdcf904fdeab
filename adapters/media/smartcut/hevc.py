"""H.265: which streams can be joined to, the header of a track that holds two of them, and new ids for x265's units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from adapters.media.smartcut.bits import Bits, closed, golomb
from adapters.media.smartcut.coding import Coding, Entry, Look
from adapters.media.smartcut.nal import payload, unit

_VPS, _SPS, _PPS = 32, 33, 34
_BLA_ALONE, _IDR_LED, _IDR_ALONE, _CRA, _LAST_ENTRY = 18, 19, 20, 21, 23
_FIRST_ENTRY, _FIRST_OTHER = 16, 32
_MAIN = {1, 3}
_PIXELS = {"yuv420p", "yuvj420p"}
_VPS_IDS = _SPS_IDS = 16
# x265 calls its picture parameter set 0, one bit in every slice. A number of this range is written with nine: the rest
# of the slice moves by a whole byte and stays as it is.
_PPS_IDS = range(15, 31)


@dataclass(frozen=True)
class Hevc(Coding):
    """Progressive 8-bit 4:2:0 H.265."""

    NAME: ClassVar[str] = "hevc"
    TAG: ClassVar[str] = "hvc1"
    ENCODER: ClassVar[str] = "libx265"

    @classmethod
    def of(cls, look: Look, sets: Sequence[bytes]) -> Self | None:
        """Return the coding of a stream with these parameter sets, or None where pictures cannot be joined to it."""
        ordered = sorted(sets, key=_kind)
        if {_kind(part) for part in ordered} != {_VPS, _SPS, _PPS} or look.pixels not in _PIXELS:
            return None
        for part in ordered:
            # Interlaced video says so in the second byte of its promises.
            if _kind(part) == _SPS and (_general(part)[0] & 31 not in _MAIN or _general(part)[5] & 0xC0 == 0x40):  # noqa: PLR2004
                return None
        coding = cls(look, tuple(ordered))
        return coding if all(number is not None for number in coding._free_ids()) else None

    def options(self) -> dict[str, str]:
        params = (
            "bframes=0:keyint=-1:scenecut=0:open-gop=0:repeat-headers=0:info=0:log-level=none:hrd=0:aud=0"
            ":temporal-layers=0:pools=2:frame-threads=1"
        )
        return {"preset": "ultrafast", "crf": "18", "forced-idr": "1", "x265-params": params}

    def renamed(self, part: bytes) -> bytes:
        video, sequence, picture = (number or 0 for number in self._free_ids())
        kind, bits = _kind(part), Bits(payload(part))
        bits.take(16)
        if kind == _VPS:
            head, _ = bits.before(), bits.take(4)
            return unit(closed(f"{head}{video:04b}{bits.rest()}"))
        if kind == _SPS:
            head, _ = bits.before(), bits.take(4)
            begin = bits.place
            _skip_general(bits)
            general = bits.before()[begin:]
            bits.golomb()
            return unit(closed(f"{head}{video:04b}{general}{golomb(sequence)}{bits.rest()}"))
        if kind == _PPS:
            head = bits.before()
            bits.golomb(), bits.golomb()
            return unit(closed(f"{head}{golomb(picture)}{golomb(sequence)}{bits.rest()}"))
        return unit(_with_set(payload(part), kind, picture)) if kind < _FIRST_OTHER else part

    def record(self, fresh: Sequence[bytes]) -> bytes:
        every = sorted((*self.sets, *fresh), key=_kind)
        heads = [part for part in every if _kind(part) == _SPS]
        own = _general(next(part for part in self.sets or fresh if _kind(part) == _SPS))
        level = max(_general(part)[11] for part in heads)
        layers, nested = (payload(heads[0])[2] >> 1 & 7) + 1, payload(heads[0])[2] & 1
        record = bytes((1,)) + own[:11] + bytes((level,)) + b"\xf0\0\xfc\xfd\xf8\xf8\0\0"
        record += bytes((layers << 3 | nested << 2 | 3, 3))
        for kind in (_VPS, _SPS, _PPS):
            parts = [part for part in every if _kind(part) == kind]
            record += bytes((0x80 | kind,)) + len(parts).to_bytes(2, "big")
            record += b"".join(len(part).to_bytes(2, "big") + part for part in parts)
        return record

    @classmethod
    def is_set(cls, part: bytes) -> bool:
        return _kind(part) in {_VPS, _SPS, _PPS}

    @classmethod
    def entry(cls, parts: Sequence[bytes]) -> Entry:
        kinds = {_kind(part) for part in parts}
        if kinds & {_IDR_LED, _IDR_ALONE}:
            return Entry.CLEAN
        return Entry.OPEN if kinds & {_CRA, _BLA_ALONE, _BLA_ALONE - 1, _BLA_ALONE - 2} else Entry.NONE

    @classmethod
    def broken_off(cls, parts: Sequence[bytes]) -> list[bytes]:
        # The same slices under another name: "broken link access" instead of "clean random access".
        return [
            bytes((part[0] & 0x81 | _BLA_ALONE << 1,)) + part[1:]
            if _FIRST_ENTRY <= _kind(part) <= _LAST_ENTRY and _kind(part) not in {_IDR_LED, _IDR_ALONE}
            else part
            for part in parts
        ]

    def _free_ids(self) -> tuple[int | None, int | None, int | None]:
        taken: dict[int, set[int]] = {_VPS: set(), _SPS: set(), _PPS: set()}
        for part in self.sets:
            bits = Bits(payload(part)[2:])
            if _kind(part) == _VPS:
                taken[_VPS].add(bits.take(4))
                continue
            if _kind(part) == _SPS:
                bits.take(4)
                _skip_general(bits)
            taken[_kind(part)].add(bits.golomb())
        ranges = {_VPS: range(1, _VPS_IDS), _SPS: range(1, _SPS_IDS), _PPS: _PPS_IDS}
        free = [next((n for n in ranges[kind] if n not in taken[kind]), None) for kind in (_VPS, _SPS, _PPS)]
        return free[0], free[1], free[2]


def sets_of(record: bytes) -> tuple[int, list[bytes]]:
    """Return the size of lengths and the parameter sets in the header of a track (hvcC)."""
    found, place = [], 23
    for _ in range(record[22]):
        count = int.from_bytes(record[place + 1 : place + 3], "big")
        place += 3
        for _ in range(count):
            size = int.from_bytes(record[place : place + 2], "big")
            found.append(record[place + 2 : place + 2 + size])
            place += 2 + size
    return (record[21] & 3) + 1, [part for part in found if part and _kind(part) in {_VPS, _SPS, _PPS}]


def _kind(part: bytes) -> int:
    return part[0] >> 1 & 63


def _general(head: bytes) -> bytes:
    """Return profile, promises and level of a sequence parameter set: twelve bytes."""
    return payload(head)[3:15].ljust(12, b"\0")


def _skip_general(bits: Bits) -> None:
    """Pass over profile, promises and levels, of the whole and of its temporal layers."""
    more = bits.take(3)
    bits.take(1 + 96)
    flags = [(bits.take(1), bits.take(1)) for _ in range(8 if more else 0)]
    for profile, level in flags[:more]:
        bits.take(88 * profile + 8 * level)


def _with_set(content: bytes, kind: int, picture: int) -> bytes:
    """Return a slice of x265 that names another picture parameter set than 0."""
    skipped = 16 + 1 + (1 if _FIRST_ENTRY <= kind <= _LAST_ENTRY else 0)
    head, rest = content[:4], content[4:]
    bits = "".join(f"{byte:08b}" for byte in head)
    if bits[skipped] != "1":
        raise ValueError("not the only picture parameter set of x265")
    bits = bits[:skipped] + golomb(picture) + bits[skipped + 1 :]
    return int(bits, 2).to_bytes(len(bits) // 8, "big") + rest
