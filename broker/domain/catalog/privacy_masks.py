"""What the privacy masks of a camera have to be like."""

from collections.abc import Sequence
from math import isfinite

from broker.domain.errors import Invalid
from broker.domain.footage.media import Mask

MOST_MASKS = 32
FEWEST_CORNERS, MOST_CORNERS = 3, 64
_SMALLEST = 1e-5  # the share of a picture that a mask covers at the very least; less is a slip of the hand


def check_masks(masks: Sequence[Mask]) -> None:
    """Refuse masks that cover nothing or lie outside the picture.

    Raises:
        Invalid: `pointer` names the mask.
    """
    if len(masks) > MOST_MASKS:
        raise Invalid("too-many-masks", pointer="/masks", most=MOST_MASKS)
    for place, mask in enumerate(masks):
        pointer = f"/masks/{place}"
        if not FEWEST_CORNERS <= len(mask.polygon) <= MOST_CORNERS:
            raise Invalid("mask-corners", pointer=pointer, least=FEWEST_CORNERS, most=MOST_CORNERS)
        if not all(isfinite(share) and 0 <= share <= 1 for corner in mask.polygon for share in corner):
            raise Invalid("mask-outside", pointer=pointer)
        if _area(mask) < _SMALLEST:
            raise Invalid("mask-without-area", pointer=pointer)


def told(masks: Sequence[Mask]) -> list[dict[str, object]]:
    """Return masks as plain JSON values, for the trace."""
    return [{"polygon": [list(corner) for corner in mask.polygon], "style": mask.style.value} for mask in masks]


def _area(mask: Mask) -> float:
    corners = mask.polygon
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return abs(sum(left * low - right * high for (left, high), (right, low) in pairs)) / 2
