"""How a stretch of video is coded, as far as joining new pictures to it needs to know."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import ClassVar

from av.video.codeccontext import VideoCodecContext


class Entry(Enum):
    """What kind of door a picture is: through CLEAN and OPEN decoding can begin.

    After an OPEN one pictures may follow that are shown before it and need what stands before it.
    """

    NONE = 0
    OPEN = 1
    CLEAN = 2


@dataclass(frozen=True)
class Look:
    """What the pixels of a stream are; all of it has to be alike in one track."""

    width: int
    height: int
    pixels: str
    range: int
    colours: tuple[int, int, int]
    aspect: Fraction | None
    rate: Fraction = field(compare=False)

    @classmethod
    def of(cls, context: VideoCodecContext, rate: Fraction | None) -> "Look":
        """Return the look of a stream by its decoder's settings; the rate is a guess and only helps the encoder."""
        known = rate if rate and 1 <= rate <= 120 else Fraction(25)  # noqa: PLR2004 - what cameras do
        return cls(
            context.width,
            context.height,
            context.pix_fmt or "",
            int(context.color_range),
            (int(context.colorspace), int(context.color_primaries), int(context.color_trc)),
            context.sample_aspect_ratio or None,
            known,
        )


@dataclass(frozen=True)
class Coding(ABC):
    """A codec, the parameter sets that are in force, and the look. Two that are equal fit into one track."""

    look: Look
    sets: tuple[bytes, ...]

    NAME: ClassVar[str]
    TAG: ClassVar[str]
    ENCODER: ClassVar[str]

    @abstractmethod
    def options(self) -> dict[str, str]:
        """Return the settings of the encoder for pictures that join this coding."""

    @abstractmethod
    def renamed(self, part: bytes) -> bytes:
        """Return a unit of the encoder under ids that do not collide with those of the recording."""

    @abstractmethod
    def record(self, fresh: Sequence[bytes]) -> bytes:
        """Return the header of the track: the sets of the recording and those of the encoder, already renamed."""

    @classmethod
    @abstractmethod
    def is_set(cls, part: bytes) -> bool:
        """Whether a unit is a parameter set."""

    @classmethod
    @abstractmethod
    def entry(cls, parts: Sequence[bytes]) -> Entry:
        """Return what kind of door the picture of these units is."""

    @classmethod
    @abstractmethod
    def broken_off(cls, parts: Sequence[bytes]) -> list[bytes]:
        """Return the units of an OPEN entry changed so that a decoder knows: what led to it is not there."""
