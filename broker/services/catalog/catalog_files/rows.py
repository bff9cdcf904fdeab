"""What every reader gives: a table whose rows say where they stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from broker.domain.catalog.catalog import RowProblem

MEBIBYTE = 1024 * 1024
NO_CELLS: Mapping[str, object] = MappingProxyType({})


class Row(NamedTuple):
    """One row: `where` is its line in the spreadsheet (from 1) or its JSON pointer (RFC 6901).

    `fault` is set when the row itself could not be read whole (ragged, no object, geometry that is no point).
    """

    where: str
    values: Mapping[str, object] = NO_CELLS
    fault: RowProblem | None = None


@dataclass(frozen=True)
class Table:
    """A list in a file: its columns in the order in which they appear, and its rows, read once."""

    columns: tuple[str, ...]
    rows: Iterator[Row]


@dataclass(frozen=True)
class Limits:
    """How much of a file is read at most.

    Attributes:
        size: bytes of a file that is read whole; `streamed` those of one that is not.
        rows: rows of the list.
        columns: columns of the list.
        depth: levels of nesting of a JSON document above its lists.
        unpacked: bytes of an XLSX file once unpacked (it is a ZIP archive).
    """

    size: int = 256 * MEBIBYTE
    streamed: int = 1024 * MEBIBYTE
    rows: int = 2_000_000
    columns: int = 512
    depth: int = 16
    unpacked: int = 1024 * MEBIBYTE


DEFAULT_LIMITS = Limits()
