"""Kept imports on a real PostgreSQL: quarantine, correction, undo, the worker's run, profiles, round trips."""

import csv
import gc
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.coordinates import System, from_wgs84
from broker.domain.catalog.gb_code import compose
from broker.domain.catalog.imports import Fate, ImportState
from broker.domain.catalog.visibility import EVERYBODY
from broker.domain.errors import BrokerError, Conflict, Invalid, Unknown
from broker.domain.ids import ImportId, new_id
from broker.services.catalog.import_intake import Asked
from tests.catalog.lists import write_text
from tests.city import City

ME = operator("tests")
HEAD = "国标编码,名称,经度,纬度,点位类型,安装时间,联系电话,录像保存天数,保密属性,流地址\n"


def code(serial: int) -> str:
    return str(compose("990102", serial, industry="08"))


def row(serial: int, **told: str) -> str:
    cells = {
        "code": code(serial), "name": f"文一路{serial}号", "lon": "104.01", "lat": "30.61", "class": "2", "since": "",
        "contact": "", "days": "", "secret": "0", "url": "",
    }  # fmt: skip
    return ",".join((cells | told).values()) + "\n"


def mine(broker: Broker, city: City, department: str = "dh-hb") -> dict[str, Camera]:
    with broker.work() as work:
        found = work.cameras.page(viewer=EVERYBODY, owner=city.departments[department].id, limit=100)
    return {camera.name: camera for camera in found}


DIRTY = (
    row(1, url="rtsp://admin:hunter2@10.0.0.1/1"),
    row(2, **{"class": "1", "since": "2024-05-01", "contact": "0571-1", "days": "30"}),
    row(3, **{"class": "1"}),  # a class one point without what the list has columns for
    row(4, name="浴池更衣室内"),
    row(5, name="宾馆客房走廊"),
    row(6, secret="1", name="某涉密点"),
    row(7, lon="30.61", lat="104.01"),
    row(8, lon="nan"),
    row(1, name="重复"),
    row(9, lon="1e999"),
)


def test_the_balance_of_a_dirty_list_and_its_correction(broker: Broker, tmp_path: Path) -> None:
    path = write_text(tmp_path, HEAD + "".join(DIRTY))
    report = broker.imports.import_file(ME, path, owner="dh-hb")
    assert report.balance == "read 10 = inserted 3 + updated 0 + unchanged 0 + quarantined 6 + rejected 1"
    assert report.reasons == {
        "point-lacking": 1, "point-place-forbidden": 1, "point-secret": 1, "point-coordinates-swapped": 1,
        "point-coordinate-no-number": 2, "point-duplicate": 1,
    }  # fmt: skip
    assert report.key is not None
    rows = broker.imports.rows(ME, report.key, fate=None, after=0, limit=100)
    assert [(found.number, found.fate) for found in rows] == [
        (number, Fate.REJECTED if number == 6 else Fate.QUARANTINED) for number in (3, 4, 6, 7, 8, 9, 10)
    ]
    assert rows[2].cells is None
    assert "涉密" not in json.dumps([found.problems for found in rows], ensure_ascii=False, default=str)
    told = b"".join(broker.imports.correction(ME, report.key, "csv", "zh_CN").chunks).decode("utf-8-sig")
    assert "hunter2" not in told
    lines = list(csv.DictReader(io.StringIO(told)))
    assert [line["名称"] for line in lines] == [
        "文一路3号",
        "浴池更衣室内",
        "文一路7号",
        "文一路8号",
        "重复",
        "文一路9号",
    ]
    assert all(line["隔离原因"] for line in lines)
    for line in lines:  # corrected as a person would
        line.update(
            {"经度": "104.02", "纬度": "30.62", "安装时间": "2024-05-01", "联系电话": "1", "录像保存天数": "30"}
        )
        line["国标编码"] = code(10) if line["名称"] == "重复" else line["国标编码"]
        line["名称"] = line["名称"].replace("更衣室内", "门口")
    file = io.StringIO()
    writer = csv.DictWriter(file, lines[0].keys())
    writer.writeheader()
    writer.writerows(lines)
    corrected = broker.imports.import_file(ME, write_text(tmp_path, file.getvalue(), name="c.csv"), owner="dh-hb")
    assert corrected.balance == "read 6 = inserted 6 + updated 0 + unchanged 0 + quarantined 0 + rejected 0"


def test_an_import_is_taken_back_whole_or_not_at_all(broker: Broker, city: City, tmp_path: Path) -> None:
    first = broker.imports.import_file(ME, write_text(tmp_path, HEAD + row(1, contact="1")), owner="dh-hb")
    before = mine(broker, city)["文一路1号"]
    changes = row(1, name="改名", contact="2", **{"class": "3", "days": "90"}) + row(2)
    second = broker.imports.import_file(ME, write_text(tmp_path, HEAD + changes), owner="dh-hb")
    assert (second.inserted, second.updated) == (1, 1)
    assert first.key is not None
    assert second.key is not None
    with pytest.raises(Conflict, match="import-changed-since"):
        broker.imports.undo(ME, first.key)
    assert broker.imports.undo(ME, second.key).state is ImportState.UNDONE
    (after,) = (camera for camera in mine(broker, city).values() if camera.gb_code == code(1))
    assert (after.name, after.record, after.point_class) == (before.name, before.record, before.point_class)
    assert code(2) not in {camera.gb_code for camera in mine(broker, city).values()}
    with pytest.raises(Conflict, match="import-not-undoable"):
        broker.imports.undo(ME, second.key)
    asker = city.caller(broker, "asker")
    for ask in (broker.imports.read, broker.imports.undo):
        with pytest.raises(Unknown, match="unknown-import"):
            ask(asker, first.key)
    with pytest.raises(Unknown):
        broker.imports.read(ME, ImportId(new_id()))


def test_a_worker_brings_a_list_in_and_the_file_goes(broker: Broker, tmp_path: Path) -> None:
    path = write_text(tmp_path, HEAD + row(1) + row(2, lat="x"))
    ordered = broker.imports.order(ME, path, Asked("dh-hb"))
    assert ordered.state is ImportState.QUEUED
    assert ordered.digest is not None
    with broker.work() as work:
        assert work.deletions.named(ordered.digest)
    assert broker.import_runs.run(ordered.id) is ImportState.DONE
    found = broker.imports.read(ME, ordered.id)
    assert (found.balance.inserted, found.balance.quarantined, found.attempt, found.done) == (1, 1, 1, 2)
    assert broker.import_runs.run(ordered.id) is ImportState.DONE  # once and no more
    with broker.work() as work:
        assert not work.deletions.named(ordered.digest)
    assert [listed.id for listed in broker.imports.page(ME, "dh-hb", after=None, limit=10)] == [ordered.id]


def test_a_run_that_broke_off_leaves_nothing_and_is_run_again(
    broker: Broker, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = broker.imports.order(ME, write_text(tmp_path, HEAD + row(1)), Asked("dh-hb"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(
            "broker.services.catalog.import_runs.keep_outside", killed
        )  # all is written, nothing is committed
        with pytest.raises(KeyboardInterrupt):
            broker.import_runs.run(ordered.id)
    assert broker.imports.read(ME, ordered.id).state is ImportState.RUNNING
    assert mine(broker, city) == {name: camera for name, camera in mine(broker, city).items() if "文一" not in name}
    assert broker.import_runs.run(ordered.id) is ImportState.DONE
    assert broker.imports.read(ME, ordered.id).attempt == 2
    assert "文一路1号" in mine(broker, city)


def test_a_list_that_cannot_be_read_fails_with_its_reason(broker: Broker, tmp_path: Path) -> None:
    path = write_text(tmp_path, '名称,纬度,经度\na,1,2\n"b')
    ordered = broker.imports.order(ME, path, Asked("dh-hb"))
    assert broker.import_runs.run(ordered.id) is ImportState.FAILED
    error = broker.imports.read(ME, ordered.id).error
    assert error is not None
    assert error["slug"] == "list-csv-quotes"
    assert gc.get_freeze_count() == 0, "the collector of garbage looks at everything again"


def test_a_list_that_lacks_a_column_is_refused_before_a_worker_sees_it(broker: Broker, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        broker.imports.order(ME, write_text(tmp_path, "名称,经度\na,1\n"), Asked("dh-hb"))
    assert (refused.value.slug, refused.value.facts["field"]) == ("list-column-missing", "latitude")


STRANGE = (
    '\ufeff"id","title","lat_str","lng_gcj","lat_gcj","lng_str","stream","stream2","area"\n'
    "k1,桥头,,{0[1]:.7f},{0[0]:.7f},,https://u:p@x.example/1,rtsp://x.example/2,null\n"
    'k2,渡口,"30.62",,,"104.02",,rtsp://x.example/3,\n'
)


def test_a_strange_list_is_read_by_a_profile_that_is_suggested(broker: Broker, city: City, tmp_path: Path) -> None:
    shifted = from_wgs84(30.61, 104.01, System.GCJ02)
    path = write_text(tmp_path, STRANGE.format(shifted))
    mapping = {
        "external_key": "id|stream", "name": "title", "latitude": "lat_str", "longitude": "lng_str",
        "gcj02_latitude": "lat_gcj", "gcj02_longitude": "lng_gcj", "division": "area",
    }  # fmt: skip
    headings = ["id", "title", "lat_str", "lng_gcj", "lat_gcj", "lng_str", "stream", "area"]
    broker.import_profiles.save(ME, "交警支队", mapping, headings=headings, coordinates=System.WGS84)
    laid = broker.import_previews.lay(ME, path, Asked("dh-hb", mapping=mapping))
    shown = broker.import_previews.look(ME, laid.id, rows=1)
    assert shown.profile is not None
    assert (shown.profile.name, len(shown.rows)) == ("交警支队", 1)
    report = broker.imports.import_file(ME, path, owner="dh-hb", profile="交警支队")
    assert report.balance == "read 2 = inserted 2 + updated 0 + unchanged 0 + quarantined 0 + rejected 0"
    assert report.dropped == {"stream2": 2}  # stream is the key where there is no id: kept as a digest
    found = mine(broker, city)["桥头"]
    assert (found.latitude, found.longitude) == pytest.approx((30.61, 104.01), abs=1e-6)
    broker.import_profiles.retire(ME, shown.profile.id)
    with pytest.raises(Unknown, match="unknown-import-profile"):
        broker.imports.import_file(ME, path, owner="dh-hb", profile="交警支队")


@pytest.mark.parametrize("list_format", ["csv", "xlsx", "json", "geojson", "xml"])
def test_what_is_exported_changes_nothing_when_it_comes_back(
    broker: Broker, city: City, tmp_path: Path, list_format: str
) -> None:
    head = "id,gb_code,name,lat,lon,方向,标签,设备厂商,父节点编码,安装时间,有子设备,可视距离,备注,数,敏感点位\n"
    rows = (
        f"k1,{code(1)},=桥头,30.61,104.01,东,甲;乙,-海康&<大华>,34020000002000000001/34020000002160000001,"
        "2024-05-01,是,12.5,x,6.5,是\n"
        ",,渡口,30.62,104.02,,,,,,,,,,\n"
        f",{code(2)},旅馆更衣间,30.63,104.03,,,,,,,,,,\n"
    )
    head, rows = head.replace("敏感点位", "敏感点位,place_checked"), rows.replace("\n", ",1\n")
    assert broker.imports.import_file(ME, write_text(tmp_path, head + rows), owner="dh-hb").inserted == 3
    before = mine(broker, city)
    path = tmp_path / f"again.{list_format}"
    written = broker.catalog_exports.export(
        ME, list_format, owner="dh-hb", division=None, coordinates=System.WGS84
    )  # fmt: skip
    path.write_bytes(b"".join(written.chunks))
    report = broker.imports.import_file(ME, path, owner="dh-hb")
    assert (report.unchanged, report.problems) == (len(before), ())
    assert (
        report.balance
        == f"read {len(before)} = inserted 0 + updated 0 + unchanged {len(before)} + quarantined 0 + rejected 0"
    )
    assert mine(broker, city) == before


def _bomb(path: Path) -> None:
    book = Workbook()
    book.active.append(["name", "lat", "lon"])  # type: ignore[union-attr]  # a new book has a sheet
    book.save(path)


BAD_FILES: dict[str, tuple[str, bytes | Callable[[Path], None], str]] = {
    "wrong encoding": ("a.csv", "名称,纬度,经度\n".encode("utf-16"), "list-encoding"),
    "no encoding at all": ("a.csv", b"name,lat,lon\n\xff\xfe\xfd,1,2\n", "list-encoding"),
    "a million columns": ("a.csv", b",".join(b"c%d" % n for n in range(1_000_000)), "list-too-many-columns"),
    "duplicate headings": ("a.csv", b"name,name,lat,lon\na,b,1,2\n", "list-duplicate-column"),
    "a cell beyond the limit": ("a.csv", b"name,lat,lon\n" + b"x" * 200_000 + b",1,2\n", "list-csv-quotes"),
    "no list": ("a.xlsx", b"PK\x03\x04 not really", "list-xlsx-unreadable"),
    "a table without rows": ("a.xlsx", _bomb, "list-empty"),
    "entities": ("a.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x><Item><Name>&a;</Name></Item></x>', "list-xml-entity"),
    "unknown entity": ("a.xml", b"<x><Item><Name>&a;</Name></Item></x>", "list-xml-syntax"),
    "too deep": ("a.xml", b"<a>" * 50 + b"</a>" * 50, "list-xml-depth"),
    "a long cell": ("a.xml", b"<x><Item><Name>" + b"n" * 70_000 + b"</Name></Item></x>", "list-cell-too-long"),
    "cut off": ("a.xml", b"<x><Item><Name>n", "list-xml-syntax"),
    "an encoding nobody has": ("a.xml", b'<?xml version="1.0" encoding="EBCDIC"?><x/>', "list-encoding"),
    "no items": ("a.xml", b"<Response><SumNum>0</SumNum></Response>", "list-empty"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_its_reason(broker: Broker, tmp_path: Path, name: str) -> None:
    file, content, slug = BAD_FILES[name]
    path = tmp_path / file
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    with pytest.raises(BrokerError) as refused:
        broker.imports.import_file(ME, path, owner="dh-hb")
    assert refused.value.slug == slug
    assert broker.imports.page(ME, "dh-hb", after=None, limit=1) == []
