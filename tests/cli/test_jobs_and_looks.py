"""At the machine: failed jobs once more; a list looked at, tried, begun, put away."""

from pathlib import Path
from uuid import UUID

import pytest

from broker.bootstrap import Broker
from broker.domain.ids import ImportId
from tests.cli.conftest import Run
from tests.web.test_jobs import failed


def test_a_failed_job_is_tried_again(at_database: Run, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    key = failed(broker, monkeypatch)
    (job,) = at_database("job", "list", "--json").value
    assert (job["subjects"], job["fault"], job["may_retry"]) == ([str(key)], "RuntimeError", True)
    assert "RuntimeError" in at_database("job", "show", str(job["number"])).out
    assert at_database("job", "retry", str(job["number"]), "--json").value["state"] == "todo"
    assert at_database("job", "list", "--json").value == []
    todo = ("job", "list", "--state", "todo", "--kind", "retrieve")
    assert [it["number"] for it in at_database(*todo, "--json").value] == [job["number"]]
    assert at_database("job", "retry", str(job["number"])).code == 5
    assert at_database("job", "show", "4711").code == 3


def test_a_list_is_looked_at_before_it_is_brought_in(
    at_database: Run, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUELIANG_DATA", str(broker.settings.data))  # the worker finds the file in the same store
    path = tmp_path / "points.csv"
    path.write_text("点,纬度,经度\n甲,40.1,102.2\n乙,140.1,102.2\n", encoding="utf-8")
    look = ("import", "look", str(path), "--owner", "dh-cg")
    unread = at_database(*look, "--json")
    assert (unread.code, unread.value["rows"]) == (2, [])
    assert "name" in unread.value["error"]
    assert at_database("import", "discard", unread.value["id"], "--json").value["state"] == "DISCARDED"
    shown = at_database(*look, "--map", "name=点", "--json")
    assert shown.code == 0
    assert shown.value["columns"] == ["点", "纬度", "经度"]
    first, second = shown.value["rows"]
    assert (first["values"]["name"], first["problems"]) == ("甲", [])
    assert "140.1" in second["problems"][0]
    assert "甲" in at_database(*look, "--map", "name=点", "--rows", "1").out
    assert at_database("catalog", "list", "--text", "甲", "--json").value == []
    key = shown.value["id"]
    tried = at_database("import", "start", key, "--dry-run", "--json").value["id"]
    assert tried != key
    assert at_database("import", "start", key, "--json").value["state"] == "QUEUED"
    broker.import_runs.run(ImportId(UUID(key)))
    assert at_database("import", "show", key, "--json").value["inserted"] == 1
    assert at_database("import", "discard", key).code == 5
