"""The trace as a file: CSV or XLSX, one line an event, or JSON Lines that can be verified."""

import json
from collections.abc import Callable, Iterator
from typing import Literal

from broker.services.oversight.sheets import CSV, XLSX, Row, cell, csv_of, xlsx_of
from broker.services.oversight.trace_exports import Told, TraceExport
from storage.packages.trace_file import MEDIA_TYPE, written

Format = Literal["csv", "xlsx", "jsonl"]
MEDIA_TYPES: dict[Format, str] = {"csv": CSV, "xlsx": XLSX, "jsonl": MEDIA_TYPE}
SHEET = "留痕"
LONGEST_CELL = 32_000
"""Characters that a cell of a workbook can hold, with some to spare; longer facts stand whole in the JSON Lines."""


def _facts(told: Told) -> str:
    text = json.dumps(told.traced.event.data, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"


COLUMNS: tuple[tuple[str, str, Callable[[Told], object]], ...] = (
    ("编号", "number", lambda it: it.traced.number),
    ("时间（UTC）", "at (UTC)", lambda it: it.traced.event.at),
    ("事件", "event", lambda it: it.traced.event.kind),
    ("操作人", "person", lambda it: it.person and it.person.name),
    ("账号", "login", lambda it: it.person and it.person.login),
    ("单位", "unit", lambda it: it.department and it.department.name),
    ("操作者标识", "actor", lambda it: it.traced.event.actor),
    ("申请编号", "request number", lambda it: it.request),
    ("申请", "request id", lambda it: it.traced.event.case),
    ("内容", "facts", _facts),
    ("事件链", "stream", lambda it: it.traced.event.stream),
    ("链内序号", "number in the stream", lambda it: it.traced.event.seq),
    ("前一条摘要", "digest before", lambda it: it.traced.event.previous.hex()),
    ("摘要", "digest", lambda it: it.traced.event.leaf.hex()),
)


def content(export: TraceExport, form: Format) -> Iterator[bytes]:
    """Yield the file chunk by chunk."""
    if form == "jsonl":
        return written(export.head, export.parts(), export.next, export.sign)
    return csv_of(_rows(export)) if form == "csv" else xlsx_of(_rows(export), SHEET)


def _rows(export: TraceExport) -> Iterator[Row]:
    yield [f"{chinese} {english}" for chinese, english, _ in COLUMNS]
    for told in export.events():
        yield [cell(read(told)) for _, _, read in COLUMNS]
    yield [_closing(export)]


def _closing(export: TraceExport) -> str:
    """Return what stands below the last line: that all is there, or where the next file begins."""
    if export.next is None:
        return f"完：共 {export.count} 条 End: {export.count} events"
    told = f"未完：本文件至编号 {export.next}，共 {export.count} 条，请以 after={export.next} 续导"
    return f"{told} Cut here: {export.count} events up to number {export.next}, continue with after={export.next}"
