"""What a requester writes is kept as it was typed, belongs to nobody else, and leaves no trace of its own."""

from dataclasses import replace

import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.grants import Terms
from broker.domain.ids import CameraId, new_id
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.purpose import UNSAID
from broker.domain.requests.sketches import MOST_PICKS, Pick, shown_amount
from broker.services.requests.access_requests import Form
from tests.city import City

BLANK = Form(UNSAID, Terms(), (), ())
TYPED = ("2026-11-20T22:00", "whenever")


@pytest.fixture
def blank(broker: Broker, city: City) -> AccessRequest:
    return broker.access_requests.draft(city.caller(broker, "asker"), BLANK)


def events(broker: Broker, request: AccessRequest) -> int:
    with broker.work() as work:
        return len(work.audit.stream(request.stream))


def test_what_is_typed_stays_as_it_is_typed(broker: Broker, city: City, blank: AccessRequest) -> None:
    asker, before = city.caller(broker, "asker"), events(broker, blank)
    first, second = (camera.id for camera in city.cameras_of("dh-jt"))
    broker.sketches.type(asker, blank.id, {"basis": ("nonsense",), "reason": (" half a sen",)})
    broker.sketches.pick(asker, blank.id, [second, first, second])
    broker.sketches.time(asker, blank.id, {"begin": ("soon",)}, {first: (TYPED,)})
    request, sketch = broker.sketches.open(asker, blank.id)
    assert request == blank
    assert (sketch.one("basis"), sketch.one("reason"), sketch.one("begin")) == ("nonsense", " half a sen", "soon")
    assert sketch.picks == (Pick(first, (TYPED,)), Pick(second))
    assert broker.sketches.pick(asker, blank.id, (), drop=[first]).picks == (Pick(second),)
    assert events(broker, blank) == before


def test_a_sketch_is_nobody_elses(broker: Broker, city: City, blank: AccessRequest) -> None:
    for login in ("stranger", "center.dh", "owner.cg", "auditor", "looker"):
        other = city.caller(broker, login)
        for verb in (
            lambda: broker.sketches.open(other, blank.id),  # noqa: B023  # called at once
            lambda: broker.sketches.type(other, blank.id, {"reason": ("x",)}),  # noqa: B023
            lambda: broker.sketches.pick(other, blank.id, ()),  # noqa: B023
            lambda: broker.sketches.time(other, blank.id, {}, {}),  # noqa: B023
            lambda: broker.sketches.eligible(other, blank.id, "", 5),  # noqa: B023
        ):
            with pytest.raises((Unknown, Forbidden)):
                verb()


def test_what_is_not_there_cannot_be_picked_and_not_too_much(broker: Broker, city: City, blank: AccessRequest) -> None:
    asker = city.caller(broker, "asker")
    with pytest.raises(Invalid, match="unknown-camera"):
        broker.sketches.pick(asker, blank.id, [CameraId(new_id())])
    sketch = broker.sketches.open(asker, blank.id)[1]
    full = sketch.picked((CameraId(new_id()) for _ in range(MOST_PICKS)), MOST_PICKS)
    with pytest.raises(Invalid, match="too-many-picked"):
        full.picked([CameraId(new_id())], MOST_PICKS)
    with pytest.raises(Invalid, match="text-too-long"):
        broker.sketches.type(asker, blank.id, {"reason": ("x" * 9000,)})
    with pytest.raises(Invalid, match="too-many-spans"):
        full.timed({full.picks[0].camera: (TYPED,) * 21})


def test_a_form_handed_over_elsewhere_is_the_newest_word(broker: Broker, city: City, blank: AccessRequest) -> None:
    asker = city.caller(broker, "asker")
    broker.sketches.type(asker, blank.id, {"reason": ("mine",)})
    purpose = replace(UNSAID, basis="administrative", matter="environment", case_number="1", reason="theirs")
    broker.access_requests.edit(asker, blank.id, replace(BLANK, purpose=purpose, investigators=("looker",)))
    sketch = broker.sketches.open(asker, blank.id)[1]
    assert (sketch.one("reason"), sketch.all("investigator")) == ("theirs", ("looker",))


def test_nothing_is_kept_of_what_is_over(broker: Broker, city: City, blank: AccessRequest) -> None:
    asker = city.caller(broker, "asker")
    broker.sketches.type(asker, blank.id, {"reason": ("mine",)})
    broker.access_requests.withdraw(asker, blank.id, "not needed")
    with pytest.raises(Conflict):
        broker.sketches.open(asker, blank.id)
    with broker.work() as work:
        assert work.sketches.find(blank.id) is None


def test_a_draft_of_which_nothing_is_said_is_not_handed_in(broker: Broker, city: City, blank: AccessRequest) -> None:
    asker = city.caller(broker, "asker")
    with pytest.raises(Invalid, match="field-empty"):
        broker.access_requests.submit(asker, blank.id)
    faults = {fault.pointer for fault in broker.previews.check(asker, blank.id).faults}
    assert {"/purpose/basis", "/purpose/reason", "/lines", "/investigators"} <= faults


def test_who_may_be_named(broker: Broker, city: City, blank: AccessRequest) -> None:
    asker = city.caller(broker, "asker")
    found = {text: [it.login for it in broker.sketches.eligible(asker, blank.id, text, 9)] for text in ("", "R2", "xx")}
    assert found == {"": ["looker", "looker2"], "R2": ["looker2"], "xx": []}


@pytest.mark.parametrize(("amount", "told"), [(14400, "240"), (90, "1.5"), (100, "1.666"), (0, "0")])
def test_amounts_are_never_told_larger_than_they_are(amount: int, told: str) -> None:
    assert shown_amount(amount, 60) == told
