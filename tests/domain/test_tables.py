"""The transition tables, exhaustively: what they hold is possible, everything else is refused and says what is."""

from itertools import product

import pytest

from broker.domain import access_requests as requests
from broker.domain import grants, retrievals
from broker.domain.errors import Conflict

# Written from docs/glossary.md by hand, not from the code: state -> command -> state.
REQUESTS = {
    "DRAFT": {"edit": "DRAFT", "submit": "CENTER_REVIEW", "withdraw": "WITHDRAWN"},
    "CENTER_REVIEW": {
        "approve": "DEPARTMENT_REVIEW", "return": "RETURNED", "reject": "REJECTED", "withdraw": "WITHDRAWN",
    },
    "DEPARTMENT_REVIEW": {"return": "RETURNED", "settle": "DECIDED", "withdraw": "WITHDRAWN"},
    "RETURNED": {"edit": "RETURNED", "resubmit": "CENTER_REVIEW", "withdraw": "WITHDRAWN"},
    "DECIDED": {"withdraw": "WITHDRAWN"},
    "REJECTED": {},
    "WITHDRAWN": {},
}  # fmt: skip
ITEMS = {
    "PENDING": {"authorize": "AUTHORIZED", "refuse": "REFUSED", "return": "RETURNED", "void": "VOID"},
    "AUTHORIZED": {"void": "VOID"},
    "REFUSED": {"void": "VOID"},
    "RETURNED": {"void": "VOID"},
    "VOID": {},
}
RETRIEVALS = {
    "QUEUED": {"start": "FETCHING", "fail": "FAILED", "abort": "ABORTED"},
    "FETCHING": {"start": "FETCHING", "accept": "READY", "fail": "FAILED", "abort": "ABORTED"},
    "READY": {"deliver": "DELIVERED", "abort": "ABORTED"},
    "DELIVERED": {},
    "FAILED": {},
    "ABORTED": {},
}
GRANTS = {"SCHEDULED": {"revoke": "REVOKED"}, "ACTIVE": {"revoke": "REVOKED"}, "EXPIRED": {}, "REVOKED": {}}


@pytest.mark.parametrize(("state", "command"), list(product(requests.RequestState, requests.RequestCommand)))
def test_request_table(state: requests.RequestState, command: requests.RequestCommand) -> None:
    expected = REQUESTS[state].get(command)
    if expected is not None:
        assert requests.next_request_state(state, command) == expected
        return
    with pytest.raises(Conflict) as refused:
        requests.next_request_state(state, command)
    assert refused.value.facts["state"] == state
    assert set(str(refused.value.facts["allowed"]).split(", ")) - {""} == set(REQUESTS[state])


@pytest.mark.parametrize(("state", "command"), list(product(requests.ItemState, requests.ItemCommand)))
def test_item_table(state: requests.ItemState, command: requests.ItemCommand) -> None:
    expected = ITEMS[state].get(command)
    if expected is not None:
        assert requests.next_item_state(state, command) == expected
        return
    with pytest.raises(Conflict):
        requests.next_item_state(state, command)


def test_retrieval_table() -> None:
    walked = {(str(s), str(c)): str(after) for (s, c), after in retrievals.TRANSITIONS.items()}
    assert walked == {(s, c): after for s, row in RETRIEVALS.items() for c, after in row.items()}
    assert set(RETRIEVALS) == set(retrievals.RetrievalState)


def test_grant_table() -> None:
    walked = {(str(s), str(c)): str(after) for (s, c), after in grants.TRANSITIONS.items()}
    assert walked == {(s, c): after for s, row in GRANTS.items() for c, after in row.items()}
    assert set(GRANTS) | {"ISSUED"} == set(grants.GrantState)


def test_the_dead_stay_dead_and_every_state_can_end() -> None:
    for table, final in (
        (REQUESTS, {"REJECTED", "WITHDRAWN"}),
        (ITEMS, {"VOID"}),
        (RETRIEVALS, {"DELIVERED", "FAILED", "ABORTED"}),
    ):
        for state in table:
            reached, todo = set(), [state]
            while todo:
                now = todo.pop()
                reached.add(now)
                todo.extend(after for after in table[now].values() if after not in reached)
            assert reached & final, f"{state} can never end"
            assert not table[state] or state not in final
