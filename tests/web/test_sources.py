"""Sources over HTTP: described, edited, watched, their clocks set; of what is secret nothing comes back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.city import City
from tests.services.papers import JPEG
from tests.web.door import Door, bad, good
from tests.web.steps import form


def served(door: Door, folder: Path, **more: Any) -> Any:
    options = {"folder": str(folder), **more}
    new = {"code": "nvr", "name": "录像机", "adapter": "local_files", "options": options, "department": "dh-cg"}
    return door["sysadmin"].post("/sources", new)


def test_an_adapter_says_which_options_it_wants(lobby: Door) -> None:
    names = lobby["sysadmin"].get("/adapters")["items"]
    assert {"local_files", "http_playback"} <= set(names)
    told = lobby["sysadmin"].get("/adapters/http_playback/schema")
    assert set(told["secrets"]) <= set(told["json_schema"]["properties"])
    assert "password" in told["secrets"]
    plain = lobby["sysadmin"].get("/adapters/local_files/schema")
    assert plain["json_schema"]["required"] == ["folder"]
    assert (plain["secrets"], "clip" in plain["capabilities"]) == ([], True)
    bad(lobby["sysadmin"].send("GET", "/adapters/nothing/schema"), 404, "unknown-adapter")
    bad(lobby["asker"].send("GET", "/adapters"), 403, "not-allowed")


def test_a_source_is_read_edited_stopped_and_started(door: Door, tmp_path: Path) -> None:
    added = served(door, tmp_path)
    assert (added["stopped"], added["keeps_days"], added["version"]) == (False, None, 1)
    admin = door["sysadmin"]
    change = {"name": "新录像机", "options": {"timezone": "Asia/Shanghai"}, "keeps_days": 30, "version": 1}
    page = good(admin.send("PATCH", "/sources/nvr", change))
    assert page["plain_options"] == {"folder": str(tmp_path), "timezone": "Asia/Shanghai"}
    assert (page["source"]["name"], page["source"]["keeps_days"], page["sealed"]) == ("新录像机", 30, [])
    assert admin.get("/sources/nvr") == page
    bad(admin.send("PATCH", "/sources/nvr", change), 409, "changed-meanwhile")
    wrong = bad(admin.send("PATCH", "/sources/nvr", {"options": {"timezone": "Mars"}}), 422, "invalid-option")
    assert wrong["pointer"] == "/options/timezone"
    bad(admin.send("PATCH", "/sources/nvr", {"sessions": 65}), 422, "request-invalid")
    assert good(admin.send("PATCH", "/sources/nvr", {"stopped": True, "keeps_days": 0}))["source"]["keeps_days"] is None
    assert door["auditor"].get("/sources/nvr")["source"]["stopped"] is True
    assert good(admin.send("PATCH", "/sources/nvr", {"stopped": False}))["source"]["stopped"] is False
    bad(door["auditor"].send("PATCH", "/sources/nvr", {"stopped": True}), 403, "not-allowed")
    bad(door["owner.jt"].send("GET", "/sources/nvr"), 404, "unknown-source")


def test_health_and_clock_of_a_source(door: Door, tmp_path: Path) -> None:
    served(door, tmp_path)
    assert door["sysadmin"].post("/sources/nvr/probe")["ok"] is False  # an empty folder
    (spell,) = door["owner.cg"].get("/sources/nvr/health")["items"]
    assert (spell["state"], spell["until"]) == ("faulty", None)
    actual = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    for seconds in (-20, 95):
        fields = {"shown": (actual + timedelta(seconds=seconds)).isoformat(), "actual": actual.isoformat()}
        picture = {"file": ("osd.jpg", JPEG, "image/jpeg")}
        entered = good(door["owner.cg"].send("POST", "/sources/nvr/clock", data=fields, files=picture))
        assert (entered["seconds"], entered["by"], len(entered["reference"])) == (seconds, "hand", 64)
    page = door["auditor"].get("/sources/nvr/clock?limit=1")
    assert [row["seconds"] for row in page["items"]] == [95]
    (older,) = door["auditor"].get(f"/sources/nvr/clock?limit=1&after={page['next']}")["items"]
    assert older["seconds"] == -20
    text = {"file": ("osd.jpg", b"not a picture", "image/jpeg")}
    bad(door["owner.cg"].send("POST", "/sources/nvr/clock", data=fields, files=text), 422, "attachment-type")
    naive = {"shown": "2026-11-20T10:00:00", "actual": actual.isoformat()}
    bad(door["owner.cg"].send("POST", "/sources/nvr/clock", data=naive, files=picture), 422, "request-invalid")
    bad(door["owner.jt"].send("GET", "/sources/nvr/clock"), 404, "unknown-source")
    bad(door["looker"].send("GET", "/sources/nvr/health"), 403, "not-allowed")


def test_the_ledger_of_a_dry_run_and_of_a_request(door: Door, city: City, tmp_path: Path) -> None:
    served(door, tmp_path)
    camera = city.cameras_of("dh-cg")[0]
    door["sysadmin"].post("/cameras/bind", {"gb_code": camera.gb_code, "source": "nvr", "channel": "cam-1"})
    (tmp_path / "cam-1").mkdir()
    (tmp_path / "cam-1" / "20200101T000000Z.mp4").write_bytes(b"long ago")
    trial = door["asker"].post("/access-requests/check", form(city, "dh-cg"))
    line = next(each for each in trial["lines"] if each["camera"]["gb_code"] == camera.gb_code)
    assert line["asked_seconds"] == line["missing_seconds"] > 0
    assert (line["recorded_seconds"], line["recorded"], line["fault"]) == (0, [], None)
    assert [(gap["reason"], gap["detail"]) for gap in line["missing"]] == [("no_recording", "nothing was recorded")]
    draft = door["asker"].post("/access-requests", form(city, "dh-cg"))
    path = f"/access-requests/{draft['id']}"
    assert door["asker"].post(f"{path}/submit")["state"] == "CENTER_REVIEW"
    found = door["center.dh"].get(f"{path}/coverage")
    known = next(each for each in found["lines"] if each["camera"]["gb_code"] == camera.gb_code)
    assert (known["missing_seconds"], known["at"], found["refreshing"]) == (
        line["asked_seconds"], found["at"], False
    )  # fmt: skip
    bad(door["owner.jt"].send("GET", f"{path}/coverage"), 404, "unknown-access-request")
