"""Outlines under a map: only what is asked for is read, and it is the same as out of the whole."""

import gzip
import json

import pytest

from storage.geography import borders
from storage.geography.outlines import outlines

CITIES = ("3301", "5101")


def test_the_part_that_is_asked_for_is_the_same_as_of_the_whole() -> None:
    whole = borders.features("district")
    for within in (CITIES, ("65", "71"), (borders.code_of(whole[-1])[:4],)):
        asked = borders.features_in("district", within)
        assert asked
        assert asked == [it for it in whole if borders.code_of(it).startswith(within)]
    assert borders.features_in("district", ()) == []
    assert borders.features_in("district", ("0000",)) == []


def test_a_file_in_another_order_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    feature = {"properties": {"name": "x", "gb": "156330101"}, "geometry": {"type": "Polygon", "coordinates": []}}
    other = {**feature, "properties": {"name": "y", "gb": "156110101"}}
    text = json.dumps({"features": [feature, other]}).encode()
    monkeypatch.setattr(borders, "_text", lambda _: text)
    assert borders.features_in("district", ("3301",)) == [feature]


def test_outlines_are_made_without_reading_all_counties(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"province": borders.features("province")}  # a level that is read whole
    monkeypatch.setattr("storage.geography.outlines.features", known.__getitem__)
    monkeypatch.setattr(borders, "features", known.__getitem__)
    told = json.loads(gzip.decompress(outlines(frozenset({"3302"}))))
    names = {it["properties"].get("name") for it in told["features"]}
    assert {"海曙区", "江北区"} <= names
