"""What of a result can be shown in a browser, and which instant its nought is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.domain.footage.retrievals import WHOLE
from broker.web.api.footage.retrievals import ItemOut, MissingOut, RetrievalOut
from broker.web.refs import CameraRef

SHOWN = frozenset({"h264"})
"""What browsers show. Of H.265 many play the sound, show no picture and report no error: it is never tried."""

MOST_COMPARED = 4
"""Clips that are decoded side by side: an office computer does no more."""


@dataclass(frozen=True)
class Film:
    """A clip that a browser shows: `begin` is nought in the file, as in every clip (adapters/media).

    Attributes:
        retrieval: whose bytes.
        number: which file of the result.
        camera: what it shows.
        begin, end: what was asked for.
        step: seconds from one picture to the next, as far as pictures come evenly.
        width, height: in pixels.
        missing: where it has no pictures, and why.
        marked: whether it is a marked copy, not footage as it was recorded.
    """

    retrieval: UUID
    number: int
    camera: CameraRef
    begin: datetime
    end: datetime
    step: float
    width: int
    height: int
    missing: Sequence[MissingOut]
    marked: bool

    @property
    def source(self) -> str:
        """Where its bytes come from: guarded, as all of them."""
        return f"/api/v1/retrievals/{self.retrieval}/view?item={self.number}"


def film_of(it: RetrievalOut, number: int = 1) -> Film | None:
    """Return a file of a result as a browser shows it; None where there is none, or it would show nothing."""
    item = item_of(it, number)
    if item is None or it.asked.span is None or it.result is None or item.codec not in SHOWN:
        return None
    return Film(
        retrieval=it.id, number=number, camera=it.camera, begin=it.asked.span.begin, end=it.asked.span.end,
        step=_step(item), width=item.width, height=item.height, missing=it.result.missing, marked=not it.original,
    )  # fmt: skip


def item_of(it: RetrievalOut, number: int) -> ItemOut | None:
    """Return a file of a result that is there."""
    if it.result is None or it.state not in WHOLE:
        return None
    return next((item for item in it.result.items if item.number == number), None)


def _step(item: ItemOut) -> float:
    seconds = sum((span.end - span.begin).total_seconds() for span in item.obtained)
    return seconds / item.frames if item.frames and seconds else 0.04
