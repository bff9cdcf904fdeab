"""Where a camera looks, as people write it: numbers of GB/T 28181, compass letters, words, Chinese."""

import re
import unicodedata

from broker.domain.catalog.catalog import Direction

ALLOWED = "1-8, N, NE, E, SE, S, SW, W, NW, 东, 东南, 南, 西南, 西, 西北, 北, 东北"

_CHINESE = {
    "东": Direction.EAST,
    "西": Direction.WEST,
    "南": Direction.SOUTH,
    "北": Direction.NORTH,
    "东南": Direction.SOUTHEAST,
    "东北": Direction.NORTHEAST,
    "西南": Direction.SOUTHWEST,
    "西北": Direction.NORTHWEST,
}
_ENGLISH = {
    "e": Direction.EAST,
    "w": Direction.WEST,
    "s": Direction.SOUTH,
    "n": Direction.NORTH,
    "se": Direction.SOUTHEAST,
    "ne": Direction.NORTHEAST,
    "sw": Direction.SOUTHWEST,
    "nw": Direction.NORTHWEST,
}
_POINT = "东南|东北|西南|西北|东|西|南|北"
_FACING = re.compile(rf"(?:朝向|面向|面朝|[朝向往面看对])?正?({_POINT})(?:方向|方|向|面)?")
_FROM_TO = re.compile(rf"[由从自]?正?({_POINT})[向往至到朝]正?({_POINT})(?:方向|方)?")
_LOOKING = re.compile(r"(?:facing|looking|heading|towards?|to)+")
_BOUND = re.compile(r"(?:bound|wards?|erly)$")
_WORDS = (("north", "n"), ("south", "s"), ("east", "e"), ("west", "w"))


def parse_direction(text: str) -> Direction | None:
    """Return the direction that a text names, None where it names none or more than one (Median, Any, NS, 全向).

    由东向西 looks west: the last word is where the view goes. Northbound and NB are taken as north.
    """
    written = unicodedata.normalize("NFKC", text).casefold()
    if re.fullmatch(r"[1-8](\.0)?", written):
        return Direction(int(written[0]))
    plain = re.sub(r"[\s_./-]", "", written)
    facing = _FACING.fullmatch(plain)
    if facing:
        return _CHINESE[facing[1]]
    crossing = _FROM_TO.fullmatch(plain)
    if crossing:
        return _CHINESE[crossing[2]] if crossing[1] != crossing[2] else None
    return _english(plain)


def _english(plain: str) -> Direction | None:
    word = _BOUND.sub("", _LOOKING.sub("", plain, count=1))
    for long, short in _WORDS:
        word = word.replace(long, short)
    if len(word) > 1 and word.endswith("b"):  # EB: eastbound
        word = word[:-1]
    return _ENGLISH.get(word)
