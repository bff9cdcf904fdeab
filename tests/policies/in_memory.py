"""As much of a unit of work as the services need to ask the policy, over a world in memory."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import cast

from broker.domain.footage.locks import LockKind
from broker.domain.ids import CameraId, DepartmentId, PersonId, RequestId
from broker.domain.people.accounts import Caller, Department, DepartmentKind
from broker.domain.requests.access_requests import AccessRequest
from storage.db.unit_of_work import UnitOfWork
from tests.policies.worlds import NOW, World


@dataclass
class Departments:
    world: World

    def load(self, key: DepartmentId) -> Department:
        return self.world.departments[key]

    def load_many(self, keys: Collection[DepartmentId]) -> dict[DepartmentId, Department]:
        return {key: self.world.departments[key] for key in keys}

    def centers(self) -> tuple[Department, ...]:
        return tuple(it for it in self.world.departments.values() if it.kind is DepartmentKind.CENTER)

    def roots(self) -> list[Department]:
        return [it for it in self.world.departments.values() if it.parent_id is None]


@dataclass
class Cameras:
    world: World

    def load_many(self, keys: Collection[CameraId]) -> dict[CameraId, SimpleNamespace]:
        return {key: SimpleNamespace(owner_id=self.world.owners[key]) for key in keys}


@dataclass
class Requests:
    world: World

    def load(self, key: RequestId, _: object) -> AccessRequest:
        return self.world.requests[key]


@dataclass
class Locks:
    world: World

    def over(self, who: PersonId, camera: CameraId) -> frozenset[LockKind]:
        """What the database finds: the locks on the person, on the camera, and on its owner or above."""
        owner = self.world.departments[self.world.owners[camera]].path
        return frozenset(
            lock.kind
            for lock in self.world.locks
            if lock.standing
            and (lock.target_id in {who, camera} or (lock.kind is LockKind.DEPARTMENT and owner.startswith(lock.path)))
        )


@dataclass
class Callers:
    world: World

    def load(self, who: PersonId, _: datetime) -> Caller:
        """What every call starts from: where somebody works and what offices are held."""
        return self.world.caller(who)


class Memory:
    """The repositories of a world."""

    def __init__(self, world: World) -> None:
        self.now = NOW
        self.departments = Departments(world)
        self.cameras = Cameras(world)
        self.access_requests = Requests(world)
        self.locks = Locks(world)
        self.callers = Callers(world)


def unit_of_work(world: World) -> UnitOfWork:
    return cast("UnitOfWork", Memory(world))
