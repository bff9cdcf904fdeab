"""Administrative divisions by code: GB/T 2260 to the county, GB/T 10114 for towns, and the villages below them.

    digits   1-2       3-4    5-6     7-9   10-12
    group    province  city   county  town  village
    example  33        01     02      001   001

A code may be written short (33, 3301) or filled up with noughts (330000, 330102001000); eight digits are the form of
GB/T 28181, whose last two name a unit that takes devices in. Whatever lies in a division begins with its digits, so
that a subtree is one interval of text, compared byte by byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from broker.domain.errors import Invalid

GROUPS = (2, 4, 6, 9, 12)
"""Where the groups end."""

ACCESS_UNIT = 8  # digits of a place in GB/T 28181
LENGTHS = frozenset({*GROUPS, ACCESS_UNIT})


class Level(StrEnum):
    """How high a division stands."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"


@dataclass(frozen=True)
class Division:
    """A division: its code (six digits to the county, nine for a town, twelve for a village) and its name.

    Attributes:
        parent: the nearest division above that is in the list; None for a province.
        successor: the division that took its place; None while it is in force.
        source: the list that it came with.
    """

    code: str
    name: str
    level: Level
    parent: str | None = None
    successor: str | None = None
    source: str = ""


def read_code(text: str, pointer: str = "/division") -> str:
    """Return the one form of a code: `33` and `330000000000` are `330000`, `33010200` is `330102`.

    Raises:
        Invalid: `division-malformed`: no code of a division; eight digits are one only with 00 at the end.
    """
    digits = text.strip()
    fits = digits.isascii() and digits.isdigit() and len(digits) in LENGTHS and digits[0] != "0"
    if not fits or (len(digits) == ACCESS_UNIT and not digits.endswith("00")):
        raise Invalid("division-malformed", pointer=pointer, value=digits[:20])
    return _full(prefix(digits))


def prefix(code: str) -> str:
    """Return the digits that every division inside `code` begins with: 330100 holds 3301..., 330000 holds 33..."""
    if len(code) == ACCESS_UNIT:
        return code if not code.endswith("00") else prefix(code[: GROUPS[2]])
    held = code
    for begin, end in reversed(tuple(pairwise(GROUPS))):
        if len(held) == end and not held[begin:].strip("0"):
            held = held[:begin]
    return held


def interval(code: str) -> tuple[str, str]:
    """Return (low, high): what lies in `code` is `low <= division < high`, in the order of bytes."""
    low = prefix(code)
    return low, low[:-1] + chr(ord(low[-1]) + 1)


def level_of(code: str) -> Level:
    """Return how high a code stands; a unit of GB/T 28181 stands with its county."""
    length = len(prefix(code))
    place = 2 if length == ACCESS_UNIT else GROUPS.index(length)
    return tuple(Level)[place]


def above(code: str) -> tuple[str, ...]:
    """Return the codes of all that `code` lies in, the province first; not every one of them need be in a list."""
    held = prefix(code)
    return tuple(_full(held[:end]) for end in GROUPS if end < len(held))


def successor_of(code: str, abolished: Mapping[str, str]) -> str | None:
    """Return what has taken the place of a division, or of the nearest one that it lies in; None where nothing did.

    `abolished` are divisions that are no longer in force, each with its successor, which may have one in its turn.
    """
    held = prefix(code) if code else ""
    own = _full(held[: GROUPS[2]] if len(held) == ACCESS_UNIT else held)
    for known in (own, *reversed(above(own))) if held else ():
        if known in abolished:
            passed = {known}
            while (known := abolished[known]) in abolished and known not in passed:  # a list may go round in circles
                passed.add(known)
            return known
    return None


def _full(digits: str) -> str:
    return digits.ljust(GROUPS[2], "0")
