"""The work of the workers over HTTP: listed, read, a failed job once more."""

from uuid import UUID, uuid4

import pytest

from broker.bootstrap import Broker, operator
from broker.services.footage.retrieval_runs import RetrievalRuns
from broker.services.sources.sources import NewSource
from storage.db.house.jobs import FOOTAGE_QUEUE, RETRIEVE
from tests.web.console.operating.test_jobs import work_once
from tests.web.door import Door, bad


def failed(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """Have a job fail for real; returns what it was about."""
    me, key = operator("tests"), uuid4()
    source = broker.sources.add(me, NewSource("s", "源", "synthetic", {"channels": {"a": "甲"}}, "dh-cg", 1))
    with broker.work() as work:
        work.jobs.retrieve(key, source)  # type: ignore[arg-type]  # any id will do
        work.commit(broker.policy.require(me, "source:list", me.roles(work.now)))

    def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    with monkeypatch.context() as trap:
        trap.setattr(RetrievalRuns, "run", broken)
        work_once(broker)
    return key


def test_a_failed_job_is_listed_read_and_tried_again(
    door: Door, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = failed(broker, monkeypatch)
    me = door["sysadmin"]
    (job,) = me.get("/jobs")["items"]
    assert (job["kind"], job["queue"], job["state"], job["subjects"]) == (RETRIEVE, FOOTAGE_QUEUE, "failed", [str(key)])
    assert (job["fault"], job["may_retry"], job["tries"]) == ("RuntimeError", True, 1)
    assert me.get(f"/jobs/{job['number']}") == job
    (count,) = [it for it in me.get("/jobs/workload")["counts"] if it["kind"] == RETRIEVE]
    assert count == {"queue": FOOTAGE_QUEUE, "kind": RETRIEVE, "todo": 0, "doing": 0, "failed": 1}
    for login in ("secadmin", "auditor", "owner.cg", "center.dh", "asker"):
        for path in ("/jobs", "/jobs/workload", f"/jobs/{job['number']}"):
            bad(door[login].send("GET", path), 403, "not-allowed")
        bad(door[login].send("POST", f"/jobs/{job['number']}/retry"), 403, "not-allowed")
    assert me.send("POST", f"/jobs/{job['number']}/retry").status_code == 204
    assert me.get("/jobs")["items"] == []
    (again,) = me.get("/jobs", state="todo", kind=RETRIEVE)["items"]
    assert (again["number"], again["state"], again["may_retry"]) == (job["number"], "todo", False)
    bad(me.send("POST", f"/jobs/{job['number']}/retry"), 409, "job-not-to-retry")
    monkeypatch.setattr(RetrievalRuns, "run", lambda *_: None)
    work_once(broker)
    bad(me.send("GET", f"/jobs/{job['number']}"), 404, "unknown-job")
    bad(me.send("GET", "/jobs", params={"state": "gone"}), 422, "request-invalid")
