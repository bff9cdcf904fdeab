"""The transition tables, exhaustively: what they hold is possible, everything else is refused and says what is."""

from itertools import product

import pytest

from broker.domain.errors import Conflict
from broker.domain.footage import grants, retrievals
from broker.domain.requests import request_states
from broker.domain.requests.request_states import ItemCommand, ItemState, RequestCommand, RequestState

# Written from docs/tour.md by hand, not from the code: state -> command -> state.
REQUESTS = {
    "DRAFT": {
        "edit": "DRAFT", "submit": "CENTER_REVIEW", "submit_own": "DEPARTMENT_REVIEW", "break_glass": "EMERGENCY",
        "withdraw": "WITHDRAWN", "lapse": "LAPSED",
    },
    "CENTER_REVIEW": {
        "endorse": "CENTER_REVIEW", "approve": "DEPARTMENT_REVIEW", "return": "RETURNED", "reject": "REJECTED",
        "withdraw": "WITHDRAWN", "lapse": "LAPSED",
    },
    "DEPARTMENT_REVIEW": {"return": "RETURNED", "settle": "DECIDED", "withdraw": "WITHDRAWN"},
    "RETURNED": {
        "edit": "RETURNED", "resubmit": "CENTER_REVIEW", "resubmit_own": "DEPARTMENT_REVIEW", "withdraw": "WITHDRAWN",
        "lapse": "LAPSED",
    },
    "EMERGENCY": {"ratify": "DECIDED", "disavow": "REJECTED", "lapse": "LAPSED"},
    "DECIDED": {"withdraw": "WITHDRAWN", "close": "CLOSED"},
    "CLOSED": {},
    "REJECTED": {},
    "WITHDRAWN": {},
    "LAPSED": {},
}  # fmt: skip
ITEMS = {
    "PENDING": {
        "endorse": "PENDING", "authorize": "AUTHORIZED", "refuse": "REFUSED", "return": "RETURNED", "lapse": "LAPSED",
        "forward": "PENDING", "void": "VOID",
    },
    "PROVISIONAL": {"ratify": "RATIFIED", "veto": "REFUSED", "void": "VOID"},
    "RATIFIED": {"veto": "REFUSED", "void": "VOID"},
    "AUTHORIZED": {"void": "VOID"},
    "REFUSED": {"void": "VOID"},
    "RETURNED": {"void": "VOID"},
    "LAPSED": {"void": "VOID"},
    "VOID": {},
}  # fmt: skip
GRANTS = {
    "SCHEDULED": {"suspend": "SUSPENDED", "revoke": "REVOKED"},
    "ACTIVE": {"suspend": "SUSPENDED", "exhaust": "EXHAUSTED", "revoke": "REVOKED"},
    "SUSPENDED": {"resume": "ISSUED", "revoke": "REVOKED"},
    "EXHAUSTED": {"revoke": "REVOKED"},
    "EXPIRED": {},
    "REVOKED": {},
}
RETRIEVALS = {
    "QUEUED": {"start": "FETCHING", "fail": "FAILED", "abort": "ABORTED"},
    "FETCHING": {
        "start": "FETCHING", "postpone": "QUEUED", "accept": "READY", "fail": "FAILED", "abort": "ABORTED",
    },
    "READY": {"deliver": "DELIVERED", "abort": "ABORTED", "purge": "PURGED"},
    "DELIVERED": {"purge": "PURGED"},
    "FAILED": {},
    "ABORTED": {"purge": "PURGED"},
    "PURGED": {},
}  # fmt: skip


@pytest.mark.parametrize(("state", "command"), list(product(RequestState, RequestCommand)))
def test_request_table(state: RequestState, command: RequestCommand) -> None:
    expected = REQUESTS[state].get(command)
    if expected is not None:
        assert request_states.next_request_state(state, command) == expected
        return
    with pytest.raises(Conflict) as refused:
        request_states.next_request_state(state, command)
    assert refused.value.facts["state"] == state
    assert set(str(refused.value.facts["allowed"]).split(", ")) - {""} == set(REQUESTS[state])


@pytest.mark.parametrize(("state", "command"), list(product(ItemState, ItemCommand)))
def test_item_table(state: ItemState, command: ItemCommand) -> None:
    expected = ITEMS[state].get(command)
    if expected is not None:
        assert request_states.next_item_state(state, command) == expected
        return
    with pytest.raises(Conflict) as refused:
        request_states.next_item_state(state, command)
    assert set(str(refused.value.facts["allowed"]).split(", ")) - {""} == set(ITEMS[state])


def test_retrieval_table() -> None:
    walked = {(str(s), str(c)): str(after) for (s, c), after in retrievals.TRANSITIONS.items()}
    assert walked == {(s, c): after for s, row in RETRIEVALS.items() for c, after in row.items()}
    assert set(RETRIEVALS) == set(retrievals.RetrievalState)


def test_grant_table() -> None:
    walked = {(str(s), str(c)): str(after) for (s, c), after in grants.TRANSITIONS.items()}
    assert walked == {(s, c): after for s, row in GRANTS.items() for c, after in row.items()}
    assert set(GRANTS) | {"ISSUED"} == set(grants.GrantState)
    assert {command for row in GRANTS.values() for command in row} == set(grants.GrantCommand)


def test_nothing_leads_back_to_life() -> None:
    """From what has ended, whatever comes after, no state is reached in which footage could be ordered."""
    live = {"ISSUED", "SCHEDULED", "ACTIVE", "SUSPENDED"}
    for state in ("EXPIRED", "EXHAUSTED", "REVOKED"):
        assert not reached_from(GRANTS, state) & live


def test_the_dead_stay_dead_and_every_state_can_end() -> None:
    for table, final in (
        (REQUESTS, {"CLOSED", "REJECTED", "WITHDRAWN", "LAPSED"}),
        (ITEMS, {"VOID"}),
        (RETRIEVALS, {"FAILED", "PURGED"}),
    ):
        for state in table:
            assert reached_from(table, state) & final, f"{state} can never end"
            assert not table[state] or state not in final


def reached_from(table: dict[str, dict[str, str]], state: str) -> set[str]:
    reached, todo = set(), [state]
    while todo:
        now = todo.pop()
        reached.add(now)
        todo.extend(after for after in table.get(now, {}).values() if after not in reached)
    return reached
