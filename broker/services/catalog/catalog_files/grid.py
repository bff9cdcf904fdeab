"""What CSV and XLSX share: a header, rows beneath it, and what may be wrong between the two."""

from collections.abc import Iterable, Iterator, Sequence

from broker.domain.catalog.catalog import RowProblem
from broker.domain.errors import Invalid, TooLarge
from broker.services.catalog.catalog_files.cells import as_text, shown
from broker.services.catalog.catalog_files.rows import Limits, Row, Table

Record = Sequence[object]


def grid_table(records: Iterable[Record], limits: Limits) -> Table:
    """Take the first row that is not blank as the header and name the rows beneath by their lines.

    Blank rows are counted as lines and are no rows of the list. A short row is filled up (spreadsheets leave
    trailing empty cells away); a row longer than the header has the fault `point-row-ragged`.

    Raises:
        Invalid: `list-empty` without a header, `list-duplicate-column` with `column`, `first` and `second` (from 1).
        TooLarge: `list-too-many-columns` with `limit`.
    """
    numbered = enumerate(records, start=1)
    for _, record in numbered:
        if not _blank(record):
            columns = _header(record, limits)
            return Table(tuple(name for name in columns if name), _rows(numbered, columns))
    raise Invalid("list-empty")


def _header(record: Record, limits: Limits) -> list[str]:
    names = [as_text(cell) or "" for cell in record]
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.columns:
        raise TooLarge("list-too-many-columns", limit=limits.columns)
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if name and seen.setdefault(name, position) != position:
            raise Invalid("list-duplicate-column", column=shown(name), first=seen[name], second=position)
    return names


def _rows(numbered: Iterator[tuple[int, Record]], columns: list[str]) -> Iterator[Row]:
    width = len(columns)
    named = all(columns)
    for line, record in numbered:
        if named and len(record) == width and isinstance(record[0], str) and not record[0].isspace() and record[0]:
            yield Row(str(line), dict(zip(columns, record, strict=True)))  # as nearly all rows of a list are
            continue
        if _blank(record):
            continue
        values = {
            name or f"column {position}": cell
            for position, (name, cell) in enumerate(zip(columns, record, strict=False), start=1)
            if name or not _empty(cell)
        }
        yield Row(str(line), values, _ragged(str(line), record, width))


def _ragged(where: str, record: Record, width: int) -> RowProblem | None:
    beyond = [cell for cell in record[width:] if not _empty(cell)]
    if not beyond:
        return None
    return RowProblem(where, "", "point-row-ragged", shown(beyond[0]), str(width))


def _empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _blank(record: Record) -> bool:
    return all(map(_empty, record))
