"""What a search by text looks in: one string a point, made whenever its name, address, code or common name is written.

The string has a line for each field, then the initials of the pinyin of the two names: 人民路口 is found by rmlk. A
character that is read in two ways in names of places (重, 长, 行) adds a line with its other initial, so that cqlk
and zqlk both find 重庆路口; mixtures within one name are not written down.

After `MARK` come the tokens that the index of the database is made of, four capital letters each: one for every two
characters that stand side by side (but for two figures), and one for every four figures of a code. Made here, they cost
the database nothing; as text is compared in lower case, no word is ever found among them. A token stands for 1 in
456,976 pairs: what the index finds is looked at again.
"""

import re
from functools import cache
from operator import add
from unicodedata import is_normalized, normalize
from zlib import crc32

MARK = "\x02"
CHUNK = 4  # figures of a code that make a token
WHOLE_CHUNK = 2 * CHUNK - 1  # figures of a part of a code that hold a chunk wherever the part begins
_MOST_KEPT = 100_000
_NUMBERS = re.compile(r"[0-9]{4,}")
_FIGURES = frozenset("0123456789")
_BLANK = frozenset(" \n\t")
_READ_TWO_WAYS = "长重行朝厦乐会单曾藏调传降番莘栖浒阿埔堡泊召系卡铅"
"""Characters of names of places and institutions with a second reading of another initial."""


def sought(name: str, address: str = "", gb_code: str | None = None, common_name: str | None = None) -> str:
    """Return what text search looks in: a line a field, lines of initials, and behind the mark the tokens."""
    told = folded(name)
    names = f"{told}\n{folded(common_name)}" if common_name else told
    lines = [names, folded(address)]
    if not names.isascii():
        first, second = initials()
        lines.append(names.translate(first))
        if not second.keys().isdisjoint(map(ord, names)):
            lines.append(names.translate(second).translate(first))
    read = "\n".join(filter(None, lines))
    tokens = set(map(_TOKENS.__getitem__, map(add, read, read[1:])))
    for figures in _NUMBERS.findall(read):
        tokens.update(_TOKENS[figures[at : at + CHUNK]] for at in range(len(figures) - CHUNK + 1))
    if gb_code:
        read = f"{read}\n{gb_code}" if read else gb_code
        tokens.update(_TOKENS[gb_code[at : at + CHUNK]] for at in range(0, len(gb_code), CHUNK))
    tokens.discard("")
    return f"{read}\n{MARK}{' '.join(tokens)}" if read else ""


def words(text: str) -> list[str]:
    """Return the words of a question, each of which has to be found; in any order, none twice."""
    return list(dict.fromkeys(folded(text).split()))


def tokens_of(word: str) -> list[list[str]]:
    """Return the tokens a point has in whose text a word stands: all of one of the lists; [] when the index cannot say.

    A part of a code may begin at any figure, so it has four lists of chunks.
    """
    pairs = [token for pair in map(str.__add__, word, word[1:]) if (token := _TOKENS[pair])]
    if pairs:
        return [list(dict.fromkeys(pairs))]
    if len(word) < WHOLE_CHUNK or not _FIGURES.issuperset(word):
        return []
    starts = range(len(word) - CHUNK + 1)
    return [[_TOKENS[word[at : at + CHUNK]] for at in starts[begin::CHUNK]] for begin in range(CHUNK)]


def folded(text: str) -> str:
    """Return a text as it is compared: full and half width alike (NFKC), lower case, one line, single blanks."""
    if not is_normalized("NFKC", text):
        text = normalize("NFKC", text)
    return " ".join(text.lower().split())


@cache
def initials() -> tuple[dict[int, str | None], dict[int, str]]:
    """Return two tables for str.translate: a character's first initial, and the other one of those read two ways.

    The first leaves out what is neither an ideograph nor a letter, a figure or the end of a line.
    """
    from pypinyin.constants import PINYIN_DICT  # noqa: PLC0415  # takes half a second, which most commands need not wait

    first: dict[int, str | None] = {code: None for code in range(128) if not chr(code).isalnum() and chr(code) != "\n"}
    second: dict[int, str] = {}
    for character, readings in PINYIN_DICT.items():
        letters = [normalize("NFD", reading)[0] for reading in readings.split(",")]
        first[character] = letters[0]
        others = [letter for letter in letters if letter != letters[0]]
        if others and chr(character) in _READ_TWO_WAYS:
            second[character] = others[0]
    return first, second


class _Tokens(dict[str, str]):
    """Tokens by what they stand for; "" for what has none. Forgets all when it has grown large."""

    def __missing__(self, told: str) -> str:
        if len(self) > _MOST_KEPT:
            self.clear()
        marks = set(told)
        without = not _BLANK.isdisjoint(marks) or (len(told) < CHUNK and _FIGURES.issuperset(marks))
        self[told] = token = "" if without else _letters(crc32(told.encode()))
        return token


def _letters(number: int) -> str:
    signs = []
    for _ in range(4):
        number, rest = divmod(number, 26)
        signs.append(chr(ord("A") + rest))
    return "".join(signs)


_TOKENS = _Tokens()
