"""`xueliang source` for the operator, and the ledger on the command line."""

import json
from pathlib import Path

from tests.cli.conftest import Desk, Run
from tests.city import City
from tests.services.papers import JPEG
from tests.web.steps import form


def test_sources_are_kept_at_the_machine(at_database: Run, tmp_path: Path) -> None:
    (tmp_path / "options.json").write_text(json.dumps({"address": "http://10.0.0.9:8888", "password": "hunter-22"}))
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
    assert at_database("source", "reseal", "--json").value == {"sources": 0, "webhooks": 0, "second_factors": 0}


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


def test_the_ledger_is_shown(desk: Desk, city: City, tmp_path: Path) -> None:
    (tmp_path / "form.json").write_text(json.dumps(form(city, "dh-cg")))
    shown = desk("asker", "request", "check", "--form", str(tmp_path / "form.json"))
    assert "is bound to no source" in shown.out
    draft = desk.json("asker", "request", "draft", "--form", str(tmp_path / "form.json"))
    told = desk("asker", "request", "coverage", draft["number"])
    assert (told.code, told.out.count("is bound to no source")) == (0, 3)
    assert desk.json("asker", "request", "coverage", draft["number"])["lines"]
