"""CSV as spreadsheets write it: comma, semicolon or tab, quotes doubled inside quotes (RFC 4180)."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files.encoding import detect_encoding
from broker.services.catalog.catalog_files.grid import grid_table
from broker.services.catalog.catalog_files.rows import Limits, Table

DELIMITERS = ",;\t"
HEADER = 1024 * 1024
"""Characters of the header that are looked at for the delimiter."""


@contextmanager
def open_csv(path: Path, limits: Limits) -> Iterator[Table]:
    """Open a CSV file; a row is named by its line in the spreadsheet, also where cells hold line breaks.

    Raises:
        Invalid: `list-encoding`, `list-csv-quotes` (line of the file), and what `grid_table` raises.
    """
    encoding = detect_encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter(next((line for line in iter(lambda: file.readline(HEADER), "") if line.strip()), ""))
        file.seek(0)
        yield grid_table(_records(csv.reader(file, delimiter=delimiter, strict=True)), limits)


def _delimiter(header: str) -> str:
    """Return the delimiter that cuts the header into the most cells; quoted parts do not count."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _records(reader: Iterator[list[str]]) -> Iterator[Sequence[object]]:
    begin = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # quotes inside a cell, quotes that never close, a cell without end
            raise Invalid("list-csv-quotes", line=begin, detail=str(error)) from None
        begin = getattr(reader, "line_num", begin) + 1
        yield record
