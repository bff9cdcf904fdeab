"""Departments, persons, roles, passwords and tokens."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.ids import DepartmentId, PersonId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import (
    ADMINISTRATORS,
    ASSIGNABLE,
    Assignment,
    Caller,
    Department,
    DepartmentKind,
    Person,
    Role,
)
from broker.domain.permits import Permit
from broker.services.footage.stops import halt
from broker.services.people.contacts import Contact, check_contact
from broker.services.people.reach import require_over
from broker.services.people.sign_in import TOKEN_PREFIX, Passwords, digest
from policies import facts
from policies.authorizer import Authorizer
from policies.vocabulary import ACTS
from storage.db.people.sessions import Token
from storage.db.unit_of_work import UnitOfWork, Work

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
DIVISION = re.compile(r"(\d{2}){1,4}|\d{9}|\d{12}")
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
LONGEST_TOKEN = timedelta(days=90)
ONE_TIME = timedelta(days=3)
"""How long a password that was handed out is good for the one sign-in that replaces it."""


@dataclass(frozen=True)
class NewDepartment:
    """What it takes to add a node to the tree; `parent` is a code, None for the root."""

    code: str
    name: str
    kind: DepartmentKind
    division: str
    parent: str | None = None
    name_en: str = ""


@dataclass(frozen=True)
class NewPerson:
    """What it takes to open an account; `roles` are (role, department code) pairs.

    Without a password nobody can sign in by one, until an invite is taken up.
    """

    login: str
    name: str
    department: str
    password: str | None
    roles: tuple[tuple[str, str], ...] = ()
    email: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Account:
    """A person with home and roles, as shown to others."""

    person: Person
    department: Department
    roles: tuple[Assignment, ...]


@dataclass(frozen=True)
class OneTimePassword:
    """A password that was made up for somebody, and until when it is good for one sign-in."""

    text: str = field(repr=False)
    until: datetime


class Accounts:
    """Who there is and what they may be."""

    def __init__(self, work: Work, policy: Authorizer, passwords: Passwords) -> None:
        self._work = work
        self._policy = policy
        self._passwords = passwords

    def departments(self, caller: Caller, *, after: str, limit: int) -> Sequence[Department]:
        """Return the tree in order, a page at a time."""
        with self._work() as work:
            self._policy.require(caller, "department:list", caller.roles(work.now), facts.of_person(caller))
            return work.departments.page(after=after, limit=limit)

    def add_department(self, caller: Caller, new: NewDepartment) -> Department:
        """Add a node to the tree."""
        with self._work() as work:
            parent = work.departments.open_one(new.parent, "/parent") if new.parent else None
            roles = caller.roles_at(parent.path if parent else "/", work.now)
            permit = self._policy.require(caller, "department:create", roles, facts.of_person(caller))
            _matches(CODE, new.code, "/code")
            _matches(DIVISION, new.division, "/division")
            _filled(new.name, "/name")
            if new.code in {known.code for known in work.departments.by_codes({new.code}).values()}:
                raise Conflict("code-taken", pointer="/code", code=new.code)
            key = DepartmentId(new_id())
            department = Department(
                id=key, code=new.code, name=new.name, name_en=new.name_en, kind=new.kind, division=new.division,
                parent_id=parent.id if parent else None, path=f"{parent.path if parent else '/'}{new.code}/", version=1,
            )  # fmt: skip
            work.departments.add(department)
            data = {"code": new.code, "name": new.name, "kind": new.kind, "path": department.path}
            work.audit.append(permit, (Entry(f"department/{key}", "department:created", data),))
            work.commit(permit)
            return department

    def me(self, caller: Caller) -> Account:
        """Return the caller's own account."""
        with self._work() as work:
            known = facts.of_person(caller, caller.person_id)
            self._policy.require(caller, "account:read", caller.roles(work.now), known)
            return self._account(work, work.persons.load(caller.person()))

    def people(self, caller: Caller, *, after: PersonId | None, limit: int) -> Sequence[Account]:
        """Return persons in the caller's reach: all a security administrator keeps, or the own department's."""
        with self._work() as work:
            roles = caller.roles(work.now)
            if self._policy.decide(roles, "person:list", facts.of_person(caller)).allowed:
                self._policy.require(caller, "person:list", roles, facts.of_person(caller))
                kept = (
                    *caller.paths_of(Role.SECURITY_ADMINISTRATOR, work.now),
                    *caller.paths_of(Role.OPERATOR, work.now),
                )
            else:
                self._policy.require(caller, "person:find", roles, facts.of_person(caller))
                kept = (caller.path,)
            found = work.persons.page(scope=kept, after=after, limit=limit)
            homes = work.departments.load_many({person.department_id for person in found})
            held = work.persons.assignments({person.id for person in found})
            return [Account(person, homes[person.department_id], held.get(person.id, ())) for person in found]

    def add_person(self, caller: Caller, new: NewPerson) -> Account:
        """Open an account with its first roles."""
        with self._work() as work:
            home = work.departments.open_one(new.department)
            permit = self._require(work, caller, "person:create", home)
            _matches(LOGIN, new.login, "/login")
            _filled(new.name, "/name")
            if new.password is not None:
                check_password(new.password, new.login)
            check_contact(Contact(new.email, new.language))
            if new.login in work.persons.by_logins({new.login}):
                raise Conflict("login-taken", pointer="/login", login=new.login)
            person = Person(
                PersonId(new_id()), new.login, new.name, home.id, active=True, version=1,
                email=new.email, language=new.language, password_chosen=new.password is not None,
            )  # fmt: skip
            work.persons.add(person, self._passwords.hash(new.password or secrets.token_urlsafe()))
            data = {"login": new.login, "department": home.code}
            work.audit.append(permit, (Entry(f"person/{person.id}", "person:created", data),))
            self._assign(work, caller, permit, person, new.roles)
            work.commit(permit)
            return self._account(work, person)

    def assign(self, caller: Caller, key: PersonId, role: str, department: str) -> Account:
        """Give a person a role in a department."""
        with self._work() as work:
            person = work.persons.load(key, lock=True)
            permit = self._over(work, caller, "person:assign", person)
            self._assign(work, caller, permit, person, ((role, department),))
            work.commit(permit)
            return self._account(work, person)

    def withdraw(self, caller: Caller, key: PersonId, role: str, department: str) -> Account:
        """Take a role away."""
        with self._work() as work:
            person = work.persons.load(key, lock=True)
            permit = self._over(work, caller, "person:assign", person)
            where = work.departments.by_code(department)
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            work.persons.withdraw(key, _role(role), where.id, work.now, number)
            data = {"role": role, "department": department}
            work.audit.append(permit, (Entry(stream, "person:role:withdrawn", data),))
            work.commit(permit)
            return self._account(work, person)

    def disable(self, caller: Caller, key: PersonId) -> Account:
        """Close an account: sessions, tokens, and what runs or flows for the person end with the same commit."""
        with self._work() as work:
            work.locks.shut_gate()
            person = work.persons.load(key, lock=True)
            permit = self._over(work, caller, "person:disable", person)
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            work.persons.change(key, number, active=False)
            work.sessions.close_all(key)
            work.audit.append(permit, (Entry(stream, "person:disabled"),))
            halt(work, permit, Stop(StopKind.PERSON, str(key)), "account-disabled")
            work.commit(permit)
            return self._account(work, work.persons.load(key))

    def change_password(self, caller: Caller, old: str, new: str) -> None:
        """Change the own password; every session ends, this one too."""
        with self._work() as work:
            key = caller.person()
            known = facts.of_person(caller, key)
            permit = self._policy.require(caller, "account:change_password", caller.roles(work.now), known)
            person = work.persons.load(key, lock=True)
            stored = work.persons.secret(person.login)
            if stored is None or not self._passwords.fits(stored[1], old):
                raise Forbidden("wrong-password", pointer="/old")
            check_password(new, person.login, "/new")
            if new == old:
                raise Invalid("password-unchanged", pointer="/new")
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            work.persons.change(key, number, password_hash=self._passwords.hash(new), one_time_until=None)
            work.sessions.close_all(key)
            work.audit.append(permit, (Entry(stream, "person:password:changed"),))
            work.commit(permit)

    def reset_password(self, caller: Caller, key: PersonId) -> OneTimePassword:
        """Give somebody a made-up password, shown this once, to be replaced at the next sign-in; every session ends.

        Until then the person, tokens included, may do nothing but change it. A second factor stays.
        """
        with self._work() as work:
            person = work.persons.load(key, lock=True)
            permit = self._over(work, caller, "person:reset_password", person)
            handed = OneTimePassword(secrets.token_urlsafe(15), work.now + ONE_TIME)
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            stored = self._passwords.hash(handed.text)
            work.persons.change(key, number, password_hash=stored, one_time_until=handed.until, password_chosen=True)
            work.sessions.close_all(key)
            work.guesses.forget(person.login)
            data = {"until": handed.until.isoformat()}
            work.audit.append(permit, (Entry(stream, "person:password:reset", data),))
            work.commit(permit)
            return handed

    def issue_token(self, caller: Caller, name: str, scopes: Sequence[str], valid: timedelta) -> tuple[Token, str]:
        """Issue an API token for oneself; its secret is shown once."""
        with self._work() as work:
            key = caller.person()
            known = facts.of_person(caller, key)
            permit = self._policy.require(caller, "token:issue", caller.roles(work.now), known)
            _filled(name, "/name")
            _check_scopes(caller, scopes)
            if not timedelta(0) < valid <= LONGEST_TOKEN:
                raise Invalid("token-validity", pointer="/valid_days", longest=LONGEST_TOKEN.days)
            secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
            token = Token(new_id(), name, tuple(scopes), work.now + valid, revoked=False)
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            work.sessions.add_token(
                token.id, key, name, digest(secret), scopes, token.expires_at, stream, number, caller.stepped_up_at
            )
            data = {"token": str(token.id), "name": name, "scopes": list(scopes)}
            work.audit.append(permit, (Entry(stream, "person:token:issued", data),))
            work.commit(permit)
            return token, secret

    def tokens(self, caller: Caller, *, after: UUID | None, limit: int) -> Sequence[Token]:
        """Return the caller's own tokens, without their secrets."""
        with self._work() as work:
            known = facts.of_person(caller, caller.person_id)
            self._policy.require(caller, "token:list", caller.roles(work.now), known)
            return work.sessions.tokens(caller.person(), after=after, limit=limit)

    def revoke_token(self, caller: Caller, key: UUID) -> None:
        """Revoke one of the caller's own tokens."""
        with self._work() as work:
            own = caller.person()
            permit = self._policy.require(
                caller,
                "token:revoke",
                caller.roles(work.now),
                facts.of_person(caller, own),
            )
            stream = f"person/{own}"
            number = work.audit.reserve(stream)
            if not work.sessions.revoke_token(key, own, work.now, number):
                raise Unknown("unknown-token", token=key)
            work.audit.append(permit, (Entry(stream, "person:token:revoked", {"token": str(key)}),))
            work.commit(permit)

    def as_person(self, caller: Caller, login: str) -> Account:
        """Return the account behind a login, for the operator at the machine."""
        with self._work() as work:
            self._policy.require(caller, "person:list", caller.roles(work.now), facts.of_person(caller))
            return self._account(work, work.persons.by_login(login))

    def _require(
        self,
        work: UnitOfWork,
        caller: Caller,
        act: str,
        home: Department,
        target: PersonId | None = None,
    ) -> Permit:
        return self._policy.require(
            caller,
            act,
            caller.roles_at(home.path, work.now),
            facts.of_person(caller, target or PersonId(UUID(int=0))) | facts.of_second_factor(caller, work.now),
        )

    def _over(self, work: UnitOfWork, caller: Caller, act: str, person: Person) -> Permit:
        known = facts.of_person(caller, person.id) | facts.of_second_factor(caller, work.now)
        return require_over(self._policy, work, caller, act, person, known)

    def _assign(
        self,
        work: UnitOfWork,
        caller: Caller,
        permit: Permit,
        person: Person,
        roles: Sequence[tuple[str, str]],
    ) -> None:
        """Write role assignments; the three administrators never meet in one person."""
        places = work.departments.by_codes({code for _, code in roles})
        held = {assignment.role for assignment in work.persons.assignments({person.id}).get(person.id, ())}
        stream = f"person/{person.id}"
        for number, (name, code) in enumerate(roles):
            role = _role(name, f"/roles/{number}/role")
            if code not in places:
                raise Unknown("unknown-department", pointer=f"/roles/{number}/department", department=code)
            work.departments.keep_open(places[code].id, f"/roles/{number}/department")
            if Role.OPERATOR not in caller.roles_at(places[code].path, work.now):
                self._require(work, caller, "person:assign", places[code], person.id)
            held.add(role)
            if len(held & ADMINISTRATORS) > 1:
                raise Conflict("administrators-apart", pointer="/roles", roles=", ".join(sorted(held & ADMINISTRATORS)))
            version = work.audit.reserve(stream)
            assignment = Assignment(role, places[code].id, places[code].path)
            work.persons.assign(new_id(), person.id, assignment, stream, version)
            data = {"role": role, "department": code}
            work.audit.append(permit, (Entry(stream, "person:role:assigned", data),))

    def _account(self, work: UnitOfWork, person: Person) -> Account:
        home = work.departments.load(person.department_id)
        return Account(person, home, work.persons.assignments({person.id}).get(person.id, ()))


def check_password(password: str, login: str, pointer: str = "/password") -> None:
    """Refuse what is too short, too long or the login itself (ASVS 6.2: length, no composition rules)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid("password-length", pointer=pointer, shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)
    if login.lower() in password.lower() or len(set(password)) < 5:  # noqa: PLR2004  # "aaaaaaaaaaaa"
        raise Invalid("password-guessable", pointer=pointer)


def _role(name: str, pointer: str = "/role") -> Role:
    if name not in {role.value for role in ASSIGNABLE}:
        raise Invalid("unknown-role", pointer=pointer, role=name, allowed=", ".join(sorted(ASSIGNABLE)))
    return Role(name)


def _matches(pattern: re.Pattern[str], value: str, pointer: str) -> None:
    if not pattern.fullmatch(value):
        raise Invalid("malformed", pointer=pointer, value=value[:80], pattern=pattern.pattern)


def _filled(value: str, pointer: str) -> None:
    if not value.strip():
        raise Invalid("field-empty", pointer=pointer)


def _check_scopes(caller: Caller, scopes: Sequence[str]) -> None:
    known = {"*", *ACTS, *(f"{obj}:{act}" for obj, acts in ACTS.items() for act in acts)}
    for place, scope in enumerate(scopes):
        if scope not in known:
            raise Invalid("unknown-scope", pointer=f"/scopes/{place}", scope=scope)
        if not caller.may_use(scope):
            raise Forbidden("token-scope", act=scope)
    if not scopes:
        raise Invalid("field-empty", pointer="/scopes")
