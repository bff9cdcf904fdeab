"""How results are shown: tables for people, tab-separated lines for pipes, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from broker.cli.texts import tell


def line(slug: str, **facts: object) -> None:
    """Print a sentence of the catalogue."""
    plain(tell(slug, **facts))


def plain(text: str = "") -> None:
    """Print a line as it is."""
    sys.stdout.write(f"{text}\n")


def note(slug: str, **facts: object) -> None:
    """Print a sentence beside the result, where it does not disturb a pipe."""
    sys.stderr.write(f"{tell(slug, **facts)}\n")


def document(value: object) -> None:
    """Print one JSON document."""
    plain(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def rows(columns: Sequence[str], found: Iterable[Mapping[str, object]], *, as_json: bool) -> None:
    """Print records: all their fields as JSON, else the named columns with headings from the catalogue."""
    records = list(found)
    if as_json:
        document(records)
    elif sys.stdout.isatty():
        _table(columns, records)
    else:
        for record in records:
            plain("\t".join(_cell(record.get(column)) for column in columns))


def fields(found: Mapping[str, object], *, as_json: bool) -> None:
    """Print one record: as JSON, else a line a field with its heading."""
    told = [(tell(f"column.{name}"), _cell(value)) for name, value in found.items()]
    if as_json:
        document(found)
    elif sys.stdout.isatty():
        grid = Table.grid(padding=(0, 2))
        for heading, value in told:
            grid.add_row(Text(heading, style="bold"), Text(value, overflow="fold"))
        Console(highlight=False).print(grid)
    else:
        for heading, value in told:
            plain(f"{heading}\t{value}")


def _table(columns: Sequence[str], records: Sequence[Mapping[str, object]]) -> None:
    if not records:
        line("nothing-found")
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(tell(f"column.{column}"), overflow="fold")
    for record in records:
        table.add_row(*(Text(_cell(record.get(column))) for column in columns))
    Console(highlight=False).print(table)


def _cell(value: object) -> str:
    """Return a value in one line; control characters of strangers do not reach the terminal."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return tell("yes" if value else "no")
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(_cell(part) for part in value) or "-"
    return "".join(sign if sign.isprintable() else " " for sign in str(value))
