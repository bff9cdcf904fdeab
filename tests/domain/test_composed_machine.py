"""Everything together, walked breadth first: the walk holds, and it notices when the tables are broken on purpose."""

from collections.abc import Callable

import pytest

from broker.domain.deciding import lapses
from broker.domain.footage import grants, retrievals
from broker.domain.footage.grants import GrantCommand, GrantState
from broker.domain.footage.retrievals import RetrievalCommand, RetrievalState
from broker.domain.requests import access_requests
from broker.domain.requests import request_states as states
from broker.domain.requests.request_states import ItemState, RequestCommand, RequestState
from policies import facts
from policies.authorizer import Authorizer
from policies.vocabulary import Fact
from tests.domain.composed import ENDED, REVISIONS, walk


def test_no_path_leads_to_footage_without_both_authorities_and_every_state_ends() -> None:
    worlds, followers, fault = walk(Authorizer())
    assert fault == ""
    assert {world.request.state for world in worlds.values()} == set(RequestState)
    assert max(world.request.revision for world in worlds.values()) == REVISIONS
    assert {state for world in worlds.values() for state in (it.state for it in world.grants)} > {GrantState.SUSPENDED}
    before: dict[object, set[object]] = {}
    for world, after in followers.items():
        for each in after:
            before.setdefault(each, set()).add(world)
    ending = {key for key, world in worlds.items() if world.request.state in ENDED}
    waiting = list(ending)
    while waiting:
        fresh = before.get(waiting.pop(), set()) - ending
        ending |= fresh
        waiting.extend(fresh)
    assert ending == set(worlds)


def _approvals_survive(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(access_requests, "groundless", lambda *_: frozenset())


def _duties_not_separated(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        facts, "of_request", lambda *_: Fact.IS_PERSON | Fact.IS_REQUESTER | Fact.NOT_PARTY | Fact.NOT_APPROVER
    )


def _withdrawn_is_not_dead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(access_requests, "DEAD", states.DEAD - {RequestState.WITHDRAWN})
    patch.setattr(access_requests, "GRANTING", frozenset(ItemState))


def _nobody_need_ratify(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(states.REQUEST_TRANSITIONS, (RequestState.EMERGENCY, RequestCommand.LAPSE), RequestState.DECIDED)
    patch.setattr(lapses, "void_all", lambda change: change)


def _the_dead_resume(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(grants.TRANSITIONS, (GrantState.REVOKED, GrantCommand.RESUME), GrantState.ISSUED)


def _abort_aborts_nothing(patch: pytest.MonkeyPatch) -> None:
    for state in (RetrievalState.QUEUED, RetrievalState.FETCHING):
        patch.setitem(retrievals.TRANSITIONS, (state, RetrievalCommand.ABORT), state)


@pytest.mark.parametrize(
    ("mutate", "sentence"),
    [
        (_approvals_survive, "I1"), (_duties_not_separated, "I2"), (_withdrawn_is_not_dead, "I3"),
        (_nobody_need_ratify, "I4"), (_the_dead_resume, "I5"), (_abort_aborts_nothing, "I6"),
    ],
)  # fmt: skip
def test_the_walk_notices(
    mutate: Callable[[pytest.MonkeyPatch], None], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    _, _, fault = walk(Authorizer(), sentence)
    assert fault
