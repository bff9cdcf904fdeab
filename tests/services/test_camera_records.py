"""The record of a point: edits, codes, history, who may know of it, own fields, the reference picture."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.catalog.camera_edits import CameraEdit
from broker.domain.catalog.camera_fields import CustomField
from broker.domain.catalog.camera_record import FieldKind, Word
from broker.domain.catalog.catalog import Camera, Lifecycle, Visibility
from broker.domain.catalog.code_giving import CodeAsk
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.finding import Question
from broker.domain.catalog.gb_code import Edition, parse
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, TooLarge, Unknown
from broker.domain.ids import CameraId, new_id
from broker.domain.oversight.audit import Entry
from broker.services.catalog.camera_records import LARGEST_PICTURE
from broker.services.catalog.finding import Wanted
from tests.city import City
from tests.services.papers import JPEG

ME = operator("tests")


@pytest.fixture
def point(city: City) -> Camera:
    return city.cameras_of("dh-cg")[0]


def uncoded(broker: Broker, city: City, count: int) -> list[Camera]:
    """Points of the transport department that have no code."""
    owner = city.departments["dh-jt"]
    permit = broker.policy.require(ME, "camera:import", ME.roles_at(owner.path, broker.clock.now()))
    made = []
    with broker.work() as work:
        stream = f"catalogue/{owner.id}"
        seq = work.audit.reserve(stream)
        for number in range(count):
            made.append(
                Camera(
                    CameraId(new_id()), owner.id, f"无码{number}", 30, 104, external_key=f"k{number}",
                    division="99010201", stream=stream, version=seq,
                )
            )  # fmt: skip
            work.cameras.add(made[-1])
        work.audit.append(permit, (Entry(stream, "catalogue:imported", {}),))
        work.commit(permit)
    return made


def test_an_edit_is_kept_with_what_stood_there_before(broker: Broker, city: City, point: Camera) -> None:
    owner = city.caller(broker, "owner.cg")
    edit = CameraEdit(
        version=point.version, name="学校东门", tags=("学校", "学校", "东门"), lifecycle=Lifecycle.REPAIR,
        record={"ptz_type": "球机", "record_save_days": 30, "function_types": ["1", "02"], "signage": True},
    )  # fmt: skip
    after = broker.camera_records.edit(owner, point.id, edit)
    assert after.record == {
        "ptz_type": "1", "record_save_days": 30, "function_types": ["01", "02"], "signage": True
    }  # fmt: skip
    assert (after.name, after.tags, after.lifecycle) == ("学校东门", ("学校", "东门"), Lifecycle.REPAIR)
    broker.camera_records.edit(owner, point.id, CameraEdit(record={"record_save_days": 90, "signage": None}))
    with broker.work() as work:
        assert work.cameras.load(point.id).record == {
            "ptz_type": "1", "record_save_days": 90, "function_types": ["01", "02"]
        }  # fmt: skip
    last, first = broker.camera_records.history(owner, point.id, before=None, limit=10)
    assert (last.before, last.after) == (
        {"record": {"record_save_days": 30, "signage": True}}, {"record": {"record_save_days": 90, "signage": None}}
    )  # fmt: skip
    assert first.before["name"] == point.name
    assert first.after["tags"] == ["学校", "东门"]
    assert first.actor == str(city.persons["owner.cg"])
    assert [line.id for line in broker.camera_records.history(owner, point.id, before=last.id, limit=1)] == [first.id]


def test_every_verb_of_a_point_leaves_its_line(broker: Broker, city: City, point: Camera) -> None:
    broker.catalog.mark(ME, point.id, sensitive=True)
    broker.transfers.transfer(ME, point.id, "dh-jt")
    lines = broker.camera_records.history(ME, point.id, before=None, limit=10)
    changed = [(line.before, line.after) for line in lines]
    home, taker = str(city.departments["dh-cg"].id), str(city.departments["dh-jt"].id)
    assert changed == [({"owner_id": home}, {"owner_id": taker}), ({"sensitive": False}, {"sensitive": True})]


def test_an_edit_that_says_the_same_changes_nothing(broker: Broker, point: Camera) -> None:
    same = CameraEdit(name=point.name, tags=(), record={"model": None})
    assert broker.camera_records.edit(ME, point.id, same).version == point.version
    assert broker.camera_records.history(ME, point.id, before=None, limit=10) == []


@pytest.mark.parametrize(
    ("edit", "slug", "pointer"),
    [
        (CameraEdit(record={"password": "x"}), "record-field-unknown", "/record/password"),
        (CameraEdit(record={"ptz_type": "8"}), "record-field-code", "/record/ptz_type"),
        (CameraEdit(record={"port": 0}), "record-field-range", "/record/port"),
        (CameraEdit(record={"model": {"a": 1}}), "record-field-kind", "/record/model"),
        (CameraEdit(custom={"grid": "1"}), "custom-field-unknown", "/custom/grid"),
        (CameraEdit(point_class=4), "record-class-unknown", "/point_class"),
        (CameraEdit(tags=("",)), "camera-tags", "/tags"),
        (CameraEdit(gb_code="99010201431320000001", edition=Edition.Y2022), None, ""),
        (CameraEdit(gb_code="99010201601320000001", edition=Edition.Y2022), "gb-code-industry", "/gb_code"),
        (CameraEdit(gb_code="99010201081180000001"), "gb-code-type", "/gb_code"),
    ],
)
def test_what_cannot_stand_there_is_refused(
    broker: Broker, point: Camera, edit: CameraEdit, slug: str | None, pointer: str
) -> None:
    if slug is None:
        assert broker.camera_records.edit(ME, point.id, edit).edition is Edition.Y2022
        return
    with pytest.raises(Invalid) as refused:
        broker.camera_records.edit(ME, point.id, edit)
    assert (refused.value.slug, refused.value.pointer) == (slug, pointer)


def test_whoever_comes_second_is_told(broker: Broker, point: Camera) -> None:
    broker.camera_records.edit(ME, point.id, CameraEdit(version=point.version, name="甲"))
    with pytest.raises(Conflict, match="changed-meanwhile"):
        broker.camera_records.edit(ME, point.id, CameraEdit(version=point.version, name="乙"))


def test_a_code_of_another_point_is_refused(broker: Broker, city: City, point: Camera) -> None:
    other = city.cameras_of("dh-cg")[1]
    with pytest.raises(Conflict, match="camera-code-taken"):
        broker.camera_records.edit(ME, point.id, CameraEdit(gb_code=other.gb_code))


def test_codes_that_are_given_at_once_are_each_another(broker: Broker, city: City) -> None:
    made = uncoded(broker, city, 6)
    ask = CodeAsk(industry="04")
    with ThreadPoolExecutor(6) as pool:
        coded = list(pool.map(lambda camera: broker.camera_records.give_code(ME, camera.id, ask), made))
    codes = sorted(str(camera.gb_code) for camera in coded)
    assert codes == [f"99010201041320{serial:06d}" for serial in range(6, 12)]  # 4 and 5 were there
    assert all(parse(code, edition=Edition.Y2022) for code in codes)
    with pytest.raises(Conflict, match="camera-has-code"):
        broker.camera_records.give_code(ME, made[0].id, ask)


def test_gaps_are_filled_when_the_last_serial_is_taken(broker: Broker, city: City) -> None:
    one, other = uncoded(broker, city, 2)
    broker.camera_records.edit(ME, one.id, CameraEdit(gb_code="99010201041320999999"))
    given = broker.camera_records.give_code(ME, other.id, CodeAsk(industry="04"))
    assert given.gb_code == "99010201041320000001"


def test_who_may_change_the_record(broker: Broker, city: City, point: Camera) -> None:
    edit = CameraEdit(name="甲")
    for login in ("asker", "looker", "center.dh", "auditor", "secadmin", "owner.jt", "owner.xs"):
        who = city.caller(broker, login)
        with pytest.raises(Forbidden):
            broker.camera_records.edit(who, point.id, edit)
        with pytest.raises(Forbidden):
            broker.camera_records.show_to(who, point.id, Visibility.INTERNAL, [], None)
    assert broker.camera_records.history(city.caller(broker, "auditor"), point.id, before=None, limit=9) == []
    with pytest.raises(Forbidden):
        broker.camera_records.history(city.caller(broker, "asker"), point.id, before=None, limit=9)


def test_how_a_device_is_reached_is_for_those_above_it(broker: Broker, city: City, point: Camera) -> None:
    record = {"ip_address": "10.1.2.3", "contact": "028-1", "model": "X"}
    broker.camera_records.edit(ME, point.id, CameraEdit(point_class=1, record=record))
    stranger = broker.camera_records.read(city.caller(broker, "asker"), point.id)
    assert (stranger.camera.record, stranger.hidden) == ({"model": "X"}, ("contact", "ip_address"))
    assert stranger.lacking == ("install_time", "record_save_days")
    keeper = broker.camera_records.read(city.caller(broker, "owner.cg"), point.id)
    assert (keeper.camera.record, keeper.hidden) == (record, ())


SEEN_BY = {
    Visibility.SHARED: {"asker", "stranger", "center.dh", "owner.jt", "owner.cg", "auditor", "sysadmin"},
    Visibility.LISTED: {"asker", "owner.cg", "auditor", "sysadmin"},
    Visibility.INTERNAL: {"owner.cg", "auditor", "sysadmin"},
}


@pytest.mark.parametrize("visibility", Visibility)
def test_a_point_is_there_for_those_who_may_know_of_it(
    broker: Broker, city: City, point: Camera, visibility: Visibility
) -> None:
    named = ["dh-hb"] if visibility is Visibility.LISTED else []
    broker.camera_records.show_to(city.caller(broker, "owner.cg"), point.id, visibility, named, None)
    for login in SEEN_BY[Visibility.SHARED]:
        who = city.caller(broker, login)
        knows = login in SEEN_BY[visibility]
        listed = broker.finding.page(who, Wanted(Question()), after=None, limit=100)
        assert (point.id in {camera.id for camera in listed}) is knows
        doors = [
            lambda who=who: broker.catalog.read(who, point.id),
            lambda who=who: broker.catalog.find(who, str(point.gb_code)),
            lambda who=who: broker.camera_records.read(who, point.id),
            lambda who=who: broker.camera_records.history(who, point.id, before=None, limit=1),
            lambda who=who: broker.camera_records.edit(who, point.id, CameraEdit()),
            lambda who=who: broker.masks.replace(who, point.id, []),
        ]
        assert [_unknown(door) for door in doors] == [not knows] * len(doors), login


def _unknown(door: object) -> bool:
    try:
        door()  # type: ignore[operator]
    except BrokerError as error:
        return error.slug == "unknown-camera"
    return False


def test_departments_are_named_for_a_listed_point_only(broker: Broker, point: Camera) -> None:
    for visibility, named in ((Visibility.LISTED, []), (Visibility.INTERNAL, ["dh-hb"])):
        with pytest.raises(Invalid, match="camera-shown-to"):
            broker.camera_records.show_to(ME, point.id, visibility, named, None)
    with pytest.raises(Invalid, match="unknown-department"):
        broker.camera_records.show_to(ME, point.id, Visibility.LISTED, ["nowhere"], None)
    with pytest.raises(Conflict, match="changed-meanwhile"):
        broker.camera_records.show_to(ME, point.id, Visibility.INTERNAL, [], point.version + 1)


def test_a_field_of_the_city_is_held_to_in_every_edit(broker: Broker, city: City, point: Camera) -> None:
    grid = CustomField("grid", "网格", "Grid", FieldKind.CODE, {"a": Word("甲", "A"), "b": Word("乙", "B")}, True)
    admin = city.caller(broker, "sysadmin")
    assert broker.camera_fields.define(admin, grid).version == 1
    assert broker.camera_fields.define(admin, grid).version == 1
    broker.camera_fields.define(admin, CustomField("note", "备注", "Note", FieldKind.TEXT))
    assert broker.camera_records.edit(ME, point.id, CameraEdit(custom={"grid": "甲"})).custom == {"grid": "a"}
    for custom, slug in (({"grid": "c"}, "record-field-code"), ({"grid": None}, "custom-field-missing")):
        with pytest.raises(Invalid, match=slug):
            broker.camera_records.edit(ME, point.id, CameraEdit(custom=custom))
    broker.camera_fields.define(admin, replace(grid, retired=True))
    with pytest.raises(Invalid, match="custom-field-unknown"):
        broker.camera_records.edit(ME, point.id, CameraEdit(custom={"grid": "b"}))
    with pytest.raises(Conflict, match="custom-field-kind"):
        broker.camera_fields.define(admin, CustomField("grid", "网格", "Grid", FieldKind.TEXT))
    for key in ("ptz_type", "Bad"):
        with pytest.raises(Invalid, match="custom-field-key"):
            broker.camera_fields.define(admin, CustomField(key, "x", "x", FieldKind.TEXT))
    with pytest.raises(Invalid, match="custom-field-codes"):
        broker.camera_fields.define(admin, CustomField("kind", "x", "x", FieldKind.CODES))
    with pytest.raises(Forbidden):
        broker.camera_fields.define(city.caller(broker, "owner.cg"), grid)
    assert [field.key for field in broker.camera_fields.all(city.caller(broker, "asker"))] == ["grid", "note"]


def test_the_reference_picture_is_one_small_picture(broker: Broker, city: City, point: Camera) -> None:
    owner = city.caller(broker, "owner.cg")
    digest = broker.camera_records.set_picture(owner, point.id, JPEG).picture
    shown, chunks = broker.camera_records.picture(city.caller(broker, "asker"), point.id)
    assert (shown, b"".join(chunks)) == (digest, JPEG)
    with broker.work() as work:
        assert work.deletions.named(str(digest))
    for content, error, slug in (
        (b"\xff\xd8\xff" + bytes(LARGEST_PICTURE), TooLarge, "camera-picture-large"),
        (b"<svg/>", Invalid, "attachment-type"),
        (JPEG + b"x", Invalid, "attachment-trailing"),
    ):
        with pytest.raises(error, match=slug):
            broker.camera_records.set_picture(owner, point.id, content)
    broker.camera_records.set_picture(owner, point.id, None)
    with pytest.raises(Unknown, match="camera-without-picture"):
        broker.camera_records.picture(owner, point.id)
    with broker.work() as work:
        assert not work.deletions.named(str(digest))
        due = work.deletions.next(work.now)
        assert due is not None
        assert due.digest == digest


def test_an_export_says_no_more_than_the_record_does(broker: Broker, city: City, point: Camera) -> None:
    broker.camera_records.edit(ME, point.id, CameraEdit(record={"ip_address": "10.1.2.3", "model": "X-77"}))
    for login, told in (("asker", False), ("owner.jt", False), ("owner.cg", True)):
        who = city.caller(broker, login)
        written = broker.catalog_exports.export(who, "json", owner="dh-cg", division=None, coordinates=System.WGS84)
        text = b"".join(written.chunks).decode()
        assert ("10.1.2.3" in text, "X-77" in text) == (told, True), login
