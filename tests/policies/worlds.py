"""Small worlds made by chance: a tree of departments, people with offices, requests, grants and locks; in memory."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from broker.domain.deciding.delegations import DECIDING
from broker.domain.footage.grants import Action, Condition, Grant, GrantedLine, GrantState, Quota, Terms
from broker.domain.footage.locks import Lock, LockKind
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, LockId, PersonId, RequestId
from broker.domain.people.accounts import ASSIGNABLE, Assignment, Caller, Department, DepartmentKind, Role
from broker.domain.requests.access_requests import AccessRequest, RequestItem
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PURPOSE = Purpose("criminal", "other", "1", "1")
CODES = ("a", "ab", "a_", "b", "b%", "c", "abc", "d", "d1")  # one begins another, and some mean more to SQL
ROLES = sorted(ASSIGNABLE)
DECIDE = sorted(DECIDING)
SPANS = (None, None, None, TimeSpan(NOW - HOUR, NOW + HOUR), TimeSpan(NOW, NOW + HOUR), TimeSpan(NOW - HOUR, NOW),
         TimeSpan(NOW + HOUR, NOW + 2 * HOUR))  # fmt: skip
QUOTAS = (Quota(1, 3600, 10), Quota(2, 7200, 10), Quota(0, 7200, 10), Quota(1, 1800, 10))
WINDOWS = (TimeSpan(NOW - 9 * HOUR, NOW - 8 * HOUR), TimeSpan(NOW - 10 * HOUR, NOW - 7 * HOUR),
           TimeSpan(NOW - 9 * HOUR, NOW - 7 * HOUR), TimeSpan(NOW - 3 * HOUR, NOW - 2 * HOUR))  # fmt: skip
VALID = (TimeSpan(NOW - HOUR, NOW + HOUR), TimeSpan(NOW, NOW + HOUR), TimeSpan(NOW - HOUR, NOW),
         TimeSpan(NOW + HOUR, NOW + 2 * HOUR))  # fmt: skip
STATES = (GrantState.ISSUED, GrantState.ISSUED, GrantState.ISSUED, GrantState.SUSPENDED, GrantState.EXHAUSTED,
          GrantState.REVOKED)  # fmt: skip

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Office:
    """A role in a department, held or lent by another person, for a time or for good."""

    role: Role
    department: DepartmentId
    span: TimeSpan | None
    lender: PersonId | None


@dataclass(frozen=True)
class Somebody:
    """A person; `shown_until` is None where there is no second factor."""

    id: PersonId
    home: DepartmentId
    offices: tuple[Office, ...]
    shown_until: datetime | None


@dataclass
class World:
    """What there is at one instant."""

    departments: dict[DepartmentId, Department] = field(default_factory=dict)
    people: dict[PersonId, Somebody] = field(default_factory=dict)
    owners: dict[CameraId, DepartmentId] = field(default_factory=dict)
    requests: dict[RequestId, AccessRequest] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)

    def caller(self, who: PersonId) -> Caller:
        """Return the person as the doors of the program would have it."""
        person = self.people[who]
        return Caller(
            name="",
            person_id=who,
            department_id=person.home,
            path=self.departments[person.home].path,
            assignments=tuple(
                Assignment(it.role, it.department, self.departments[it.department].path, it.span, it.lender)
                for it in person.offices
            ),
            second_factor=person.shown_until is not None,
            fresh_until=person.shown_until,
        )


def made_by(chance: Random) -> World:
    """Return a world."""
    world = World()
    _departments(chance, world)
    _people(chance, world)
    homes = list(world.departments)
    world.owners = {CameraId(UUID(int=200 + number)): chance.choice(homes) for number in range(4)}
    for number in range(2):
        _request(chance, world, number)
    for number in range(chance.randint(0, 4)):
        world.locks.append(_lock(chance, world, number))
    return world


def _departments(chance: Random, world: World) -> None:
    """A root that governs, some more places that govern, each with or without a center, and departments."""
    root = _found(world, None, "root", DepartmentKind.GOVERNMENT)
    governing = [root]
    for code in chance.sample(CODES, chance.randint(3, 7)):
        kind = chance.choice((DepartmentKind.GOVERNMENT, DepartmentKind.DEPARTMENT, DepartmentKind.DEPARTMENT))
        new = _found(world, chance.choice(governing), code, kind)
        if kind is DepartmentKind.GOVERNMENT or chance.random() < 0.2:
            governing.append(new)
    for place in governing:
        if place.kind is DepartmentKind.GOVERNMENT and chance.random() < 0.8:
            _found(world, place, "center", DepartmentKind.CENTER)


def _found(world: World, parent: Department | None, code: str, kind: DepartmentKind) -> Department:
    key = DepartmentId(UUID(int=100 + len(world.departments)))
    path = f"{parent.path if parent else '/'}{code}/"
    new = Department(key, code, code, "", kind, "99", parent.id if parent else None, path)
    world.departments[key] = new
    return new


def _people(chance: Random, world: World) -> None:
    homes = list(world.departments)
    keys = [PersonId(UUID(int=number)) for number in range(1, 7)]
    for key in keys:
        home = chance.choice(homes)
        offices = tuple(_office(chance, home, homes, keys, key) for _ in range(chance.randint(1, 4)))
        if chance.random() < 0.5:
            offices += (Office(Role.INVESTIGATOR, home, None, None),)
        world.people[key] = Somebody(key, home, offices, chance.choice((None, NOW, NOW + HOUR)))


def _office(
    chance: Random, home: DepartmentId, homes: list[DepartmentId], keys: list[PersonId], own: PersonId
) -> Office:
    role = chance.choice(DECIDE) if chance.random() < 0.5 else chance.choice(ROLES)
    place = home if chance.random() < 0.4 else homes[0] if chance.random() < 0.2 else chance.choice(homes)
    lender = chance.choice(keys) if role in DECIDING and chance.random() < 0.5 else None
    return Office(role, place, chance.choice(SPANS), None if lender == own else lender)


def _request(chance: Random, world: World, number: int) -> None:
    people, places = list(world.people), list(world.departments)
    centers = [key for key, it in world.departments.items() if it.kind is DepartmentKind.CENTER]
    requester = chance.choice(people)
    key = RequestId(UUID(int=300 + number))
    items = tuple(
        RequestItem(
            ItemId(UUID(int=400 + 10 * number + place)), chance.choice(places), 1, (), deciders=_some(chance, people, 1)
        )
        for place in range(2)
    )
    world.requests[key] = AccessRequest(
        id=key,
        number="",
        requester_id=requester,
        department_id=world.people[requester].home if chance.random() < 0.8 else chance.choice(places),
        purpose=PURPOSE,
        terms=Terms(),
        investigators=_some(chance, people, 3),
        asked=(),
        items=items,
        center_id=chance.choice(centers) if centers and chance.random() < 0.9 else None,
        escalated_to=chance.choice(centers) if centers and chance.random() < 0.3 else None,
        deciders=_some(chance, people, 1),
    )
    for place in range(2):
        grant = _grant(chance, world, world.requests[key], items[place], GrantId(UUID(int=500 + 10 * number + place)))
        world.grants.append(grant)


def _some(chance: Random, things: Collection[Thing], most: int) -> frozenset[Thing]:
    return frozenset(chance.sample(list(things), chance.randint(0, most)))


def _grant(chance: Random, world: World, request: AccessRequest, item: RequestItem, key: GrantId) -> Grant:
    cameras = list(world.owners)
    lines = tuple(
        GrantedLine(LineId(UUID(int=600 + number)), chance.choice(cameras), chance.choice(WINDOWS))
        for number in range(chance.randint(1, 3))
    )
    return Grant(
        id=key, item_id=item.id, request_id=request.id, department_id=item.department_id,
        persons=request.investigators | _some(chance, world.people, 1),
        lines=lines,
        terms=Terms(
            actions=frozenset(chance.sample(sorted(Action), chance.randint(1, 2))),
            quota=chance.choice(QUOTAS),
            conditions=_some(chance, sorted(Condition), 1) if chance.random() < 0.4 else frozenset(),
        ),
        valid=chance.choice(VALID[:2]) if chance.random() < 0.7 else chance.choice(VALID),
        state=chance.choice(STATES),
        used=chance.choice((Quota(0, 0, 0), Quota(0, 0, 0), Quota(1, 3600, 0))),
    )  # fmt: skip


def _lock(chance: Random, world: World, number: int) -> Lock:
    kind = chance.choice(sorted(LockKind))
    place = chance.choice(list(world.departments))
    target: UUID = place
    if kind is LockKind.PERSON:
        target = chance.choice(list(world.people))
        place = world.people[PersonId(target)].home
    elif kind is LockKind.CAMERA:
        target = chance.choice(list(world.owners))
        place = world.owners[CameraId(target)]
    level = world.departments[chance.choice(list(lineage(world, place)))].path
    lifted = NOW - HOUR if chance.random() < 0.3 else None
    return Lock(
        LockId(UUID(int=700 + number)), kind, target, world.departments[place].path, level, "", None, NOW - HOUR,
        lifted_at=lifted,
    )  # fmt: skip


def lineage(world: World, place: DepartmentId) -> Iterable[DepartmentId]:
    """Yield a department and all above it, step by step."""
    step: DepartmentId | None = place
    while step is not None:
        yield step
        step = world.departments[step].parent_id
