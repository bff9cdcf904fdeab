"""Charts as the vectors of a page: bars beside their target, bars of many places, a line over months."""

from collections.abc import Sequence
from typing import NamedTuple

from fpdf import FPDF

INK, GREY, PALE = (25, 28, 32), (110, 115, 122), (226, 229, 233)
BLUE, RED = (36, 92, 160), (178, 24, 24)
ROW = 5.2  # millimetres, a bar with the space around it
LABEL = 52.0
FIGURE = 16.0
FONT = "Noto Sans SC"


class Bar(NamedTuple):
    """A share by name; None where there is none."""

    name: str
    share: float | None


def meter(page: FPDF, x: float, y: float, width: float, share: float | None, target: float | None) -> None:
    """Draw a share as a bar on its whole, and a tick where the target is; red where it is not reached."""
    height = 2.6
    page.set_fill_color(*PALE)
    page.rect(x, y, width, height, style="F")
    if share is not None:
        page.set_fill_color(*(RED if target is not None and share < target else BLUE))
        page.rect(x, y, width * min(1.0, share), height, style="F")
    if target is not None:
        page.set_draw_color(*INK)
        page.set_line_width(0.4)
        tick = x + width * min(1.0, target)
        page.line(tick, y - 0.8, tick, y + height + 0.8)
        page.set_line_width(0.2)


def bars(page: FPDF, entries: Sequence[Bar], target: float | None) -> None:
    """Draw one bar a place, from the left margin down; the page has to have room (`ROW` each)."""
    width = page.epw - LABEL - FIGURE
    for entry in entries:
        top = page.get_y()
        _say(page, page.l_margin, top, LABEL - 2, entry.name, "R")
        meter(page, page.l_margin + LABEL, top + 1.1, width, entry.share, target)
        told = "-" if entry.share is None else f"{entry.share:.1%}"
        _say(page, page.l_margin + LABEL + width + 1, top, FIGURE - 1, told, "L")
        page.set_xy(page.l_margin, top + ROW)


def months(page: FPDF, entries: Sequence[Bar], target: float | None, height: float = 34.0) -> None:
    """Draw shares over months as a line; a month without a share breaks it."""
    left, top = page.l_margin + 12, page.get_y() + 2
    width = page.epw - 14
    page.set_line_width(0.1)
    page.set_draw_color(*PALE)
    for quarter in range(5):
        y = top + height * (1 - quarter / 4)
        page.line(left, y, left + width, y)
        _say(page, page.l_margin, y - 2, 11, f"{quarter * 25}%", "R", size=6.5)
    if target is not None:
        page.set_draw_color(*RED)
        page.set_dash_pattern(dash=1.2, gap=1.0)
        page.line(left, top + height * (1 - min(1.0, target)), left + width, top + height * (1 - min(1.0, target)))
        page.set_dash_pattern()
    step = width / max(1, len(entries))
    skipped = max(1, len(entries) // 12)
    run: list[tuple[float, float]] = []
    for place, entry in enumerate(entries):
        x = left + step * (place + 0.5)
        if place % skipped == 0:
            _say(page, x - step / 2 - 4, top + height + 0.8, step + 8, entry.name, "C", size=6.5)
        if entry.share is None:
            _line(page, run)
            run = []
        else:
            run.append((x, top + height * (1 - min(1.0, entry.share))))
    _line(page, run)
    page.set_xy(page.l_margin, top + height + 7)


def _line(page: FPDF, points: Sequence[tuple[float, float]]) -> None:
    page.set_draw_color(*BLUE)
    page.set_fill_color(*BLUE)
    page.set_line_width(0.5)
    if len(points) > 1:
        page.polyline(points)
    for x, y in points:
        page.circle(x, y, 0.8, style="F")
    page.set_line_width(0.2)


def _say(page: FPDF, x: float, y: float, width: float, text: str, align: str, size: float = 7.5) -> None:
    page.set_font(FONT, size=size)
    page.set_text_color(*INK)
    while text and page.get_string_width(text) > width:
        text = text[:-1]
    page.set_xy(x, y)
    page.cell(width, 4.4, text, align=align)
