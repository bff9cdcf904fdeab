"""Tables that are taken away: CSV or XLSX, row by row, and no cell that a spreadsheet would carry out."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell

Row = Sequence[str | int]

CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"
CHUNK = 64 * 1024

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CARRIED_OUT = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_BLANKS = ("\t", "\r", "\n")


def neutral(text: str) -> str:
    """Return text that a spreadsheet shows and never carries out.

    A cell that begins with = + - @, a tab or a line break gets an apostrophe before it, as OWASP advises; so do the
    full-width forms of these signs, and signs behind blanks, which some programs skip. Characters that XML cannot
    hold become U+FFFD, the line breaks of Windows plain ones.
    """
    plain = _UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    risky = text.startswith(_BLANKS) or plain.lstrip().startswith(_CARRIED_OUT)
    return f"'{plain}" if risky else plain


def cell(value: object) -> str | int:
    """Return what a cell holds: figures as figures, all else as harmless text."""
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return "" if value is None else neutral(str(value))


def csv_of(rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the rows as UTF-8 with a byte order mark, without which Excel takes Chinese for something else."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    buffer.write(BOM)
    for row in rows:
        writer.writerow(row)
        if buffer.tell() >= CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return content


def xlsx_of(rows: Iterable[Row], title: str) -> Iterator[bytes]:
    """Yield the rows as a workbook. The sheet goes to disk row by row: a workbook has no beginning to send early."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"

    def cells(values: Row) -> list[Cell]:
        made = [WriteOnlyCell(sheet, value=value) for value in values]
        for each, value in zip(made, values, strict=True):
            if isinstance(value, str):
                each.data_type = "s"  # whatever it looks like: the library itself takes "=…" for a formula
        return made

    for row in rows:
        sheet.append(cells(row))
    with TemporaryDirectory(prefix="xueliang-sheet-") as folder:
        path = Path(folder) / "sheet.xlsx"
        book.save(path)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
