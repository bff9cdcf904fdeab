"""How points are, over HTTP: read by reach, aimed at and planned by those who run the house."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from tests.city import City
from tests.web.door import Door, bad, good


def test_a_point_its_days_and_what_is_aimed_at(door: Door, city: City, tmp_path: Path) -> None:
    camera = city.cameras_of("dh-cg")[0]
    options = {"folder": str(tmp_path)}
    new = {"code": "nvr", "name": "录像机", "adapter": "local_files", "options": options, "department": "dh-cg"}
    door["sysadmin"].post("/sources", new)
    nothing = dict.fromkeys(("state", "trouble", "source", "looked_at", "picture_at", "recorded_to"))
    assert door["asker"].get(f"/cameras/{camera.id}/health") == nothing
    assert door["asker"].get(f"/cameras/{camera.id}/days") == {"days": []}
    assert door["asker"].get(f"/cameras/{camera.id}/troubles")["items"] == []
    bad(door["asker"].send("GET", f"/cameras/{uuid4()}/health"), 404, "unknown-camera")
    bad(door["asker"].send("GET", "/points/troubles"), 403, "not-allowed")
    assert door["owner.cg"].get("/points/troubles?state=black") == {"items": [], "next": None}
    whole = door["auditor"].get("/points/availability?from=2026-01-01&to=2026-01-31&by=day")["whole"]
    assert (whole["watched"], whole["online_share"]) == (0, None)
    bad(door["auditor"].send("GET", "/points/availability?from=2026-02-01&to=2026-01-01"), 422, "period-empty")
    bad(door["auditor"].send("GET", "/points/availability?from=1970-01-01"), 422, "period-too-long")
    strange = bad(door["auditor"].send("GET", "/points/availability?division=9"), 422, "division-malformed")
    assert strange["pointer"] == "#query/division"
    bad(door["auditor"].send("GET", "/measures?division=9"), 422, "division-malformed")
    within = bad(door["asker"].send("GET", "/divisions?within=033"), 422, "division-malformed")
    assert within["pointer"] == "#query/within"
    bad(door["owner.cg"].send("GET", "/points/availability?department=xs-ga"), 404, "unknown-department")
    for by in ("division", "department"):
        answer = door["owner.cg"].get(f"/points/availability?department=dh-cg&division=990102&by={by}")
        assert (answer["parts"], answer["more"]) == ({}, 0)


def test_targets(door: Door) -> None:
    admin = door["sysadmin"]
    aimed = good(admin.send("PUT", "/points/targets", {"department": "dh", "per_mille": 950}))
    again = good(admin.send("PUT", "/points/targets", {"department": "dh", "per_mille": 900}))
    assert (aimed["id"], again["per_mille"]) == (again["id"], 900)
    assert door["auditor"].get("/points/targets")["items"] == [again]
    bad(admin.send("PUT", "/points/targets", {"per_mille": 950}), 422, "one-subject-needed")
    bad(admin.send("PUT", "/points/targets", {"department": "dh", "per_mille": 1001}), 422, "request-invalid")
    bad(admin.send("PUT", "/points/targets", {"source": "no-such", "per_mille": 950}), 404, "unknown-source")
    bad(door["owner.cg"].send("PUT", "/points/targets", {"department": "dh-cg", "per_mille": 1}), 403, "not-allowed")
    options = {"channels": {"a": "甲"}}
    admin.post(
        "/sources", {"code": "s", "name": "源", "adapter": "synthetic", "options": options, "department": "dh-cg"}
    )
    both = {"department": "dh", "source": "s", "per_mille": 950}
    bad(admin.send("PUT", "/points/targets", both), 422, "one-subject-needed")
    of_source = good(admin.send("PUT", "/points/targets", {"source": "s", "per_mille": 990}))
    assert {it["id"] for it in admin.get("/points/targets")["items"]} == {of_source["id"], again["id"]}
    good(admin.send("PUT", "/points/targets", {"source": "s", "per_mille": 0}))
    good(admin.send("PUT", "/points/targets", {"department": "dh", "per_mille": 0}))
    assert admin.get("/points/targets")["items"] == []


def test_maintenance(door: Door) -> None:
    begins = datetime.now(UTC) + timedelta(hours=2)
    body = {"department": "dh-cg", "begins": begins.isoformat(), "reason": "迁移机房"}
    body["ends"] = (begins + timedelta(hours=3)).isoformat()
    window = door["sysadmin"].post("/maintenance", body)
    assert door["owner.cg"].get("/maintenance")["items"] == [window]
    assert door["owner.jt"].get("/maintenance")["items"] == []
    bad(door["owner.cg"].send("POST", f"/maintenance/{window['id']}/end"), 403, "not-allowed")
    bad(door["sysadmin"].send("POST", f"/maintenance/{uuid4()}/end"), 404, "unknown-maintenance")
    ended = good(door["sysadmin"].send("POST", f"/maintenance/{window['id']}/end"))
    assert ended["ends"] == ended["begins"]
    late = {**body, "begins": (begins - timedelta(days=1)).isoformat()}
    told = bad(door["sysadmin"].send("POST", "/maintenance", late), 422, "maintenance-in-the-past")
    assert told["pointer"] == "/begins"
    bad(door["sysadmin"].send("POST", "/maintenance", {**body, "source": "nvr"}), 422, "one-subject-needed")
