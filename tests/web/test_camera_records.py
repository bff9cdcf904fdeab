"""The record of a point through the door."""

import pytest

from tests.city import City
from tests.services.papers import JPEG
from tests.web.door import Door, bad, good


@pytest.fixture
def place(city: City) -> str:
    return f"/cameras/{city.cameras_of('dh-cg')[0].id}"


def test_a_record_is_edited_member_by_member(door: Door, place: str) -> None:
    owner = door["owner.cg"]
    before = owner.get(place)
    body = {
        "version": before["version"], "point_class": 1, "direction": "east", "tags": ["学校"], "latitude": 30.1,
        "longitude": 104.1, "record": {"ptz_type": "球机", "ip_address": "10.0.0.9", "record_save_days": 30},
    }  # fmt: skip
    after = good(owner.send("PATCH", place, body))
    assert (after["point_class"], after["direction"], after["tags"]) == (1, "east", ["学校"])
    assert (after["latitude"], after["name"]) == (30.1, before["name"])
    assert after["version"] > before["version"]
    bad(owner.send("PATCH", place, body), 409, "changed-meanwhile")
    told = door["asker"].get(f"{place}/record")
    assert (told["record"], told["hidden"]) == ({"ptz_type": "1", "record_save_days": 30}, ["ip_address"])
    assert (told["lacking"], told["camera"]["id"]) == (["install_time", "contact"], after["id"])
    cleared = good(owner.send("PATCH", place, {"direction": None, "record": {"ptz_type": None}}))
    assert cleared["direction"] is None
    newest, first = owner.get(f"{place}/history")["items"]
    assert newest["after"] == {"direction": None, "record": {"ptz_type": None}}
    assert (newest["before"]["record"], first["actor_name"]) == ({"ptz_type": "1"}, "人员owner.cg")
    page = owner.get(f"{place}/history", limit=1)
    assert owner.get(f"{place}/history", limit=1, after=page["next"])["items"] == [first]
    bad(door["asker"].send("GET", f"{place}/history"), 403, "not-allowed")


@pytest.mark.parametrize(
    ("body", "slug", "pointer"),
    [
        ({"name": None}, "field-missing", "/name"),
        ({"tags": None}, "field-missing", "/tags"),
        ({"latitude": 1}, "field-missing", "/longitude"),
        ({"record": {"encode_type": "6"}}, "record-field-code", "/record/encode_type"),
        ({"record": {"password": "x"}}, "record-field-unknown", "/record/password"),
        ({"gb_code": "99010201081180000001"}, "gb-code-type", "/gb_code"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(
    door: Door, place: str, body: dict[str, object], slug: str, pointer: str
) -> None:
    told = bad(door["owner.cg"].send("PATCH", place, body), 422, slug)
    assert told["pointer"] == pointer


def test_a_point_is_hidden_and_listed(door: Door, place: str) -> None:
    owner, asker = door["owner.cg"], door["asker"]
    good(owner.send("PUT", f"{place}/visibility", {"visibility": "internal"}))
    for path in ("", "/record", "/masks", "/picture", "/history"):
        bad(asker.send("GET", f"{place}{path}"), 404, "unknown-camera")
    assert place[len("/cameras/") :] not in {it["id"] for it in asker.get("/cameras")["items"]}
    listed = {"visibility": "listed", "shown_to": ["dh-hb"]}
    assert good(owner.send("PUT", f"{place}/visibility", listed))["visibility"] == "listed"
    assert [each["code"] for each in asker.get(f"{place}/record")["shown_to"]] == ["dh-hb"]
    bad(door["stranger"].send("GET", place), 404, "unknown-camera")


def test_a_picture_comes_and_goes(door: Door, place: str) -> None:
    owner = door["owner.cg"]
    assert owner.send("PUT", f"{place}/picture", files={"file": ("a.jpg", JPEG)}).status_code == 204
    answer = door["asker"].send("GET", f"{place}/picture")
    assert (answer.content, answer.headers["X-Content-Type-Options"]) == (JPEG, "nosniff")
    bad(owner.send("PUT", f"{place}/picture", files={"file": ("a.jpg", b"%PDF-1.7")}), 422, "attachment-damaged")
    assert owner.send("DELETE", f"{place}/picture").status_code == 204
    bad(owner.send("GET", f"{place}/picture"), 404, "camera-without-picture")


def test_the_fields_are_told_and_the_city_adds_its_own(door: Door, place: str) -> None:
    admin = door["sysadmin"]
    grade = {"zh": "等级", "en": "Grade", "kind": "code", "allowed": [{"code": "a", "zh": "甲", "en": "A"}]}
    assert good(admin.send("PUT", "/camera-fields/grade", grade))["allowed"] == grade["allowed"]
    told = door["asker"].get("/camera-fields")
    (build,) = [field for field in told["standard"] if field["key"] == "ptz_type"]
    assert (build["elements"], build["clause"], len(build["allowed"])) == (["PTZType"], "A.2.1.9 Info", 7)
    assert [field["key"] for field in told["custom"]] == ["grade"]
    good(admin.send("PATCH", place, {"custom": {"grade": "甲"}}))
    assert door["asker"].get(f"{place}/record")["custom"] == {"grade": "a"}
    bad(door["owner.cg"].send("PUT", "/camera-fields/grade", grade), 403, "not-allowed")


def test_a_source_is_reconciled_line_by_line(door: Door) -> None:
    admin = door["sysadmin"]
    new = {"code": "nvr", "name": "录像机", "adapter": "synthetic", "department": "dh-cg",
           "options": {"channels": {"a": "甲", "b": "乙"}}}  # fmt: skip
    admin.post("/sources", new)
    proposal = admin.post("/sources/nvr/reconciliations")
    assert (proposal["listed"], proposal["same"], proposal["state"]) == (2, 0, "OPEN")
    owner, lines = door["owner.cg"], f"/sources/nvr/reconciliations/{proposal['id']}/lines"
    first, second = owner.get(lines)["items"]
    assert (first["kind"], first["told"]) == ("new", {"name": "甲"})
    bad(owner.send("POST", f"{lines}/1/accept", {}), 422, "line-place-missing")
    accepted = owner.post(f"{lines}/1/accept", {"latitude": 30.5, "longitude": 104.5})
    assert owner.get(f"/cameras/{accepted['camera'] or owner.get(lines)['items'][0]['camera']}")["name"] == "甲"
    owner.post(f"{lines}/{second['position']}/refuse")
    assert owner.get(lines, waiting="true")["items"] == []
    assert owner.get("/sources/nvr/reconciliations")["items"][0]["state"] == "DONE"
    bad(door["owner.jt"].send("GET", lines), 404, "unknown-source")


def test_many_lines_of_a_source_are_decided_at_once(door: Door) -> None:
    admin = door["sysadmin"]
    channels = {str(at): f"点{at}" for at in range(5)}
    new = {
        "code": "nvr",
        "name": "录像机",
        "adapter": "synthetic",
        "department": "dh-cg",
        "options": {"channels": channels},
    }
    admin.post("/sources", new)
    place = f"/sources/nvr/reconciliations/{admin.post('/sources/nvr/reconciliations')['id']}"
    whole = {"decision": "accept", "kinds": ["new"], "dry_run": True}
    told = door["owner.cg"].post(f"{place}/decide", whole)
    assert (told["matched"], told["decided"], told["state"]) == (5, {}, "OPEN")
    assert [(it["reason"], it["lines"], it["first"]) for it in told["held_back"]] == [
        ("line-place-missing", 5, [1, 2, 3, 4, 5])
    ]
    assert "needs coordinates" in told["held_back"][0]["detail"]
    sited = {"decision": "accept", "positions": [1, 2, 3], "latitude": 30.5, "longitude": 104.5}
    assert door["owner.cg"].post(f"{place}/decide", sited)["decided"] == {"new": 3}
    refused = door["owner.cg"].post(f"{place}/decide", {"decision": "refuse", "kinds": ["new", "gone"]})
    assert (refused["decided"], refused["state"]) == ({"new": 2}, "DONE")
    unnamed = bad(admin.send("POST", f"{place}/decide", {"decision": "refuse"}), 422, "batch-lines-unnamed")
    assert unnamed["pointer"] == "/kinds"
    bad(admin.send("POST", f"{place}/decide", {"decision": "refuse", "kinds": ["old"]}), 422, "request-invalid")
    bad(door["owner.jt"].send("POST", f"{place}/decide", whole), 404, "unknown-source")
    bad(door["auditor"].send("POST", f"{place}/decide", whole), 403, "not-allowed")


def test_all_points_without_a_code_get_one(door: Door) -> None:
    owner = door["sysadmin"]
    rows = "external_key,name,latitude,longitude,division\nP-1,桥头,30.6,104.0,990102\nP-2,桥尾,30.7,104.0,99\n"
    brought = good(
        owner.send("POST", "/cameras/import", files={"file": ("a.csv", rows.encode())}, data={"owner": "dh-cg"})
    )
    asked = {"import": brought["id"], "industry": "08", "dry_run": True}
    told = owner.post("/cameras/codes", asked)
    assert (told["matched"], told["coded"], told["places"]) == (2, 1, {"99010200081320": "1"})
    assert [(it["reason"], it["points"], it["first"][0]["name"]) for it in told["uncoded"]] == [
        ("camera-code-division", 1, "桥尾")
    ]
    assert door["owner.cg"].post("/cameras/codes", {"owner": "dh-cg", "industry": "08"})["coded"] == 1
    coded = owner.get("/cameras", text="桥头")["items"][0]
    assert coded["gb_code"] == "99010200081320000001"
    missing = bad(owner.send("POST", "/cameras/codes", {}), 422, "field-missing")
    assert missing["pointer"] == "/owner"
    bad(owner.send("POST", "/cameras/codes", {"owner": "dh-cg", "industry": "77"}), 422, "gb-code-industry")
    bad(door["owner.jt"].send("POST", "/cameras/codes", {"owner": "dh-cg"}), 403, "not-allowed")


def test_a_division_that_is_no_longer_in_force_is_named_with_what_it_is_now(door: Door, place: str) -> None:
    admin = door["sysadmin"]
    csv = "code,name,successor\n330103,下城区,330105\n"
    brought = admin.send("POST", "/divisions/import", files={"file": ("old.csv", csv.encode())})
    assert good(brought)["added"] == 1
    assert door["asker"].get(f"{place}/record")["division_now"] is None
    good(admin.send("PATCH", place, {"division": "330103001"}))
    assert door["asker"].get(f"{place}/record")["division_now"] == {"code": "330105", "name": "拱墅区"}
    rows = "external_key,name,latitude,longitude,division\nP-1,桥头,30.28,120.17,330103\n"
    files, data = {"file": ("a.csv", rows.encode())}, {"owner": "dh-cg"}
    told = good(admin.send("POST", "/cameras/import", files=files, data=data))
    (problem,) = told["problems"]
    assert (problem["severity"], problem["reason"], problem["allowed"]) == (
        "warning",
        "point-division-replaced",
        "330105",
    )
    assert (told["inserted"], told["warnings"]) == (1, 1)
