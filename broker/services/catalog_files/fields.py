"""One function a field: from a cell to the value the catalogue keeps, or a CellFault that says why not."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from broker.domain import gb_code
from broker.domain.catalog import POINT_CLASSES, Direction
from broker.domain.errors import Invalid
from broker.services.catalog_files import directions
from broker.services.catalog_files.cells import address_key, as_number, as_text, holds_address, holds_control

NAME_LENGTH = 200
KEY_LENGTH = 200
ADDRESS_LENGTH = 300

DIVISION_LENGTHS = (2, 4, 6, 8, 9, 12)
"""CivilCode has 2, 4, 6 or 8 digits (GB/T 28181-2022 A.2.1.9); towns have 9 and villages 12 (GB/T 10114)."""

YES = frozenset({"1", "true", "yes", "y", "是"})
NO = frozenset({"", "0", "false", "no", "n", "否"})
OPEN = NO | {"非涉密", "不涉密"}

_CLASS_WORDS = {"一类": 1, "二类": 2, "三类": 3, "其他": 9, "i类": 1, "ii类": 2, "iii类": 3}
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")


class CellFault(Exception):  # noqa: N818  # it is what is wrong with a cell, reported and never raised to a person
    """Why a cell feeds no field: a slug, and what is allowed in signs that need no translation."""

    def __init__(self, reason: str, allowed: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.allowed = allowed


def name(cell: object) -> str:
    """A name is needed, of at most 200 characters, in one line, without a stream address."""
    text = _text(cell, NAME_LENGTH)
    if not text:
        raise CellFault("point-name-missing")
    return text


def address(cell: object) -> str:
    """Where the camera hangs, at most 300 characters."""
    return _text(cell, ADDRESS_LENGTH)


def external_key(cell: object) -> str | None:
    """The key of the list; a URL is kept as a digest only, for a stream address carries the camera's password."""
    text = as_text(cell)
    if text and holds_address(text):
        return address_key(text)
    return _text(cell, KEY_LENGTH) or None


def coordinate(cell: object) -> float:
    """A decimal number of degrees; whether it is on the earth is asked of the pair (`check`)."""
    if as_text(cell) == "":
        raise CellFault("point-coordinate-missing")
    number = as_number(cell)
    if number is None:
        raise CellFault("point-coordinate-no-number", "39.9042")
    return number


def code(cell: object) -> str | None:
    """The 20-digit code of a camera (types 131, 132); a spreadsheet that made a number of it has lost its end."""
    text = unicodedata.normalize("NFKC", as_text(cell) or "")
    if isinstance(cell, float) or _SCIENTIFIC.fullmatch(text):
        raise CellFault("gb-code-rounded", "20")
    if isinstance(cell, dict | list):
        raise CellFault("point-value-kind")
    if not text:
        return None
    try:
        return str(gb_code.parse(text))
    except Invalid as error:
        raise CellFault(error.slug, str(error.facts.get("allowed", ""))) from None


def division(cell: object) -> str:
    """A division code by its digits; a name of a place is not looked up."""
    text = re.sub(r"\.0+$", "", _text(cell, KEY_LENGTH))
    if text and not (re.fullmatch(r"[0-9]+", text) and len(text) in DIVISION_LENGTHS):
        raise CellFault("point-division-unknown", "2, 4, 6, 8, 9, 12")
    return text


def direction(cell: object) -> Direction | None:
    """Where the camera looks; free text such as Median or Both Directions names no direction."""
    text = _text(cell, KEY_LENGTH)
    found = directions.parse_direction(text) if text else None
    if text and found is None:
        raise CellFault("point-direction-unknown", directions.ALLOWED)
    return found


def point_class(cell: object) -> int | None:
    """PointType of GB/T 28181-2022; 4 of the camera archive (公安内部) is no class of the standard."""
    text = unicodedata.normalize("NFKC", _text(cell, KEY_LENGTH)).casefold().removesuffix("点").removesuffix("点位")
    if not text:
        return None
    number = int(text) if re.fullmatch(r"[0-9]", text) else _CLASS_WORDS.get(text)
    if number not in POINT_CLASSES:
        raise CellFault("point-class-unknown", "1, 2, 3, 9")
    return number


def secrecy(cell: object) -> None:
    """A row marked secret never enters (Law on Guarding State Secrets, article 31; Secrecy of GB/T 28181)."""
    if (as_text(cell) or "").casefold() not in OPEN or isinstance(cell, dict | list):
        raise CellFault("point-secret", "0")


def synthetic(cell: object) -> bool:
    """Whether the point was made up for a demonstration."""
    return _flag(cell)


def sensitive(cell: object) -> bool:
    """Whether two persons have to authorize; in doubt the row stays outside, for an open point would need only one."""
    return _flag(cell)


def _flag(cell: object) -> bool:
    text = _text(cell, KEY_LENGTH).casefold()
    if text not in YES | NO:
        raise CellFault("point-flag-unknown", "0, 1, true, false, 是, 否")
    return text in YES


def _text(cell: object, longest: int) -> str:
    text = as_text(cell)
    if text is None:
        raise CellFault("point-value-kind")
    if holds_address(text):
        raise CellFault("point-text-address")
    if holds_control(text):
        raise CellFault("point-text-control")
    if len(text) > longest:
        raise CellFault("point-text-long", str(longest))
    return text


READERS: Mapping[str, Callable[[object], object]] = {
    "gb_code": code,
    "external_key": external_key,
    "name": name,
    "latitude": coordinate,
    "longitude": coordinate,
    "division": division,
    "address": address,
    "direction": direction,
    "point_class": point_class,
    "secrecy": secrecy,
    "sensitive": sensitive,
    "synthetic": synthetic,
}

OPTIONAL = frozenset({"division", "address", "direction", "point_class", "synthetic"})
"""A point is as true without them: a fault here is a warning, the field stays empty and `extra` keeps the text."""
