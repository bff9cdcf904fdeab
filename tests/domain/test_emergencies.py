"""Emergencies: open first, decide within the day, or everything ends."""

from datetime import timedelta
from uuid import UUID

import pytest

from broker.domain.deciding import emergencies
from broker.domain.deciding.lapses import lapse
from broker.domain.deciding.rulebook import Emergency
from broker.domain.errors import BrokerError, Conflict
from broker.domain.footage.grants import Terms
from broker.domain.ids import CameraId
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.time import TimeSpan
from tests.domain.requests import APPROVER, CAMERAS, CENTER, LOOKER, NOW, OWNER, SPAN, draft, items, somebody

FOURTH = CameraId(UUID(int=7))
LIMITS = Emergency(cameras=3)
HOUR = Terms(validity=timedelta(hours=1))


def called(**changes: object) -> AccessRequest:
    return draft(**{"requester_id": LOOKER, "terms": HOUR, **changes})


def opened() -> AccessRequest:
    return emergencies.break_glass(called(), CENTER, items(), LIMITS, NOW).after


def test_an_emergency_opens_at_once_and_for_a_day() -> None:
    change = emergencies.break_glass(called(), CENTER, items(), LIMITS, NOW)
    request = change.after
    assert (request.state, request.emergency, request.due) == (RequestState.EMERGENCY, True, NOW + timedelta(hours=24))
    assert {item.state for item in request.items} == {ItemState.PROVISIONAL}
    assert all(line.authorized == line.asked == line.approved for item in request.items for line in item.lines)
    assert [entry.kind for entry in change.entries] == [
        "emergency:opened",
        "request_item:opened",
        "request_item:opened",
    ]


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"asked": ()}, "no-camera"),
        (
            {"asked": tuple(AskedLine(camera, SPAN) for camera in (*CAMERAS, CameraId(UUID(int=7))))},
            "emergency-cameras",
        ),
        ({"asked": (AskedLine(CAMERAS[0], TimeSpan(NOW - timedelta(hours=25), NOW)),)}, "emergency-window"),
        ({"asked": (AskedLine(CAMERAS[0], TimeSpan(NOW, NOW + timedelta(hours=1))),)}, "emergency-window"),
        ({"terms": Terms(validity=timedelta(hours=5))}, "emergency-too-long"),
    ],
)
def test_an_emergency_has_limits(changes: dict[str, object], slug: str) -> None:
    with pytest.raises(BrokerError) as refused:
        emergencies.break_glass(called(**changes), CENTER, items(), LIMITS, NOW)
    assert refused.value.slug == slug


def test_a_ratification_leaves_what_was_vetoed_refused() -> None:
    request = opened()
    vetoed = emergencies.veto(request, request.items[0], OWNER, "不宜提供", NOW).after
    assert [item.state for item in vetoed.items] == [ItemState.REFUSED, ItemState.PROVISIONAL]
    with pytest.raises(Conflict, match="second-person-needed"):
        emergencies.ratify(vetoed, somebody(9, 2), "x", NOW)
    with pytest.raises(Conflict, match="second-person-needed"):
        emergencies.disavow(vetoed, OWNER, "x", NOW)
    done = emergencies.ratify(vetoed, APPROVER, "属实", NOW).after
    assert [item.state for item in done.items] == [ItemState.REFUSED, ItemState.RATIFIED]
    assert (done.state, done.approver_id, done.approved_terms) == (RequestState.DECIDED, APPROVER.person, HOUR)
    later = emergencies.veto(done, done.items[1], OWNER, "x", NOW).after
    assert later.items[1].state is ItemState.REFUSED
    with pytest.raises(Conflict):
        emergencies.veto(later, later.items[1], OWNER, "x", NOW)


def test_a_disavowed_or_unratified_emergency_ends_with_all_its_parts() -> None:
    late = NOW + timedelta(hours=24)
    for change, state, kind in (
        (emergencies.disavow(opened(), APPROVER, "不属实", NOW), RequestState.REJECTED, "emergency:disavowed"),
        (lapse(opened(), late), RequestState.LAPSED, "emergency:unratified"),
    ):
        assert (change.after.state, change.entries[0].kind) == (state, kind)
        assert {item.state for item in change.after.items} == {ItemState.VOID}
    for step in (emergencies.ratify, emergencies.disavow):
        with pytest.raises(Conflict, match="deadline-passed"):
            step(opened(), APPROVER, "x", late)
