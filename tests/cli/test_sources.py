"""`xueliang source` for the operator, and the ledger on the command line."""

import json
from pathlib import Path

import pytest

from tests.city import City
from tests.cli.conftest import Desk, Run
from tests.services.papers import JPEG
from tests.web.steps import BEGIN, END


def test_sources_are_kept_at_the_machine(at_database: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("5a" * 32)
    monkeypatch.setenv("XUELIANG_SECRET_KEY_FILE", str(tmp_path / "key"))
    options = {"address": "http://10.0.0.9:8888", "password": "hunter-22", "channels": {"cam1": "学校东门"}}
    (tmp_path / "options.json").write_text(json.dumps(options))
    add = ("source", "add", "mtx", "--name", "流媒体", "--department", "dh-cg", "--adapter", "http_playback")
    assert at_database(*add, "--options-file", str(tmp_path / "options.json")).code == 0
    edited = at_database("source", "edit", "mtx", "--sessions", "3", "--keeps-days", "30", "--option", "username=admin")
    assert edited.code == 0, edited.err
    for told in (edited.out, at_database("source", "show", "mtx").out, at_database("source", "list", "--json").out):
        assert "hunter-22" not in told
    page = at_database("source", "show", "mtx", "--json").value
    assert (page["sessions"], page["keeps_days"], page["sealed_options"]) == (3, 30, ["password"])
    assert page["plain_options"]["username"] == "admin"
    assert at_database("source", "stop", "mtx", "--json").value["stopped"] is True
    assert at_database("source", "start", "mtx", "--json").value["stopped"] is False
    assert at_database("source", "health", "mtx", "--json").value == []
    sealed_anew = at_database("source", "reseal", "--json").value
    assert sealed_anew == {"sources": 0, "webhooks": 0, "second_factors": 0, "escrows": 0}


def test_a_clock_is_set_at_the_machine(at_database: Run, tmp_path: Path) -> None:
    add = ("source", "add", "nvr", "--name", "录像机", "--department", "dh-cg", "--option", f"folder={tmp_path}")
    assert at_database(*add).code == 0
    (tmp_path / "osd.jpg").write_bytes(JPEG)
    enter = ("source", "clock", "set", "nvr", "--picture", str(tmp_path / "osd.jpg"))
    times = ("--shows", "2026-11-20T10:05:30+08:00", "--actual", "2026-11-20T10:05:00+08:00")
    assert at_database(*enter, *times).code == 0
    (row,) = at_database("source", "clock", "list", "nvr", "--json").value
    assert (row["ahead_seconds"], row["found_by"]) == (30.0, "hand")
    assert row["actor"].startswith("operator:")
    assert at_database(*enter, "--shows", "10:05", "--actual", "10:05").code == 2


def test_the_ledger_is_shown(desk: Desk, city: City) -> None:
    camera = city.cameras_of("dh-cg")[0].gb_code or ""
    new = (
        "request", "new", "--basis", "administrative", "--matter", "environment", "--case", "东环罚〔2026〕12号",
        "--reason", "夜间倾倒渣土，需核对车辆进出时间", "--camera", camera, "--investigator", "looker",
        "--from", BEGIN.isoformat(), "--to", END.isoformat(),
    )  # fmt: skip
    draft = desk.json("asker", *new)
    told = desk("asker", "request", "coverage", draft["number"])
    assert (told.code, "is bound to no source" in told.out) == (0, True)
    (line,) = desk.json("asker", "request", "coverage", draft["number"])["lines"]
    assert (line["asked_seconds"], line["missing_seconds"]) == (3600, None)
    checked = desk("asker", "request", "check", draft["number"])
    assert "\t3600\t-\t-\t" in checked.out
