"""A camera changes its owner: what is undecided follows, what is decided stays, what cannot follow goes back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.domain.deciding import authorizations, decisions
from broker.domain.deciding.decisions import Passage
from broker.domain.errors import Conflict
from broker.domain.ids import DepartmentId, ItemId, new_id
from broker.domain.requests.access_requests import AccessRequest, RequestItem
from broker.domain.requests.forwarding import forward, hand_back, redirect, redirected
from broker.domain.requests.request_states import ItemState, RequestState
from tests.domain.requests import (
    APPROVER,
    CAMERAS,
    CENTER,
    DUE,
    HALF,
    HOME,
    NOW,
    OWNER,
    OWNERS,
    OWNERS_DUE,
    SPAN,
    approved,
    in_review,
)

FIRST, SECOND, THIRD = OWNERS


def part(owner: DepartmentId, authorizations: int = 1) -> RequestItem:
    return RequestItem(ItemId(new_id()), owner, 1, (), route="strict", authorizations=authorizations, due=DUE)


def owners(request: AccessRequest) -> dict[DepartmentId, list[object]]:
    return {item.department_id: [line.camera_id for line in item.lines] for item in request.items}


def test_a_line_follows_to_a_part_that_is_made_for_it() -> None:
    request = approved()
    change = forward(request, CAMERAS[0], part(THIRD), NOW)
    after = change.after
    assert owners(after) == {FIRST: CAMERAS[1:2], SECOND: CAMERAS[2:], THIRD: CAMERAS[:1]}
    made = after.items[2]
    assert (made.state, made.version, made.route, made.due) == (ItemState.PENDING, 1, "strict", DUE)
    assert made.lines == request.items[0].lines[:1]
    assert [entry.kind for entry in change.entries] == ["request_item:forwarded", "request_item:opened"]
    assert after.state is RequestState.DEPARTMENT_REVIEW


def test_a_line_joins_the_part_that_the_new_owner_has() -> None:
    """Its route is the one chosen for all it holds now; the first of two authorizations begins anew."""
    request = approved(authorizations=2)
    item = request.items[1]
    endorsed = authorizations.authorize(request, item, OWNER, {item.lines[0].id: HALF}, {}, NOW).after
    assert endorsed.items[1].endorser_id
    change = forward(endorsed, CAMERAS[0], part(SECOND), NOW)
    assert owners(change.after) == {FIRST: CAMERAS[1:2], SECOND: [CAMERAS[2], CAMERAS[0]]}
    joined = change.after.items[1]
    assert (joined.endorser_id, joined.deciders, joined.authorizations, joined.route) == (
        None,
        frozenset(),
        2,
        "strict",
    )
    assert all(line.endorsed is None and line.approved == SPAN for line in joined.lines)
    assert [entry.kind for entry in change.entries] == ["request_item:forwarded", "request_item:forwarded"]


def test_a_part_that_loses_its_last_line_is_void() -> None:
    change = forward(approved(), CAMERAS[2], part(FIRST), NOW)
    assert owners(change.after) == {FIRST: CAMERAS, SECOND: []}
    assert [item.state for item in change.after.items] == [ItemState.PENDING, ItemState.VOID]
    voided = next(entry for entry in change.entries if entry.kind == "request_item:voided")
    assert voided.data["reason"] == "forwarded"


def test_what_the_center_struck_does_not_follow_and_holds_no_part_open() -> None:
    request = in_review()
    kept = request.items[0].lines[0]
    change = decisions.approve(request, APPROVER, {kept.id: SPAN}, None, "", NOW, OWNERS_DUE)
    struck = forward(change.after, CAMERAS[1], part(THIRD), NOW)
    assert (struck.after, struck.entries) == (change.after, ())
    moved = forward(change.after, CAMERAS[0], part(THIRD), NOW).after
    assert [item.state for item in moved.items] == [ItemState.VOID, ItemState.VOID, ItemState.PENDING]
    assert owners(moved)[FIRST] == [CAMERAS[1]]


def test_what_is_decided_or_late_stays_where_it_is() -> None:
    request = approved()
    decided = authorizations.authorize(request, request.items[0], OWNER, None, {}, NOW).after
    assert forward(decided, CAMERAS[0], part(THIRD), NOW).after == decided
    assert forward(request, CAMERAS[0], part(THIRD), DUE).after == request
    assert forward(request, CAMERAS[0], part(FIRST), NOW).after == request


def test_a_decided_part_of_the_new_owner_is_not_opened_again() -> None:
    request = approved()
    decided = authorizations.refuse(request, request.items[1], OWNER, "x", NOW).after
    after = forward(decided, CAMERAS[0], part(SECOND), NOW).after
    assert [item.department_id for item in after.items] == [FIRST, SECOND, SECOND]
    assert [item.state for item in after.items] == [ItemState.PENDING, ItemState.REFUSED, ItemState.PENDING]
    done = authorizations.authorize(after, after.items[0], OWNER, None, {}, NOW).after
    assert done.state is RequestState.DEPARTMENT_REVIEW, "the new part still waits"


def test_before_the_approval_a_line_follows_as_it_was_asked() -> None:
    after = forward(in_review(), CAMERAS[2], part(THIRD), NOW).after
    assert owners(after) == {FIRST: CAMERAS[:2], SECOND: [], THIRD: CAMERAS[2:]}
    assert after.state is RequestState.CENTER_REVIEW
    done = decisions.approve(after, APPROVER, None, None, "", NOW, OWNERS_DUE).after
    assert [item.state for item in done.items] == [ItemState.PENDING, ItemState.VOID, ItemState.PENDING]


def test_another_center_decides_from_the_beginning() -> None:
    request = in_review(Passage(CENTER, 2, 4, DUE))
    endorsed = decisions.approve(request, APPROVER, None, None, "", NOW, OWNERS_DUE).after
    later = NOW + timedelta(hours=1)
    after = redirect(endorsed, Passage(HOME, 1, 4, DUE + timedelta(days=1)), later)
    assert (after.center_id, after.center_approvals, after.due) == (HOME, 2, DUE + timedelta(days=1))
    assert (after.endorser_id, after.deciders, after.approved_terms, after.since) == (None, frozenset(), None, later)
    assert all(line.endorsed is None for item in after.items for line in item.lines)
    told = redirected(endorsed, after)
    assert (told.kind, told.data["from"], told.data["to"]) == ("access_request:forwarded", str(CENTER), str(HOME))
    assert decisions.approve(after, APPROVER, None, None, "", later, OWNERS_DUE).after.endorser_id == APPROVER.person


@pytest.mark.parametrize("made", [in_review, approved])
def test_what_cannot_follow_goes_back_to_the_requester(made: object) -> None:
    request = made()  # type: ignore[operator]  # one of the two above
    change = hand_back(request, "已移交", {"/lines/0": "已移交"}, NOW, DUE)
    assert (change.after.state, change.after.remarks, change.after.due) == (
        RequestState.RETURNED, {"/lines/0": "已移交"}, DUE,
    )  # fmt: skip
    assert {item.state for item in change.after.items} == {ItemState.VOID}
    assert change.entries[0].data["by"] is None
    with pytest.raises(Conflict):
        hand_back(replace(request, state=RequestState.DECIDED), "x", {}, NOW, DUE)
