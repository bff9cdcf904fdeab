"""H.264 of our own, for recordings to which nothing can be joined."""

from dataclasses import dataclass
from typing import ClassVar

from adapters.media.smartcut.avc import Avc
from adapters.media.smartcut.coding import Look


@dataclass(frozen=True)
class Plain(Avc):
    """Every picture is encoded anew; the parameter sets are the encoder's alone."""

    ENCODER: ClassVar[str] = "libx264"

    @classmethod
    def looking(cls, look: Look) -> "Plain":
        """Return the coding for pictures of this look, in a pixel format that every player shows."""
        # 4:2:0 has no odd sizes; the last row or column goes.
        even = Look(look.width & ~1, look.height & ~1, "yuv420p", 1, look.colours, look.aspect, look.rate)
        return cls(even, ())

    def options(self) -> dict[str, str]:
        return {"preset": "veryfast", "crf": "20", "forced-idr": "1", "x264-params": "bframes=0:keyint=infinite"}
