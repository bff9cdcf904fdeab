"""One door to every format: the size of the file is checked before, the number of rows while it is read."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from os import SEEK_END
from pathlib import Path

from broker.domain.errors import Invalid, TooLarge
from broker.services.catalog.catalog_files.csv_file import open_csv
from broker.services.catalog.catalog_files.geojson_file import geojson_table, is_feature_collection
from broker.services.catalog.catalog_files.json_file import json_table, load_json
from broker.services.catalog.catalog_files.rows import DEFAULT_LIMITS, Limits, Row, Table
from broker.services.catalog.catalog_files.xlsx_file import open_xlsx
from broker.services.catalog.catalog_files.xml_file import open_xml

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".json": "json",
    ".geojson": "geojson",
    ".xml": "xml",
}
STREAMED = frozenset({"csv", "xml"})
"""Formats of which never more than a few rows are in memory."""

FORMATS = ("csv", "xlsx", "json", "geojson", "xml")


def format_of(path: Path, list_format: str | None = None) -> str:
    """Return the format of a list: the one that is said, else the one its suffix tells, "" where it tells none."""
    return list_format or SUFFIXES.get(path.suffix.lower(), "")


@contextmanager
def open_table(
    path: Path, list_format: str | None = None, *, sheet: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Table]:
    """Open a list; the format is told by the suffix when it is not given. Rows are read while the block is open.

    Raises:
        Invalid: no such file, unknown format, or a file that cannot be read (slugs `list-…`, with the place).
        TooLarge: more bytes, rows or columns than `limits` allows.
    """
    chosen = format_of(path, list_format)
    if chosen not in FORMATS:
        raise Invalid("list-format", format=chosen or path.suffix or "-", allowed=", ".join(FORMATS))
    _check_size(path, chosen, limits)
    with _open(path, chosen, sheet, limits) as table:
        yield Table(table.columns, _counted(table.rows, limits))


def read_rows(
    path: Path, list_format: str | None = None, *, sheet: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Row]:
    """Yield the rows of a list; raises as `open_table` does, at the first row or in the middle."""
    with open_table(path, list_format, sheet=sheet, limits=limits) as table:
        yield from table.rows


def _check_size(path: Path, chosen: str, limits: Limits) -> None:
    try:
        with path.open("rb") as file:
            size = file.seek(0, SEEK_END)
    except OSError:  # absent, a folder, not ours to read
        raise Invalid("list-missing", file=path.name) from None
    if size == 0:
        raise Invalid("list-empty")
    most = limits.streamed if chosen in STREAMED else limits.size
    if size > most:
        raise TooLarge("list-too-large", size=size, limit=most)


def _open(path: Path, chosen: str, sheet: str | None, limits: Limits) -> AbstractContextManager[Table]:
    if chosen == "csv":
        return open_csv(path, limits)
    if chosen == "xlsx":
        return open_xlsx(path, limits, sheet)
    if chosen == "xml":
        return open_xml(path, limits)
    document = load_json(path, limits)
    if chosen == "geojson" or is_feature_collection(document):
        return nullcontext(geojson_table(document, limits))
    return nullcontext(json_table(document, limits))


def _counted(rows: Iterator[Row], limits: Limits) -> Iterator[Row]:
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > limits.rows:
            raise TooLarge("list-too-many-rows", limit=limits.rows)
        yield row
    if count == 0:
        raise Invalid("list-empty")
