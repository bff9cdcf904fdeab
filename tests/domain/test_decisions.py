"""The steps of requester and center: scope only narrows, the trace says what happened, nothing comes back to life."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.domain.deciding import authorizations, decisions
from broker.domain.deciding.decisions import Passage
from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.grants import Action, Condition, Quota, Terms
from broker.domain.ids import GrantId, LineId, new_id
from broker.domain.requests.access_requests import AccessRequest, Change, groundless
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import ItemState, RequestState
from tests.domain.requests import (
    APPROVER,
    CENTER,
    DIRECT,
    DUE,
    HALF,
    LOOKER,
    NOW,
    OWNER,
    OWNERS_DUE,
    PASSAGE,
    REQUESTER,
    SECOND,
    SPAN,
    WIDER,
    approved,
    draft,
    in_review,
    items,
    somebody,
)

TWO = Passage(CENTER, 2, 4, DUE)
LATE = DUE + timedelta(days=60)


def approve(request: AccessRequest, spans: object = None, terms: Terms | None = None, **more: object) -> Change:
    by = more.get("by", APPROVER)
    return decisions.approve(request, by, spans, terms, "", more.get("at", NOW), OWNERS_DUE)  # type: ignore[arg-type]  # given by name


@pytest.mark.parametrize(
    ("changes", "slug", "pointer"),
    [
        ({"asked": ()}, "no-camera", "/lines"),
        ({"investigators": frozenset()}, "no-investigator", "/investigators"),
        ({"investigators": frozenset({LOOKER, REQUESTER})}, "requester-investigates", "/investigators"),
    ],
)
def test_an_incomplete_request_is_not_submitted(changes: dict[str, object], slug: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        decisions.submit(draft(**changes), PASSAGE, (), NOW)
    assert (refused.value.slug, refused.value.pointer) == (slug, pointer)


@pytest.mark.parametrize("field", ["basis", "matter", "case_number", "reason"])
def test_a_purpose_is_not_empty(field: str) -> None:
    words = {"basis": "a", "matter": "m", "case_number": "b", "reason": "c", field: "  "}
    with pytest.raises(Invalid) as refused:
        Purpose(**words)
    assert refused.value.pointer == f"/purpose/{field}"


def test_a_submission_says_how_the_request_travels() -> None:
    request = in_review()
    assert (request.state, request.center_id, request.rulebook, request.due) == (
        RequestState.CENTER_REVIEW, CENTER, 4, DUE,
    )  # fmt: skip
    assert {(item.version, item.state) for item in request.items} == {(1, ItemState.PENDING)}
    assert request.approved_terms is None


def test_where_no_route_asks_for_the_center_all_that_was_asked_goes_to_the_owner() -> None:
    request = in_review(DIRECT)
    assert (request.state, request.center_id, request.approved_terms) == (
        RequestState.DEPARTMENT_REVIEW, None, request.terms,
    )  # fmt: skip
    assert all(line.approved == line.asked for item in request.items for line in item.lines)
    returned = decisions.send_back(request, OWNER, "x", {}, NOW, DUE, request.items[0]).after
    again = decisions.submit(returned, DIRECT, items(), NOW).after
    assert (again.state, again.revision) == (RequestState.DEPARTMENT_REVIEW, 2)


def test_a_draft_says_what_it_renews() -> None:
    grant = GrantId(new_id())
    assert decisions.draft(draft(renews=grant)).entries[0].data["renews"] == str(grant)
    assert "renews" not in decisions.draft(draft()).entries[0].data


def test_an_approval_may_keep_part_of_a_span_and_strike_a_line() -> None:
    request = in_review()
    first, second = request.items[0].lines
    change = approve(request, {first.id: HALF, second.id: None})
    lines = [line for item in change.after.items for line in item.lines]
    assert [line.approved for line in lines] == [HALF, None, None]
    assert [item.state for item in change.after.items] == [ItemState.PENDING, ItemState.VOID]
    assert {entry.kind for entry in change.entries} == {
        "access_request:approved", "request_item:approved", "request_item:voided",
    }  # fmt: skip
    assert change.after.items[0].due == DUE


def test_an_approval_without_a_deadline_is_one_too() -> None:
    change = decisions.approve(in_review(), APPROVER, None, None, "", NOW, {})
    assert [item.due for item in change.after.items] == [None, None]
    assert decisions.submit(draft(), Passage(CENTER, 1, 4, None), items(), NOW).after.due is None


def test_no_stage_widens_what_the_one_before_left() -> None:
    request = in_review()
    line = request.items[0].lines[0]
    with pytest.raises(Invalid, match="decision-widens"):
        approve(request, {line.id: WIDER})
    with pytest.raises(Invalid, match="terms-widen"):
        approve(request, None, Terms(validity=timedelta(days=30)))
    narrow = approve(request, {line.id: HALF}).after
    with pytest.raises(Invalid, match="decision-widens"):
        authorizations.authorize(narrow, narrow.items[0], OWNER, {line.id: SPAN}, {}, NOW)
    struck = narrow.items[0].lines[1]
    with pytest.raises(Invalid, match="decision-widens"):
        authorizations.authorize(narrow, narrow.items[0], OWNER, {struck.id: HALF}, {}, NOW)


def test_an_approval_names_known_lines_and_leaves_something() -> None:
    with pytest.raises(Invalid, match="unknown-line"):
        approve(in_review(), {LineId(new_id()): SPAN})
    with pytest.raises(Invalid, match="nothing-approved"):
        approve(in_review(), {})


def test_two_of_the_center_one_after_the_other() -> None:
    request = in_review(TWO)
    line = request.items[0].lines[0]
    narrower = Terms(validity=timedelta(days=3))
    first = approve(request, {line.id: HALF}, narrower)
    assert first.entries[0].kind == "access_request:endorsed"
    assert (first.after.state, first.after.endorser_id) == (RequestState.CENTER_REVIEW, APPROVER.person)
    assert all(each.approved is None for item in first.after.items for each in item.lines)
    with pytest.raises(Conflict, match="second-person-needed"):
        approve(first.after)
    with pytest.raises(Conflict, match="second-person-needed"):
        approve(first.after, by=somebody(9, 1))
    with pytest.raises(Invalid, match="decision-widens"):
        approve(first.after, {line.id: SPAN}, by=SECOND)
    with pytest.raises(Invalid, match="terms-widen"):
        approve(first.after, None, Terms(), by=SECOND)
    done = approve(first.after, by=SECOND).after
    assert (done.state, done.approver_id) == (RequestState.DEPARTMENT_REVIEW, SECOND.person)
    assert done.deciders == APPROVER.persons | SECOND.persons
    assert done.approved_terms == narrower
    kept = done.items[0].lines[0]
    assert (kept.approved, kept.endorsed) == (HALF, None)
    assert [item.state for item in done.items] == [ItemState.PENDING, ItemState.VOID]


def test_who_stands_in_for_somebody_is_told_with_that_person() -> None:
    told = approve(in_review(), by=somebody(9, 5)).entries[0].data
    assert (told["by"], told["standing_for"]) == (str(somebody(9).person), [str(somebody(5).person)])
    assert "standing_for" not in approve(in_review()).entries[0].data


def test_a_return_voids_everything_and_the_next_revision_begins_anew() -> None:
    request = approved()
    after = authorizations.authorize(request, request.items[0], OWNER, None, {}, NOW).after
    remarks = {"/purpose/reason": "过于简略"}
    returned = decisions.send_back(after, OWNER, "请补充", remarks, NOW, LATE, after.items[1]).after
    assert [item.state for item in returned.items] == [ItemState.VOID, ItemState.RETURNED]
    assert (returned.remarks, returned.due, returned.comment) == (remarks, LATE, "请补充")
    assert OWNER.person in returned.items[1].deciders
    again = decisions.submit(returned, PASSAGE, items(), NOW).after
    assert (again.revision, again.approver_id, again.approved_terms) == (2, None, None)
    assert (again.deciders, again.remarks, again.comment) == (frozenset(), {}, "")
    assert {item.revision for item in again.items} == {2}
    assert all(line.approved is None for item in again.items for line in item.lines)
    assert {item.id for item in again.items}.isdisjoint(item.id for item in returned.items)
    with pytest.raises(Conflict, match="stale-revision"):
        again.require_revision(1)
    again.require_revision(2)


def test_a_return_leaves_void_items_alone() -> None:
    request = in_review()
    narrow = approve(request, {request.items[0].lines[0].id: SPAN}).after
    returned = decisions.send_back(narrow, OWNER, "x", {}, NOW, DUE, narrow.items[0])
    assert [item.state for item in returned.after.items] == [ItemState.RETURNED, ItemState.VOID]
    assert len(returned.entries) == 2


def test_the_center_returns_the_whole() -> None:
    change = decisions.send_back(in_review(), APPROVER, "x", {}, NOW, None)
    assert {item.state for item in change.after.items} == {ItemState.VOID}


ENDS: dict[str, Callable[[AccessRequest], Change]] = {
    "rejected": lambda request: decisions.reject(request, APPROVER, "不合法", NOW),
    "withdrawn": lambda request: decisions.withdraw(request, "不再需要", NOW),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_rejected_or_withdrawn_request_takes_its_items_along(end: str) -> None:
    change = ENDS[end](in_review())
    assert change.after.state.lower() == end
    assert {item.state for item in change.after.items} == {ItemState.VOID}
    with pytest.raises(Conflict):
        decisions.withdraw(change.after, "x", NOW)


def test_a_withdrawal_leaves_void_items_alone() -> None:
    request = in_review()
    narrow = approve(request, {request.items[0].lines[0].id: SPAN}).after
    assert len(decisions.withdraw(narrow, "x", NOW).entries) == 2


def test_a_decided_request_is_closed_with_a_report() -> None:
    with pytest.raises(Conflict):
        decisions.close(approved(), "x", NOW)
    request = approved()
    for item in request.items:
        request = authorizations.refuse(request, item, OWNER, "x", NOW).after
    closed = decisions.close(request, "已据此认定车辆", NOW)
    assert (closed.after.state, closed.after.report) == (RequestState.CLOSED, "已据此认定车辆")
    assert closed.entries[0].data["report"] == "已据此认定车辆"
    with pytest.raises(Conflict):
        decisions.withdraw(closed.after, "x", NOW)


LATE_STEPS: dict[str, Callable[[], Change]] = {
    "edit": lambda: decisions.edit(draft(), draft(), LATE),
    "submit": lambda: decisions.submit(draft(), PASSAGE, items(), LATE),
    "approve": lambda: approve(in_review(), at=LATE),
    "return": lambda: decisions.send_back(in_review(), APPROVER, "x", {}, LATE, None),
    "reject": lambda: decisions.reject(in_review(), APPROVER, "x", LATE),
}


@pytest.mark.parametrize("name", LATE_STEPS)
def test_nothing_is_decided_after_the_deadline(name: str) -> None:
    with pytest.raises(Conflict, match="deadline-passed"):
        LATE_STEPS[name]()


def test_what_is_late_may_still_be_withdrawn_and_stands_as_lapsed() -> None:
    request = in_review()
    assert request.standing(DUE - timedelta(seconds=1)) is RequestState.CENTER_REVIEW
    assert request.standing(DUE) is RequestState.LAPSED
    assert decisions.withdraw(request, "x", LATE).after.state is RequestState.WITHDRAWN
    assert approved().standing(LATE) is RequestState.DEPARTMENT_REVIEW, "there each item has a deadline of its own"


def test_an_edit_changes_what_is_asked_and_nothing_else() -> None:
    request = draft()
    change = decisions.edit(request, replace(request, asked=request.asked[:1], urgent=True), NOW)
    assert (len(change.after.asked), change.after.urgent, change.after.state) == (1, True, RequestState.DRAFT)
    assert change.after.version == request.version + 1
    assert decisions.draft(request).after.version == 1
    with pytest.raises(Conflict):
        decisions.edit(in_review(), request, NOW)


def test_what_a_change_takes_the_ground_from() -> None:
    request = approved()
    granted = authorizations.authorize(request, request.items[0], OWNER, None, {}, NOW).after
    ground = frozenset({granted.items[0].id})
    assert groundless(request, granted) == frozenset()
    assert groundless(granted, authorizations.refuse(granted, granted.items[1], OWNER, "x", NOW).after) == frozenset()
    assert groundless(granted, decisions.withdraw(granted, "x", NOW).after) == ground
    assert (
        groundless(granted, decisions.send_back(granted, OWNER, "x", {}, NOW, None, granted.items[1]).after) == ground
    )
    assert groundless(granted, replace(granted, revision=2)) == ground
    assert granted.stream == f"access_request/{granted.id}"


def test_terms_only_narrow() -> None:
    wide = Terms()
    assert Terms(actions=frozenset({Action.SNAPSHOT})).within(wide)
    assert not wide.within(Terms(actions=frozenset({Action.SNAPSHOT})))
    assert not wide.within(Terms(quota=Quota(1, 1, 1)))
    shown = Terms(conditions=frozenset({Condition.VIEW_ONLY}))
    assert shown.within(wide)
    assert not wide.within(shown), "a condition that was laid on is never taken away"
    with pytest.raises(Invalid, match="no-action"):
        Terms(actions=frozenset())
    with pytest.raises(Invalid, match="validity-out-of-range"):
        Terms(validity=timedelta(days=31))
    with pytest.raises(Invalid, match="negative-quota"):
        Terms(quota=Quota(-1, 0, 0))
