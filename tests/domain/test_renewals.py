"""Renewals: of what has not ended, so often, and never for more than there was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.grants import Action, Grant, Level, Quota, Terms, exhaust, revoke, suspend
from broker.domain.ids import PersonId, RequestId, new_id
from broker.domain.requests.access_requests import AskedLine
from broker.domain.requests.renewals import check_renewable, check_within, renewal
from broker.domain.requests.request_states import RequestState
from broker.domain.time import TimeSpan
from tests.domain.requests import HALF, NOW, draft
from tests.domain.test_grants_and_retrievals import OTHER, WINDOW, grant

MOST = 2
BEFORE, AFTER = NOW - timedelta(days=1), NOW + timedelta(days=2)
ENDED: dict[str, Grant] = {
    "suspended": suspend(grant(), Level.OWNER, "x", NOW).after,
    "revoked": revoke(grant(), "x", NOW).after,
}


def test_what_is_scheduled_active_or_used_up_may_be_renewed_twice() -> None:
    for one, at in ((grant(), NOW), (grant(), BEFORE), (exhaust(grant(), NOW).after, NOW)):
        check_renewable(one, MOST - 1, MOST, at)
        with pytest.raises(Conflict, match="renewals-used-up"):
            check_renewable(one, MOST, MOST, at)


def test_what_has_ended_or_rests_or_was_an_emergency_is_not_renewed() -> None:
    for one, at in (*((each, NOW) for each in ENDED.values()), (grant(), AFTER), (exhaust(grant(), NOW).after, AFTER)):
        with pytest.raises(Conflict, match="renewal-of-ended"):
            check_renewable(one, 0, MOST, at)
    with pytest.raises(Conflict, match="renewal-of-emergency"):
        check_renewable(grant(emergency=True), 0, MOST, NOW)


def test_a_renewal_asks_for_what_was_granted_with_the_purpose_of_before() -> None:
    request = draft(urgent=True)
    made = renewal(grant(), request, RequestId(new_id()), "XL2026-000002", NOW, AFTER)
    assert (made.state, made.renews, made.revision) == (RequestState.DRAFT, grant().id, 1)
    assert (made.purpose, made.requester_id, made.urgent) == (request.purpose, request.requester_id, True)
    assert (made.terms, made.investigators) == (grant().terms, grant().persons)
    assert [(line.camera_id, line.span) for line in made.asked] == [
        (line.camera_id, line.window) for line in grant().lines
    ]
    assert (made.id, made.due) != (request.id, request.due)
    check_within(made, grant())
    check_within(replace(made, asked=(AskedLine(made.asked[0].camera_id, HALF),)), grant())


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"asked": (AskedLine(OTHER, WINDOW),)}, "/lines/0"),
        ({"asked": (AskedLine(grant().lines[0].camera_id, TimeSpan(WINDOW.begin, WINDOW.end + timedelta(hours=1))),)},
         "/lines/0"),
        ({"investigators": frozenset({PersonId(new_id())})}, "/investigators"),
        ({"terms": Terms(actions=frozenset(Action), quota=Quota(3, 60, 100))}, "/terms"),
    ],
)  # fmt: skip
def test_a_renewal_never_asks_for_more(changes: dict[str, object], pointer: str) -> None:
    made = renewal(grant(), draft(), RequestId(new_id()), "XL2026-000002", NOW, AFTER)
    with pytest.raises(Invalid, match="renewal-widens") as refused:
        check_within(replace(made, **changes), grant())  # type: ignore[arg-type]  # fields by name
    assert refused.value.pointer == pointer
