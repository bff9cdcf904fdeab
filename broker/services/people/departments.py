"""The tree of departments as a desk shows it: level by level, found by words, and called otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from broker.domain.errors import Invalid
from broker.domain.footage.locks import LockKind
from broker.domain.ids import DepartmentId, LockId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Department
from broker.services.people.accounts import DIVISION
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

BESIDE = 20
"""How many departments of the second level are shown with each of the first."""

ACTS = ("department:create", "department:edit")
"""What who reaches a department may do about it."""

FROM_ABOVE = ("department:move", "department:close", "department:reopen")
"""What who reaches that above it may do about it."""


@dataclass(frozen=True)
class Branch:
    """Departments next to each other, and the first of those below each; one more than `BESIDE` where there are."""

    departments: Sequence[Department]
    below: Mapping[DepartmentId, Sequence[Department]]


@dataclass(frozen=True)
class Node:
    """A department with those above it, the root first, the lock on it, and what the caller may do about it."""

    department: Department
    above: Sequence[Department]
    lock: LockId | None
    may: frozenset[str]


@dataclass(frozen=True)
class Renamed:
    """What a department is called from now on; its code and its place stay, since every record names them."""

    name: str
    name_en: str
    division: str
    version: int


class Departments:
    """Departments by code."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def branch(self, caller: Caller, parent: str | None, *, after: str, limit: int) -> Branch:
        """Return what lies directly below a department, or what has nothing above it, in tree order.

        Raises:
            Unknown: there is no such department.
        """
        with self._work() as work:
            self._policy.require(caller, "department:list", caller.roles(work.now), facts.of_person(caller))
            if parent is None:
                found: Sequence[Department] = [root for root in work.departments.roots() if root.path > after][:limit]
            else:
                home = work.departments.by_code(parent)
                found = work.departments.children(home.id, after=after, limit=limit)
            below = work.departments.grandchildren({each.id for each in found}, each=BESIDE + 1)
            return Branch(found, below)

    def find(self, caller: Caller, text: str, *, after: str, limit: int) -> Sequence[Department]:
        """Return departments with this text in their name, or whose code begins with it."""
        with self._work() as work:
            self._policy.require(caller, "department:list", caller.roles(work.now), facts.of_person(caller))
            return work.departments.find(text, after=after, limit=limit)

    def read(self, caller: Caller, code: str) -> Node:
        """Return one department.

        Raises:
            Unknown: there is none.
        """
        with self._work() as work:
            self._policy.require(caller, "department:list", caller.roles(work.now), facts.of_person(caller))
            found = work.departments.by_code(code)
            codes = found.path.strip("/").split("/")[:-1]
            above = work.departments.by_codes(codes)
            return Node(
                department=found,
                above=[above[each] for each in codes],
                lock=work.locks.standing_on(LockKind.DEPARTMENT, found.id),
                may=self._may(work, caller, found, above[codes[-1]].path if codes else "/"),
            )

    def rename(self, caller: Caller, code: str, new: Renamed) -> Department:
        """Change what a department is called and where it lies; the same again changes nothing.

        Raises:
            Invalid: it would have no name, or the division is none.
            Conflict: somebody changed it since `new.version` was read.
        """
        with self._work() as work:
            found = work.departments.for_change(code)
            roles = caller.roles_at(found.path, work.now)
            permit = self._policy.require(caller, "department:edit", roles, facts.of_person(caller))
            if not new.name.strip():
                raise Invalid("field-empty", pointer="/name")
            if not DIVISION.fullmatch(new.division):
                raise Invalid("malformed", pointer="/division", value=new.division[:80], pattern=DIVISION.pattern)
            after = replace(found, name=new.name, name_en=new.name_en, division=new.division)
            if after == found:
                return found
            stream = f"department/{found.id}"
            after = replace(after, version=work.audit.reserve(stream))
            work.departments.change(replace(found, version=new.version), after)
            data = {name: getattr(after, name) for name in ("name", "name_en", "division")}
            work.audit.append(permit, (Entry(stream, "department:edited", data),))
            work.commit(permit)
            return after

    def _may(self, work: UnitOfWork, caller: Caller, at: Department, above: str) -> frozenset[str]:
        known = facts.of_person(caller)
        return frozenset(
            act
            for acts, path in ((ACTS, at.path), (FROM_ABOVE, above))
            for act in acts
            if self._policy.decide(caller.roles_at(path, work.now), act, known).allowed
        )
