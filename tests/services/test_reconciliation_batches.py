"""Many lines are decided in one transaction; what cannot be carried out stays open and says why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from broker.bootstrap import Broker, operator
from broker.domain.catalog.camera_edits import CameraEdit
from broker.domain.catalog.catalog import Camera, Lifecycle
from broker.domain.catalog.reconciliation import Line, LineKind, LineState, ReconciliationState
from broker.domain.catalog.reconciliation_batches import Batch
from broker.domain.catalog.visibility import EVERYBODY
from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.media import Point
from broker.domain.ids import CameraId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.runs import ranges
from broker.services.sources.sources import NewSource
from tests.city import City
from tests.services.test_reconciliations import Listing

ME = operator("tests")
MANY = 1_500
ALL = frozenset(LineKind)


@dataclass(frozen=True)
class Review:
    """A proposal of the recorder `nvr`."""

    broker: Broker
    id: UUID

    def decide(self, state: LineState = LineState.ACCEPTED, *, dry_run: bool = False, **asked: Any) -> Any:
        return self.broker.reconciliation_batches.decide(ME, "nvr", self.id, Batch(state, **asked), dry_run=dry_run)

    def lines(self) -> Sequence[Line]:
        return self.broker.reconciliations.lines(ME, "nvr", self.id, after=0, limit=50_000)


def propose(broker: Broker, *points: Point) -> Review:
    broker.reconciliations._gateway = Listing(points)  # type: ignore[assignment]
    return Review(broker, broker.reconciliations.propose(ME, "nvr").id)


@pytest.fixture
def recorder(broker: Broker) -> None:
    broker.sources.add(ME, NewSource("nvr", "录像机", "synthetic", {"channels": {"a": "甲"}}, "dh-cg", 2))


def bound(broker: Broker, city: City, count: int) -> list[Camera]:
    """Add points of the city management that lie on channels 0, 1, …"""
    owner = city.departments["dh-cg"].id
    with broker.work() as work:
        source = work.sources.by_code("nvr")
        permit = broker.policy.note(ME, "tests")
        stream = f"catalogue/{owner}"
        number = work.audit.reserve(stream)
        added = [
            Camera(CameraId(new_id()), owner, f"点{at}", 30.5, 104.5, source_id=source.id, channel=str(at),
                   stream=stream, version=number)
            for at in range(count)
        ]  # fmt: skip
        work.cameras.add_many(added)
        work.audit.append(permit, [Entry(stream, "camera:edited", {})])
        work.commit(permit)
    return added


@pytest.mark.usefixtures("recorder")
def test_many_lines_go_in_a_few_statements(broker: Broker, city: City, engine: Engine) -> None:
    points = bound(broker, city, MANY)
    third = MANY // 3
    listed = [Point(str(at), f"点{at}（新名）") for at in range(third)]
    listed += [Point(f"moved-{at}", f"点{at}") for at in range(third, 2 * third)]
    review = propose(broker, *listed, Point("fresh", "新点"))
    dry = review.decide(kinds=ALL, dry_run=True)
    assert (dry.matched, sum(dry.decided.values())) == (MANY + 1, MANY)
    assert [(it.reason.slug, it.lines) for it in dry.held_back] == [("line-place-missing", 1)]
    assert all(line.state is LineState.OPEN for line in review.lines())

    statements: list[str] = []
    listen = lambda *told: statements.append(told[2])  # noqa: E731 - taken off by the same name
    event.listen(engine, "before_cursor_execute", listen)
    done = review.decide(kinds=ALL, latitude=30.1, longitude=104.1)
    event.remove(engine, "before_cursor_execute", listen)
    assert len(statements) < 40
    expected = {LineKind.CHANGED: third, LineKind.REPARENTED: third, LineKind.GONE: MANY - 2 * third, LineKind.NEW: 1}
    assert (done.decided, done.proposal.state, done.held_back) == (expected, ReconciliationState.DONE, ())
    renamed, moved, gone = (broker.catalog.read(ME, points[at].id) for at in (0, third, MANY - 1))
    assert (renamed.name, moved.channel, gone.lifecycle) == ("点0（新名）", f"moved-{third}", Lifecycle.REMOVED)
    assert broker.camera_records.history(ME, moved.id, before=None, limit=1)[0].after == {"channel": f"moved-{third}"}
    with broker.work() as work:
        assert len(work.cameras.page(viewer=EVERYBODY, text="新点")) == 1
        events = work.audit.stream(f"reconciliation/{review.id}")
        (told,) = [it.data for it in work.audit.stream(renamed.stream) if it.kind == "camera:reconciled"]
    assert events[-1].data["lines"] == f"1-{MANY + 1}"
    assert told == {"reconciliation": str(review.id), "points": MANY + 1}


@pytest.mark.usefixtures("recorder")
def test_what_cannot_be_carried_out_stays_open_with_its_reason(broker: Broker, city: City) -> None:
    first, second, third = bound(broker, city, 3)
    (foreign,) = city.cameras_of("xs-ga")
    free = "99010201081320000090"
    review = propose(
        broker, Point("0", "甲"), Point("1", "乙"), Point("9", foreign.name, foreign.gb_code),
        Point("2", "丙", free), Point("8", "丁", free),
    )  # fmt: skip
    assert [line.proposed.kind.value for line in review.lines()] == [
        "changed",
        "changed",
        "reparented",
        "changed",
        "new",
    ]
    broker.camera_records.edit(ME, first.id, CameraEdit(name="已另改名"))
    owner = city.caller(broker, "owner.cg")
    batch = Batch(LineState.ACCEPTED, positions=(1, 2, 3, 4, 5, 77), latitude=30.0, longitude=104.0)
    done = broker.reconciliation_batches.decide(owner, "nvr", review.id, batch)
    assert {it.reason.slug: it.first for it in done.held_back} == {
        "line-outdated": (1,), "not-allowed": (3,), "camera-code-taken": (5,), "unknown-reconciliation-line": (77,),
    }  # fmt: skip
    assert (done.matched, done.decided, done.proposal.state) == (6, {LineKind.CHANGED: 2}, ReconciliationState.OPEN)
    states = [line.state.value for line in review.lines()]
    assert states == ["OPEN", "ACCEPTED", "OPEN", "ACCEPTED", "OPEN"]
    assert broker.catalog.read(ME, second.id).name == "乙"
    assert broker.catalog.read(ME, third.id).gb_code == free
    again = review.decide(positions=(2, 5), latitude=30.0, longitude=104.0)
    assert {it.reason.slug for it in again.held_back} == {"line-decided", "camera-code-taken"}


@pytest.mark.usefixtures("recorder")
def test_what_is_refused_together_is_not_proposed_again(broker: Broker, city: City) -> None:
    bound(broker, city, 2)
    told = (Point("0", "甲"), Point("7", "新"))
    review = propose(broker, *told)
    with pytest.raises(Invalid, match="batch-lines-unnamed"):
        review.decide(LineState.REFUSED)
    with pytest.raises(Invalid, match="batch-lines-many"):
        review.decide(positions=tuple(range(1, 20_002)))
    assert review.decide(LineState.REFUSED, kinds=frozenset({LineKind.NEW})).decided == {LineKind.NEW: 1}
    assert review.decide(LineState.REFUSED, kinds=ALL).proposal.state is ReconciliationState.DONE
    with pytest.raises(Conflict, match="reconciliation-over"):
        review.decide(kinds=ALL)
    assert propose(broker, *told).lines() == []


def test_numbers_are_written_short() -> None:
    assert [ranges(them) for them in ((), (5,), (3, 1, 2, 9, 7, 8))] == ["", "5", "1-3,7-9"]
