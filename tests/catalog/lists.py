"""Lists of points of our own invention, with the kinds of dirt that published ones have."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

from broker.domain.catalog.catalog import Merged, PointDraft
from broker.services.catalog.catalog_files.check import Checked, Checker
from broker.services.catalog.catalog_files.mapping import resolve
from broker.services.catalog.catalog_files.reading import open_table
from broker.services.catalog.catalog_files.report import ImportReport, Tally
from broker.services.catalog.catalog_files.rows import Row

NESTED: dict[str, dict[str, list[dict[str, object]]]] = {
    "Northshire": {
        "Dale": [
            {"description": "Mill Rd at Bridge", "latitude": 45.5, "longitude": -93.25, "direction": "N",
             "url": "https://streams.example/mill.m3u8?token=abc", "format": "M3U8", "updateRate": None},
            {"description": "Mill Rd at Bridge", "latitude": 45.5, "longitude": -93.25, "direction": "S",
             "url": "rtsp://viewer:hunter2@cams.example:554/mill-s", "format": "IMAGE_STREAM"},
            {"description": "Ferry Lane", "latitude": 45.6, "longitude": -93.3, "direction": "Median",
             "url": "https://streams.example/ferry.jpg", "markedForReview": True},
        ],
        "other": [
            {"description": "Old Toll", "latitude": 45.7, "longitude": -93.1, "direction": "Both Directions",
             "url": "https://streams.example/toll.jpg"},
            {"description": "Old Toll again", "latitude": 45.7, "longitude": -93.1,
             "url": "https://streams.example/toll.jpg"},
        ],
    },
    "Southshire": {
        "Vale": [
            {"description": "Harbour", "latitude": 0.0, "longitude": 0.0, "url": "https://streams.example/h.jpg"},
            {"description": "Quarry", "latitude": -120.5, "longitude": 44.0, "url": "https://streams.example/q.jpg"},
        ],
        "Empty": [],
    },
}  # fmt: skip


def write_json(folder: Path, document: object, name: str = "list.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def write_text(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def write_xlsx(folder: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "list.xlsx"
    book.save(path)
    return path


def check_one(**cells: object) -> Checked:
    """Check a single row that is good but for the cells given."""
    good: dict[str, object] = {"name": "河滨路口", "latitude": 30.25, "longitude": 120.15}
    values = good | cells
    return Checker(resolve(list(values))).check(Row("2", values))


def taken(**cells: object) -> PointDraft:
    draft = check_one(**cells).draft
    assert draft is not None
    return draft


def reasons(checked: Checked) -> list[tuple[str, str]]:
    return [(problem.field, problem.reason) for problem in checked.problems]


def read_list(path: Path, explicit: Mapping[str, str] | None = None) -> tuple[list[PointDraft], ImportReport]:
    """Read a whole list as if every draft were new."""
    tally = Tally()
    with open_table(path) as table:
        checker = Checker(resolve(table.columns, explicit))
        drafts = list(tally.drafts(table.rows, checker))
    return drafts, tally.report(Merged(len(drafts), 0, 0))


def drafts_of(rows: Iterable[Mapping[str, object]]) -> list[PointDraft]:
    """Check rows that are all good."""
    listed = [dict(row) for row in rows]
    checker = Checker(resolve(list(dict.fromkeys(column for row in listed for column in row))))
    checked = [checker.check(Row(str(line), row)) for line, row in enumerate(listed, start=2)]
    assert [found.problems for found in checked if found.problems] == []
    return [found.draft for found in checked if found.draft is not None]
