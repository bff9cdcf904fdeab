"""How sealed copies stand, over HTTP and on the command line, with the worker of a running server."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.media.testcard import Style, write_recording
from broker.bootstrap import Broker
from broker.domain.footage.escrows import EscrowState
from broker.domain.time import TimeSpan
from broker.worker.app import worker_thread
from tests.city import City
from tests.cli.conftest import Desk
from tests.escrow.conftest import Recorded, recorder, staged, until


def test_the_state_of_sealed_copies_is_shown_with_the_request(
    broker: Broker, desk: Desk, city: City, tmp_path: Path
) -> None:
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    span = TimeSpan(begin, begin + timedelta(seconds=4))
    write_recording(tmp_path / "recorder", "01", begin, 4 / 60, style=Style(size=(320, 180)))
    stage = staged(broker, city, Recorded(tmp_path / "recorder", span), recorder(Recorded(tmp_path / "recorder", span)))
    number = stage.request.number

    def sealed() -> bool:
        found = broker.escrows.of_request(stage.caller("asker"), stage.request.id)
        return [it.state for it in found] == [EscrowState.SEALED]

    with worker_thread(broker, 1):  # beside that of the server, if it has one
        until(sealed)
    (copy,) = desk.json("asker", "request", "escrow", number)
    assert (copy["state"], copy["reason"], copy["missing"]) == ("SEALED", "", [])
    assert set(copy) == {
        "id", "camera", "span", "state", "overwritten_at", "made_at", "sealed_at", "ended_at", "missing", "reason",
        "detail",
    }  # fmt: skip
    assert "\tsealed\t" in desk("asker", "request", "escrow", number).out
    (line,) = desk.json("asker", "request", "coverage", number)["lines"]
    assert len(line["sealed"]) == 1
    broker.access_requests.withdraw(stage.caller("asker"), stage.request.id, "不再需要")
    told = desk("asker", "request", "escrow", number).out
    assert "\tdestroyed\t" in told
    assert "withdrawn" in told
