"""The four measures as files: a paper with charts, and a workbook with one figure a row.

The workbook has an overview, the places, the months, and how each figure is counted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell

from broker.domain.oversight.measure_words import FORMULAS, UNITS
from broker.domain.oversight.measures import INDICATORS, MEASURE_WORDS, Figure, Line
from broker.services.oversight.measures import Report
from broker.services.oversight.sheets import neutral
from storage.packages.measure_report import Paper, measure_report

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

COLUMNS = (
    "代码 code", "名称 name", "指标 measure", "项目 indicator", "分子 part", "分母 whole", "单位 unit", "比率 share",
    "目标 target", "达标 reached",
)  # fmt: skip
WITHHELD = "少于十，不显示 under ten"
NOW = "实时 now"
SHARE = "0.0%"

Value = str | float | None


def as_xlsx(report: Report, months: Report) -> bytes:
    """Return the workbook of a report and of the same by month."""
    book = Workbook(write_only=True)
    about = report.question
    heading = (
        f"{about.first} — {about.last - timedelta(days=1)}",
        report.place.name,
        f"{report.counted or '实时 now'}",
    )
    _sheet(book, "总览 overview", [heading, (), COLUMNS, *_rows([report.whole])])
    _sheet(book, "分项 places", [COLUMNS, *_rows(report.lines)])
    _sheet(book, "分月 months", [COLUMNS, *_rows(months.lines)])
    defined = ((f"{each.zh} {each.en}", *FORMULAS[key]) for key, each in INDICATORS.items())
    _sheet(book, "口径 definitions", [("项目 indicator", "公式", "formula"), *defined])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def as_pdf(report: Report, months: Report, at: datetime) -> bytes:
    """Return the paper of a report and of the same by month."""
    about = report.question
    counted = str(report.counted or NOW)
    last = about.last - timedelta(days=1)
    paper = Paper(report.place.name, about.first, last, counted, report.whole, report.lines, months.lines)
    return measure_report(paper, at)


def _rows(lines: Sequence[Line]) -> Iterator[tuple[Value, ...]]:
    for line in lines:
        for each in line.figures:
            yield (line.code, line.name, *_cells(each))


def _cells(figure: Figure) -> tuple[Value, ...]:
    about = INDICATORS[figure.key]
    target = None if figure.target is None else figure.target / 1000
    reached = {True: "是 yes", False: "否 no", None: None}[figure.reached]
    part = WITHHELD if figure.withheld else figure.part
    return (
        " ".join(MEASURE_WORDS[about.measure]), f"{about.zh} {about.en}", part, figure.whole,
        " ".join(UNITS[about.unit]), figure.share, target, reached,
    )  # fmt: skip


def _sheet(book: Workbook, title: str, rows: Sequence[Sequence[Value]]) -> None:
    sheet = book.create_sheet(title)

    def cell(value: Value) -> Cell:
        made = WriteOnlyCell(sheet, value=neutral(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            made.data_type = "s"  # whatever it looks like: the library itself takes "=…" for a formula
        elif isinstance(value, float):
            made.number_format = SHARE
        return made

    for row in rows:
        sheet.append([cell(value) for value in row])
