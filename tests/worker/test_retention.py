"""The job engine runs the clock of retention."""

from dataclasses import replace
from datetime import timedelta

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from broker.bootstrap import Broker
from broker.services.oversight.retention import Retention
from broker.worker.schedule import add_schedule


def test_the_clock_of_retention_is_one_of_the_periodic_tasks(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert broker.settings.keep_copies_days == 30
    ticked: list[object] = []
    monkeypatch.setattr(Retention, "tick", lambda self: ticked.append(self._keep))

    app = App(connector=InMemoryConnector())
    add_schedule(app, replace(broker), 8.0)
    task = app.tasks["give_up_copies"]
    task(timestamp=0)
    assert ticked == [timedelta(days=30)]
    assert "give_up_copies" in {periodic.task.name for periodic in app.periodic_registry.periodic_tasks.values()}
