"""Single cells: as text, free of what must not be kept, and as it may be shown in a report."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

BEGINS_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""An export puts an apostrophe before a text that a spreadsheet would carry out; reading takes it away again."""

SHOWN = 80
"""Characters of a value that a report shows."""

STREAM_ADDRESS = re.compile(
    r"""[:：](?:/|\\){2}                # scheme://, anywhere in the text; ： is what a Chinese keyboard writes
      | %3a%2f%2f
      | ^\s*/{2}\S                      # //host
      | ^\s*www\.\S
      | (?<=\S)[:：]\S{0,128}@[\w-]{1,63}[.:/]  # user:password@host without a scheme
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""A URL or what carries credentials like one: an address of a stream often holds the password of the camera."""

_MARKS_OF_ADDRESSES = ("/", "\\", "@", "%", ".")
_ADDRESS_IN_A_LINE = re.compile(STREAM_ADDRESS.pattern, STREAM_ADDRESS.flags | re.MULTILINE)
"""The same in any of several lines: nothing that it looks for reaches over the end of one."""

USER_INFO = re.compile(r"^((?:[a-z][a-z0-9+.-]{0,30}[:：])?//)?[^/\s]*@", re.IGNORECASE)

FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs"})
"""Control characters, and halves of surrogate pairs, which no encoding can write."""

DIRECTION_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the order of the letters round on the screen, so that a name reads as another one."""


def as_text(value: object) -> str | None:
    """Return a cell as text without blanks around it, "" for an empty cell, None for a list or an object."""
    if isinstance(value, str):
        text = value.strip()
        return text[1:] if text[:1] == "'" and text[1:2] in BEGINS_FORMULA else text
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):  # a spreadsheet keeps the number 12 as 12.0
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, datetime | date | time) else None


def holds_address(text: str) -> bool:
    """Say whether the text is or holds a URL or user:password@host."""
    if "/" not in text and "\\" not in text and "@" not in text and "%" not in text and "." not in text:
        return False  # nothing that the pattern looks for: most texts of a long list end here
    return STREAM_ADDRESS.search(text) is not None


def plain_texts(
    texts: Sequence[str], longest: int, shape: re.Pattern[str] | None, empty: object
) -> Sequence[Any] | None:  # fmt: skip
    """Return texts that are all kept as they stand, with `empty` in place of an empty one; None where one may not be.

    What is looked at are all of them together: no control character, address, blank around, apostrophe before.
    """
    filled = [text for text in texts if text]
    joined = "\n".join(filled)
    bare = "".join(filled).isprintable() and "'" not in joined and list(map(str.strip, filled)) == filled
    if not bare or max(map(len, filled), default=0) > longest:
        return None
    if any(mark in joined for mark in _MARKS_OF_ADDRESSES) and _ADDRESS_IN_A_LINE.search(joined) is not None:
        return None
    if shape is not None and not all(map(shape.fullmatch, filled)):
        return None
    return texts if len(filled) == len(texts) else [text or empty for text in texts]


def plain_numbers(texts: Sequence[str]) -> Sequence[float] | None:
    """Return what `as_number` makes of texts that are all written as decimals; None where one is not."""
    if not all(map(_DECIMAL.fullmatch, texts)):
        return None
    numbers = [float(text) + 0.0 for text in texts]
    return numbers if all(map(math.isfinite, numbers)) else None


def address_key(text: str) -> str:
    """Return what is kept in place of a URL: a digest, so that the point is known again and nothing is disclosed.

    User and password are no part of it: they could be guessed from a digest, and the point stays the same point when
    its password changes.
    """
    bare = USER_INFO.sub(r"\1", text, count=1)
    return f"url-sha256:{hashlib.sha256(bare.encode(errors='surrogatepass')).hexdigest()[:32]}"


def holds_control(text: str) -> bool:
    """Say whether the text holds a character that is no writing: control, lone surrogate, direction mark."""
    return not text.isprintable() and any(
        unicodedata.category(letter) in FORBIDDEN_CATEGORIES or letter in DIRECTION_MARKS for letter in text
    )


def shown(value: object) -> str:
    """Return a cell as a report may show it: cut short, stream addresses as digests, odd characters spelled out."""
    text = as_text(value)
    if text is None:
        text = "{…}" if isinstance(value, dict) else "[…]"
    if holds_address(text):
        return address_key(text)
    return spelled(text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")


def spelled(text: str) -> str:
    """Return the text with characters that a screen does not show, or obeys, written as its number."""
    return "".join(letter if _plain(letter) else f"\\u{ord(letter):04x}" for letter in text)


def as_number(value: object) -> float | None:
    """Return a number written as decimal degrees are written, or None; never NaN, never infinite.

    Full-width digits are read as digits; a decimal comma, degrees and minutes, and blanks inside are not read.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _finite(value)
    text = as_text(value) or ""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).strip()
    return _finite(float(text)) if _DECIMAL.fullmatch(text) else None


_DECIMAL = re.compile(r"[+-]?([0-9]{1,25}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")


def _finite(number: float) -> float | None:
    try:
        as_float = float(number) + 0.0  # turns -0.0 into 0.0
    except OverflowError:  # an integer beyond the largest float
        return None
    return as_float if math.isfinite(as_float) else None


def _plain(letter: str) -> bool:
    return letter.isprintable() and letter not in DIRECTION_MARKS
