"""The owners' steps: camera by camera, under the two-person rule, and the end of the review."""

from datetime import timedelta

import pytest

from broker.domain.deciding import authorizations
from broker.domain.deciding.lapses import escalate, lapse
from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import LineId, new_id
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.request_states import ItemState, RequestState
from tests.domain.requests import DUE, HALF, NOW, OWNER, OWNERS, SECOND, SPAN, approved, in_review, somebody

LATE = DUE + timedelta(seconds=1)


def authorize(request: AccessRequest, place: int = 0, **more: object) -> AccessRequest:
    by, spans, remarks = more.get("by", OWNER), more.get("spans"), more.get("remarks", {})
    item = request.items[place]
    return authorizations.authorize(request, item, by, spans, remarks, NOW).after  # type: ignore[arg-type]  # given by name


def test_an_authorization_may_keep_part_and_remark_on_the_rest() -> None:
    request = approved()
    first, second = request.items[0].lines
    after = authorize(request, spans={first.id: HALF}, remarks={second.id: "正在检修"})
    assert [line.authorized for line in after.items[0].lines] == [HALF, None]
    assert [line.remark for line in after.items[0].lines] == ["", "正在检修"]
    assert (after.items[0].state, after.items[0].authorizer_id) == (ItemState.AUTHORIZED, OWNER.person)


def test_an_authorization_names_known_lines_and_leaves_something() -> None:
    stranger = LineId(new_id())
    with pytest.raises(Invalid, match="unknown-line"):
        authorize(approved(), spans={stranger: SPAN})
    with pytest.raises(Invalid, match="unknown-line"):
        authorize(approved(), remarks={stranger: "x"})
    with pytest.raises(Invalid, match="nothing-authorized"):
        authorize(approved(), spans={})


def test_two_of_the_owner_one_after_the_other() -> None:
    request = approved(authorizations=2)
    first, second = request.items[0].lines
    endorsed = authorize(request, spans={first.id: HALF}, remarks={second.id: "正在检修"})
    item = endorsed.items[0]
    assert (item.state, item.endorser_id, item.authorizer_id) == (ItemState.PENDING, OWNER.person, None)
    assert [line.endorsed for line in item.lines] == [HALF, None]
    assert all(line.authorized is None for line in item.lines)
    for again in (OWNER, somebody(9, 2)):
        with pytest.raises(Conflict, match="second-person-needed"):
            authorize(endorsed, by=again)
    with pytest.raises(Invalid, match="decision-widens"):
        authorize(endorsed, by=SECOND, spans={first.id: SPAN})
    with pytest.raises(Invalid, match="decision-widens"):
        authorize(endorsed, by=SECOND, spans={second.id: SPAN})
    done = authorize(endorsed, by=SECOND).items[0]
    assert (done.state, done.authorizer_id) == (ItemState.AUTHORIZED, SECOND.person)
    assert [line.authorized for line in done.lines] == [HALF, None]
    assert done.deciders == OWNER.persons | SECOND.persons
    assert done.lines[1].remark == "正在检修"
    refused = authorizations.refuse(endorsed, item, OWNER, "不宜提供", NOW).after.items[0]
    assert (refused.state, refused.reason) == (ItemState.REFUSED, "不宜提供")


def test_the_last_decided_item_settles_the_request() -> None:
    request = approved()
    first = authorize(request)
    assert (first.state, first.outcome) == (RequestState.DEPARTMENT_REVIEW, "")
    done = authorizations.refuse(first, first.items[1], OWNER, "不宜提供", NOW).after
    assert (done.state, done.outcome) == (RequestState.DECIDED, "partially granted")
    assert authorize(first, 1).outcome == "granted"
    none = authorizations.refuse(request, request.items[0], OWNER, "x", NOW).after
    assert authorizations.refuse(none, none.items[1], OWNER, "x", NOW).after.outcome == "refused"


def test_a_decided_item_is_not_decided_again() -> None:
    after = authorize(approved())
    with pytest.raises(Conflict, match="transition-refused"):
        authorizations.refuse(after, after.items[0], OWNER, "x", NOW)
    with pytest.raises(Conflict, match="transition-refused"):
        authorize(after, by=SECOND)


def test_items_are_decided_in_department_review_only() -> None:
    request = in_review()
    with pytest.raises(Conflict):
        authorize(request)
    with pytest.raises(Conflict):
        authorizations.refuse(request, request.items[0], OWNER, "x", NOW)


def test_nothing_is_decided_after_the_deadline() -> None:
    request = approved()
    item = request.items[0]
    assert (item.standing(NOW), item.standing(DUE)) == (ItemState.PENDING, ItemState.LAPSED)
    with pytest.raises(Conflict, match="deadline-passed"):
        authorizations.authorize(request, item, OWNER, None, {}, LATE)
    with pytest.raises(Conflict, match="deadline-passed"):
        authorizations.refuse(request, item, OWNER, "x", LATE)
    decided = authorize(request).items[0]
    assert decided.standing(LATE) is ItemState.AUTHORIZED


def test_a_late_item_lapses_and_settles_what_it_was_the_last_of() -> None:
    request = authorize(approved())
    with pytest.raises(Conflict, match="nothing-late"):
        lapse(request, NOW)
    change = lapse(request, LATE)
    assert [item.state for item in change.after.items] == [ItemState.AUTHORIZED, ItemState.LAPSED]
    assert (change.after.state, change.after.outcome) == (RequestState.DECIDED, "partially granted")
    assert [entry.kind for entry in change.entries] == ["request_item:lapsed", "access_request:decided"]


def test_a_late_request_lapses_with_its_items() -> None:
    request = in_review()
    with pytest.raises(Conflict, match="nothing-late"):
        lapse(request, NOW)
    change = lapse(request, LATE)
    assert (change.after.state, change.after.due) == (RequestState.LAPSED, None)
    assert {item.state for item in change.after.items} == {ItemState.VOID}
    assert change.entries[0].data["stage"] == RequestState.CENTER_REVIEW
    with pytest.raises(Conflict):
        lapse(change.after, LATE)


def test_an_escalation_lets_another_center_decide_too() -> None:
    request = in_review()
    change = escalate(request, OWNERS[2], NOW)
    assert (change.after.escalated_to, change.after.center_id) == (OWNERS[2], request.center_id)
    assert (change.after.state, change.after.version) == (request.state, request.version + 1)
    assert change.entries[0].data["to"] == str(OWNERS[2])
