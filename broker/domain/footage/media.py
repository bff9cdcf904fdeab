"""What is asked of a source of footage and what it gave: plain values that cross process borders."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from broker.domain.requests.coverage import Missing
from broker.domain.time import TimeSpan


class MaskStyle(StrEnum):
    """How a part of a picture is made unreadable; only SOLID leaves nothing that could be guessed back."""

    SOLID = "solid"
    MOSAIC = "mosaic"
    BLUR = "blur"


class PictureFormat(StrEnum):
    """How a snapshot is written; PNG loses nothing."""

    JPEG = "jpeg"
    PNG = "png"


@dataclass(frozen=True)
class Mask:
    """A privacy mask: at least three corners, each as shares (0 to 1) of the picture's width and height."""

    polygon: tuple[tuple[float, float], ...]
    style: MaskStyle = MaskStyle.SOLID


@dataclass(frozen=True)
class Treatment:
    """What is done to pictures on their way out; the default is nothing, they leave as they were recorded.

    Attributes:
        banner: words on an opaque box, the same in every picture (emergencies).
        watermark: lines that are laid over the whole picture, again and again, half transparent.
        clock: the IANA zone in which every picture says its own instant; empty: it does not.
        masks: parts that nobody may see, whatever moves there.
        faces: whether faces are found and made unreadable. An aid, never a guarantee.
        longest_side: the most pixels a side may have; None: as recorded.
        sound: whether sound stays with the pictures, where they stay as they were recorded.
    """

    banner: str = ""
    watermark: tuple[str, ...] = ()
    clock: str = ""
    masks: tuple[Mask, ...] = ()
    faces: bool = False
    longest_side: int | None = None
    sound: bool = True

    @property
    def touches_pictures(self) -> bool:
        """Whether any picture is other than it was recorded."""
        marks = self.banner or self.watermark or self.clock
        return bool(marks or self.masks or self.faces or self.longest_side is not None)


ORIGINAL = Treatment()


@dataclass(frozen=True)
class SnapshotAsk:
    """One picture: the frame that was shown at `instant` on the channel `channel` of a source.

    `ahead` is how far the clock of the source is ahead of the true time; all instants here are true ones.
    """

    channel: str
    instant: datetime
    treatment: Treatment = ORIGINAL
    format: PictureFormat = PictureFormat.JPEG
    ahead: timedelta = timedelta(0)


@dataclass(frozen=True)
class ClipAsk:
    """Moving pictures: exactly the frames whose instants lie in `span` (half open) of `channel`; `ahead` as above."""

    channel: str
    span: TimeSpan
    treatment: Treatment = ORIGINAL
    ahead: timedelta = timedelta(0)


Ask = SnapshotAsk | ClipAsk


@dataclass(frozen=True)
class Capture:
    """What came back, described truthfully; the bytes themselves lie in a file or a blob.

    `obtained` are the spans that really have pictures (several where the recording has gaps); `first` and
    `last` are the instants of the first and the last frame; `frames` counts them; sizes are in pixels. `sound` is the
    codec of the sound, empty where there is none; `reencoded` counts the pictures that were encoded anew;
    `source_digest` is the SHA-256 over every coded packet that was read for it, in order; `notes` are slugs of
    statements that belong to the result.
    """

    media_type: str
    container: str
    codec: str
    width: int
    height: int
    frames: int
    first: datetime
    last: datetime
    obtained: tuple[TimeSpan, ...]
    sound: str = ""
    reencoded: int = 0
    source_digest: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """One file of a result: its name in the folder it was written to, and what is in it."""

    file: str
    capture: Capture


@dataclass(frozen=True)
class Fetched:
    """All that an ask brought: its files, in order of time, and what of the span is in none of them, and why."""

    pieces: tuple[Piece, ...]
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True)
class KeptFile:
    """A recorded file as the source has it, `file` in the folder it was copied to, `name` at the source.

    `origin` is the instant of its own time nought, `span` the part that it is to serve; both in true time.
    """

    file: str
    name: str
    origin: datetime
    span: TimeSpan


@dataclass(frozen=True)
class Kept:
    """The recorded files that hold a span, in order of time, and what of it the source did not give, and why."""

    files: tuple[KeptFile, ...]
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True)
class Point:
    """A channel that a source offers, as the source itself names it.

    `gb_code` is its GB/T 28181 code, `vendor_id` what its maker knows it by (a serial number), where the source tells.
    """

    channel: str
    name: str
    gb_code: str | None = None
    vendor_id: str | None = None


@dataclass(frozen=True)
class Probe:
    """The health of a source: reachable or not, and the sentence that says why.

    `ahead` is how many seconds its clock is ahead of ours, None where it does not tell; `ahead_by` says how that was
    measured.
    """

    ok: bool
    detail: str
    points: int
    ahead: float | None = None
    ahead_by: str = ""
