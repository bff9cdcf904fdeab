"""The steps of a request: scope only narrows, the trace says what happened, nothing comes back to life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from broker.domain import decisions
from broker.domain.access_requests import AccessRequest, AskedLine, Line, RequestItem
from broker.domain.errors import Conflict, Invalid
from broker.domain.grants import Action, Quota, Terms
from broker.domain.ids import CameraId, DepartmentId, ItemId, LineId, PersonId, RequestId, new_id
from broker.domain.purpose import Purpose
from broker.domain.request_states import ItemState, RequestState
from broker.domain.time import TimeSpan

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SPAN = TimeSpan(NOW - timedelta(hours=2), NOW - timedelta(hours=1))
HALF = TimeSpan(SPAN.begin, SPAN.begin + timedelta(minutes=30))
WIDER = TimeSpan(SPAN.begin, SPAN.end + timedelta(seconds=1))
REQUESTER, LOOKER, APPROVER, OWNER = (PersonId(UUID(int=n)) for n in range(1, 5))
CENTER = DepartmentId(UUID(int=9))
CAMERAS = [CameraId(UUID(int=100 + n)) for n in range(3)]


def draft(**changes: object) -> AccessRequest:
    made = AccessRequest(
        id=RequestId(new_id()),
        number="XL2026-000001",
        requester_id=REQUESTER,
        department_id=DepartmentId(UUID(int=8)),
        purpose=Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间"),
        terms=Terms(),
        investigators=frozenset({LOOKER}),
        asked=tuple(AskedLine(camera, SPAN) for camera in CAMERAS),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def items() -> tuple[RequestItem, ...]:
    groups = (CAMERAS[:2], CAMERAS[2:])
    return tuple(
        RequestItem(
            ItemId(new_id()),
            DepartmentId(UUID(int=20 + place)),
            1,
            tuple(Line(LineId(new_id()), camera, SPAN) for camera in group),
        )
        for place, group in enumerate(groups)
    )


def in_review() -> AccessRequest:
    return decisions.submit(draft(), CENTER, items()).after


def approved() -> AccessRequest:
    return decisions.approve(in_review(), APPROVER, None, Terms(), "").after


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
        decisions.submit(draft(**changes), CENTER, ())
    assert (refused.value.slug, refused.value.pointer) == (slug, pointer)


@pytest.mark.parametrize("field", ["basis", "matter", "case_number", "reason"])
def test_a_purpose_is_not_empty(field: str) -> None:
    words = {"basis": "a", "matter": "m", "case_number": "b", "reason": "c", field: "  "}
    with pytest.raises(Invalid) as refused:
        Purpose(**words)
    assert refused.value.pointer == f"/purpose/{field}"


def test_an_approval_may_keep_part_of_a_span_and_strike_a_line() -> None:
    request = in_review()
    first, second = request.items[0].lines
    change = decisions.approve(request, APPROVER, {first.id: HALF, second.id: None}, Terms(), "只同意前半段")
    lines = [line for item in change.after.items for line in item.lines]
    assert [line.approved for line in lines] == [HALF, None, None]
    assert [item.state for item in change.after.items] == [ItemState.PENDING, ItemState.VOID]
    assert {entry.kind for entry in change.entries} == {
        "access_request:approved", "request_item:approved", "request_item:voided",
    }  # fmt: skip


def test_no_stage_widens_what_the_one_before_left() -> None:
    request = in_review()
    line = request.items[0].lines[0]
    with pytest.raises(Invalid, match="decision-widens"):
        decisions.approve(request, APPROVER, {line.id: WIDER}, Terms(), "")
    with pytest.raises(Invalid, match="terms-widen"):
        decisions.approve(request, APPROVER, None, Terms(validity=timedelta(days=30)), "")
    narrow = decisions.approve(request, APPROVER, {line.id: HALF}, Terms(), "").after
    with pytest.raises(Invalid, match="decision-widens"):
        decisions.authorize(narrow, narrow.items[0], OWNER, {line.id: SPAN}, {}, NOW)
    struck = narrow.items[0].lines[1]
    with pytest.raises(Invalid, match="decision-widens"):
        decisions.authorize(narrow, narrow.items[0], OWNER, {struck.id: HALF}, {}, NOW)


def test_a_decision_names_known_lines_and_leaves_something() -> None:
    request = in_review()
    stranger = LineId(new_id())
    with pytest.raises(Invalid, match="unknown-line"):
        decisions.approve(request, APPROVER, {stranger: SPAN}, Terms(), "")
    with pytest.raises(Invalid, match="nothing-approved"):
        decisions.approve(request, APPROVER, {}, Terms(), "")
    with pytest.raises(Invalid, match="unknown-line"):
        decisions.authorize(approved(), approved().items[0], OWNER, None, {stranger: "x"}, NOW)
    ready = approved()
    with pytest.raises(Invalid, match="nothing-authorized"):
        decisions.authorize(ready, ready.items[0], OWNER, {}, {}, NOW)


def test_the_last_decided_item_settles_the_request() -> None:
    request = approved()
    first = decisions.authorize(request, request.items[0], OWNER, None, {}, NOW).after
    assert (first.state, first.outcome) == (RequestState.DEPARTMENT_REVIEW, "")
    done = decisions.refuse(first, first.items[1], OWNER, "不宜提供", NOW).after
    assert (done.state, done.outcome) == (RequestState.DECIDED, "partially granted")
    whole = decisions.authorize(first, first.items[1], OWNER, None, {}, NOW).after
    assert whole.outcome == "granted"
    none = decisions.refuse(request, request.items[0], OWNER, "x", NOW).after
    assert decisions.refuse(none, none.items[1], OWNER, "x", NOW).after.outcome == "refused"


def test_a_decided_item_is_not_decided_again() -> None:
    request = approved()
    after = decisions.authorize(request, request.items[0], OWNER, None, {}, NOW).after
    with pytest.raises(Conflict, match="transition-refused"):
        decisions.refuse(after, after.items[0], OWNER, "x", NOW)


def test_items_are_decided_in_department_review_only() -> None:
    request = in_review()
    with pytest.raises(Conflict):
        decisions.authorize(request, request.items[0], OWNER, None, {}, NOW)


def test_a_return_voids_everything_and_the_next_revision_begins_anew() -> None:
    request = approved()
    after = decisions.authorize(request, request.items[0], OWNER, None, {}, NOW).after
    returned = decisions.send_back(after, OWNER, "请补充", after.items[1]).after
    assert [item.state for item in returned.items] == [ItemState.VOID, ItemState.RETURNED]
    again = decisions.submit(returned, CENTER, items()).after
    assert (again.revision, again.approver_id, again.approved_terms) == (2, None, None)
    assert {item.revision for item in again.items} == {2}
    assert all(line.approved is None for item in again.items for line in item.lines)
    with pytest.raises(Conflict, match="stale-revision"):
        again.require_revision(1)


def test_a_return_leaves_void_items_alone() -> None:
    request = in_review()
    line = request.items[0].lines[0]
    narrow = decisions.approve(request, APPROVER, {line.id: SPAN}, Terms(), "").after
    returned = decisions.send_back(narrow, OWNER, "x", narrow.items[0])
    assert [item.state for item in returned.after.items] == [ItemState.RETURNED, ItemState.VOID]
    assert len(returned.entries) == 2


@pytest.mark.parametrize("end", [decisions.reject, None])
def test_a_rejected_or_withdrawn_request_takes_its_items_along(end: object) -> None:
    request = in_review()
    change = decisions.withdraw(request, "不再需要") if end is None else decisions.reject(request, APPROVER, "不合法")
    assert {item.state for item in change.after.items} == {ItemState.VOID}
    with pytest.raises(Conflict):
        decisions.withdraw(change.after, "x")


def test_an_edit_changes_what_is_asked_and_nothing_else() -> None:
    request = draft()
    change = decisions.edit(request, replace(request, asked=request.asked[:1], urgent=True))
    assert (len(change.after.asked), change.after.urgent, change.after.state) == (1, True, RequestState.DRAFT)
    assert change.after.version == request.version + 1
    assert decisions.draft(request).after.version == 1
    with pytest.raises(Conflict):
        decisions.edit(in_review(), request)


def test_terms_only_narrow() -> None:
    wide = Terms()
    assert Terms(actions=frozenset({Action.SNAPSHOT})).within(wide)
    assert not wide.within(Terms(actions=frozenset({Action.SNAPSHOT})))
    assert not wide.within(Terms(quota=Quota(1, 1, 1)))
    with pytest.raises(Invalid, match="no-action"):
        Terms(actions=frozenset())
    with pytest.raises(Invalid, match="validity-out-of-range"):
        Terms(validity=timedelta(days=31))
    with pytest.raises(Invalid, match="negative-quota"):
        Terms(quota=Quota(-1, 0, 0))
