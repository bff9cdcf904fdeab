"""What text searches look in, for thousands of points at once: as `sought.sought` says of each, a tenth of the time.

The lines are folded in one text, with a sign between the points that no database holds (NUL), and the tokens are found
for all pairs of characters in a few steps of numpy. CRC-32 is linear: that of two characters is one number for the
first (and the length of the second) and one for the second, laid over each other by XOR. Both are remembered for each
character.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from unicodedata import is_normalized, normalize
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from storage.db.catalog.sought import CHUNK, MARK, initials, sought

AT_ONCE = 2_000
"""Points of one step: so much stays near the processor."""

_BETWEEN = "\0"
_CHARACTERS = 0x110000
_LETTERS = 26
_TOKENS = _LETTERS**4
_CODE = 20
_LONGEST = 4  # bytes of a character in UTF-8
_BLANKS = re.compile(r"\s+")
_DIGIT = ord("0")
_BLANK_CODES = np.array([ord(sign) for sign in (_BETWEEN, " ", "\n", "\t")], dtype=np.uint32)

Codes = NDArray[np.uint32]
Ranks = NDArray[np.int64]


Told = tuple[str, str, str | None, str | None]
"""What a point is looked for by: name, address, code, common name."""


def sought_many(points: Sequence[Told]) -> list[str]:
    """Return what text search looks in, point by point."""
    found: list[str] = []
    for begin in range(0, len(points), AT_ONCE):
        some = points[begin : begin + AT_ONCE]
        if _are_codes([code for _, _, code, _ in some if code]):
            found += _sought_some(some)
        else:
            found += [sought(*each) for each in some]
    return found


def _sought_some(points: Sequence[Told]) -> list[str]:
    coded = [code or "" for _, _, code, _ in points]
    reads = _lines(points)
    codes = np.frombuffer(_BETWEEN.join((*reads, "")).encode("utf-32-le"), dtype=np.uint32)
    rows = np.repeat(np.arange(len(reads), dtype=np.int64), np.array([len(read) + 1 for read in reads]))
    of_codes, ranks_of_codes = _chunks(coded)
    at, ranks = _pairs(codes)
    at_figures, ranks_of_figures = _figures(codes)
    keys = np.concatenate((
        rows[at] * _TOKENS + ranks, rows[at_figures] * _TOKENS + ranks_of_figures, of_codes * _TOKENS + ranks_of_codes,
    ))  # fmt: skip
    keys.sort()  # in the order of the letters, which spares the database to sort them; np.unique is slower by far
    keys = keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]
    text = _texts()[keys % _TOKENS].tobytes().decode("ascii")
    ends = np.searchsorted(keys, np.arange(len(reads) + 1, dtype=np.int64) * _TOKENS) * (CHUNK + 1)
    whole = [f"{read}\n{code}" if read and code else read or code for read, code in zip(reads, coded, strict=True)]
    return [
        f"{read}\n{MARK}{text[begin : max(begin, end - 1)]}" if read else ""
        for read, (begin, end) in zip(whole, pairwise(ends.tolist()), strict=True)
    ]


def _lines(points: Sequence[Told]) -> list[str]:
    """Return what is read of each point: names, address, initials."""
    told, places, _, known_as = zip(*points, strict=True)
    names, addresses = _folded(told), _folded(places)
    if any(known_as):
        commons = _folded([common or "" for common in known_as])
        parts = zip(names, commons, known_as, strict=True)
        names = [f"{name}\n{common}" if known else name for name, common, known in parts]
    initials_of, others_of = _initials(names)
    return [
        "\n".join(filter(None, lines)) for lines in zip(names, addresses, initials_of, others_of, strict=True)
    ]  # fmt: skip


def _initials(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the initials of each name, and those of the other reading where a character has one."""
    first, second, read_two_ways = _tables()
    told = [name if not name.isascii() else "" for name in names]
    twice = [name if not read_two_ways.isdisjoint(name) else "" for name in told]
    once = _BETWEEN.join(told).translate(first).split(_BETWEEN)
    others = _BETWEEN.join(twice).translate(second).translate(first).split(_BETWEEN) if any(twice) else twice
    return once, others


def _folded(texts: Sequence[str]) -> list[str]:
    """Return the texts as `folded` gives each: nothing of it looks beyond the sign that stands between them."""
    joined = _BETWEEN.join(texts)
    if not is_normalized("NFKC", joined):
        joined = normalize("NFKC", joined)
    joined = joined.lower()
    if joined.split(maxsplit=1) != [joined]:
        joined = _BLANKS.sub(" ", joined).replace(f" {_BETWEEN}", _BETWEEN).replace(f"{_BETWEEN} ", _BETWEEN).strip(" ")
    return joined.split(_BETWEEN)


@cache
def _tables() -> tuple[dict[int, str | None], dict[int, str], frozenset[str]]:
    first, second = initials()
    return first | {ord(_BETWEEN): _BETWEEN}, second, frozenset(map(chr, second))


def _pairs(codes: Codes) -> tuple[NDArray[np.intp], Ranks]:
    """Return where a pair of characters has a token, and the place of the token among all."""
    _learn(codes)
    characters = _characters()
    blank = np.isin(codes, _BLANK_CODES)
    figure = (codes >= _DIGIT) & (codes <= _DIGIT + 9)
    at = np.flatnonzero(~(blank[:-1] | blank[1:] | (figure[:-1] & figure[1:])))
    one, other = codes[at], codes[at + 1]
    sums = characters.before[characters.length[other], one] ^ characters.behind[other]
    return at, _ranks()[sums % _TOKENS]


def _figures(codes: Codes) -> tuple[NDArray[np.intp], Ranks]:
    """Return where four figures stand side by side, and the place of their token."""
    figure = (codes >= _DIGIT) & (codes <= _DIGIT + 9)
    at = np.flatnonzero(figure[:-3] & figure[1:-2] & figure[2:-1] & figure[3:])
    return at, _numbers()[_value(codes[at], codes[at + 1], codes[at + 2], codes[at + 3])]


def _chunks(codes: Sequence[str]) -> tuple[Ranks, Ranks]:
    """Return the point and the token of every four figures of the codes."""
    has = [row for row, code in enumerate(codes) if code]
    figures = np.frombuffer("".join(codes).encode("ascii"), dtype=np.uint8)
    each = figures.reshape(-1, CHUNK).astype(np.uint32)
    of = np.repeat(np.array(has, dtype=np.int64), _CODE // CHUNK)
    return of, _numbers()[_value(each[:, 0], each[:, 1], each[:, 2], each[:, 3])]


def _value(one: Codes, two: Codes, three: Codes, four: Codes) -> Codes:
    return ((one * 10 + two) * 10 + three) * 10 + four - np.uint32(_DIGIT * 1111)


def _are_codes(texts: Sequence[str]) -> bool:
    figures = "".join(texts)
    return not figures or (set(map(len, texts)) == {_CODE} and figures.isascii() and figures.isdigit())


class _Characters(NamedTuple):
    """By character: its bytes (0 for one not met yet), its part as a second of a pair, and as a first one."""

    length: NDArray[np.uint8]
    behind: Codes
    before: Codes


@cache
def _characters() -> _Characters:
    """Return the tables; they lie in memory only where characters were met."""
    return _Characters(
        np.zeros(_CHARACTERS, dtype=np.uint8), np.zeros(_CHARACTERS, dtype=np.uint32),
        np.zeros((_LONGEST + 1, _CHARACTERS), dtype=np.uint32),
    )  # fmt: skip


def _learn(codes: Codes) -> None:
    characters = _characters()
    for code in np.unique(codes[characters.length[codes] == 0]).tolist():
        written = chr(code).encode()
        characters.behind[code] = crc32(written) ^ crc32(bytes(len(written)))
        for length in range(1, _LONGEST + 1):
            characters.before[length, code] = crc32(written + bytes(length))
        characters.length[code] = len(written)


@cache
def _ranks() -> Ranks:
    """Return the place of each token in the order of its letters; the first letter is the last figure of its number."""
    numbers = np.arange(_TOKENS, dtype=np.int64)
    ranks = np.zeros(_TOKENS, dtype=np.int64)
    for _ in range(CHUNK):
        ranks = ranks * _LETTERS + numbers % _LETTERS
        numbers //= _LETTERS
    return ranks


@cache
def _texts() -> NDArray[np.uint8]:
    """Return by place the four letters of a token, and a blank."""
    ranks = np.arange(_TOKENS)
    found = np.full((_TOKENS, CHUNK + 1), ord(" "), dtype=np.uint8)
    for place in range(CHUNK):
        found[:, CHUNK - 1 - place] = ord("A") + ranks % _LETTERS
        ranks //= _LETTERS
    return found


@cache
def _numbers() -> Ranks:
    """Return the place of the token of each four figures."""
    sums = [crc32(f"{number:04d}".encode()) % _TOKENS for number in range(10**CHUNK)]
    ranks: Ranks = _ranks()[np.array(sums)]
    return ranks
