"""The code that stands in every marked copy and leads back to its retrieval: `7K3M-9QXT-AB2C`.

Eleven characters are the last 55 bits of the retrieval's id, which are random; the twelfth tells a character that was
read wrongly from a code that leads nowhere. The alphabet is Crockford's base 32: no I, L, O or U, and whoever reads
one of the first three means 1, 1 or 0.
"""

from broker.domain.errors import Invalid
from broker.domain.ids import RetrievalId

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ = {**{letter: value for value, letter in enumerate(_ALPHABET)}, "I": 1, "L": 1, "O": 0}
_BITS, _LETTERS, _GROUP = 55, 12, 4
_BASE, _FIELD = 32, 0b100101
_TAIL = 48
_SAMPLE = "7K3M-9QXT-AB2C"


def code_of(key: RetrievalId) -> str:
    """Return the code of the copies of a retrieval."""
    value = key.int & (1 << _BITS) - 1
    letters = [_ALPHABET[value >> shift & _BASE - 1] for shift in range(_BITS - 5, -1, -5)]
    letters.append(_ALPHABET[_check([_READ[letter] for letter in letters])])
    told = "".join(letters)
    return "-".join(told[place : place + _GROUP] for place in range(0, _LETTERS, _GROUP))


def tail_of(code: str) -> str:
    """Return the last twelve hexadecimal digits of the ids that a code may stand for.

    Raises:
        Invalid: it is no code, or one character of it was read wrongly.
    """
    values = [_READ.get(letter, -1) for letter in code.upper() if letter not in "- "]
    if len(values) != _LETTERS or -1 in values or _check(values[:-1]) != values[-1]:
        raise Invalid("copy-code-mistyped", pointer="/code", code=code[:40], sample=_SAMPLE)
    number = 0
    for value in values[:-1]:
        number = number << 5 | value
    return f"{number & (1 << _TAIL) - 1:012x}"


def same_code(code: str, key: RetrievalId) -> bool:
    """Say whether a code that can be read is that of this retrieval."""
    plain = "".join(_ALPHABET[_READ[letter]] for letter in code.upper() if letter not in "- ")
    return plain == code_of(key).replace("-", "")


def _check(values: list[int]) -> int:
    """Return a number below 32 that changes whenever one value changes or two neighbours are exchanged.

    The values are the coefficients of a polynomial over the field of 32 elements.
    """
    total = 0
    for value in values:
        total = _doubled(total) ^ value
    return _doubled(total)


def _doubled(value: int) -> int:
    return value << 1 ^ (_FIELD if value & _BASE >> 1 else 0)
