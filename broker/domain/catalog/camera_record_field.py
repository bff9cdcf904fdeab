"""One field of a camera record: what may stand in it, how a text becomes its value, how the value is written again.

A record keeps what was filled in as JSON: a code as its text ("1", "03"), several codes as a list, an integer, a
number, a text, an instant as ISO 8601 with offset, a flag as a boolean. `read(field, written(value))` is the value
again, so that an export that is imported changes nothing.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum

Value = str | int | float | bool | list[str]
"""What a record keeps of a field."""

BEIJING = timezone(timedelta(hours=8))
"""The zone of an instant that names none: the standards write local time, and the country has one zone."""

LONGEST = 200
MOST_CODES = 64
_INSTANT = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d\d)(\d\d))"
    r"(?:[ T]?(\d{1,2}):?(\d\d)(?::?(\d\d)(?:\.\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?"
)
_FLAGS = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False, "是": True, "否": False,
          "有": True, "无": False, "y": True, "n": False}  # fmt: skip
_BETWEEN = re.compile(r"[/;,；，、|]+")


class FieldKind(StrEnum):
    """What kind of value a field holds."""

    CODE = "code"
    CODES = "codes"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    INSTANT = "instant"
    FLAG = "flag"


class Standard(StrEnum):
    """Whose word a field is; the codes of one are never read as those of another."""

    BOTH = "GB/T 28181"
    Y2016 = "GB/T 28181-2016"
    Y2022 = "GB/T 28181-2022"
    SECTOR = "一机一档"
    LAW = "视频图像条例"
    CITY = "city"


@dataclass(frozen=True)
class Word:
    """What one code means."""

    zh: str
    en: str


class FieldFault(Exception):  # noqa: N818 - a fault of the text, not of the program
    """A text that a field cannot hold: the slug of the reason, and what could stand there."""

    def __init__(self, reason: str, allowed: str = "") -> None:
        super().__init__(reason, allowed)
        self.reason = reason
        self.allowed = allowed


@dataclass(frozen=True)
class RecordField:
    """One field.

    `elements` are the names that files of the standard give it, the proper one first; `clause` says where it is laid
    down. `allowed` are its codes; a kind with codes and none of them has a `pattern` for each. `low` and `high` bound a
    number (`above` leaves the lower bound itself out). `mandatory` names the point classes that must have it;
    `expected`: the standard wants it of every device, which counts for the quality of a record and keeps no row out.
    """

    key: str
    zh: str
    en: str
    kind: FieldKind
    standard: Standard
    elements: tuple[str, ...] = ()
    clause: str = ""
    allowed: Mapping[str, Word] = field(default_factory=dict)
    pattern: str = ""
    shape: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    longest: int = LONGEST
    mandatory: frozenset[int] = frozenset()
    expected: bool = False

    @property
    def told(self) -> str:
        """What may stand in the field, in figures and names that need no translation."""
        if self.allowed:
            return " ".join(f"{code}={word.zh}" for code, word in self.allowed.items())
        if self.shape or self.pattern:
            return self.shape or self.pattern
        if self.low is not None or self.high is not None:
            between = " … " if (self.low or 0) < 0 else "-"
            return f"{'>' if self.above else ''}{_plain(self.low)}{between}{_plain(self.high)}"
        return f"1-{self.longest}" if self.kind is FieldKind.TEXT else self.kind.value


def read(of: RecordField, text: str) -> Value:
    """Return the value that a text gives a field; blanks around it do not count.

    Raises:
        FieldFault: the text is empty, or nothing that may stand there.
    """
    said = text.strip()
    if not said:
        raise FieldFault("record-field-empty", of.told)
    match of.kind:
        case FieldKind.CODE:
            return _code(of, said)
        case FieldKind.CODES:
            return _codes(of, said)
        case FieldKind.INTEGER:
            return _integer(of, said)
        case FieldKind.NUMBER:
            return _bounded(of, _number(of, said))
        case FieldKind.INSTANT:
            return _instant(said)
        case FieldKind.FLAG:
            return _flag(said)
        case FieldKind.TEXT:
            return _text(of, said)


def written(value: Value) -> str:
    """Return the text that `read` makes this value of."""
    if isinstance(value, list):
        return "/".join(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return _plain(value) if isinstance(value, float) else str(value)


def _code(of: RecordField, said: str) -> str:
    """A code as it stands, with the zeros that a spreadsheet took, or by what it means."""
    if not of.allowed:
        if not re.fullmatch(of.pattern, said):
            raise FieldFault("record-field-shape", of.told)
        return said
    plain = said.removesuffix(".0")  # a spreadsheet made a number of it
    for code in (plain, plain.zfill(2), plain.lstrip("0")):
        if code in of.allowed:
            return code
    meant = said.casefold()
    for code, word in of.allowed.items():
        if meant in {word.zh.casefold(), word.en.casefold()}:
            return code
    raise FieldFault("record-field-code", of.told)


def _codes(of: RecordField, said: str) -> list[str]:
    """Several codes between slashes; one that comes twice counts once, the order is kept."""
    parts = [part.strip() for part in _BETWEEN.split(said) if part.strip()]
    if not parts:
        raise FieldFault("record-field-empty", of.told)
    if len(parts) > MOST_CODES:
        raise FieldFault("record-field-long", f"1-{MOST_CODES}")
    return list(dict.fromkeys(_code(of, part) for part in parts))


def _integer(of: RecordField, said: str) -> int:
    number = _number(of, said)
    if not number.is_integer():
        raise FieldFault("record-field-integer", of.told)
    return int(_bounded(of, number))


def _number(of: RecordField, said: str) -> float:
    try:
        number = float(said) if len(said) <= 40 and said.isascii() else math.nan  # noqa: PLR2004 - no number is longer
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in said:
        raise FieldFault("record-field-number", of.told)
    return number


def _bounded(of: RecordField, number: float) -> float:
    below = of.low is not None and (number <= of.low if of.above else number < of.low)
    if below or (of.high is not None and number > of.high):
        raise FieldFault("record-field-range", of.told)
    return number


def _instant(said: str) -> str:
    """An instant in any of the usual ways of writing; without a zone it is Beijing time."""
    found = _INSTANT.fullmatch(said)
    try:
        if found is None:
            raise ValueError(said)  # noqa: TRY301 - one way of saying no
        year, month, day, month2, day2, hour, minute, second, zone = found.groups(default="")
        digits = (year, month or month2, day or day2, hour or "0", minute or "0", second or "0")
        at = datetime(*map(int, digits), tzinfo=BEIJING)  # type: ignore[misc, arg-type]  # six figures
        return at.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo).isoformat() if zone else at.isoformat()
    except ValueError:
        raise FieldFault("record-field-instant", "2024-05-01T08:00:00+08:00") from None


def _flag(said: str) -> bool:
    if said.casefold() not in _FLAGS:
        raise FieldFault("record-field-flag", "1 0")
    return _FLAGS[said.casefold()]


def _text(of: RecordField, said: str) -> str:
    if len(said) > of.longest:
        raise FieldFault("record-field-long", f"1-{of.longest}")
    if not said.isprintable():
        raise FieldFault("record-field-control", of.told)
    if of.pattern and not re.fullmatch(of.pattern, said):
        raise FieldFault("record-field-shape", of.told)
    return said


def _plain(number: float | None) -> str:
    """A number without the needless ".0"; an absent bound is left open."""
    if number is None:
        return ""
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))  # noqa: PLR2004
