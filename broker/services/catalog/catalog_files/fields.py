"""One function a field: from a cell to the value the catalogue keeps, or a CellFault that says why not."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping

from broker.domain.catalog import gb_code
from broker.domain.catalog.catalog import POINT_CLASSES, Direction, Lifecycle
from broker.domain.catalog.gb_code import Edition
from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files import directions
from broker.services.catalog.catalog_files.cells import (
    address_key,
    as_number,
    as_text,
    holds_address,
    holds_control,
    plain_numbers,
    plain_texts,
)
from broker.services.catalog.catalog_files.columns import Glance
from broker.services.catalog.catalog_files.extra import read_extra
from broker.services.catalog.catalog_files.faults import CellFault

NAME_LENGTH = 200
KEY_LENGTH = 200
ADDRESS_LENGTH = 300

DIVISION_LENGTHS = (2, 4, 6, 8, 9, 12)
"""CivilCode has 2, 4, 6 or 8 digits (GB/T 28181-2022 A.2.1.9); towns have 9 and villages 12 (GB/T 10114)."""

YES = frozenset({"1", "true", "yes", "y", "是"})
NO = frozenset({"", "0", "false", "no", "n", "否"})
OPEN = NO | {"非涉密", "不涉密"}

MOST_TAGS = 32
TAG_LENGTH = 40

_LIFECYCLES = {
    "1": Lifecycle.IN_USE, "2": Lifecycle.REPAIR, "3": Lifecycle.REMOVED,
    "在用": Lifecycle.IN_USE, "维修": Lifecycle.REPAIR, "拆除": Lifecycle.REMOVED,
    "in_use": Lifecycle.IN_USE, "repair": Lifecycle.REPAIR, "removed": Lifecycle.REMOVED,
}  # fmt: skip
_EDITIONS = {text: edition for edition in Edition for text in (str(edition), f"GB/T 28181-{edition}")}
_WHOLE_CODE = re.compile(r"[1-9][0-9](?!00(?!00))[0-9]{6}(?:0[0-9]|1[01]|4[0-9]|5[0-5]|9[0-9])13[12][0-8][0-9]{6}")
"""Codes that are right whatever their edition; what this does not take is looked at group by group."""

_CLASS_WORDS = {"一类": 1, "二类": 2, "三类": 3, "其他": 9, "i类": 1, "ii类": 2, "iii类": 3}
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")


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


def coordinate(cell: object) -> float | None:
    """A decimal number of degrees, None for an empty cell; the pair is looked at in `check`."""
    if cell is None or as_text(cell) == "":
        return None
    number = as_number(cell)
    if number is None:
        raise CellFault("point-coordinate-no-number", "39.9042")
    return number


def code(cell: object) -> str | None:
    """The 20-digit code of a camera (types 131, 132); a spreadsheet that made a number of it has lost its end."""
    if isinstance(cell, str) and _WHOLE_CODE.fullmatch(cell):
        return cell
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


def edition(cell: object) -> Edition | None:
    """The edition of GB/T 28181 that the code was given under."""
    text = _text(cell, KEY_LENGTH).removesuffix(".0")
    if text and text not in _EDITIONS:
        raise CellFault("point-edition-unknown", ", ".join(Edition))
    return _EDITIONS.get(text)


def lifecycle(cell: object) -> Lifecycle | None:
    """What has become of the device: 设备状态 of the sector's archive, or a word."""
    text = _text(cell, KEY_LENGTH).casefold().removesuffix(".0")
    if text and text not in _LIFECYCLES:
        raise CellFault("point-lifecycle-unknown", "1=在用 2=维修 3=拆除")
    return _LIFECYCLES.get(text)


def tags(cell: object) -> tuple[str, ...]:
    """Words a department sorts its points by, between semicolons or commas."""
    if isinstance(cell, list):
        parts = [_text(part, TAG_LENGTH) for part in cell]
    else:
        parts = [_text(part, TAG_LENGTH) for part in re.split(r"[;；,，、]", _text(cell, MOST_TAGS * TAG_LENGTH))]
    found = tuple(dict.fromkeys(part for part in parts if part))
    if len(found) > MOST_TAGS:
        raise CellFault("point-tags-many", str(MOST_TAGS))
    return found


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


def place_checked(cell: object) -> bool:
    """Whether a person looked at a point whose name says that nobody may film there, and found that it is lawful."""
    return _flag(cell)


def extra(cell: object) -> dict[str, object]:
    """The further columns of a point, as an export writes them into one cell; held to what they were held to before."""
    found = cell
    if isinstance(cell, str):
        try:
            found = json.loads(cell) if cell.strip() else {}
        except (ValueError, RecursionError):
            raise CellFault("point-extra-json") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise CellFault("point-extra-json")
    sorted_out = read_extra(found, frozenset())
    if sorted_out.unfit or sorted_out.dropped:
        raise CellFault("point-text-address" if sorted_out.dropped else sorted_out.unfit[0][1])
    return sorted_out.kept


def ignored(_cell: object) -> None:
    """A column of an export that the catalogue keeps for itself: who owns the point, whether it answers."""


def _flag(cell: object) -> bool:
    text = _text(cell, KEY_LENGTH).casefold()
    if text not in YES | NO:
        raise CellFault("point-flag-unknown", "0, 1, true, false, 是, 否")
    return text in YES


def _text(cell: object, longest: int) -> str:
    """Return the text of a cell that may be kept; what is plain is known at a glance."""
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
    "gcj02_latitude": coordinate,
    "gcj02_longitude": coordinate,
    "division": division,
    "address": address,
    "direction": direction,
    "point_class": point_class,
    "edition": edition,
    "lifecycle": lifecycle,
    "tags": tags,
    "secrecy": secrecy,
    "sensitive": sensitive,
    "synthetic": synthetic,
    "place_checked": place_checked,
    "extra": extra,
    "ignored": ignored,
}

GLANCES: Mapping[str, Glance] = {
    "gb_code": lambda texts: plain_texts(texts, gb_code.LENGTH, _WHOLE_CODE, None),
    "external_key": lambda texts: plain_texts(texts, KEY_LENGTH, None, None),
    "name": lambda texts: plain_texts(texts, NAME_LENGTH, None, None) if all(texts) else None,
    "latitude": plain_numbers,
    "longitude": plain_numbers,
    "gcj02_latitude": plain_numbers,
    "gcj02_longitude": plain_numbers,
    "address": lambda texts: plain_texts(texts, ADDRESS_LENGTH, None, ""),
}
"""What says at once of many texts what their reader would give; other columns have few different ones."""

OPTIONAL = frozenset(
    {"division", "address", "direction", "point_class", "edition", "lifecycle", "tags", "synthetic", "extra"},
)
"""A point is as true without them: a fault here is a warning, the field stays empty and `extra` keeps the text."""
