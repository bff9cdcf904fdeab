"""The register as a file: CSV or XLSX, one line a look, or a paper that is filed."""

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import Literal

from broker import locale
from broker.domain.oversight.register import RegisterLine
from broker.services.oversight.register import Export
from broker.services.oversight.sheets import CSV, XLSX, Row, cell, csv_of, xlsx_of
from storage.packages.register_report import Paper, register_report

Format = Literal["csv", "xlsx", "pdf"]
MEDIA_TYPES: dict[Format, str] = {"csv": CSV, "xlsx": XLSX, "pdf": "application/pdf"}
SHEET = "调阅登记簿"

COLUMNS: tuple[tuple[str, str, Callable[[RegisterLine], object]], ...] = (
    ("编号", "number", lambda it: it.number),
    ("时间（UTC）", "at (UTC)", lambda it: it.at),
    ("调阅人", "person", lambda it: it.person_name),
    ("账号", "login", lambda it: it.person_login),
    ("调阅单位", "unit", lambda it: it.department_name),
    ("法定依据", "basis", lambda it: it.basis),
    ("案号、文号", "case number", lambda it: it.case_number),
    ("事由", "reason", lambda it: it.reason),
    ("行为", "act", lambda it: it.act.value),
    ("内容", "action", lambda it: it.action.value),
    ("点位", "camera", lambda it: it.camera_name),
    ("国标编码", "GB code", lambda it: it.gb_code),
    ("点位所属部门", "owning department", lambda it: it.owner_name),
    ("录像起（UTC）", "footage from (UTC)", lambda it: it.begin),
    ("录像止（UTC）", "footage to (UTC)", lambda it: it.end),
    ("结果", "result", lambda it: it.result.value),
    ("拒绝原因", "reason of refusal", lambda it: it.refusal),
    ("交付结束（UTC）", "delivery ended (UTC)", lambda it: it.outcome and it.outcome.at),
    ("交付字节数", "bytes sent", lambda it: it.outcome and it.outcome.sent),
    ("中断原因", "cut off by", lambda it: it.outcome and it.outcome.reason),
    ("申请编号", "request number", lambda it: it.request_number),
    ("申请", "request id", lambda it: it.request_id),
    ("授权单", "grant id", lambda it: it.grant_id),
    ("调取", "retrieval id", lambda it: it.retrieval_id),
    ("来访地址", "address", lambda it: it.address),
)


def cells(line: RegisterLine) -> list[str | int]:
    """Return one line as the cells of a row: figures as figures, all else as harmless text."""
    return [cell(read(line)) for _, _, read in COLUMNS]


def heading() -> list[str]:
    """Return the names of the columns, in both languages."""
    return [f"{chinese} {english}" for chinese, english, _ in COLUMNS]


def closing(export: Export) -> list[str]:
    """Return what stands below the last line: that all is there, or where the next file begins."""
    if export.next is None:
        return [f"完：共 {export.count} 行 End: {export.count} lines"]
    told = f"未完：本文件至编号 {export.next}，共 {export.count} 行，请以 after={export.next} 续导"
    return [f"{told} Cut here: {export.count} lines up to number {export.next}, continue with after={export.next}"]


def as_csv(export: Export) -> Iterator[bytes]:
    """Yield the export as CSV."""
    return csv_of(_rows(export))


def as_xlsx(export: Export) -> Iterator[bytes]:
    """Yield the export as a workbook."""
    return xlsx_of(_rows(export), SHEET)


def _rows(export: Export) -> Iterator[Row]:
    yield heading()
    for line in export.lines:
        yield cells(line)
    yield closing(export)


ASKED = {
    "since": "起 from", "until": "止 to", "department": "调阅单位 unit", "owner": "点位所属部门 owning department",
    "person": "调阅人 person", "camera": "点位 camera", "request": "申请 request", "number": "申请编号 request number",
    "gb_code": "国标编码 GB code", "act": "行为 act", "result": "结果 result",
}  # fmt: skip
"""How a paper calls what was asked for."""


def as_pdf(export: Export, by: str, zone: tzinfo, at: datetime) -> bytes:
    """Return the export as a paper with room for signatures; `by` is who took it."""
    sought = [(ASKED[name], value) for name, value in export.sought.items()]
    paper = Paper(export.house, sought, by, export.count, export.next, export.bases, _said)
    return register_report(paper, export.lines, zone, at)


def _said(slug: str) -> str:
    """Return what the slug of a reason says; the slug where its sentence needs facts that are not here."""
    sentence = locale.catalogue(locale.DEFAULT).get(slug, "{")
    return slug if "{" in sentence else sentence
