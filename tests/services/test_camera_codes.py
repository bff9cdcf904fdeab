"""Codes for all points of a department that have none: in sets, each once whoever asks at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from broker.bootstrap import Broker, operator
from broker.domain.catalog.camera_edits import CameraEdit
from broker.domain.catalog.catalog import Camera, Lifecycle
from broker.domain.catalog.code_giving import CodeAsk
from broker.domain.catalog.gb_code import Edition, parse
from broker.domain.catalog.visibility import EVERYBODY
from broker.domain.errors import Forbidden, Invalid, Unknown
from broker.domain.ids import ImportId, new_id
from broker.services.catalog.camera_codes import Among
from tests.city import City

ME = operator("tests")
CG = Among("dh-cg")


def brought_in(broker: Broker, folder: Path, owner: str, *divisions: str) -> ImportId:
    """Import points without a code, one for each division that is named."""
    rows = [f"{owner}-{at},点{at:04d},30.{at + 1000},104.1,{name}" for at, name in enumerate(divisions)]
    path = folder / f"{owner}.csv"
    path.write_text("\n".join(["external_key,name,latitude,longitude,division", *rows]), encoding="utf-8")
    key = broker.imports.import_file(ME, path, owner=owner).key
    assert key is not None
    return key


def points(broker: Broker, city: City, owner: str) -> dict[str, Camera]:
    with broker.work() as work:
        found = work.cameras.page(viewer=EVERYBODY, owner=city.departments[owner].id, limit=5000)
        return {camera.name: camera for camera in found}


def test_every_point_gets_the_next_number_of_its_place(broker: Broker, city: City, tmp_path: Path) -> None:
    brought_in(broker, tmp_path, "dh-cg", "990102", "990103", "990102005001", "99", "", "990102")
    removed = points(broker, city, "dh-cg")["点0005"]
    broker.camera_records.edit(ME, removed.id, CameraEdit(lifecycle=Lifecycle.REMOVED))
    ask = CodeAsk(industry="08")
    dry = broker.camera_codes.give_all(ME, CG, ask, dry_run=True)
    assert (dry.matched, dry.coded, dry.beyond) == (5, 3, 0)
    assert dry.places == {"99010200081320": "1-2", "99010300081320": "1"}
    (lacking,) = dry.uncoded
    assert (lacking.reason.slug, lacking.points, lacking.first[0].name) == ("camera-code-division", 2, "点0003")
    assert all(camera.gb_code is None for name, camera in points(broker, city, "dh-cg").items() if name[0] == "点")
    done = broker.camera_codes.give_all(city.caller(broker, "owner.cg"), CG, ask)
    assert (done.coded, done.places) == (dry.coded, dry.places)
    after = points(broker, city, "dh-cg")
    codes = [after[f"点{at:04d}"].gb_code for at in range(6)]
    assert codes == [
        "99010200081320000001", "99010300081320000001", "99010200081320000002", None, None, None,
    ]  # fmt: skip
    (line, *_) = broker.camera_records.history(ME, after["点0000"].id, before=None, limit=5)
    assert line.after == {"gb_code": "99010200081320000001", "edition": "2022"}
    assert broker.catalog.find(ME, "99010300081320000001").name == "点0001"
    with broker.work() as work:
        told = work.audit.stream(after["点0000"].stream)[-1]
        assert [it.name for it in work.cameras.page(viewer=EVERYBODY, text="99010300081320000001")] == ["点0001"]
    places = {"99010200081320": "1-2", "99010300081320": "1"}
    assert (told.kind, told.data) == ("camera:coded", {"points": 3, "edition": "2022", "places": places})
    again = broker.camera_codes.give_all(ME, CG, ask)
    assert (again.matched, again.coded) == (2, 0)


def test_those_of_one_import_alone(broker: Broker, city: City, tmp_path: Path) -> None:
    brought_in(broker, tmp_path, "dh-cg", "990102")
    key = brought_in(broker, tmp_path, "dh-jt", "990102", "990102")
    with pytest.raises(Invalid, match="import-of-another"):
        broker.camera_codes.give_all(ME, Among("dh-cg", key), CodeAsk())
    assert broker.camera_codes.give_all(ME, Among(import_id=key), CodeAsk()).places == {"99010200001320": "1-2"}
    assert points(broker, city, "dh-cg")["点0000"].gb_code is None
    with pytest.raises(Unknown, match="unknown-import"):
        broker.camera_codes.give_all(ME, Among(import_id=ImportId(new_id())), CodeAsk())
    with pytest.raises(Invalid, match="field-missing"):
        broker.camera_codes.give_all(ME, Among(), CodeAsk())


def test_numbers_that_are_used_up_are_told(broker: Broker, city: City, tmp_path: Path) -> None:
    brought_in(broker, tmp_path, "dh-cg", *["990102"] * 4)
    found = points(broker, city, "dh-cg")
    broker.camera_records.edit(ME, found["点0000"].id, CameraEdit(gb_code="99010200001320999998"))
    broker.camera_records.edit(ME, found["点0001"].id, CameraEdit(gb_code="99010200001320000001"))
    done = broker.camera_codes.give_all(ME, CG, CodeAsk())
    assert done.places == {"99010200001320": "2,999999"}


def test_whoever_asks_at_the_same_moment_gets_other_codes(broker: Broker, city: City, tmp_path: Path) -> None:
    owners = ("dh-cg", "dh-jt", "dh-hb", "xs-ga")
    for owner in owners:
        brought_in(broker, tmp_path, owner, *["990102", "990103"] * 20)

    def coded(owner: str) -> Any:
        return broker.camera_codes.give_all(ME, Among(owner), CodeAsk())

    with ThreadPoolExecutor(4) as pool:
        assert [it.coded for it in pool.map(coded, owners)] == [40] * 4
    codes = [str(camera.gb_code) for owner in owners for camera in points(broker, city, owner).values()]
    fresh = sorted(code for code in codes if code[8:14] == "001320" and code[:8] in {"99010200", "99010300"})
    assert fresh == [f"{place}001320{at:06d}" for place in ("99010200", "99010300") for at in range(1, 81)]
    assert all(parse(code, edition=Edition.Y2022) for code in fresh)


def test_many_points_are_coded_in_a_few_statements(broker: Broker, city: City, tmp_path: Path, engine: Engine) -> None:
    assert city.persons
    brought_in(broker, tmp_path, "dh-cg", *[f"9901{10 + at % 60}" for at in range(1200)])
    statements: list[str] = []
    listen = lambda *told: statements.append(told[2])  # noqa: E731 - taken off by the same name
    event.listen(engine, "before_cursor_execute", listen)
    done = broker.camera_codes.give_all(ME, CG, CodeAsk())
    event.remove(engine, "before_cursor_execute", listen)
    assert (done.coded, len(done.places)) == (1200, 60)
    assert len(statements) < 25


def test_who_may_give_codes(broker: Broker, city: City) -> None:
    for login in ("owner.jt", "auditor", "asker"):
        with pytest.raises(Forbidden):
            broker.camera_codes.give_all(city.caller(broker, login), CG, CodeAsk(), dry_run=True)
