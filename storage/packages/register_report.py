"""The access register as a paper that is filed: one row a look, blanks for signatures at the end.

Rows are broken and set by hand: the library's tables take twenty times as long, and people wait for this paper.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from pylopdf_fonts_zh_cn import sans_path

from broker.domain.footage.grants import Action
from broker.domain.oversight.register import LookAct, LookResult, RegisterLine
from storage.packages.charts import FONT, GREY, INK

TITLE = ("视频图像信息调阅登记簿", "Access register")
COLUMNS = (
    ("编号", "No.", 12), ("时间", "At", 30), ("调阅人、单位", "Who, of which unit", 44),
    ("依据、事由", "Basis and reason", 65), ("调阅内容", "What", 68), ("结果", "Result", 28),
    ("交付", "Handed over", 22),
)  # fmt: skip
"""Names, and widths in millimetres."""
LINE, GAP, SIZE = 3.6, 1.2, 7.5
MOST_LINES = 40
ACTS = {LookAct.ORDER: "调取 order", LookAct.DELIVER: "交付 deliver", LookAct.VIEW: "观看 view"}
ACTIONS = {Action.SNAPSHOT: "截图 snapshot", Action.CLIP: "片段 clip"}
RESULTS = {LookResult.ALLOWED: "允许 allowed", LookResult.REFUSED: "拒绝 refused"}
SIGNED = (("登记簿管理人（签名）", "Kept by"), ("审核人（签名）", "Checked by"), ("日期", "Date"))


@dataclass(frozen=True)
class Paper:
    """What the paper tells beside its lines.

    Attributes:
        house: whose register it is.
        sought: what was asked for, as name and value; nothing: all the reader may know of.
        by: who took it.
        count: how many lines it has.
        next: the number behind which the next paper begins, None where this one holds all.
        bases: names of the statutory bases by code.
        said: what the slug of a reason says.
    """

    house: str
    sought: Sequence[tuple[str, str]]
    by: str
    count: int
    next: int | None
    bases: Mapping[str, str]
    said: Callable[[str], str]


def register_report(paper: Paper, lines: Iterable[RegisterLine], zone: tzinfo, at: datetime) -> bytes:
    """Return the paper as PDF; instants are told in `zone`."""
    page = _Page(paper, zone, at)
    page.head()
    page.heading()
    for line in lines:
        page.look(line)
    page.end()
    return bytes(page.output())


class _Page(FPDF):
    """The pages, and how the few things on them are set."""

    def __init__(self, paper: Paper, zone: tzinfo, at: datetime) -> None:
        super().__init__(format="A4", orientation="landscape")
        self._paper, self._zone, self._at = paper, zone, at
        self.set_creation_date(at)
        self.set_title(" ".join(TITLE))
        self.set_producer("xueliang")
        self.set_margins(14, 12)
        self.set_auto_page_break(auto=True, margin=14)
        self.add_font(FONT, fname=str(sans_path()))
        self.alias_nb_pages("{pages}")
        self._widths: dict[str, float] = {}
        self.add_page()

    def footer(self) -> None:
        """Set name and number of the page; called by the library at the end of each."""
        self.set_y(-10)
        self._ink(7, GREY)
        self.cell(
            0, 4, f"{self._paper.house}  {TITLE[0]}  {self._told(self._at)}    {self.page_no()} / {{pages}}", align="C"
        )

    def head(self) -> None:
        self._row(9, "  ".join(TITLE), 17)
        self._row(5.5, self._paper.house, 11)
        sought = "；".join(f"{name}：{value}" for name, value in self._paper.sought) or "全部 everything"
        self._row(4.5, f"范围 asked for：{sought}", 8.5, GREY)
        made = f"制表 made：{self._told(self._at)}　{self._paper.by}　共 {self._paper.count} 行 lines"
        self._row(4.5, made, 8.5, GREY)
        self.ln(2)

    def heading(self) -> None:
        """Set the names of the columns; once a page."""
        self._cells([f"{chinese}\n{english}" for chinese, english, _ in COLUMNS], GREY)

    def look(self, line: RegisterLine) -> None:
        """Set one look, on the next page where it does not fit on this one."""
        self._cells(self.cells(line), INK)

    def _cells(self, texts: Sequence[str], ink: tuple[int, int, int]) -> None:
        self._ink(SIZE, ink)
        widths = [width for _, _, width in COLUMNS]
        whole = [self._broken(text, width - 2 * GAP) for text, width in zip(texts, widths, strict=True)]
        for first in range(0, max(len(lines) for lines in whole), MOST_LINES):
            self._part([lines[first : first + MOST_LINES] for lines in whole], widths, ink)

    def _part(self, broken: Sequence[Sequence[str]], widths: Sequence[float], ink: tuple[int, int, int]) -> None:
        """Set a row, or as much of a tall one as a page holds."""
        height = max(len(lines) for lines in broken) * LINE + 2 * GAP
        if self.will_page_break(height):
            self.add_page()
            if ink is not GREY:
                self.heading()
            self._ink(SIZE, ink)
        left, top = self.l_margin, self.get_y()
        self.set_draw_color(*GREY)
        for lines, width in zip(broken, widths, strict=True):
            self.rect(left, top, width, height)
            for number, line in enumerate(lines):
                self.text(left + GAP, top + GAP + LINE * (number + 0.8), line)
            left += width
        self.set_y(top + height)

    def _broken(self, text: str, width: float) -> list[str]:
        """Return a text in lines of this width: broken at a blank where there is one, else between two signs."""
        lines = []
        for paragraph in text.split("\n"):
            line, taken = "", 0.0
            for sign in paragraph:
                taken += self._width(sign)
                if taken > width and line:
                    kept = line.rpartition(" ")[0] if " " in line and sign.isascii() and sign != " " else line
                    lines.append(kept)
                    line = line[len(kept) :].lstrip()
                    taken = sum(self._width(each) for each in line) + self._width(sign)
                line += sign
            lines.append(line)
        return lines

    def _width(self, sign: str) -> float:
        if sign not in self._widths:
            self._widths[sign] = self.get_string_width(sign)
        return self._widths[sign]

    def end(self) -> None:
        """Say whether all is there, and leave room for those who sign."""
        if self.will_page_break(30):
            self.add_page()
        self.ln(3)
        told = "完 End"
        if self._paper.next is not None:
            told = f"未完，自编号 {self._paper.next} 之后另页 Continued behind number {self._paper.next}"
        self._row(5, told, 8.5, GREY)
        self.ln(8)
        width = self.epw / len(SIGNED)
        for chinese, english in SIGNED:
            self._ink(8.5)
            self.cell(width, 6, f"{chinese} {english}：________________")

    def cells(self, line: RegisterLine) -> list[str]:
        """Return one look as the cells of its row."""
        until = f"\n— {self._told(line.end)}" if line.end else ""
        shown = f"{ACTS[line.act]}，{ACTIONS[line.action]}"
        camera = f"{line.camera_name} {line.gb_code or ''}".strip()
        why = [self._paper.bases.get(line.basis, line.basis), line.case_number, line.reason, line.request_number]
        outcome = "" if line.outcome is None else f"{line.outcome.sent:,} B"
        cut_off = (
            "" if line.outcome is None or not line.outcome.reason else f"\n{self._paper.said(line.outcome.reason)}"
        )
        return [
            str(line.number),
            self._told(line.at),
            f"{line.person_name}（{line.person_login}）\n{line.department_name}",
            "\n".join(text for text in why if text) or "-",
            f"{shown}\n{camera}\n{line.owner_name}\n{self._told(line.begin)}{until}",
            RESULTS[line.result] + (f"\n{self._paper.said(line.refusal)}" if line.refusal else ""),
            f"{outcome}{cut_off}" or "-",
        ]

    def _told(self, at: datetime) -> str:
        return at.astimezone(self._zone).isoformat(sep=" ", timespec="seconds")

    def _row(self, height: float, text: str, size: float, ink: tuple[int, int, int] = INK) -> None:
        self._ink(size, ink)
        self.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _ink(self, size: float, ink: tuple[int, int, int] = INK) -> None:
        self.set_font(FONT, size=size)
        self.set_text_color(*ink)
