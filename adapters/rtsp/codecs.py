"""How pictures of H.264 (RFC 6184) and H.265 (RFC 7798) lie in packets, and what kind of unit each is.

A *unit* is a NAL unit: a coded slice, a parameter set, a message to the decoder.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

_LARGEST_UNIT = 16 * 1024 * 1024


class PayloadError(ValueError):
    """The payload breaks the rules of its packing; the picture it belongs to is damaged."""


class Codec(ABC):
    """One codec: unpacks payloads, in order, and knows its units. Keeps a unit that is spread over packets."""

    name: ClassVar[str]  # as FFmpeg calls it
    _head: ClassVar[int]

    def __init__(self) -> None:
        self._part: bytearray | None = None

    @property
    def midway(self) -> bool:
        """Whether a unit has begun and not ended."""
        return self._part is not None

    def forget(self) -> None:
        """Drop the unit that has begun: packets are missing."""
        self._part = None

    def units(self, payload: bytes) -> Iterator[bytes]:
        """Yield the units that a payload holds or completes.

        Raises:
            PayloadError: it is broken; what was begun is dropped.
        """
        try:
            yield from self._unpacked(payload)
        except (PayloadError, IndexError):
            self._part = None
            raise PayloadError from None

    @abstractmethod
    def _unpacked(self, payload: bytes) -> Iterator[bytes]: ...

    @abstractmethod
    def kind(self, unit: bytes) -> int:
        """Return the type of a unit."""

    @abstractmethod
    def is_slice(self, unit: bytes) -> bool:
        """Say whether a unit holds a part of a picture."""

    @abstractmethod
    def is_parameter_set(self, unit: bytes) -> bool:
        """Say whether a unit tells the decoder how to read others."""

    @abstractmethod
    def is_delimiter(self, unit: bytes) -> bool:
        """Say whether a unit only says that a picture begins."""

    @abstractmethod
    def begins(self, units: Iterable[bytes]) -> bool:
        """Say whether decoding may begin with the picture of these units."""

    @abstractmethod
    def restarts(self, units: Iterable[bytes]) -> bool:
        """Say whether the picture begins anew: nothing before it is needed for it or for anything after it."""

    def _fragment(self, payload: bytes, head: bytes, flags: int) -> Iterator[bytes]:
        """Go on with a unit that is spread over packets; bit 7 of the flags marks its first part, bit 6 its last."""
        if flags & 0x80:
            self._part = bytearray(head)
        if self._part is None:
            raise PayloadError("a part without its beginning")
        self._part += payload
        if len(self._part) > _LARGEST_UNIT:
            raise PayloadError("an endless unit")
        if flags & 0x40:
            yield bytes(self._part)
            self._part = None

    def _bundle(self, payload: bytes) -> Iterator[bytes]:
        """Yield units that follow each other in one packet, each after its length of 16 bits."""
        at = 0
        while at < len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            unit = payload[at + 2 : at + 2 + size]
            if len(unit) < max(size, self._head):
                raise PayloadError("a bundle that ends early")
            yield unit
            at += 2 + size


class H264(Codec):
    """Single units, STAP-A and FU-A: what packetization-mode 0 and 1 allow."""

    name = "h264"
    _head = 1
    _STAP_A, _FU_A = 24, 28
    _IDR, _SEI, _DELIMITER = 5, 6, 9
    _RECOVERY_POINT = 6

    def _unpacked(self, payload: bytes) -> Iterator[bytes]:
        kind = payload[0] & 0x1F
        if kind == self._FU_A:
            head = bytes([payload[0] & 0xE0 | payload[1] & 0x1F])
            yield from self._fragment(payload[2:], head, payload[1])
            return
        if self._part is not None:
            raise PayloadError("a unit was begun and not ended")
        if kind == self._STAP_A:
            yield from self._bundle(payload[1:])
        elif 0 < kind < self._STAP_A:
            yield payload
        else:
            raise PayloadError("a packing that was not agreed on")

    def kind(self, unit: bytes) -> int:
        return unit[0] & 0x1F

    def is_slice(self, unit: bytes) -> bool:
        return 1 <= self.kind(unit) <= self._IDR

    def is_parameter_set(self, unit: bytes) -> bool:
        return self.kind(unit) in {7, 8}

    def is_delimiter(self, unit: bytes) -> bool:
        return self.kind(unit) == self._DELIMITER

    def begins(self, units: Iterable[bytes]) -> bool:
        return any(self.kind(it) == self._IDR or self._recovers(it) for it in units)

    def restarts(self, units: Iterable[bytes]) -> bool:
        return any(self.kind(it) == self._IDR for it in units)

    def _recovers(self, unit: bytes) -> bool:
        """Say whether this is a message that pictures are right from here on: a recovery point with count 0."""
        # The count is an Exp-Golomb number; nought is the single bit 1.
        return self.kind(unit) == self._SEI and len(unit) > 3 and unit[1] == self._RECOVERY_POINT and unit[3] >= 0x80  # noqa: PLR2004


class H265(Codec):
    """Single units, aggregation packets and fragments; without decoding order numbers, which cameras do not send."""

    name = "hevc"
    _head = 2
    _AGGREGATION, _FRAGMENT = 48, 49
    _IDR_N_LP, _DELIMITER = 20, 35

    def _unpacked(self, payload: bytes) -> Iterator[bytes]:
        if len(payload) < 3:  # noqa: PLR2004 - two bytes of head, and something
            raise PayloadError("too short")
        kind = self.kind(payload)
        if kind == self._FRAGMENT:
            head = bytes([payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]])
            yield from self._fragment(payload[3:], head, payload[2])
            return
        if self._part is not None:
            raise PayloadError("a unit was begun and not ended")
        if kind == self._AGGREGATION:
            yield from self._bundle(payload[2:])
        elif kind < self._AGGREGATION:
            yield payload
        else:
            raise PayloadError("a packing that was not agreed on")

    def kind(self, unit: bytes) -> int:
        return unit[0] >> 1 & 0x3F

    def is_slice(self, unit: bytes) -> bool:
        return self.kind(unit) < 32  # noqa: PLR2004 - the types of slices come first

    def is_parameter_set(self, unit: bytes) -> bool:
        return self.kind(unit) in {32, 33, 34}

    def is_delimiter(self, unit: bytes) -> bool:
        return self.kind(unit) == self._DELIMITER

    def begins(self, units: Iterable[bytes]) -> bool:
        return any(16 <= self.kind(it) <= 21 for it in units)  # noqa: PLR2004 - BLA, IDR and CRA

    def restarts(self, units: Iterable[bytes]) -> bool:
        return any(self.kind(it) == self._IDR_N_LP for it in units)


CODECS: dict[str, type[Codec]] = {"H264": H264, "H265": H265}
