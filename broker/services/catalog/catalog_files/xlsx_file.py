"""XLSX through openpyxl, read row by row; the archive is looked through before anything is unpacked."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat  # used to refuse DTDs, the very thing the rule warns of

from openpyxl import load_workbook

from broker.domain.errors import BrokerError, Invalid, TooLarge
from broker.services.catalog.catalog_files.grid import grid_table
from broker.services.catalog.catalog_files.rows import Limits, Table

SHEET_LINES = 1_048_576
"""Lines of a sheet in the format itself (ECMA-376); a line number beyond it is a trap, not a list."""

ARCHIVE_ENTRIES = 10_000
PROLOGUE = 64 * 1024
BEFORE_MARKUP = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""Byte order marks and blanks, and the zero before the first sign of UTF-16."""


@contextmanager
def open_xlsx(path: Path, limits: Limits, sheet: str | None = None) -> Iterator[Table]:
    """Open one sheet, the first where none is named; formulas give the value they had when the file was saved.

    Raises:
        Invalid: `list-xlsx-unreadable` (no XLSX, damaged, locked by a password, with a DTD), `list-sheet-unknown`
            with `sheet` and `allowed`, and what `grid_table` raises.
        TooLarge: `list-xlsx-unpacked` with `limit` in bytes, also for a ZIP bomb.
    """
    _look_through(path, limits)
    with path.open("rb") as file, closing(_load(file)) as workbook:  # openpyxl itself leaves files open on errors
        names = [found.title for found in workbook.worksheets]
        if not names or (sheet is not None and sheet not in names):
            raise Invalid("list-sheet-unknown", sheet=sheet or "-", allowed=", ".join(names))
        chosen = workbook[sheet or names[0]]
        chosen.reset_dimensions()  # what a file says of its own size is often wrong
        yield grid_table(_records(chosen), limits)


@contextmanager
def _unreadable(place: str = "") -> Iterator[None]:
    """Turn whatever the parsers raise into one error that a person understands."""
    try:
        yield
    except BrokerError:
        raise
    except Exception as error:  # noqa: BLE001  # a hostile file makes zipfile, expat and openpyxl raise nearly anything
        raise Invalid("list-xlsx-unreadable", detail=f"{type(error).__name__} {place}".strip()) from None


def _look_through(path: Path, limits: Limits) -> None:
    with _unreadable(), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > ARCHIVE_ENTRIES or sum(entry.file_size for entry in entries) > limits.unpacked:
            raise TooLarge("list-xlsx-unpacked", limit=limits.unpacked)
        for entry in entries:
            with archive.open(entry) as part:
                _refuse_dtd(part.read(PROLOGUE))


def _refuse_dtd(prologue: bytes) -> None:
    """Refuse a document type, which no office program writes: entities in it unpack without end."""
    if prologue.lstrip(BEFORE_MARKUP)[:1] != b"<":
        return

    def refuse(*_: object) -> None:
        raise Invalid("list-xlsx-unreadable", detail="DOCTYPE")

    begun: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, _: begun.append(name)
    parser.Parse(prologue, False)
    if not begun:
        raise Invalid("list-xlsx-unreadable", detail="XML")


def _load(file: BinaryIO) -> Any:
    with _unreadable():
        return load_workbook(file, read_only=True, data_only=True)


def _records(sheet: Any) -> Iterator[Sequence[object]]:
    rows = sheet.iter_rows(values_only=True)
    for line in range(1, SHEET_LINES + 2):
        with _unreadable(str(line)):
            record: Sequence[object] | None = next(rows, None)
        if record is None:
            return
        yield record
    raise Invalid("list-xlsx-unreadable", detail=f"> {SHEET_LINES}")
