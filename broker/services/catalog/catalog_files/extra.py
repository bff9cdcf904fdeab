"""The columns that no field took: kept as they are, except for what must not lie in a database."""

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, MutableSet, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from broker.services.catalog.catalog_files.cells import as_text, holds_address, holds_control
from broker.services.catalog.catalog_files.remembered import Remembered

LONGEST = 2000
"""Characters of one value, written as JSON."""

DEEPEST = 8
SECRET_COLUMN = re.compile(r"passw|passphrase|pwd|secret|token|credential|密码|口令|密钥")
LARGEST_WHOLE = 2**53
"""Beyond it a whole number does not survive every JSON reader."""


_ADDRESS = "://"


class Extra(NamedTuple):
    """What is kept, the columns left out for secrecy, and (column, reason) of those left out for their form."""

    kept: dict[str, object]
    dropped: tuple[str, ...]
    unfit: tuple[tuple[str, str], ...]


class Keeper:
    """Sorts the columns that no field took.

    A value that is or holds a URL, and a column that is named like a password, is left out: the addresses of streams
    carry credentials (GB/T 28181 lists Password beside IPAddress). Empty cells are no values. Numbers that JSON does
    not have (NaN, Infinity) are kept as text.
    """

    def __init__(self, taken: frozenset[str]) -> None:
        self._taken = taken
        self._known: dict[str, bool] = {}
        self._texts = Remembered(_plain_text)

    def by_column(
        self, columns: Mapping[str, Sequence[object]], rows: int, doubtful: MutableSet[int]
    ) -> tuple[list[dict[str, object]], list[tuple[str, ...]]]:  # fmt: skip
        """Return what is kept of each row and the columns that are dropped; rows to look closer at become doubtful."""
        kept: list[dict[str, object]] = [{} for _ in range(rows)]
        dropped: list[tuple[str, ...]] = [()] * rows
        for column in (name for name in columns if name not in self._taken):
            secret = self._secret(column)
            for place, value in enumerate(columns[column]):
                if value is None or value == "":
                    continue
                text = self._texts[value] if isinstance(value, str) else None
                if text is None or not column.isprintable():
                    doubtful.add(place)
                elif text and (secret or text is _ADDRESS):
                    dropped[place] += (column,)
                elif text:
                    kept[place][column] = text
        return kept, dropped

    def carefully(self, values: Mapping[str, object], doubtful: AbstractSet[str] = frozenset()) -> Extra:
        """Return what is kept, `doubtful` columns too: what a field did not take is kept as it stood."""
        kept: dict[str, object] = {}
        dropped: list[str] = []
        unfit: list[tuple[str, str]] = []
        for column, value in values.items():
            if (column in self._taken and column not in doubtful) or as_text(value) == "":
                continue
            if _is_secret(column, value):
                dropped.append(column)
            elif reason := _unfit(column, value):
                unfit.append((column, reason))
            else:
                kept[column] = _plain(value)
        return Extra(kept, tuple(dropped), tuple(unfit))

    def _secret(self, column: str) -> bool:
        """Say whether a column is left out for its name; the same few names come with every row."""
        known = self._known.get(column)
        if known is None:
            known = self._known[column] = _is_secret(column, "")
        return known


def _plain_text(value: object) -> str | None:
    """Return a text as it is kept, `_ADDRESS` for one that is dropped, None for one to look closer at."""
    text = str(value).strip()
    if holds_address(text):
        return _ADDRESS
    return text if not text or (text[0] != "'" and len(text) < LONGEST // 2 and text.isprintable()) else None


def holds_no_secret(column: str) -> bool:
    """Say whether a column may be named at all: not an address, not like a password, of a form that can be kept."""
    return not _is_secret(column, "") and not _unfit(column, "")


def read_extra(values: Mapping[str, object], taken: frozenset[str]) -> Extra:
    """Sort the columns that no field took, as `Keeper` does."""
    return Keeper(taken).carefully(values)


def _unfit(column: str, value: object) -> str:
    """Return the reason why a value cannot be kept, or nothing."""
    texts = [column, *_texts(value, DEEPEST)]
    if any(text is None for text in texts):
        return "point-extra-deep"
    if any(text is not None and holds_control(text) for text in texts):
        return "point-text-control"
    if len(json.dumps(_plain(value), ensure_ascii=False)) > LONGEST or len(column) > LONGEST:
        return "point-text-long"
    return ""


def _is_secret(column: str, value: object) -> bool:
    names = [column, *_keys(value, DEEPEST)]
    heading = "\n".join(unicodedata.normalize("NFKC", name).casefold() for name in names)
    if SECRET_COLUMN.search(heading):
        return True
    return any(text is not None and holds_address(text) for text in (*names, *_texts(value, DEEPEST)))


def _keys(value: object, depth: int) -> Iterator[str]:
    if depth and isinstance(value, dict):
        yield from value
    if depth and isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from _keys(below, depth - 1)


def _texts(value: object, depth: int) -> Iterator[str | None]:
    """Yield every text inside a value; None stands for what lies too deep to be looked at."""
    if not isinstance(value, dict | list):
        yield as_text(value) or ""
    elif not depth:
        yield None
    else:
        if isinstance(value, dict):
            yield from value
        for below in value.values() if isinstance(value, dict) else value:
            yield from _texts(below, depth - 1)


def _plain(value: object) -> object:
    """Return a value of the kinds that JSON has; only called once the depth is known to be small."""
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below) for below in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_WHOLE else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    return as_text(value)
