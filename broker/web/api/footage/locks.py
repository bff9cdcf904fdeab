"""Locks: shut a person, a camera or a department at once, and open it again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from broker.domain.footage.locks import Lock, LockKind
from broker.domain.ids import CameraId, DepartmentId, LockId, PersonId
from broker.services.people.names import Known
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import CameraRef, DepartmentRef, PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import In, Out, Paragraph

router = APIRouter(prefix="/locks", tags=["locks"], route_class=OnceRoute)

Standing = Annotated[bool, Query(description="Leave out locks that were lifted. 不列出已解除的锁定。")]


class LockIn(In):
    """What is to be locked, by its id: a person, a camera, or the cameras of a department and all below it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "camera", "target": "0198d3a0-0000-7000-8000-000000000001", "reason": "画面泄露，先行锁定"},
            ],
        },
    )

    kind: LockKind
    target: UUID
    reason: Paragraph


class LockOut(Out):
    """A lock; one of person, camera and department says what is locked. No `set_by`: the operator at the machine."""

    id: UUID
    kind: LockKind
    target: UUID
    person: PersonRef | None
    camera: CameraRef | None
    department: DepartmentRef | None
    reason: str
    set_by: PersonRef | None
    set_at: datetime
    lifted_by: PersonRef | None
    lifted_at: datetime | None

    @classmethod
    def of(cls, lock: Lock, known: Known) -> Self:
        key = lock.target_id
        return cls(
            id=lock.id, kind=lock.kind, target=key,
            person=PersonRef.named(PersonId(key), known) if lock.kind is LockKind.PERSON else None,
            camera=CameraRef.named(CameraId(key), known) if lock.kind is LockKind.CAMERA else None,
            department=DepartmentRef.named(DepartmentId(key), known) if lock.kind is LockKind.DEPARTMENT else None,
            reason=lock.reason,
            set_by=PersonRef.named(lock.set_by, known) if lock.set_by else None, set_at=lock.set_at,
            lifted_by=PersonRef.named(lock.lifted_by, known) if lock.lifted_by else None, lifted_at=lock.lifted_at,
        )  # fmt: skip


class LockSetOut(LockOut):
    """A fresh lock; from `effective_at` on no process serves what it forbids."""

    effective_at: datetime


def shown(locks: Sequence[Lock], reading: Reading) -> list[LockOut]:
    """Return locks, their names looked up together."""
    known = _known(locks, reading)
    return [LockOut.of(lock, known) for lock in locks]


def _known(locks: Sequence[Lock], reading: Reading) -> Known:
    def targets(kind: LockKind) -> set[UUID]:
        return {lock.target_id for lock in locks if lock.kind is kind}

    persons = targets(LockKind.PERSON) | {who for lock in locks for who in (lock.set_by, lock.lifted_by) if who}
    return reading.known(
        persons={PersonId(key) for key in persons},
        cameras={CameraId(key) for key in targets(LockKind.CAMERA)},
        departments={DepartmentId(key) for key in targets(LockKind.DEPARTMENT)},
    )


def effective(lock: Lock, reading: Reading) -> LockSetOut:
    """Return a lock that was set a moment ago; the call that set it waited for every process."""
    at = reading.now
    return LockSetOut(**LockOut.of(lock, _known([lock], reading)).__dict__, effective_at=at)


@router.get("")
def list_locks(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, standing: Standing = True
) -> Page[LockOut]:
    """列出您职权范围内的锁定，新的在前。List the locks in your reach, newest first."""
    after = None if window.after is None else LockId(window.after)
    found = broker.locks.page(caller, standing=standing, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda locks: shown(locks, reading))


@router.post("", status_code=201)
def set_lock(body: LockIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> LockSetOut:
    """立即锁定人员、点位或部门；答复时锁定已在各处生效。Lock at once; answered when it holds everywhere."""
    return effective(broker.locks.set(caller, body.kind, body.target, body.reason), reading)


@router.get("/{key}")
def read_lock(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> LockOut:
    """查看一条锁定。Read a lock."""
    return shown([broker.locks.read(caller, LockId(key))], reading)[0]


@router.post("/{key}/lift")
def lift_lock(key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> LockOut:
    """解除锁定；已中止的调取不会恢复。Lift a lock; what it ended stays ended."""
    return shown([broker.locks.lift(caller, LockId(key), body.reason)], reading)[0]
