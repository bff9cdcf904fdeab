"""The register as a file: nothing in it is carried out, nothing of it is lost."""

import csv
import io
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from fpdf import FPDF
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from broker.domain.footage.grants import Action
from broker.domain.ids import CameraId, DepartmentId, GrantId, PersonId, RequestId, RetrievalId
from broker.domain.oversight.register import LookAct, LookResult, Outcome, RegisterLine
from broker.services.oversight.register import Export
from broker.services.oversight.register_files import COLUMNS, as_csv, as_pdf, as_xlsx, cells, heading
from broker.services.oversight.sheets import BOM, neutral

AT = datetime(2026, 11, 20, 14, 0, 0, 250_000, tzinfo=UTC)
KEY = UUID(int=7)
LINE = RegisterLine(
    number=12, at=AT, act=LookAct.DELIVER, action=Action.CLIP, result=LookResult.ALLOWED, refusal="",
    person_id=PersonId(KEY), person_name="石静", person_login="sj", department_id=DepartmentId(KEY),
    department_name="东河区生态环境局", camera_id=CameraId(KEY), camera_name="环城路口", gb_code="99010201081320000001",
    owner_id=DepartmentId(KEY), owner_name="东河区城市管理局", begin=AT, end=AT + timedelta(seconds=10),
    request_id=RequestId(KEY), request_number="XL2026-000001", basis="administrative",
    case_number="东环罚〔2026〕12号", reason="夜间倾倒渣土", grant_id=GrantId(KEY), retrieval_id=RetrievalId(KEY),
    address="192.0.2.7", outcome=Outcome(AT, 4096, "client-left"),
)  # fmt: skip

TEXTS = [name.name for name in fields(RegisterLine) if name.type is str or name.name == "gb_code"]
FORMULAS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
HOSTILE = st.builds(str.__add__, st.sampled_from([*FORMULAS, " =", "\ufeff", "'", '"', ",", '",=']), TEXT)
QUICK = settings(max_examples=60, deadline=None)


def export(*lines: RegisterLine, following: int | None = None) -> Export:
    return Export(iter(lines), len(lines), following)


def read_csv(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8")
    assert text.startswith(BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))


def read_xlsx(content: bytes) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(content))
    (sheet,) = book.worksheets
    for row in sheet.iter_rows():
        assert not [cell.coordinate for cell in row if cell.data_type == "f"]
        assert not [cell.coordinate for cell in row if isinstance(cell.value, str) and cell.data_type != "s"]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_both_forms_say_the_same() -> None:
    told = [read_csv(b"".join(as_csv(export(LINE)))), read_xlsx(b"".join(as_xlsx(export(LINE))))]
    for head, line, *_ in told:
        assert head == heading()
        assert ["" if cell is None else str(cell) for cell in line] == [str(cell) for cell in cells(LINE)]
    row = dict(zip(heading(), told[1][1], strict=True))
    assert row["编号 number"] == 12
    assert row["时间（UTC） at (UTC)"] == "2026-11-20T14:00:00.250+00:00"
    assert row["国标编码 GB code"] == "99010201081320000001"
    assert (row["交付字节数 bytes sent"], row["中断原因 cut off by"]) == (4096, "client-left")
    assert len(heading()) == len(set(heading())) == len(COLUMNS)


def test_the_end_says_whether_all_is_there() -> None:
    for rows in (read_csv(b"".join(as_csv(export(LINE)))), read_xlsx(b"".join(as_xlsx(export(LINE))))):
        assert "End: 1 lines" in str(rows[-1][0])
    for rows in (
        read_csv(b"".join(as_csv(export(LINE, following=12)))),
        read_xlsx(b"".join(as_xlsx(export(LINE, following=12)))),
    ):
        assert "after=12" in str(rows[-1][0])
        assert "未完" in str(rows[-1][0])


@pytest.mark.parametrize("sign", FORMULAS)
def test_no_cell_begins_as_a_formula(sign: str) -> None:
    assert neutral(f"{sign}cmd|' /C calc'!A0").startswith("'")
    assert neutral(f"  {sign}1+1").startswith("'") or sign in "\t\r\n"


@QUICK
@given(TEXT | HOSTILE)
@example("=1+1")
@example("\r=1")
@example("\ufffe=1")
@example("\x00=1")
@example("_x003D_1+1")
def test_neutral_text_is_safe_and_keeps_what_it_says(text: str) -> None:
    made = neutral(text)
    assert not made.startswith(tuple(FORMULAS))
    assert made.startswith("'") or not made.lstrip().startswith(tuple(FORMULAS))
    kept = made.removeprefix("'") if len(made) > len(storable(text)) else made
    assert kept == storable(text)


def storable(text: str) -> str:
    """Return the text with all that XML 1.0 does not take (section 2.2), and U+007F, replaced."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(it if it in "\t\n" or (it >= " " and it not in "\x7f\ufffe\uffff") else "\ufffd" for it in lines)


@QUICK
@given(st.dictionaries(st.sampled_from(TEXTS), TEXT | HOSTILE))
def test_hostile_lines_come_back_as_plain_text(told: dict[str, str]) -> None:
    line = replace(LINE, **told)  # type: ignore[arg-type]  # all of them text, as TEXTS names them
    wanted = [str(cell) for cell in cells(line)]
    sheet = read_xlsx(b"".join(as_xlsx(export(line))))
    assert len(sheet) == 3
    assert ["" if cell is None else str(cell) for cell in sheet[1]] == wanted
    assert read_csv(b"".join(as_csv(export(line))))[1] == wanted
    for cell in (*wanted, *(str(cell) for cell in sheet[1] if cell is not None)):
        assert not cell.startswith(tuple(FORMULAS))


def test_a_long_export_flows_in_parts() -> None:
    parts = list(as_csv(Export((replace(LINE, number=number) for number in range(1000)), 1000, None)))
    assert len(parts) > 3
    assert max(map(len, parts)) < 128 * 1024
    assert len(read_csv(b"".join(parts))) == 1002


def test_the_paper_holds_every_word_and_room_to_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    set_down: list[str] = []
    reasons: list[str] = []
    text, cell = FPDF.text, FPDF.cell

    def noted(page: FPDF, x: float, y: float, told: str) -> None:
        assert -1 < x < page.w
        assert 0 < y < page.h, told
        set_down.append(told)
        if 101 < x < 102 and told not in {"依据、事由", "Basis and reason"}:  # that column
            reasons.append(told)
        text(page, x, y, told)

    def noted_cell(page: FPDF, *given: Any, **more: Any) -> bool:
        set_down.append(str(given[2]))
        return cell(page, *given, **more)

    monkeypatch.setattr(FPDF, "text", noted)
    monkeypatch.setattr(FPDF, "cell", noted_cell)
    long = "".join(f"第{number}条理由，reason {number}；" for number in range(300))
    refused = replace(LINE, number=13, result=LookResult.REFUSED, refusal="camera-locked", end=None, outcome=None)
    odd = replace(LINE, number=14, reason="=1+1\x07 😀 𠮷\u202e", gb_code=None, basis="unheard-of")
    whole = replace(export(replace(LINE, reason=long), refused, odd, following=14), house="锦川市",
                    sought={"department": "dh"}, bases={"administrative": "行政执法"})  # fmt: skip
    paper = as_pdf(whole, "石静", ZoneInfo("Asia/Shanghai"), AT)
    assert paper.startswith(b"%PDF-")
    assert paper.count(b"/Type /Page\n") > 1
    assert long.replace(" ", "") in "".join(reasons).replace(" ", "")
    for told in ("行政执法", "4,096 B", "石静（sj）", "2026-11-20", "unheard-of"):
        assert any(told in it for it in set_down), told
    assert not any("camera-locked" in it for it in set_down), "a reason is told in words"
    assert sum("________" in it for it in set_down) == 3
