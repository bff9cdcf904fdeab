"""The register as a file: CSV or XLSX, one line a look, and no cell that a spreadsheet would carry out."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell

from broker.domain.oversight.register import RegisterLine
from broker.services.oversight.register import Export

Format = Literal["csv", "xlsx"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BOM = "\ufeff"
CHUNK = 64 * 1024
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


def cells(line: RegisterLine) -> list[str | int]:
    """Return one line as the cells of a row: figures as figures, all else as harmless text."""
    return [_cell(read(line)) for _, _, read in COLUMNS]


def _cell(value: object) -> str | int:
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return "" if value is None else neutral(str(value))


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
    """Yield the export as UTF-8 with a byte order mark, without which Excel takes Chinese for something else."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    buffer.write(BOM)
    writer.writerow(heading())
    for line in export.lines:
        writer.writerow(cells(line))
        if buffer.tell() >= CHUNK:
            yield _taken(buffer)
    writer.writerow(closing(export))
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return content


def as_xlsx(export: Export) -> Iterator[bytes]:
    """Yield the export as a workbook. The sheet goes to disk row by row: a workbook has no beginning to send early."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "A2"

    def row(values: Sequence[str | int]) -> list[Cell]:
        made = [WriteOnlyCell(sheet, value=value) for value in values]
        for cell, value in zip(made, values, strict=True):
            if isinstance(value, str):
                cell.data_type = "s"  # whatever it looks like: the library itself takes "=…" for a formula
        return made

    sheet.append(row(heading()))
    for line in export.lines:
        sheet.append(row(cells(line)))
    sheet.append(row(closing(export)))
    with TemporaryDirectory(prefix="xueliang-register-") as folder:
        path = Path(folder) / "register.xlsx"
        book.save(path)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
