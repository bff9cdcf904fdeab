"""Addresses of streams carry credentials: none may be stored, reported or disclosed by a digest."""

from io import StringIO
from pathlib import Path

import pytest

from broker.services.catalog.catalog_files.cells import address_key, holds_address
from broker.services.catalog.catalog_files.report import write_problems_csv
from tests.catalog.lists import NESTED, check_one, read_list, taken, write_json, write_text

ADDRESSES = [
    "rtsp://admin:hunter2@10.0.0.1:554/Streaming/Channels/101",
    "RTSP：//admin：hunter2@10.0.0.1/1",
    "//admin:hunter2@nvr.example/1",
    "admin:hunter2@10.0.0.1:554/1",
    "www.example/?password=hunter2",
    "ffplay rtsp://admin:hunter2@10.0.0.1/1",
    "rtsp%3A%2F%2Fadmin%3Ahunter2%4010.0.0.1",
    "rtsp:\\\\admin:hunter2@10.0.0.1",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_nowhere_in_what_is_kept(address: str) -> None:
    draft = taken(external_key=address, note=address, nested={"streams": [address]}, address=address, direction=address)
    assert "hunter2" not in repr(draft)
    assert draft.external_key is not None
    assert draft.external_key.startswith("url-sha256:")
    assert len(draft.external_key) == len("url-sha256:") + 32


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("column", ["name", "gb_code", "latitude", "direction", "address", "division", "secrecy"])
def test_an_address_is_nowhere_in_what_is_reported(address: str, column: str) -> None:
    checked = check_one(**{column: address})
    told = StringIO()
    write_problems_csv(checked.problems, told)
    assert checked.problems
    assert "hunter2" not in told.getvalue() + repr(checked)


@pytest.mark.parametrize(
    "text", ["时间：12:30@路口", "I-10:MP3 @ Exit 4", "张三 a@b.example", "http is a word", "", "1:2"]
)
def test_plain_text_is_no_address(text: str) -> None:
    assert not holds_address(text)


def test_the_key_stays_when_the_password_changes() -> None:
    key = address_key("rtsp://admin:hunter2@10.0.0.1/1")
    assert key == address_key("rtsp://viewer:correct@10.0.0.1/1") == address_key("rtsp://10.0.0.1/1")
    assert key != address_key("rtsp://admin:hunter2@10.0.0.1/2")


def test_a_long_text_is_looked_through_in_no_time() -> None:
    for text in ("a" * 200_000, "a:" * 100_000, ":" * 200_000, "a:b" * 60_000 + "@"):
        assert not holds_address(text)


def test_columns_left_out_are_counted(tmp_path: Path) -> None:
    text = "name,lat,lon,id,stream,Password,密码,备注\n甲,1,2,a,rtsp://h/1,secret,x,好\n乙,1,3,b,,s,,http://h\n"
    drafts, report = read_list(write_text(tmp_path, text))
    assert report.dropped == {"stream": 1, "Password": 2, "密码": 1, "备注": 1}
    assert [dict(draft.extra) for draft in drafts] == [{"备注": "好"}, {}]


def test_a_published_list_keeps_no_address(tmp_path: Path) -> None:
    drafts, report = read_list(write_json(tmp_path, NESTED))
    assert "//" not in repr(drafts)
    assert "//" not in repr(report.problems)
    assert {draft.external_key is not None for draft in drafts} == {True}
