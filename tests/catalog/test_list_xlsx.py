import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.domain.errors import Invalid, TooLarge
from broker.services.catalog.catalog_files.reading import read_rows
from broker.services.catalog.catalog_files.rows import Limits
from tests.catalog.lists import read_list, write_text, write_xlsx

HEADER = ["设备编码", "设备名称", "经度", "纬度", "安装时间"]
ROW = ["34020200001320000001", "锦河路口", 120.1, 30.2, datetime(2024, 5, 1, tzinfo=UTC).replace(tzinfo=None)]


def test_the_first_sheet_is_read_and_another_by_name(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path, {"一": [HEADER, ROW], "二": [["name"], ["x"], ["y"]]})
    (row,) = read_rows(path)
    assert (row.where, row.values["设备名称"], row.values["经度"]) == ("2", "锦河路口", 120.1)
    assert [found.values for found in read_rows(path, sheet="二")] == [{"name": "x"}, {"name": "y"}]
    with pytest.raises(Invalid) as caught:
        list(read_rows(path, sheet="三"))
    assert caught.value.facts == {"sheet": "三", "allowed": "一, 二"}


def test_cells_become_a_point(tmp_path: Path) -> None:
    (draft,), _ = read_list(write_xlsx(tmp_path, {"一": [[], HEADER, [], ROW]}))
    assert (draft.where, draft.gb_code, draft.division) == ("4", "34020200001320000001", "340202")
    assert draft.record == {"install_time": "2024-05-01T00:00:00+08:00"}


def test_a_code_that_a_spreadsheet_rounded_is_refused(tmp_path: Path) -> None:
    _, report = read_list(write_xlsx(tmp_path, {"一": [HEADER, [3.402020000132e19, "锦河路口", 120.1, 30.2]]}))
    assert [(problem.where, problem.reason) for problem in report.problems] == [("2", "gb-code-rounded")]


def test_what_is_no_workbook_is_unreadable(tmp_path: Path) -> None:
    path = write_text(tmp_path, "name,lat,lon\n", name="list.xlsx")
    with pytest.raises(Invalid, match="list-xlsx-unreadable"):
        list(read_rows(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(Invalid, match="list-xlsx-unreadable"):
        list(read_rows(path))


def _with_part(path: Path, part: str, change: bytes) -> Path:
    """Write the workbook again with one part replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    spoiled = path.with_name("spoiled.xlsx")
    with zipfile.ZipFile(spoiled, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | {part: change}).items():
            archive.writestr(name, content)
    return spoiled


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path, {"一": [HEADER, ROW]})
    bomb = _with_part(path, "xl/media/big.bin", b"\x00" * 3_000_000)
    with pytest.raises(TooLarge, match="list-xlsx-unpacked"):
        list(read_rows(bomb, limits=Limits(unpacked=2_000_000)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(tmp_path: Path, encoding: str) -> None:
    path = write_xlsx(tmp_path, {"一": [HEADER, ROW]})
    entities = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>'
    with pytest.raises(Invalid) as caught:
        list(read_rows(_with_part(path, "xl/sharedStrings.xml", entities.encode(encoding))))
    assert caught.value.facts["detail"] == "DOCTYPE"


def test_a_sheet_that_breaks_off_says_where(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path, {"一": [HEADER, ROW]})
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    with pytest.raises(Invalid) as caught:
        list(read_rows(_with_part(path, "xl/worksheets/sheet1.xml", sheet[:-40])))
    assert caught.value.slug == "list-xlsx-unreadable"


def test_a_line_far_beyond_the_sheet_does_not_keep_the_reader_busy(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path, {"一": [HEADER, ROW]})
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b'<row r="2"', b'<row r="999999999"')
    assert far != sheet
    with pytest.raises(Invalid) as caught:
        list(read_rows(_with_part(path, "xl/worksheets/sheet1.xml", far)))
    assert caught.value.facts["detail"] == "> 1048576"
