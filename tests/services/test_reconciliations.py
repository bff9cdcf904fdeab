"""What a source lists becomes a proposal, and the catalogue what somebody accepts of it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.catalog.camera_edits import CameraEdit
from broker.domain.catalog.catalog import Lifecycle, Visibility
from broker.domain.catalog.reconciliation import Line, LineState, Reconciliation, ReconciliationState
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.media import Point
from broker.domain.oversight.audit import Entry
from broker.services.catalog.reconciliations import NewPlace
from broker.services.sources.sources import NewSource
from tests.city import City

ME = operator("tests")
FREE = "99010201081320000090"


@pytest.fixture
def recorder(broker: Broker, city: City) -> str:
    """A recorder of the city management of 东河 with three channels, two of which points lie on."""
    assert city.persons
    broker.sources.add(ME, NewSource("nvr", "录像机", "synthetic", channels(a="甲", b="乙", c="丙"), "dh-cg", 2))
    first, second, _ = city.cameras_of("dh-cg")
    broker.catalog.bind(ME, str(first.gb_code), "nvr", "a")
    broker.catalog.bind(ME, str(second.gb_code), "nvr", "b")
    for camera, name in ((first, "甲"), (second, "乙")):
        broker.camera_records.edit(ME, camera.id, CameraEdit(name=name))
    return "nvr"


def channels(**names: str) -> dict[str, Any]:
    return {"channels": names}


def listing(broker: Broker, **names: str) -> None:
    """Let the recorder list these channels, without a process of its own for each question."""
    told_by_source = tuple(Point(channel, name) for channel, name in names.items())
    broker.reconciliations._gateway = Listing(told_by_source)  # type: ignore[assignment]


@dataclass(frozen=True)
class Listing:
    """Stands in for the gateway: a source that lists what it is told to."""

    listed: tuple[Point, ...]

    def points(self, _adapter: str, _options: object) -> tuple[Point, ...]:
        return self.listed


def lines(broker: Broker, proposal: Reconciliation) -> list[Line]:
    return list(broker.reconciliations.lines(ME, "nvr", proposal.id, after=0, limit=100))


def told(broker: Broker, proposal: Reconciliation) -> list[tuple[str, str]]:
    return [(line.proposed.kind.value, line.proposed.channel) for line in lines(broker, proposal)]


def test_what_a_source_lists_is_set_against_the_catalogue(broker: Broker, recorder: str) -> None:
    listing(broker, a="甲", b="乙", c="丙")
    proposal = broker.reconciliations.propose(ME, recorder)
    assert (proposal.listed, proposal.same, told(broker, proposal)) == (3, 2, [("new", "c")])
    listing(broker, a="甲（改名）", d="乙", e="戊")
    newer = broker.reconciliations.propose(ME, recorder)
    assert told(broker, newer) == [("changed", "a"), ("reparented", "d"), ("new", "e")]
    older = broker.reconciliations.page(ME, recorder, before=None, limit=9)[1]
    assert (older.id, older.state) == (proposal.id, ReconciliationState.REPLACED)
    with pytest.raises(Conflict, match="reconciliation-over"):
        broker.reconciliations.refuse(ME, recorder, proposal.id, 1)


def test_a_real_adapter_lists_its_channels(broker: Broker, recorder: str) -> None:
    proposal = broker.reconciliations.propose(ME, recorder)
    assert (proposal.listed, proposal.same, told(broker, proposal)) == (3, 2, [("new", "c")])


def test_nothing_changes_before_a_line_is_accepted(broker: Broker, city: City, recorder: str) -> None:
    first, second, third = city.cameras_of("dh-cg")
    listing(broker, a="甲（改名）", d="乙", e="戊", f="己")
    proposal = broker.reconciliations.propose(ME, recorder)
    assert told(broker, proposal) == [("changed", "a"), ("reparented", "d"), ("new", "e"), ("new", "f")]
    assert broker.catalog.read(ME, first.id).name == "甲"
    owner = city.caller(broker, "owner.cg")

    def accept(position: int, place: NewPlace | None = None) -> Line:
        return broker.reconciliations.accept(owner, recorder, proposal.id, position, place)

    assert accept(1).state is LineState.ACCEPTED
    assert broker.catalog.read(ME, first.id).name == "甲（改名）"
    accept(2)
    assert broker.catalog.read(ME, second.id).channel == "d"
    with pytest.raises(Invalid, match="line-place-missing"):
        accept(3)
    accept(3, NewPlace(latitude=30.5, longitude=104.5))
    added = lines(broker, proposal)[2].proposed.camera_id
    assert added is not None
    new = broker.catalog.read(ME, added)
    assert (new.name, new.owner_id, new.channel, new.latitude) == ("戊", first.owner_id, "e", 30.5)
    with pytest.raises(Conflict, match="camera-bound-already"):
        accept(4, NewPlace(camera=first.id))
    accept(4, NewPlace(camera=third.id))
    assert broker.catalog.read(ME, third.id).channel == "f"
    with pytest.raises(Conflict, match="reconciliation-over"):
        accept(4)
    (done,) = broker.reconciliations.page(owner, recorder, before=None, limit=9)
    assert done.state is ReconciliationState.DONE
    again = broker.reconciliations.propose(ME, recorder)
    assert (again.same, told(broker, again)) == (3, [("changed", "f")])  # the point there has a name of its own
    changes = broker.camera_records.history(ME, second.id, before=None, limit=1)
    assert changes[0].after == {"channel": "d"}


def test_a_point_whose_channel_is_gone_is_taken_out_of_use(broker: Broker, city: City, recorder: str) -> None:
    second = city.cameras_of("dh-cg")[1]
    listing(broker, a="甲")
    proposal = broker.reconciliations.propose(ME, recorder)
    assert told(broker, proposal) == [("gone", "b")]
    broker.reconciliations.accept(ME, recorder, proposal.id, 1)
    gone = broker.catalog.read(ME, second.id)
    assert (gone.source_id, gone.channel, gone.lifecycle) == (None, None, Lifecycle.REMOVED)


def test_what_was_refused_is_not_proposed_again_until_it_differs(broker: Broker, recorder: str) -> None:
    listing(broker, a="又名", b="乙")
    proposal = broker.reconciliations.propose(ME, recorder)
    assert told(broker, proposal) == [("changed", "a")]
    broker.reconciliations.refuse(ME, recorder, proposal.id, 1)
    again = broker.reconciliations.propose(ME, recorder)
    assert (again.state, again.same, told(broker, again)) == (ReconciliationState.DONE, 2, [])
    listing(broker, a="再改", b="乙")
    assert told(broker, broker.reconciliations.propose(ME, recorder)) == [("changed", "a")]


def test_a_line_that_the_catalogue_outran_is_refused(broker: Broker, city: City, recorder: str) -> None:
    listing(broker, a="又名", b="乙")
    proposal = broker.reconciliations.propose(ME, recorder)
    broker.camera_records.edit(ME, city.cameras_of("dh-cg")[0].id, CameraEdit(name="已另改名"))
    with pytest.raises(Conflict, match="line-outdated"):
        broker.reconciliations.accept(ME, recorder, proposal.id, 1)
    assert lines(broker, proposal)[0].state is LineState.OPEN


def test_a_channel_that_is_named_by_its_code_finds_its_point(broker: Broker, city: City, recorder: str) -> None:
    (foreign,) = city.cameras_of("xs-ga")
    listing(broker, a="甲", b="乙", **{str(foreign.gb_code): "岗亭", FREE: "新装"})
    proposal = broker.reconciliations.propose(ME, recorder)
    assert sorted(told(broker, proposal)) == [("new", FREE), ("reparented", str(foreign.gb_code))]
    position = {line.proposed.channel: line.position for line in lines(broker, proposal)}
    with pytest.raises(Forbidden):  # the point belongs to another department than the source
        broker.reconciliations.accept(
            city.caller(broker, "owner.cg"), recorder, proposal.id, position[str(foreign.gb_code)]
        )
    broker.reconciliations.accept(ME, recorder, proposal.id, position[FREE], NewPlace(latitude=1, longitude=2))
    assert broker.catalog.find(ME, FREE).name == "新装"
    broker.camera_records.show_to(ME, foreign.id, Visibility.INTERNAL, [], None)


def test_who_may_reconcile(broker: Broker, city: City, recorder: str) -> None:
    listing(broker, a="甲", b="乙", c="丙")
    proposal = broker.reconciliations.propose(city.caller(broker, "sysadmin"), recorder)
    answers: dict[str, list[type[BrokerError] | None]] = {}
    for login in ("owner.cg", "owner.jt", "auditor", "asker"):
        who = city.caller(broker, login)
        doors = (
            lambda who=who: broker.reconciliations.propose(who, recorder),
            lambda who=who: broker.reconciliations.lines(who, recorder, proposal.id, after=0, limit=9),
            lambda who=who: broker.reconciliations.refuse(who, recorder, proposal.id, 99),
        )
        answers[login] = [_refusal(door) for door in doors]
    assert answers == {
        "owner.cg": [Forbidden, None, Unknown],  # there is no line 99
        "owner.jt": [Forbidden, Unknown, Unknown],
        "auditor": [Forbidden, None, Forbidden],
        "asker": [Forbidden, Forbidden, Forbidden],
    }


def _refusal(door: Any) -> type[BrokerError] | None:
    try:
        door()
    except BrokerError as error:
        return type(error)
    return None


def test_points_are_known_by_the_id_of_their_maker(broker: Broker, city: City, recorder: str) -> None:
    third = city.cameras_of("dh-cg")[2]
    with broker.work() as work:
        permit = broker.policy.note(ME, "tests")
        held = work.cameras.load(third.id)
        stream = f"catalogue/{held.owner_id}"
        keyed = replace(held, external_key="SN-7", stream=stream, version=work.audit.reserve(stream))
        work.cameras.save(held, keyed)
        work.audit.append(permit, (Entry(stream, "camera:edited", {}),))
        work.commit(permit)
    told_by_source = (
        Point("a", "甲"), Point("b", "乙"), Point("x", "某处", None, "SN-7"), Point("y", "新", None, "SN-8"),
        Point("z", "重", None, "SN-9"), Point("w", "复", None, "SN-9"),
    )  # fmt: skip
    broker.reconciliations._gateway = Listing(told_by_source)  # type: ignore[assignment]
    proposal = broker.reconciliations.propose(ME, recorder)
    assert told(broker, proposal) == [("reparented", "x"), ("new", "y"), ("new", "z"), ("new", "w")]
    assert [line.proposed.told.get("vendor_id") for line in lines(broker, proposal)] == [None, "SN-8", None, None]
    broker.reconciliations.accept(ME, recorder, proposal.id, 1)
    assert broker.catalog.read(ME, third.id).channel == "x"
    broker.reconciliations.accept(ME, recorder, proposal.id, 2, NewPlace(latitude=30.0, longitude=104.0))
    assert broker.camera_records.by_key(ME, "dh-cg", "SN-8").name == "新"
