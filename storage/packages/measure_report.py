"""The four measures of a place and a period as a paper for people, with charts; Chinese beside English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from pylopdf_fonts_zh_cn import sans_path

from broker.domain.oversight.measure_words import FORMULAS, UNITS
from broker.domain.oversight.measures import INDICATORS, LEADING, MEASURE_WORDS, Figure, Line, Measure
from storage.packages import charts
from storage.packages.charts import BLUE, FONT, GREY, INK, RED, Bar

TITLE = ("四项指标报告", "The four measures")
MOST_BARS = 40
SOURCE = (
    "口径见 docs/measures.md；涉案数据少于十的不予显示。",
    "How each is counted: docs/measures.md. Fewer than ten cases are not told.",
)


@dataclass(frozen=True)
class Paper:
    """What the report tells: of a place over the days from `first` to `last`, both told."""

    place: str
    first: date
    last: date
    counted: str
    whole: Line
    lines: Sequence[Line]
    months: Sequence[Line]


def measure_report(paper: Paper, at: datetime) -> bytes:
    """Return the report as PDF."""
    page = _Page(paper, at)
    for measure in Measure:
        page.section(*MEASURE_WORDS[measure])
        for figure in paper.whole.figures:
            if INDICATORS[figure.key].measure is measure:
                page.figure(figure)
        _charts(page, paper, LEADING[measure])
    page.section("口径", "Definitions")
    for key, about in INDICATORS.items():
        page.note(f"{about.zh} {about.en}", *FORMULAS[key])
    page.note("", *SOURCE)
    return bytes(page.output())


def _charts(page: "_Page", paper: Paper, key: str) -> None:
    about, target = INDICATORS[key], paper.whole[key].target
    aim = None if target is None else target / 1000
    told = [line for line in paper.lines if line[key].share is not None]
    worst = sorted(told, key=lambda line: line[key].share or 0.0, reverse=not about.high)[:MOST_BARS]
    if len(worst) > 1:
        page.caption(f"{about.zh}：各单位或区划（由低到高）", f"{about.en} by place, the lowest first", charts.ROW * 3)
        for line in worst:
            page.room(charts.ROW)
            charts.bars(page, [Bar(line.name, line[key].share)], aim)
    if sum(line[key].share is not None for line in paper.months) > 1:
        page.caption(f"{about.zh}：分月", f"{about.en} by month", 46)
        charts.months(page, [Bar(line.name, line[key].share) for line in paper.months], aim)


class _Page(FPDF):
    """The pages, and how the few things on them are set."""

    def __init__(self, paper: Paper, at: datetime) -> None:
        super().__init__(format="A4")
        self._name = f"{TITLE[0]}  {paper.place}  {paper.first} — {paper.last}"
        self.set_creation_date(at)
        self.set_title(self._name)
        self.set_producer("xueliang")
        self.set_margins(18, 16)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_font(FONT, fname=str(sans_path()))
        self.alias_nb_pages("{pages}")
        self.add_page()
        self._row(10, TITLE[0], 20)
        self._row(7, TITLE[1], 11, GREY)
        self.ln(2)
        self._row(6, paper.place, 12)
        self._row(5, f"{paper.first} — {paper.last}", 10)
        self._row(5, f"目录统计时点 catalogue counted: {paper.counted}", 8.5, GREY)

    def footer(self) -> None:
        """Set name and number of the page; called by the library at the end of each."""
        self.set_y(-13)
        self._ink(7.5, GREY)
        self.cell(0, 5, f"{self._name}    {self.page_no()} / {{pages}}", align="C")

    def section(self, chinese: str, english: str) -> None:
        self.room(30)
        self.ln(4)
        self._row(7.5, f"{chinese}  {english}", 13)
        self.set_draw_color(*GREY)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)

    def caption(self, chinese: str, english: str, height: float) -> None:
        self.room(height + 8)
        self.ln(2)
        self._row(5, f"{chinese}  {english}", 8.5, GREY)

    def figure(self, figure: Figure) -> None:
        """Set one indicator: its name, part and whole, share, and a bar with its target."""
        about = INDICATORS[figure.key]
        self.room(7)
        top = self.get_y()
        self._cell(0, top, 70, f"{about.zh} {about.en}", 8)
        self._cell(72, top, 40, _told(figure), 8, GREY)
        share = "-" if figure.share is None else f"{figure.share:.1%}"
        ink = {True: BLUE, False: RED, None: INK}[figure.reached]
        self._cell(113, top, 16, share, 9.5, ink)
        low = not about.high  # a bar of what should be low would look like success
        target = None if figure.target is None or low else figure.target / 1000
        charts.meter(self, self.l_margin + 128, top + 1.4, self.epw - 128, None if low else figure.share, target)
        self.set_xy(self.l_margin, top + 6)

    def note(self, name: str, chinese: str, english: str) -> None:
        self.room(10)
        if name:
            self._row(4.6, name, 8.5)
        self._row(4.2, f"{chinese}  {english}", 7.5, GREY)
        self.ln(0.8)

    def room(self, height: float) -> None:
        """Begin a new page where so much does not fit on this one."""
        if self.will_page_break(height):
            self.add_page()

    def _cell(self, x: float, y: float, width: float, text: str, size: float, ink: tuple[int, int, int] = INK) -> None:
        self._ink(size, ink)
        self.set_xy(self.l_margin + x, y)
        self.cell(width, 5, text)

    def _row(self, height: float, text: str, size: float, ink: tuple[int, int, int] = INK) -> None:
        self._ink(size, ink)
        self.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _ink(self, size: float, ink: tuple[int, int, int] = INK) -> None:
        self.set_font(FONT, size=size)
        self.set_text_color(*ink)


def _told(figure: Figure) -> str:
    if figure.withheld:
        return "少于十，不显示 under ten"
    if figure.whole is None or figure.part is None:
        return "无数据 no data"
    unit = UNITS[INDICATORS[figure.key].unit][0]
    if INDICATORS[figure.key].unit == "seconds":
        return f"{figure.part / 3600:,.0f} / {figure.whole / 3600:,.0f} 点位小时"
    return f"{figure.part:,} / {figure.whole:,} {unit}"
