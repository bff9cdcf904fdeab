"""Departments, persons and the roles they hold.

Departments form one tree; a role is held in a department and reaches that department's subtree. A tree place is
written as a path of department codes, "/510100/510104/cg/", so that "lies below" is a prefix test here and in SQL.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from broker.domain.errors import Invalid
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.time import TimeSpan


class Role(StrEnum):
    """What a person may be in a department (docs/glossary.md has the Chinese names)."""

    REQUESTER = "requester"
    INVESTIGATOR = "investigator"
    CENTER_APPROVER = "center_approver"
    DEPARTMENT_AUTHORIZER = "department_authorizer"
    EMERGENCY_INVESTIGATOR = "emergency_investigator"  # may open cameras before anybody has decided
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    OPERATOR = "operator"  # whoever has the machine: sets the house up, decides nothing, sees no video
    WORKER = "worker"  # the job engine itself


ADMINISTRATORS = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR})
"""三员分立: these three never meet in one person (GB/T 22239-2019, level 3)."""

ASSIGNABLE = frozenset(Role) - {Role.OPERATOR, Role.WORKER}


class DepartmentKind(StrEnum):
    """A node of the tree: a place that governs, its comprehensive center, or a department."""

    GOVERNMENT = "government"
    CENTER = "center"
    DEPARTMENT = "department"


@dataclass(frozen=True)
class Department:
    """One node of the tree; `division` is its GB/T 2260 code (2 to 12 digits).

    One with a `closed_at` is history: nobody acts for it, nothing comes to it, and what names it still says its name.
    """

    id: DepartmentId
    code: str
    name: str
    name_en: str
    kind: DepartmentKind
    division: str
    parent_id: DepartmentId | None
    path: str
    version: int = 0
    closed_at: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.closed_at is not None

    @property
    def parent_path(self) -> str:
        return self.path[: self.path.rstrip("/").rfind("/") + 1]

    @property
    def jurisdiction(self) -> str:
        """The subtree this department speaks for: a center speaks for the place that it belongs to."""
        return self.parent_path if self.kind is DepartmentKind.CENTER else self.path


@dataclass(frozen=True)
class Assignment:
    """A role held in the department at `path` during `valid` (None: without end).

    `standing_for` names the person whose role this is when a delegation lends it; None for a role in own right.
    """

    role: Role
    department_id: DepartmentId
    path: str
    valid: TimeSpan | None = None
    standing_for: PersonId | None = None

    def holds_at(self, at: datetime) -> bool:
        return self.valid is None or self.valid.holds_instant(at)

    def reaches(self, path: str, at: datetime) -> bool:
        return path.startswith(self.path) and self.holds_at(at)


@dataclass(frozen=True)
class Person:
    """Somebody with an account, without secrets.

    `one_time_until`: until when a password that an administrator handed out is good for one sign-in; None once the
    person has chosen one. `password_chosen`: False while an account waits for its first password.
    """

    id: PersonId
    login: str
    name: str
    department_id: DepartmentId
    active: bool
    version: int
    one_time_until: datetime | None = None
    email: str | None = None
    language: str | None = None
    password_chosen: bool = True


class Standing(StrEnum):
    """How an account stands; `invited`: open, and its first password is still to be chosen."""

    OPEN = "open"
    CLOSED = "closed"
    INVITED = "invited"


@dataclass(frozen=True)
class WhoIsSought:
    """What a list of accounts is narrowed to; nothing is asked where nothing is said.

    `text` stands in the name or the login, `path` is the subtree of a department that one works in, `role` is held
    anywhere.
    """

    text: str = ""
    path: str = ""
    role: Role | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class Caller:
    """Who acts, as the doors established it; never taken from a body.

    `person_id` is None for the operator at the machine and for the worker. `scopes` limits an API token to some
    acts ("camera", "access_request:list", "*"); a session has no such limit. `credential` is the digest of the
    session or token that makes the call; `fresh_until` says until when its second factor counts as shown just now.
    `must_step_up`: the session was opened without the second factor that its person has.
    """

    name: str
    person_id: PersonId | None = None
    department_id: DepartmentId | None = None
    path: str = ""
    assignments: tuple[Assignment, ...] = ()
    scopes: frozenset[str] = field(default_factory=lambda: frozenset({"*"}))
    via: str = "session"
    credential: bytes = field(default=b"", repr=False)
    second_factor: bool = False
    stepped_up_at: datetime | None = None
    fresh_until: datetime | None = None
    must_change_password: bool = False
    must_step_up: bool = False

    def roles_at(self, path: str, at: datetime) -> frozenset[Role]:
        """Return the roles that reach the department at `path` at the instant `at`."""
        return frozenset(held.role for held in self.assignments if held.reaches(path, at))

    def roles(self, at: datetime) -> frozenset[Role]:
        """Return every role held anywhere at the instant `at`."""
        return frozenset(held.role for held in self.assignments if held.holds_at(at))

    def paths_of(self, role: Role, at: datetime) -> tuple[str, ...]:
        """Return the subtrees in which `role` is held at the instant `at`."""
        return tuple(
            sorted(held.path for held in self.assignments if held.role is role and held.holds_at(at)),
        )

    def deciders_as(
        self,
        role: Role,
        path: str,
        at: datetime,
        avoid: Collection[PersonId] = frozenset(),
    ) -> frozenset[PersonId]:
        """Return the persons who count when the caller decides in `role` on a thing of the department at `path`.

        Only the caller, when the role is held in own right or not held at all; else the caller and the person the
        caller stands for. Of several such persons it is one who is not in `avoid`, if there is one: whoever may act
        for two people acts for the one who is no party. Nobody for a caller without an account.
        """
        if self.person_id is None:
            return frozenset()
        lent = {held.standing_for for held in self.assignments if held.role is role and held.reaches(path, at)}
        if not lent or None in lent:
            return frozenset({self.person_id})
        stood_for = min((person for person in lent if person), key=lambda person: (person in avoid, person))
        return frozenset({self.person_id, stood_for})

    def person(self) -> PersonId:
        """Return who acts.

        Raises:
            Invalid: nobody with an account does: the operator at the machine and the worker are no persons.
        """
        if self.person_id is None:
            raise Invalid("person-needed")
        return self.person_id

    def may_use(self, act: str) -> bool:
        """Say whether the token's scopes allow "object:act"."""
        return bool(self.scopes & {"*", act, act.partition(":")[0]})


def system_caller(role: Role, name: str) -> Caller:
    """Return the caller for the operator at the machine or for the worker: one role, the whole tree, no person."""
    everywhere = Assignment(role=role, department_id=DepartmentId(UUID(int=0)), path="")
    return Caller(name=name, assignments=(everywhere,), via=role.value)


def fitting_centers(centers: tuple[Department, ...], owner_paths: frozenset[str]) -> list[Department]:
    """Return the centers whose jurisdiction holds every owning department, the lowest first."""
    fitting = [center for center in centers if all(path.startswith(center.jurisdiction) for path in owner_paths)]
    return sorted(fitting, key=lambda center: len(center.jurisdiction), reverse=True)
