"""The work of the workers at the console: a job that failed for real, why, once more; nothing of what it carries."""

import asyncio
from uuid import uuid4

import pytest

from broker.bootstrap import Broker, operator
from broker.services.footage.retrieval_runs import RetrievalRuns
from broker.services.sources.sources import NewSource
from broker.worker.app import build_app
from storage.db.house.jobs import FOOTAGE_QUEUE, RETRIEVE
from tests.web.console.conftest import Enter


def work_once(broker: Broker) -> None:
    """Be a worker until there is nothing left to do."""
    app = build_app(broker)

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(
                wait=False, queues=[FOOTAGE_QUEUE], install_signal_handlers=False, delete_jobs="successful"
            )

    asyncio.run(work())


def test_a_failed_job_is_told_of_and_tried_again(enter: Enter, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    source = broker.sources.add(
        operator("tests"), NewSource("s", "源", "synthetic", {"channels": {"a": "甲"}}, "dh-cg", 1)
    )
    key = uuid4()

    def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(RetrievalRuns, "run", broken)
    with broker.work() as work:
        work.jobs.retrieve(key, source)  # type: ignore[arg-type]  # any id will do
        permit = broker.policy.require(operator("tests"), "source:list", operator("tests").roles(work.now))
        work.commit(permit)
    keeper = enter("sysadmin")
    assert str(key) in keeper.get("/jobs?state=todo").text
    assert "No worker is there" in keeper.get("/jobs").text
    work_once(broker)
    page = keeper.get("/jobs")
    assert "RuntimeError" in page.text
    assert "fetch footage" in page.text
    assert str(key) in page.text
    assert "secret of the house" not in page.answer.text
    assert f"/jobs?state=failed&kind={RETRIEVE}" in page.links
    assert "There are no such jobs." in keeper.get("/jobs?state=failed&kind=import_list").text
    (retry,) = [form.action for form in page.forms if form.action.endswith("/retry")]
    monkeypatch.setattr(RetrievalRuns, "run", lambda *_: None)
    assert "waits for a worker again" in keeper.press(page, retry).text
    assert str(key) in keeper.get("/jobs?state=todo").text
    assert keeper.press(page, retry, once="another").status == 409, "it has not failed any more"
    work_once(broker)
    for state in ("todo", "doing", "failed"):
        assert str(key) not in keeper.get(f"/jobs?state={state}").text
    for login in ("secadmin", "auditor", "owner.cg", "center.dh"):
        assert enter(login).get("/jobs").status == 403, login
