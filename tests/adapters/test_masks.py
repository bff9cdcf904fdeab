"""Privacy masks: what is under them is gone in every picture, and nothing else is touched."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from adapters.media.copies import marked, notes_of, treated
from adapters.media.masks import cover
from adapters.media.planes import Canvas
from broker.domain.footage.media import Mask, MaskStyle, Treatment
from tests.adapters.films import Pixels, films_of, given_to_the_encoder, lumas, street
from tests.adapters.recordings import Recording, at, span

CORNERS = ((0.1, 0.3), (0.45, 0.22), (0.6, 0.7), (0.2, 0.85))
SOLID = Mask(CORNERS)


def inside(width: int, height: int, grown: int = 0) -> Pixels:
    """Say which pixels of a picture belong to the mask, or lie so near."""
    drawn = np.zeros((height, width), np.uint8)
    polygon = (np.array(CORNERS) * (width, height)).round().astype(np.int32)
    cv2.fillPoly(drawn, [polygon], 1)
    return np.asarray(cv2.dilate(drawn, np.ones((2 * grown + 1, 2 * grown + 1), np.uint8)), np.uint8)


def test_under_a_filled_mask_every_picture_is_the_same_and_outside_none_is_changed(
    recording: Callable[[str], Recording], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder looks back at the pictures it gave: painted on in place, they would spoil those that follow."""
    films = films_of(recording("bframes").files)
    with given_to_the_encoder(monkeypatch) as bare:
        marked(films, span(1, 9), tmp_path, lambda _: None, Treatment(longest_side=8000))
    with given_to_the_encoder(monkeypatch) as masked:
        marked(films, span(1, 9), tmp_path, lambda _: None, Treatment(masks=(SOLID,)))
    assert len(bare) == len(masked) == 80
    well_inside = cv2.erode(inside(320, 180), np.ones((3, 3), np.uint8)) == 1
    outside = [inside(320, 180, grown=2) == 0, *2 * [inside(320, 180, grown=2)[::2, ::2] == 0]]
    outside[1] = outside[2] = inside(320, 180, grown=4).reshape(90, 2, 160, 2).max(axis=(1, 3)) == 0
    halves = well_inside.reshape(90, 2, 160, 2).min(axis=(1, 3))
    for before, after in zip(bare, masked, strict=True):
        assert (after[0][well_inside] == 16).all()
        assert (after[1][halves] == 128).all()
        assert (after[2][halves] == 128).all()
        for plane, away in enumerate(outside):
            assert np.array_equal(before[plane][away], after[plane][away])


def test_nothing_shines_through_once_it_is_encoded(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    films = films_of(recording("cfr").files)
    (piece,) = marked(films, span(1, 6), tmp_path, lambda _: None, Treatment(masks=(SOLID,)))
    well_inside = cv2.erode(inside(320, 180), np.ones((9, 9), np.uint8)) == 1
    assert all(np.abs(luma[well_inside].astype(int) - 16).max() <= 4 for luma in lumas(tmp_path / piece.file))
    assert piece.capture.notes == ("masks-applied",)


@pytest.mark.parametrize(
    ("size", "style"),
    list(product([(320, 180), (331, 203), (1280, 720)], [MaskStyle.MOSAIC, MaskStyle.BLUR])),
)
def test_a_mosaic_and_a_blur_leave_no_detail(size: tuple[int, int], style: MaskStyle) -> None:
    width, height = size
    stripes = np.zeros((height, width, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255
    after = treated(stripes, at(0), Treatment(masks=(Mask(CORNERS, style),)))
    rim = max(round(height / 18), 16) * 2
    deep = cv2.erode(inside(width, height), np.ones((rim, rim), np.uint8)) == 1
    assert deep.any()
    assert after[deep].std() < 12 < stripes[deep].std()
    away = inside(width, height, grown=2) == 0
    assert np.array_equal(after[away], stripes[away])


def test_masks_are_placed_by_shares_in_pictures_of_any_size() -> None:
    for width, height in ((320, 180), (331, 203), (640, 360), (1919, 1079)):
        picture = street(width, height)
        after = treated(picture, at(0), Treatment(masks=(SOLID,)))
        black = (after == 0).all(axis=2)
        assert black[inside(width, height) == 1].mean() > 0.99
        assert not black[inside(width, height, grown=2) == 0].any()


def test_a_mask_covers_every_pixel_of_a_colour_it_touches() -> None:
    canvas = Canvas.of_frame(VideoFrame(32, 32, "yuv420p"))
    for plane in canvas:
        plane.pixels[:] = 77
    cover(canvas, [Mask(((7 / 32, 7 / 32), (9.4 / 32, 7 / 32), (9.4 / 32, 9.4 / 32), (7 / 32, 9.4 / 32)))])
    luma, blue, red = canvas
    rows, columns = np.nonzero(luma.pixels == 16)
    for chroma in (blue, red):
        assert (chroma.pixels[rows // 2, columns // 2] == 128).all()


def test_masks_come_before_the_words_and_overlap_as_they_like() -> None:
    whole = Mask(((0, 0), (1, 0), (1, 1), (0, 1)))
    picture = treated(street(640, 360), at(0), Treatment(masks=(whole, SOLID), clock="UTC", watermark=("张三",)))
    assert picture.max() > 200, "the clock is read on the mask"
    assert 10 < picture[100:250].max() < 120, "and so is the watermark"
    assert notes_of(Treatment(masks=(whole,))) == ("masks-applied",)
