"""Coded pictures and sound as they came over a network, described; `adapters.media.remux` writes them into a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

TICKS = Fraction(1, 90000)
_START = b"\x00\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class Coded:
    """One coded picture or piece of sound in a file of raw bytes.

    `at` and `lasts` are in ticks of 1/90000 s since the beginning of the file to write; `key` says whether decoding may
    begin with it.
    """

    at: int
    offset: int
    size: int
    key: bool = False
    lasts: int = 0


@dataclass(frozen=True)
class Pictures:
    """The pictures of a file in the order of decoding: codec (`h264`, `hevc`), parameter sets, and where they lie."""

    codec: str
    sets: tuple[bytes, ...]
    coded: Sequence[Coded]


@dataclass(frozen=True)
class Voices:
    """The sound of a file: codec (`aac`, `pcm_alaw`, `pcm_mulaw`), samples a second, the decoder's configuration."""

    codec: str
    rate: int
    config: bytes
    coded: Sequence[Coded]


def with_starts(units: Iterable[bytes]) -> bytes:
    """Return NAL units as one run of bytes with start codes between them."""
    return b"".join(_START + unit for unit in units)
