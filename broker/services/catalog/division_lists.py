"""A list of divisions in a CSV file: code, name and, where one took the place of another, the code of its successor."""

import csv
import io
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import BinaryIO, NamedTuple

from broker.domain.catalog.divisions import GROUPS, Division, above, level_of, read_code
from broker.domain.errors import Invalid

MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 1_000_000
LONGEST_NAME = 100

COLUMNS = {
    "code": ("code", "代码", "区划代码", "行政区划代码", "统计用区划代码"),
    "name": ("name", "名称", "区划名称", "单位名称"),
    "successor": ("successor", "后继代码", "现代码"),
}


class ListFault(NamedTuple):
    """Why a row stays outside: its line in the file, the field, the reason and what stood there."""

    line: int
    field: str
    reason: str
    value: str


class Listed(NamedTuple):
    """A row as it stands in the file."""

    line: int
    code: str
    name: str
    successor: str


def rows_of(file: BinaryIO) -> Iterator[Listed]:
    """Yield the rows of a file in UTF-8 or GB 18030.

    Raises:
        Invalid: it is too large, not text, no CSV, or has no columns for code and name.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid("division-list-too-long", pointer="/file", most=MOST_BYTES // 1024 // 1024, rows=MOST_ROWS)
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        heading = [cell.strip().lower() for cell in next(reader, [])]
        places = {name: _place(heading, aliases) for name, aliases in COLUMNS.items()}
        if places["code"] is None or places["name"] is None:
            raise Invalid("division-list-columns", pointer="/file", found=", ".join(heading)[:200] or "-")
        for count, row in enumerate(reader, 1):
            if count > MOST_ROWS:
                raise Invalid("division-list-too-long", pointer="/file", most=MOST_BYTES // 1024**2, rows=MOST_ROWS)
            if any(cell.strip() for cell in row):
                cells = {name: _cell(row, place) for name, place in places.items()}
                yield Listed(reader.line_num, cells["code"], cells["name"], cells["successor"])
    except csv.Error as error:
        raise Invalid("division-list-unreadable", pointer="/file", detail=f"{reader.line_num}: {error}") from error


def check(row: Listed, source: str) -> Division | ListFault:
    """Return the division of a row, still without its parent, or what is wrong with the row."""
    if not row.name or len(row.name) > LONGEST_NAME or not row.name.isprintable():
        return ListFault(row.line, "name", "division-name", row.name[:40])
    try:
        code = read_code(row.code)
    except Invalid:
        return ListFault(row.line, "code", "division-malformed", row.code[:40])
    try:
        successor = read_code(row.successor) if row.successor else None
    except Invalid:
        return ListFault(row.line, "successor", "division-malformed", row.successor[:40])
    if successor == code:
        return ListFault(row.line, "successor", "division-successor", successor)
    return Division(code, row.name, level_of(code), None, successor, source)


def nearest(code: str, known: AbstractSet[str]) -> str | None:
    """Return the nearest of the known divisions that a code lies in; a town or village needs its county."""
    for upper in reversed(above(code)):
        if upper in known:
            return upper
        if len(code) > GROUPS[2] >= len(upper) and not upper.endswith("00"):
            return None  # the county itself is missing: whatever stands above it is no place for a town
    return None


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("division-list-unreadable", pointer="/file", detail="UTF-8, GB 18030")


def _place(heading: list[str], aliases: tuple[str, ...]) -> int | None:
    return next((heading.index(alias) for alias in aliases if alias in heading), None)


def _cell(row: list[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""
