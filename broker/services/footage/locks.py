"""Locks: set at once by whoever watches over a person, a camera or a department, lifted at the same level or above."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Invalid, Unknown
from broker.domain.footage import locks
from broker.domain.footage.locks import Lock, LockKind
from broker.domain.ids import CameraId, DepartmentId, LockId, PersonId, new_id
from broker.domain.people.accounts import Caller, Role
from broker.services.footage.stops import LOCKED, halt
from broker.services.people.reach import places_of
from policies import facts
from policies.authorizer import Authorizer
from policies.vocabulary import Fact
from storage.db.footage.locks import LockVisibility
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class Sight:
    """What somebody points at to lock it: may they, and is it locked itself already."""

    kind: LockKind
    target: UUID
    open: bool
    standing: LockId | None


class Locks:
    """What may be done with locks."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def set(self, caller: Caller, kind: LockKind, target: UUID, reason: str) -> Lock:
        """Lock a person, a camera, or the cameras of a department and of all below it.

        When it returns, nothing that the lock forbids flows in any process.

        Raises:
            Conflict: the target is locked already.
        """
        with self._work() as work:
            path = _place(work, kind, target)
            levels = dict(_levels(caller, work, kind, target, path))
            if kind is LockKind.CAMERA and not levels:  # who has no say learns of no point that is hidden
                work.cameras.load(CameraId(target), Viewer.of(caller, work.now))
            known = facts.of_lock(caller, kind, target)
            permit = self._policy.require(caller, "lock:set", levels.keys(), known)
            _filled(reason)
            work.locks.shut_gate()
            lock = Lock(
                id=LockId(new_id()), kind=kind, target_id=target, path=path, level=min(levels.values(), key=len),
                reason=reason, set_by=caller.person_id, set_at=work.now,
            )  # fmt: skip
            change = locks.set_lock(lock)
            work.locks.add(change.after)
            work.audit.append(permit, change.entries)
            halt(work, permit, lock.stop, LOCKED[kind])
            work.commit(permit)
            return change.after

    def lift(self, caller: Caller, key: LockId, reason: str) -> Lock:
        """Lift a lock; what it ended stays ended.

        Raises:
            Unknown: there is none, or the caller may not know of it.
            Forbidden: it was set on a higher level than the caller's, or is on the caller.
        """
        with self._work() as work:
            lock = work.locks.load(key, _visibility(caller, work))
            permit = self._policy.require(caller, "lock:lift", *_over(caller, work, lock))
            _filled(reason)
            change = locks.lift(lock, caller.person_id, reason, work.now)
            work.locks.save(lock, change.after)
            work.audit.append(permit, change.entries)
            work.commit(permit)
            return change.after

    def liftable(self, caller: Caller, key: LockId) -> bool:
        """Say whether the caller may lift a lock that the caller may know of."""
        with self._work() as work:
            self._policy.require(caller, "lock:list", caller.roles(work.now), facts.of_person(caller))
            lock = work.locks.load(key, _visibility(caller, work))
            roles, known = _over(caller, work, lock)
            return lock.standing and self._policy.decide(roles, "lock:lift", known).allowed

    def read(self, caller: Caller, key: LockId) -> Lock:
        """Return a lock the caller may know of."""
        with self._work() as work:
            self._policy.require(caller, "lock:list", caller.roles(work.now), facts.of_person(caller))
            return work.locks.load(key, _visibility(caller, work))

    def sight(self, caller: Caller, kind: LockKind, name: str) -> Sight:
        """Return what somebody names: the login of a person, the code of a department or of a point.

        Raises:
            Unknown: there is no such thing, or the caller may not know of it.
        """
        with self._work() as work:
            self._policy.require(caller, "lock:list", caller.roles(work.now), facts.of_person(caller))
            target = _named(caller, work, kind, name)
            levels = dict(_levels(caller, work, kind, target, _place(work, kind, target)))
            if kind is LockKind.PERSON and not levels:  # whose accounts are kept by others is not for everybody
                raise Unknown("unknown-person", person=name)
            known = facts.of_lock(caller, kind, target)
            open_to = self._policy.decide(levels.keys(), "lock:set", known).allowed
            return Sight(kind, target, open_to, work.locks.standing_on(kind, target))

    def page(self, caller: Caller, *, standing: bool, after: LockId | None, limit: int) -> Sequence[Lock]:
        """Return locks the caller may know of, newest first; `standing` leaves out those that were lifted."""
        with self._work() as work:
            self._policy.require(caller, "lock:list", caller.roles(work.now), facts.of_person(caller))
            return work.locks.page(_visibility(caller, work), standing=standing, after=after, limit=limit)


def _place(work: UnitOfWork, kind: LockKind, target: UUID) -> str:
    """Return where the target stands in the tree; raises Unknown when there is no such thing."""
    match kind:
        case LockKind.PERSON:
            home = work.persons.load(PersonId(target)).department_id
        case LockKind.CAMERA:
            home = work.cameras.load(CameraId(target)).owner_id
        case LockKind.DEPARTMENT:
            home = DepartmentId(target)
    return work.departments.load(home).path


def _named(caller: Caller, work: UnitOfWork, kind: LockKind, name: str) -> UUID:
    match kind:
        case LockKind.PERSON:
            return work.persons.by_login(name).id
        case LockKind.CAMERA:
            return work.cameras.by_gb_code(name, Viewer.of(caller, work.now)).id
        case LockKind.DEPARTMENT:
            return work.departments.by_code(name).id


def _levels(caller: Caller, work: UnitOfWork, kind: LockKind, target: UUID, path: str) -> Iterator[tuple[Role, str]]:
    """Yield each role in which the caller has a say over what stands at `path`, the highest level last.

    Over a person it has to reach every department in which that one holds a role.
    """
    if kind is LockKind.PERSON:
        places = {path, *places_of(work, PersonId(target))}
        yield from _holding(caller, work, Role.SECURITY_ADMINISTRATOR, places)
    else:
        yield from _holding(caller, work, Role.DEPARTMENT_AUTHORIZER, {path})
        yield from _of_centers(caller, work, path)
    yield from _holding(caller, work, Role.OPERATOR, {path})


def _over(caller: Caller, work: UnitOfWork, lock: Lock) -> tuple[set[Role], Fact]:
    """Return the roles that stand as high as a lock, and the facts about lifting it."""
    levels = _levels(caller, work, lock.kind, lock.target_id, lock.path)
    roles = {role for role, level in levels if lock.level.startswith(level)}
    return roles, facts.of_lock(caller, lock.kind, lock.target_id)


def _holding(caller: Caller, work: UnitOfWork, role: Role, paths: Collection[str]) -> Iterator[tuple[Role, str]]:
    held = (place for place in caller.paths_of(role, work.now) if all(path.startswith(place) for path in paths))
    return ((role, place) for place in sorted(held, key=len, reverse=True))


def _of_centers(caller: Caller, work: UnitOfWork, path: str) -> Iterator[tuple[Role, str]]:
    """Yield the levels of the caller as approver: a center speaks for the whole place it belongs to."""
    fitting = [center for center in work.departments.centers() if path.startswith(center.jurisdiction)]
    for center in sorted(fitting, key=lambda it: len(it.jurisdiction), reverse=True):
        if Role.CENTER_APPROVER in caller.roles_at(center.path, work.now):
            yield Role.CENTER_APPROVER, center.jurisdiction


def _visibility(caller: Caller, work: UnitOfWork) -> LockVisibility:
    """Return the test that guards one lock and every list of locks for this caller."""
    everywhere = (*caller.paths_of(Role.OPERATOR, work.now), *caller.paths_of(Role.AUDITOR, work.now))
    centers = work.departments.centers() if caller.paths_of(Role.CENTER_APPROVER, work.now) else ()
    decided = [it.jurisdiction for it in centers if Role.CENTER_APPROVER in caller.roles_at(it.path, work.now)]
    return LockVisibility(
        persons=(*everywhere, *caller.paths_of(Role.SECURITY_ADMINISTRATOR, work.now)),
        cameras=(*everywhere, *caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now), *decided),
    )


def _filled(reason: str) -> None:
    if not reason.strip():
        raise Invalid("field-empty", pointer="/reason")
