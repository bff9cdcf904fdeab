"""Rows as CSV or XLSX, written as they come; no cell is one that a spreadsheet would carry out."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from openpyxl import Workbook

from broker.services.catalog.catalog_files.cells import BEGINS_FORMULA

CHUNK = 64 * 1024
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "geojson": "application/geo+json",
    "xml": "application/xml",
}

Rows = Iterable[Sequence[object]]


class Written(NamedTuple):
    """A file that is written while it is taken away."""

    chunks: Iterator[bytes]
    media_type: str


def as_csv(headings: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Yield a spreadsheet as text; the byte order mark makes office programs read it as UTF-8."""
    file = io.StringIO()
    writer = csv.writer(file)
    file.write("\ufeff")
    writer.writerow(headings)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        if file.tell() > CHUNK:
            yield file.getvalue().encode()
            file.seek(0)
            file.truncate()
    yield file.getvalue().encode()


def as_xlsx(headings: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Yield a workbook of one sheet; it is put together on disk, row by row."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("点位")
    sheet.append(list(headings))
    for row in rows:
        sheet.append([neutral(cell) for cell in row])
    with TemporaryDirectory(prefix="xueliang-list-") as folder:
        path = Path(folder) / "list.xlsx"
        book.save(path)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def neutral(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; the apostrophe is taken away where it is read again."""
    if isinstance(cell, bool):
        return int(cell)
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip()[:1] in BEGINS_FORMULA and cell.strip() else cell
