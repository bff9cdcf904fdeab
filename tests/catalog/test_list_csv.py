from pathlib import Path

import pytest

from broker.domain.errors import BrokerError, Invalid, TooLarge
from broker.services.catalog.catalog_files.reading import read_rows
from broker.services.catalog.catalog_files.rows import Limits
from tests.catalog.lists import write_text

TEXT = "名称,经度,纬度\n锦河路口,120.1,30.2\n中山街口,120.2,30.3\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_the_encodings_of_spreadsheets_are_told_apart(tmp_path: Path, encoding: str) -> None:
    rows = list(read_rows(write_text(tmp_path, TEXT, encoding=encoding)))
    assert [row.where for row in rows] == ["2", "3"]
    assert rows[0].values == {"名称": "锦河路口", "经度": "120.1", "纬度": "30.2"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_read_from_the_header(tmp_path: Path, delimiter: str) -> None:
    text = TEXT.replace(",", delimiter).replace("锦河路口", '"锦河路, 甲; 乙\t丙"')
    rows = list(read_rows(write_text(tmp_path, text)))
    assert rows[0].values == {"名称": "锦河路, 甲; 乙\t丙", "经度": "120.1", "纬度": "30.2"}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("name,lat,lon\nCafé Möwe,1,2\nÄußere Straße,3,4\n".encode("latin-1"), 2),
        (TEXT.encode("utf-16"), 1),
        ("name,lat,lon\na,1,2\n".encode("utf-16-le"), 1),
        (TEXT.encode() + "半".encode()[:2], 4),
        (TEXT.encode("gb18030") + b"\xff\xff", 1),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1),
    ],
)
def test_other_encodings_are_refused_with_the_line(tmp_path: Path, content: bytes, line: int) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        list(read_rows(path))
    assert (caught.value.slug, caught.value.facts["line"]) == ("list-encoding", line)


def test_a_letter_cut_by_the_end_of_a_chunk_is_whole_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.services.catalog.catalog_files.encoding.CHUNK", 5)
    for encoding in ("utf-8", "gb18030"):
        assert len(list(read_rows(write_text(tmp_path, TEXT, encoding=encoding)))) == 2
    path = tmp_path / "cut.csv"
    path.write_bytes(TEXT.encode() + b"\xe5\xe5\xff,1,2\n")
    with pytest.raises(Invalid) as caught:
        list(read_rows(path))
    assert caught.value.facts == {"line": 4, "offset": len(TEXT.encode())}


def test_lines_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    text = 'name,lat,lon\n"two\nlines",1,2\n\n , ,\nlast,3,4\n'
    assert [row.where for row in read_rows(write_text(tmp_path, text))] == ["2", "5"]


def test_a_long_row_is_a_fault_and_a_short_one_is_filled(tmp_path: Path) -> None:
    text = "name,lat,lon\na,1,2,3\nb,1\nc,1,2,,\n"
    long, short, trailing = read_rows(write_text(tmp_path, text))
    assert long.fault is not None
    assert (long.fault.reason, long.fault.value, long.fault.allowed) == ("point-row-ragged", "3", "3")
    assert (short.fault, short.values) == (None, {"name": "b", "lat": "1"})
    assert trailing.fault is None


def test_a_cell_under_no_heading_is_kept(tmp_path: Path) -> None:
    (row,) = read_rows(write_text(tmp_path, "name,,lat\na,note,1\n"))
    assert row.values == {"name": "a", "column 2": "note", "lat": "1"}


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("", "list-empty"),
        ("\n\n ,\n", "list-empty"),
        ("name,lat,lon\n", "list-empty"),
        ("name,lat,name\na,1,2\n", "list-duplicate-column"),
        ('name,lat\n"a,1\nb,2\n', "list-csv-quotes"),
        ('name,lat\n"a"b,1\n', "list-csv-quotes"),
        (f"name,lat\n{'x' * 200_000},1\n", "list-csv-quotes"),
    ],
)
def test_what_cannot_be_read_is_said_plainly(tmp_path: Path, text: str, slug: str) -> None:
    with pytest.raises(Invalid) as caught:
        list(read_rows(write_text(tmp_path, text)))
    assert caught.value.slug == slug


def test_a_quote_that_never_closes_is_told_with_its_first_line(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        list(read_rows(write_text(tmp_path, 'name,lat\na,1\n"b,2\nc,3\n')))
    assert caught.value.facts["line"] == 3


@pytest.mark.parametrize(
    ("limits", "slug"),
    [
        (Limits(streamed=10), "list-too-large"),
        (Limits(rows=1), "list-too-many-rows"),
        (Limits(columns=2), "list-too-many-columns"),
    ],
)
def test_limits_hold(tmp_path: Path, limits: Limits, slug: str) -> None:
    with pytest.raises(TooLarge) as caught:
        list(read_rows(write_text(tmp_path, TEXT), limits=limits))
    assert caught.value.slug == slug


def test_a_file_that_is_none_and_a_format_that_is_none(tmp_path: Path) -> None:
    for path, slug in ((tmp_path / "none.csv", "list-missing"), (tmp_path, "list-format")):
        with pytest.raises(BrokerError) as caught:
            list(read_rows(path))
        assert caught.value.slug == slug
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(Invalid, match="list-missing"):
        list(read_rows(folder))
    with pytest.raises(Invalid) as caught:
        list(read_rows(tmp_path / "list.xls"))
    assert caught.value.facts == {"format": ".xls", "allowed": "csv, xlsx, json, geojson, xml"}
