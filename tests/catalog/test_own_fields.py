"""Fields that the city defined, borders and the history, on the way of a list into the catalogue and out again."""

import csv
import io
from pathlib import Path

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.catalog.camera_fields import CustomField
from broker.domain.catalog.camera_record import FieldKind, Word
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import Fate
from broker.domain.catalog.visibility import EVERYBODY
from broker.domain.errors import Invalid
from broker.services.catalog.import_intake import Asked
from tests.catalog.lists import write_text
from tests.catalog.test_imports import code, mine
from tests.city import City

ME = operator("tests")
OWN = (
    CustomField("grid", "网格编号", "Grid number", FieldKind.TEXT, mandatory=True),
    CustomField("floors", "楼层", "Floors", FieldKind.INTEGER),
    CustomField("use", "用途", "Use", FieldKind.CODES, {"a": Word("甲", "A"), "b": Word("乙", "B")}),
    CustomField("lit", "有灯", "Lit", FieldKind.FLAG),
    CustomField("old", "旧字段", "Old", FieldKind.TEXT, retired=True),
)
HEAD = "国标编码,名称,纬度,经度,网格编号,层,custom.use,Lit,旧字段\n"
ROWS = (
    f"{code(1)},桥头,30.61,104.01,=W-7,3,a/b,是,x\n"
    f"{code(2)},渡口,30.62,104.02,W-8,三,,,\n"
    f"{code(3)},站前,30.63,104.03,,4,a,否,\n"
)


@pytest.fixture
def defined(broker: Broker) -> Broker:
    for own in OWN:
        broker.camera_fields.define(ME, own)
    return broker


def test_fields_of_the_city_come_in_by_their_names_and_mandatory_ones_are_demanded(
    defined: Broker, city: City, tmp_path: Path
) -> None:
    path = write_text(tmp_path, HEAD + ROWS)
    by_hand = {"custom.floors": "层"}
    laid = defined.import_previews.lay(ME, path, Asked("dh-hb", mapping=by_hand))
    seen = defined.import_previews.look(ME, laid.id, rows=1)
    assert seen.rows[0].values is not None
    assert seen.rows[0].values["custom"] == {"grid": "=W-7", "floors": 3, "use": ["a", "b"], "lit": True}
    report = defined.imports.import_file(ME, path, owner="dh-hb", mapping=by_hand)
    assert report.balance == "read 3 = inserted 2 + updated 0 + unchanged 0 + quarantined 1 + rejected 0"
    assert report.reasons == {"record-field-number": 1, "point-custom-lacking": 1}
    told = {problem.reason: (problem.where, problem.field, problem.allowed) for problem in report.problems}
    assert told["point-custom-lacking"] == ("4", "custom", "custom.grid")
    assert told["record-field-number"][:2] == ("3", "custom.floors")
    found = mine(defined, city)
    assert found["渡口"].custom == {"grid": "W-8"}
    assert (found["桥头"].extra, found["渡口"].extra) == ({"旧字段": "x"}, {"层": "三"})
    assert report.key is not None
    corrected = b"".join(defined.imports.correction(ME, report.key, "csv", "zh_CN").chunks).decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(corrected))
    assert "grid" in line["隔离原因"]
    file = io.StringIO()
    writer = csv.DictWriter(file, line.keys())
    writer.writeheader()
    writer.writerow(line | {"网格编号": "W-9"})
    again = write_text(tmp_path, file.getvalue(), name="again.csv")
    assert defined.imports.import_file(ME, again, owner="dh-hb", mapping=by_hand).inserted == 1
    assert mine(defined, city)["站前"].custom == {"grid": "W-9", "floors": 4, "use": ["a"], "lit": False}


def test_fields_of_the_city_go_out_and_come_back_unchanged(defined: Broker, city: City, tmp_path: Path) -> None:
    path = write_text(tmp_path, HEAD + ROWS.replace("104.03,,", "104.03,W-9,"))
    report = defined.imports.import_file(ME, path, owner="dh-hb", mapping={"custom.floors": "层"})
    before = {name: (camera.custom, camera.extra) for name, camera in mine(defined, city).items()}
    for list_format in ("csv", "xlsx", "json", "geojson", "xml"):
        out = tmp_path / f"out.{list_format}"
        written = defined.catalog_exports.export(
            ME, list_format, owner="dh-hb", division=None, coordinates=System.WGS84
        )  # fmt: skip
        out.write_bytes(b"".join(written.chunks))
        again = defined.imports.import_file(ME, out, owner="dh-hb")
        assert (again.unchanged, again.problems, again.key) == (len(before), (), None), list_format
        assert report.key is not None
        defined.imports.undo(ME, report.key)
        report = defined.imports.import_file(ME, out, owner="dh-hb")  # all that there is now is from the file
        assert report.inserted == len(before)
        assert before == {name: (camera.custom, camera.extra) for name, camera in mine(defined, city).items()}


def test_a_profile_names_fields_of_the_city_that_there_are(defined: Broker) -> None:
    said = {"name": "n", "latitude": "a", "longitude": "b"}
    saved = defined.import_profiles.save(
        ME, "网格", {**said, "custom.grid": "格"}, headings=(), coordinates=System.WGS84
    )  # fmt: skip
    assert saved.mapping["custom.grid"] == "格"
    for key in ("custom.old", "custom.none", "grid"):
        with pytest.raises(Invalid, match="list-map-field"):
            defined.import_profiles.save(ME, "网格", {**said, key: "格"}, headings=(), coordinates=System.WGS84)


def test_a_point_far_from_its_division_comes_in_with_a_warning(broker: Broker, city: City, tmp_path: Path) -> None:
    rows = (
        "武侯祠,30.6457,104.0430,510107\n"  # where it is
        "走错门,31.2304,121.4737,510107\n"  # in Shanghai
        "没人知道,30.6457,104.0430,990102\n"
        "没有写,30.6457,104.0431,\n"
    )
    path = write_text(tmp_path, f"名称,纬度,经度,行政区划\n{rows}")
    report = broker.imports.import_file(ME, path, owner="dh-hb")
    assert report.balance == "read 4 = inserted 4 + updated 0 + unchanged 0 + quarantined 0 + rejected 0"
    (problem,) = report.problems
    assert (problem.where, problem.field, problem.reason) == ("3", "division", "point-outside-division")
    metres = int(problem.value.removeprefix("510107: ").removesuffix(" m"))
    assert 1_600_000 < metres < 1_800_000
    assert (report.warnings, mine(broker, city)["走错门"].division) == (1, "510107")
    assert report.key is not None
    (kept,) = broker.imports.rows(ME, report.key, fate=None, after=0, limit=10)
    assert (kept.number, kept.fate, kept.problems) == (2, Fate.WARNED, (problem,))
    shown = broker.import_previews.look(ME, broker.import_previews.lay(ME, path, Asked("dh-hb")).id, rows=3)
    assert [len(row.problems) for row in shown.rows] == [0, 1, 0]


def test_the_history_of_an_import_follows_what_that_of_an_edit_does(broker: Broker, city: City, tmp_path: Path) -> None:
    head = "国标编码,名称,纬度,经度,synthetic,备注\n"
    first = head + f"{code(1)},桥头,30.61,104.01,0,a\n{code(2)},渡口,30.62,104.02,0,a\n"
    second = head + f"{code(1)},桥尾,30.61,104.01,1,b\n{code(2)},渡口,30.62,104.02,1,b\n"
    broker.imports.import_file(ME, write_text(tmp_path, first), owner="dh-hb")
    report = broker.imports.import_file(ME, write_text(tmp_path, second), owner="dh-hb")
    assert (report.updated, report.key is None) == (2, False)
    found = {camera.gb_code: camera for camera in mine(broker, city).values()}
    with broker.work() as work:
        lines = work.camera_history.page(found[code(1)].id, before=None, limit=10)
        assert [(line.before, line.after) for line in lines] == [({"name": "桥头"}, {"name": "桥尾"})]
        assert work.camera_history.page(found[code(2)].id, before=None, limit=10) == []
    assert report.key is not None
    broker.imports.undo(ME, report.key)  # which needs what no history shows
    with broker.work() as work:
        owner = city.departments["dh-hb"].id
        again = {camera.gb_code: camera for camera in work.cameras.page(viewer=EVERYBODY, owner=owner, limit=100)}
    assert {(camera.extra["备注"], camera.synthetic) for camera in again.values()} == {("a", False)}
