"""Where it happened: told in the trace, and compared from one revision to the next."""

from dataclasses import replace

from broker.domain.deciding import decisions
from broker.domain.requests.access_requests import Place
from broker.domain.requests.revisions import FieldChange, compared
from tests.domain.requests import NOW, PASSAGE, draft, items

BRIDGE = Place(30.61, 104.01, "桥头")
CORNER = Place(30.62, 104.0, "")


def told(place: Place | None) -> dict[str, object]:
    """Return what the trace tells of a submission."""
    return dict(decisions.submit(draft(place=place), PASSAGE, items(), NOW).entries[0].data)


def test_the_trace_tells_of_the_place() -> None:
    assert told(BRIDGE)["place"] == {"latitude": 30.61, "longitude": 104.01, "name": "桥头"}
    assert told(None)["place"] is None
    edited = decisions.edit(draft(), replace(draft(), place=CORNER), NOW)
    assert edited.entries[0].data["place"] == {"latitude": 30.62, "longitude": 104.0, "name": ""}
    assert edited.after.place == CORNER


def test_a_place_that_moved_is_told_beside_the_other_changes() -> None:
    moved = compared(told(BRIDGE), told(CORNER))
    assert moved.fields == (FieldChange("place", "桥头 104.010000 30.610000", "104.000000 30.620000"),)
    assert compared(told(None), told(CORNER)).fields == (FieldChange("place", "", "104.000000 30.620000"),)
    assert not compared(told(BRIDGE), told(BRIDGE))


def test_of_events_that_do_not_tell_of_a_place_nothing_is_said() -> None:
    older = {name: value for name, value in told(BRIDGE).items() if name != "place"}
    assert not compared(older, told(BRIDGE))
