"""Footage of an emergency: there at once, and marked in every picture."""

from datetime import timedelta
from pathlib import Path

from broker.bootstrap import build, operator
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.requests.access_requests import AskedLine
from broker.domain.time import TimeSpan
from broker.services.deciding.emergencies import EmergencyForm
from tests.adapters.films import timed_lumas
from tests.adapters.test_panels import says
from tests.clock import Turned
from tests.services.alarms import PURPOSE
from tests.services.members import enrol, newcomer
from tests.worker.conftest import FPS, Bench
from tests.worker.pictures import stored


def test_pictures_and_clips_of_an_emergency_say_so_and_others_do_not(bench: Bench, tmp_path: Path) -> None:
    clock = Turned()
    broker = build(bench.broker.settings, bench.broker.database_url, bench.broker.engine, clock)
    somebody = newcomer(broker, role="investigator")
    broker.accounts.assign(operator("tests"), somebody.id, "emergency_investigator", "dh-hb")
    opener = enrol(broker, clock, somebody).caller
    form = EmergencyForm(PURPOSE, (AskedLine(bench.camera, bench.footage.span),))
    request, _ = broker.emergencies.open(opener, form)
    mark = f"应急调阅 EMERGENCY {request.number}"
    begin = bench.footage.span.begin + timedelta(seconds=58)
    span = TimeSpan(begin, begin + timedelta(seconds=3))
    asks = SnapshotAsk("", begin), ClipAsk("", span)
    marked = [broker.retrievals.order(opener, bench.camera, ask) for ask in asks]
    plain = [broker.retrievals.order(bench.looker, bench.camera, ask) for ask in asks]
    for order in (*marked, *plain):
        assert broker.runs.run(order.id) is RetrievalState.READY
    for before, after in zip(plain, marked, strict=True):
        was = broker.retrievals.read(bench.looker, before.id)
        now = broker.retrievals.read(opener, after.id)
        assert (now.items[0].capture.first, now.items[0].capture.frames) == (
            was.items[0].capture.first, was.items[0].capture.frames,
        )  # fmt: skip
        assert now.ask == after.ask, "the mark is no part of what was asked"
        old = timed_lumas(stored(bench, was.items[0].digest, tmp_path / "plain"))
        new = timed_lumas(stored(bench, now.items[0].digest, tmp_path / "marked"))
        assert [time for time, _ in new] == [time for time, _ in old]
        assert all(says(luma, mark) for _, luma in new)
        assert not any(says(luma, mark) for _, luma in old)
    assert len(new) == 3 * FPS
