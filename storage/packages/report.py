"""The report of a package as PDF: the record for people, in Chinese and English, with key frames beside each file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from io import BytesIO
from typing import Any

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos
from pylopdf_fonts_zh_cn import sans_path

from storage.packages import report_words as words

Record = Mapping[str, Any]
Pair = tuple[str, str]

_FONT = "Noto Sans SC"
_LABEL, _FRAME, _GAP = 46.0, 56.0, 4.0  # millimetres
_INK, _GREY, _RED = (25, 28, 32), (110, 115, 122), (178, 24, 24)


@dataclass(frozen=True)
class Picture:
    """A key frame, as JPEG: of which file of the package, shown at which instant."""

    path: str
    jpeg: bytes
    instant: datetime


def report(record: Record, pictures: Iterable[Picture], zone: tzinfo, *, signer: str, at: datetime) -> bytes:
    """Return the report on a record; instants are told in `zone`."""
    shown: dict[str, list[Picture]] = {}
    for picture in pictures:
        shown.setdefault(picture.path, []).append(picture)
    page = _Page(zone, record["package"]["name"], at)
    page.headline(words.TITLE)
    if record["grant"]["emergency"]:
        page.remark(words.EMERGENCY, 12, _RED)
    _why(page, record, signer)
    page.section("items")
    for number, item in enumerate(record["items"], 1):
        _item(page, number, item, shown)
    for section, paragraphs in (("made", words.MADE), ("verify", words.VERIFY)):
        page.section(section)
        for paragraph in paragraphs:
            page.paragraph(paragraph)
    return bytes(page.output())


def _why(page: "_Page", record: Record, signer: str) -> None:
    request, grant, package = record["request"], record["grant"], record["package"]
    page.field("name", package["name"])
    page.field("made_at", page.told(package["made_at"]))
    page.field("signer", signer)
    page.section("why")
    page.field("number", request["number"])
    page.field("case_number", request["case_number"])
    for name in ("basis", "matter"):
        page.field(name, _both(request[name]))
    page.field("reason", request["reason"])
    page.field("place", _place(request.get("place")))
    page.field("department", request["department"]["name"])
    page.field("requester", _person(request["requester"]))
    page.field("center", request["center"]["name"] if request["center"] else _pair(words.NONE))
    page.field("owner", grant["owner"]["name"])
    page.field("valid", page.span(grant["valid"]))
    page.field("conditions", ", ".join(grant["conditions"]) or _pair(words.NONE))
    page.field("recipient", _person(record["recipient"]))


def _place(place: Record | None) -> str:
    if place is None:
        return _pair(words.NONE)
    return f"{place['name']}\n{place['longitude']:.6f}, {place['latitude']:.6f} (WGS-84)".strip()


def _item(page: "_Page", number: int, item: Record, shown: Mapping[str, Sequence[Picture]]) -> None:
    camera, asked = item["camera"], item["asked"]
    page.heading(f"{number}. {camera['name']}")
    page.field("gb_code", camera["gb_code"] or "-")
    page.field("belongs", camera["owner"]["name"])
    page.field("source", f"{item['source']['name']} ({item['source']['adapter']})" if item["source"] else "-")
    page.field("asked", page.told(asked["instant"]) if "instant" in asked else page.span(asked))
    page.field("obtained", "\n".join(page.span(span) for file in item["files"] for span in file["obtained"]))
    page.field("missing", "\n".join(_missing(page, each) for each in item["missing"]) or _pair(words.COMPLETE))
    page.field("clock", _clock(item["clock_ahead_seconds"]))
    for file in item["files"]:
        _file(page, file, shown.get(file["path"], ()))


def _file(page: "_Page", file: Record, pictures: Sequence[Picture]) -> None:
    page.field("file", file["path"])
    page.field("size", f"{file['size']:,} B")
    for algorithm in ("sha256", "sm3"):
        if file.get(algorithm):
            page.field(algorithm, file[algorithm])
    seen = {name: file[name] for name in ("frames", "width", "height", "codec")}
    page.field("picture", _pair(words.PICTURES, **seen))
    page.field("first", f"{page.told(file['first'])}\n{page.told(file['last'])}")
    page.field("reencoded", _pair(words.REENCODED, count=file["reencoded"]))
    if file["notes"]:
        page.field("notes", "\n".join(_pair(words.NOTES.get(note, (note, note))) for note in file["notes"]))
    if pictures:
        page.pictures(pictures)
    else:
        page.remark(words.NO_PICTURES, 8.5, _GREY)


def _missing(page: "_Page", missing: Record) -> str:
    reason = words.MISSING.get(missing["reason"], (missing["reason"], missing["reason"]))
    return f"{page.span(missing)}  {_pair(reason)}"


def _clock(ahead: float | None) -> str:
    if ahead is None:
        return _pair(words.UNMEASURED)
    if not ahead:
        return _pair(words.EVEN)
    return _pair(words.AHEAD if ahead >= 0 else words.BEHIND, seconds=f"{abs(ahead):.3f}")


def _person(person: Record) -> str:
    return f"{person['name']} ({person['login']}), {person['department']['name']}"


def _both(named: Record) -> str:
    return f"{named['name']} / {named['name_en']}"


def _pair(pair: Pair, **facts: object) -> str:
    chinese, english = (each.format(**facts) for each in pair)
    return chinese if chinese == english else f"{chinese} / {english}"


class _Page(FPDF):
    """The pages, and how the few things on them are set."""

    def __init__(self, zone: tzinfo, name: str, at: datetime) -> None:
        super().__init__(format="A4")
        self._zone = zone
        self._name = name
        self.set_creation_date(at)
        self.set_title(name)
        self.set_producer("xueliang")
        self.set_margins(18, 16)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_font(_FONT, fname=str(sans_path()))
        self.alias_nb_pages("{pages}")
        self.add_page()

    def footer(self) -> None:
        """Set name and number of the page; called by the library at the end of each."""
        self.set_y(-13)
        self._ink(7.5, _GREY)
        self.cell(0, 5, f"{self._name}    {self.page_no()} / {{pages}}", align="C")

    def told(self, instant: str) -> str:
        return datetime.fromisoformat(instant).astimezone(self._zone).isoformat(sep=" ", timespec="milliseconds")

    def span(self, span: Record) -> str:
        return f"{self.told(span['begin'])} — {self.told(span['end'])}"

    def headline(self, pair: Pair) -> None:
        self._ink(20)
        self._row(10, pair[0])
        self._ink(11, _GREY)
        self._row(7, pair[1])
        self.ln(3)

    def section(self, name: str) -> None:
        chinese, english = words.SECTIONS[name]
        self._together(26)
        self.ln(4)
        self._ink(13)
        self._row(7.5, f"{chinese}  {english}")
        self.set_draw_color(*_GREY)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)

    def heading(self, text: str) -> None:
        self._together(40)
        self.ln(2)
        self._ink(11)
        self._row(6.5, text)

    def remark(self, pair: Pair, size: float, ink: tuple[int, int, int]) -> None:
        self._ink(size, ink)
        self._row(size * 0.55, _pair(pair))

    def field(self, name: str, value: str) -> None:
        """Set a label and its value beside it; a value may have several lines."""
        chinese, english = words.FIELDS[name]
        self._together(7)
        top = self.get_y()
        self._ink(8.5, _GREY)
        self.multi_cell(_LABEL, 4.6, chinese if chinese == english else f"{chinese} {english}", align="L")
        below = self.get_y()
        self.set_xy(self.l_margin + _LABEL, top)
        self._ink(8.5)
        self.multi_cell(0, 4.6, value or "-", align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_y(max(below, self.get_y()) + 0.4)

    def paragraph(self, pair: Pair) -> None:
        for text, ink, wrap in zip(pair, (_INK, _GREY), (WrapMode.CHAR, WrapMode.WORD), strict=True):
            self._ink(9, ink)
            self.multi_cell(0, 5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=wrap)
            self.ln(1)

    def pictures(self, pictures: Sequence[Picture]) -> None:
        """Set key frames side by side, each with its instant below."""
        self._together(_FRAME)
        self.ln(1)
        top, bottom = self.get_y(), self.get_y()
        for place, picture in enumerate(pictures):
            left = self.l_margin + place * (_FRAME + _GAP)
            image = self.image(BytesIO(picture.jpeg), left, top, w=_FRAME)
            self.set_xy(left, top + image.rendered_height + 0.8)
            self._ink(7, _GREY)
            self.cell(_FRAME, 4, self.told(picture.instant.isoformat()))
            bottom = max(bottom, self.get_y() + 4)
        self.set_xy(self.l_margin, bottom + 2)

    def _row(self, height: float, text: str) -> None:
        self.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _together(self, height: float) -> None:
        """Begin a new page where so much does not fit on this one."""
        if self.will_page_break(height):
            self.add_page()

    def _ink(self, size: float, ink: tuple[int, int, int] = _INK) -> None:
        self.set_font(_FONT, size=size)
        self.set_text_color(*ink)
