"""Everything together: one request, two owners, seven persons, two resubmissions, walked breadth first.

The walk takes the program's own steps, tables and policy; nothing is modelled a second time. In every state it reaches
six sentences have to hold, and from every state time alone has to lead to an end. Each of the six mutations below
breaks one of them; the test is only worth something if the walk notices.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from uuid import UUID

from broker.domain.deciding import authorizations, decisions, emergencies, lapses
from broker.domain.deciding.decisions import Passage
from broker.domain.deciding.rulebook import Emergency
from broker.domain.errors import BrokerError
from broker.domain.footage import grants, retrievals
from broker.domain.footage.grants import Grant, GrantChange, GrantedLine, GrantState, Level, Terms
from broker.domain.footage.media import SnapshotAsk
from broker.domain.footage.retrievals import Retrieval, RetrievalState
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, PersonId, RequestId, RetrievalId
from broker.domain.people.accounts import Caller, Role
from broker.domain.requests import access_requests
from broker.domain.requests import request_states as states
from broker.domain.requests.access_requests import AccessRequest, AskedLine, Line, RequestItem
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.requests.steps import Decider
from broker.domain.time import TimeSpan
from policies import facts
from policies.authorizer import Authorizer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DUE = NOW + timedelta(days=1)
LATE = DUE + timedelta(days=60)
SPAN = TimeSpan(NOW - timedelta(hours=2), NOW - timedelta(hours=1))
REVISIONS = 3
CENTER, HOME, *OWNERS = (DepartmentId(UUID(int=n)) for n in range(1, 5))
CAMERAS = [CameraId(UUID(int=50 + n)) for n in range(2)]
ASKER, LOOKER, APPROVER, SECOND, OWNER_A, OWNER_B, EVERYTHING = (PersonId(UUID(int=100 + n)) for n in range(7))
OFFICES = {
    ASKER: [(Role.REQUESTER, HOME)],
    LOOKER: [(Role.INVESTIGATOR, HOME)],
    APPROVER: [(Role.CENTER_APPROVER, CENTER)],
    SECOND: [(Role.CENTER_APPROVER, CENTER)],
    OWNER_A: [(Role.DEPARTMENT_AUTHORIZER, OWNERS[0])],
    OWNER_B: [(Role.DEPARTMENT_AUTHORIZER, OWNERS[1])],
    EVERYTHING: [
        (Role.REQUESTER, HOME), (Role.INVESTIGATOR, HOME), (Role.CENTER_APPROVER, CENTER),
        (Role.DEPARTMENT_AUTHORIZER, OWNERS[0]), (Role.DEPARTMENT_AUTHORIZER, OWNERS[1]),
    ],
}  # fmt: skip
PEOPLE = {person: Caller(name="", person_id=person, department_id=HOME) for person in OFFICES}
CENTER_STEPS = ("approve", "return", "reject", "ratify", "disavow")
OWNER_STEPS = ("authorize", "refuse", "return", "veto")


def holders(role: Role, place: DepartmentId) -> list[PersonId]:
    return [person for person, held in OFFICES.items() if (role, place) in held]


@dataclass(frozen=True)
class World:
    """The request with every grant there ever was and the one retrieval that is tried under each."""

    request: AccessRequest
    grants: tuple[Grant, ...] = ()
    retrievals: tuple[Retrieval | None, ...] = ()

    @property
    def key(self) -> object:
        """Return what tells two worlds apart: instants are always the same few, and how a grant died is all one."""
        request = self.request
        return (
            request.state, request.revision, request.emergency, request.requester_id, request.investigators,
            request.center_approvals, request.deciders, request.due is None,
            tuple((item.state, item.deciders) for item in request.items),
            tuple(
                (grant.item_id, grant.state, running and running.state)
                for grant, running in zip(self.grants, self.retrievals, strict=True)
                if grant.state_at(NOW) in grants.STANDING or (running and running.state in retrievals.IN_FLIGHT)
            ),
        )  # fmt: skip


def drafts() -> Iterator[World]:
    """Everybody in the ordinary offices; one person asks who could decide; one looks who could decide."""
    for asker, looker, stages in (
        (ASKER, LOOKER, 1),
        (EVERYTHING, LOOKER, 1),
        (ASKER, EVERYTHING, 1),
        (ASKER, LOOKER, 2),
    ):
        yield World(
            AccessRequest(
                id=RequestId(UUID(int=9)), number="XL2026-000001", requester_id=asker, department_id=HOME,
                purpose=Purpose("a", "b", "c", "d"), terms=Terms(validity=timedelta(hours=1)),
                investigators=frozenset({looker}), asked=tuple(AskedLine(camera, SPAN) for camera in CAMERAS),
                center_approvals=stages, due=DUE,
            ),
        )  # fmt: skip


def items(revision: int, authorizations_needed: int) -> tuple[RequestItem, ...]:
    """Fresh items of a revision: their ids say which, so that an old grant is told from a new one."""
    return tuple(
        RequestItem(
            ItemId(UUID(int=1000 * revision + place)), owner, revision,
            (Line(LineId(UUID(int=2000 * revision + place)), CAMERAS[place], SPAN),),
            authorizations=authorizations_needed if place == 0 else 1,
        )
        for place, owner in enumerate(OWNERS)
    )  # fmt: skip


class Walk:
    """The steps anybody may try in a world, through the policy, as the services take them."""

    def __init__(self, policy: Authorizer) -> None:
        self._policy = policy

    def after(self, world: World) -> Iterator[World]:
        """Yield every world one successful step away."""
        for attempt in (*self._people(world), *self._clock(world), *self._retrievals(world)):
            try:
                yield attempt()
            except BrokerError:
                continue

    def _ask(self, world: World, who: PersonId, act: str, role: Role) -> Decider:
        caller = PEOPLE[who]
        persons = frozenset({who})
        self._policy.require(caller, act, {role}, facts.of_request(caller, world.request, persons))
        return Decider(who, persons)

    def _people(self, world: World) -> Iterator[Callable[[], World]]:
        for who in holders(Role.REQUESTER, HOME):
            yield partial(self._submit, world, who)
            yield partial(self._withdraw, world, who)
            yield partial(self._close, world, who)
        for who in holders(Role.INVESTIGATOR, HOME):
            yield partial(self._emergency, world, who)
        for who, step in product(holders(Role.CENTER_APPROVER, CENTER), CENTER_STEPS):
            yield partial(self._center, world, who, step)
        for item in world.request.items:
            for who, step in product(holders(Role.DEPARTMENT_AUTHORIZER, item.department_id), OWNER_STEPS):
                yield partial(self._owner, world, who, item, step)
        for place, grant in enumerate(world.grants):
            if place % 2 == 0:
                yield partial(step_grant, world, place, partial(grants.suspend, grant, Level.OWNER, "r", NOW))
            yield partial(step_grant, world, place, partial(grants.resume, grant, Level.CENTER, "r", NOW))
            yield partial(step_grant, world, place, partial(grants.revoke, grant, "r", NOW))

    def _submit(self, world: World, who: PersonId) -> World:
        request = world.request
        self._ask(world, who, "access_request:submit", Role.REQUESTER)
        revision = request.revision + (request.state is RequestState.RETURNED)
        if revision > REVISIONS:
            return world
        stages = request.center_approvals
        change = decisions.submit(request, Passage(CENTER, stages, 0, DUE), items(revision, stages), NOW)
        return changed(world, change.after)

    def _withdraw(self, world: World, who: PersonId) -> World:
        self._ask(world, who, "access_request:withdraw", Role.REQUESTER)
        return changed(world, decisions.withdraw(world.request, "r", NOW).after)

    def _close(self, world: World, who: PersonId) -> World:
        self._ask(world, who, "access_request:close", Role.REQUESTER)
        return changed(world, decisions.close(world.request, "r", NOW).after)

    def _emergency(self, world: World, who: PersonId) -> World:
        if who not in world.request.investigators:
            return world
        opening = replace(world.request, requester_id=who)
        after = emergencies.break_glass(opening, CENTER, items(1, 1), Emergency(), NOW).after
        made = changed(world, after)
        for item in made.request.items:
            made = granted(made, item)
        return made

    def _center(self, world: World, who: PersonId, step: str) -> World:
        act = {"ratify": "approve", "disavow": "reject"}.get(step, step)
        by = self._ask(world, who, f"access_request:{act}", Role.CENTER_APPROVER)
        request = world.request
        if step == "approve":
            due = dict.fromkeys(OWNERS, DUE)
            return changed(world, decisions.approve(request, by, None, None, "", NOW, due).after)
        if step == "return":
            if request.state is RequestState.DEPARTMENT_REVIEW:
                return world  # the service refuses: from here on the owners may
            return changed(world, decisions.send_back(request, by, "c", {}, NOW, DUE).after)
        taken = {"reject": decisions.reject, "ratify": emergencies.ratify, "disavow": emergencies.disavow}[step]
        return changed(world, taken(request, by, "c", NOW).after)

    def _owner(self, world: World, who: PersonId, item: RequestItem, step: str) -> World:
        act = {"veto": "refuse"}.get(step, step)
        by = self._ask(world, who, f"request_item:{act}", Role.DEPARTMENT_AUTHORIZER)
        request = world.request
        if step == "authorize":
            after = authorizations.authorize(request, item, by, None, {}, NOW).after
            made = changed(world, after)
            decided = next(it for it in after.items if it.id == item.id)
            return granted(made, decided) if decided.state is ItemState.AUTHORIZED else made
        if step == "refuse":
            return changed(world, authorizations.refuse(request, item, by, "r", NOW).after)
        if step == "return":
            return changed(world, decisions.send_back(request, by, "c", {}, NOW, DUE, item).after)
        return changed(world, emergencies.veto(request, item, by, "r", NOW).after)

    def _clock(self, world: World) -> Iterator[Callable[[], World]]:
        yield lambda: changed(world, lapses.lapse(world.request, LATE).after)
        if not any(grant.state_at(NOW) in grants.STANDING for grant in world.grants):
            yield lambda: changed(world, decisions.close(world.request, "", LATE).after)
        for place, grant in enumerate(world.grants):
            if grant.state_at(NOW) in grants.STANDING:
                yield partial(put, world, place, replace(grant, valid=TimeSpan(NOW - timedelta(hours=1), NOW)))
            if world.retrievals[place] is None:
                yield partial(step_grant, world, place, partial(grants.exhaust, grant, NOW))

    def _retrievals(self, world: World) -> Iterator[Callable[[], World]]:
        for place, (grant, running) in enumerate(zip(world.grants, world.retrievals, strict=True)):
            if grant.state_at(NOW) is not GrantState.ACTIVE:  # what the atomic update and the worker ask
                continue
            if running is None and place % 2 == 0:
                yield partial(run, world, place, ordered(grant))
            if running is not None and running.state in {RetrievalState.QUEUED, RetrievalState.FETCHING}:
                yield lambda place=place, it=running: run(world, place, retrievals.start(it).after)  # type: ignore[misc]
                yield lambda place=place, it=running: run(world, place, retrievals.fail(it, "x", {}).after)  # type: ignore[misc]


def step_grant(world: World, place: int, take: Callable[[], GrantChange]) -> World:
    return put(world, place, take().after)


def ordered(grant: Grant) -> Retrieval:
    ask = SnapshotAsk("", SPAN.begin)
    return Retrieval(RetrievalId(UUID(int=7)), grant.id, LOOKER, grant.lines[0].camera_id, ask)


def granted(world: World, item: RequestItem) -> World:
    number = len(world.grants)
    grant = Grant(
        id=GrantId(UUID(int=3000 + number)), item_id=item.id, request_id=world.request.id,
        department_id=item.department_id, persons=world.request.investigators,
        lines=tuple(GrantedLine(line.id, line.camera_id, SPAN) for line in item.lines), terms=world.request.terms,
        valid=TimeSpan(NOW, NOW + timedelta(hours=1)), emergency=world.request.emergency,
    )  # fmt: skip
    return replace(world, grants=(*world.grants, grant), retrievals=(*world.retrievals, None))


def changed(world: World, after: AccessRequest) -> World:
    """Store a change as the services do: what lost its ground ends with it."""
    fallen = access_requests.groundless(world.request, after)
    made = replace(world, request=replace(after, version=0, since=None))
    for place, grant in enumerate(world.grants):
        if grant.item_id in fallen and grant.state_at(NOW) in grants.STANDING:
            made = put(made, place, grants.revoke(grant, "r", NOW).after)
    return made


def put(world: World, place: int, grant: Grant) -> World:
    """Store a grant; whatever is in flight under one that is not active any more is aborted."""
    made = replace(world, grants=(*world.grants[:place], replace(grant, version=0), *world.grants[place + 1 :]))
    running = made.retrievals[place]
    if running is not None and running.state in retrievals.IN_FLIGHT and grant.state_at(NOW) is not GrantState.ACTIVE:
        return run(made, place, retrievals.abort(running, "r").after)
    return made


def run(world: World, place: int, retrieval: Retrieval) -> World:
    kept = replace(retrieval, version=0, attempt=0)
    return replace(world, retrievals=(*world.retrievals[:place], kept, *world.retrievals[place + 1 :]))


def faults(world: World, came_from: World) -> set[str]:
    """Return which of the six sentences do not hold."""
    request = world.request
    live = [grant for grant in world.grants if grant.state_at(NOW) in grants.STANDING]
    deciders = [request.deciders, *(item.deciders for item in request.items)]
    broken = {
        "I1 a live grant without both authorities for the current revision": any(
            not grant.emergency and not authorized(request, grant) for grant in live
        ),
        "I2 one person in two offices": any(group & request.parties for group in deciders)
        or any(request.deciders & item.deciders for item in request.items),
        "I3 a live grant under a dead request": bool(live) and request.state in states.DEAD,
        "I4 an emergency outlives its missing ratification": any(grant.emergency for grant in live)
        and request.state is not RequestState.EMERGENCY
        and request.approver_id is None,
        "I5 a dead grant came back": any(
            before.state_at(NOW) not in grants.STANDING and after.state_at(NOW) in grants.STANDING
            for before, after in zip(came_from.grants, world.grants, strict=False)
        ),
        "I6 a retrieval runs under a grant that is not active": any(
            running and running.state in retrievals.IN_FLIGHT and grant.state_at(NOW) is not GrantState.ACTIVE
            for grant, running in zip(world.grants, world.retrievals, strict=True)
        ),
    }
    return {sentence for sentence, is_broken in broken.items() if is_broken}


def authorized(request: AccessRequest, grant: Grant) -> bool:
    item = next((item for item in request.items if item.id == grant.item_id), None)
    return (
        item is not None
        and item.state is ItemState.AUTHORIZED
        and item.authorizer_id is not None
        and request.approver_id is not None
    )


ENDED = frozenset({RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.LAPSED, RequestState.CLOSED})


def walk(policy: Authorizer, wanted: str = "I") -> tuple[dict[object, World], dict[object, set[object]], str]:
    """Return the worlds reached, who follows whom, and the first fault that begins with `wanted` ("" for none)."""
    walker = Walk(policy)
    seen = {world.key: world for world in drafts()}
    queue = deque(seen.values())
    followers: dict[object, set[object]] = {}
    while queue:
        world = queue.popleft()
        for after in walker.after(world):
            key = after.key
            if key == world.key:
                continue
            followers.setdefault(world.key, set()).add(key)
            for fault in faults(after, world):
                if fault.startswith(wanted):
                    return seen, followers, fault
            if key not in seen:
                seen[key] = after
                queue.append(after)
    return seen, followers, ""
