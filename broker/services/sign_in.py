"""Signing in: passwords with argon2id, opaque sessions, API tokens; only digests are stored."""

import hashlib
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from broker.domain.accounts import Caller, Person
from broker.domain.audit import Entry
from broker.domain.errors import Forbidden, Throttled, Unauthenticated
from broker.domain.ids import PersonId
from broker.domain.permits import Permit
from broker.services.one_time_codes import Shown, take
from broker.services.throttle import LONGEST_LOGIN, MINUTES, failed, flooded
from policies import facts
from policies.authorizer import Authorizer
from storage.db.sessions import Credential
from storage.db.unit_of_work import UnitOfWork, Work
from storage.secrets import SecretBox

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
TOUCH = timedelta(minutes=1)
SESSIONS = 3
TOKEN_PREFIX = "xlt_"  # noqa: S105  # a prefix that scanners for leaked secrets can look for
_NOBODY = Caller(name="anonymous", via="anonymous")


@dataclass(frozen=True)
class Signed:
    """A fresh session: the secret for the cookie, the token against forged requests, and until when it holds.

    `fresh_until`: until when the second factor counts as shown just now; None when the person has none.
    """

    secret: str
    csrf: str
    person: Person
    until: datetime
    fresh_until: datetime | None


class Passwords:
    """argon2id with bounded parallelism: each check takes 64 MiB and a core, so a flood of them must queue."""

    def __init__(self, *, memory_kib: int = 65_536, passes: int = 3, at_once: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=4)
        self._gate = threading.BoundedSemaphore(at_once)
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        with self._gate:
            return self._hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Compare; an unknown login costs the same time as a wrong password."""
        with self._gate:
            try:
                self._hasher.verify(stored or self._nobody, password)
            except (VerifyMismatchError, InvalidHashError):
                return False
            return stored is not None


def digest(secret: str) -> bytes:
    """Return what is stored of a secret: its SHA-256; the secrets are random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


def csrf_of(secret: str) -> str:
    """Return the token that a page sends back in a header: derived from the session, useless without its cookie."""
    return hashlib.sha256(b"csrf:" + secret.encode()).hexdigest()


class SignIn:
    """Opens, recognises and closes sessions, and recognises API tokens."""

    def __init__(
        self, work: Work, policy: Authorizer, passwords: Passwords, secrets: SecretBox, fresh_for: timedelta
    ) -> None:
        self._work = work
        self._policy = policy
        self._passwords = passwords
        self._secrets = secrets
        self._fresh_for = fresh_for

    def open(self, login: str, password: str, address: str, code: str | None = None) -> Signed:
        """Sign in with login and password, and with a code when the person has a second factor.

        Raises:
            Throttled: too many failures of this login or this address within a quarter of an hour.
            Unauthenticated: `wrong-credentials`, wrong login, wrong password or a disabled account, the answer does
                not say which; only after the right password: `second-factor-needed` or `wrong-code`.
            Forbidden: the password is right, and the person is locked.
        """
        with self._work() as work:
            if flooded(work, login, address):
                raise Throttled("too-many-sign-ins", minutes=MINUTES)
            known = work.persons.secret(login)
        good = self._passwords.fits(known[1] if known else None, password)
        with self._work() as work:
            permit = self._policy.require(_NOBODY, "session:open", ())
            person = known[0] if known else None
            if person is None or not good or not _may_sign_in(person, work.now):
                self._refuse(work, permit, login, address, person, "password")
                raise Unauthenticated("wrong-credentials")
            if work.locks.holds(person.id):
                self._refuse(work, permit, login, address, person, "lock")
                raise Forbidden("account-locked")
            shown = self._shown(work, permit, person, code, address)
            signed = self._new_session(work, person, shown)
            stream = f"sign_in/{person.id}"
            work.audit.reserve(stream)
            work.sessions.forget_failures(login)
            data = {"address": address} | ({"factor": shown.means} if shown else {})
            entries = shown.entries(stream) if shown else ()
            work.audit.append(permit, (Entry(stream, "session:opened", data), *entries))
            work.commit(permit)
            return signed

    def _shown(self, work: UnitOfWork, permit: Permit, person: Person, code: str | None, address: str) -> Shown | None:
        """Take the code of somebody who has a second factor; None for who has none."""
        factor = work.second_factors.of(person.id, lock=True)
        if factor is None or factor.confirmed_at is None:
            return None
        if code is None:
            raise Unauthenticated("second-factor-needed")
        if flooded(work, person.login, address):  # again: tries at the same moment queue for the lock, and are counted
            raise Throttled("too-many-sign-ins", minutes=MINUTES)
        shown = take(work, self._secrets, factor, code)
        if shown is None:
            self._refuse(work, permit, person.login, address, person, "code")
            raise Unauthenticated("wrong-code", pointer="/code")
        return shown

    def _refuse(
        self, work: UnitOfWork, permit: Permit, login: str, address: str, person: Person | None, wrong: str
    ) -> None:
        stream = f"sign_in/{person.id if person else 'unknown'}"
        work.audit.reserve(stream)
        failed(work, login, address)
        data = {"login": login[:LONGEST_LOGIN], "address": address, "wrong": wrong}
        entry = Entry(stream, "session:refused", data)
        work.audit.append(self._policy.note(_NOBODY, "session:refused"), (entry,))
        work.commit(permit)

    def _new_session(self, work: UnitOfWork, person: Person, shown: Shown | None) -> Signed:
        secret = secrets.token_urlsafe(32)
        until = work.now + ABSOLUTE
        work.sessions.open(digest(secret), person.id, work.now, until, work.now if shown else None)
        work.sessions.keep_newest(person.id, SESSIONS)
        return Signed(secret, csrf_of(secret), person, until, work.now + self._fresh_for if shown else None)

    def by_session(self, secret: str) -> Caller:
        """Return who the session belongs to; raises Unauthenticated when it is not good."""
        with self._work() as work:
            permit = self._policy.require(_NOBODY, "session:open", ())
            found = work.sessions.find(digest(secret), work.now, work.now - IDLE)
            if found is None:
                raise Unauthenticated("session-ended")
            caller = self._caller(work, found)
            if found.seen_at is not None and found.seen_at <= work.now - TOUCH:
                work.sessions.touch(found.digest, work.now)
                work.commit(permit)
            return caller

    def by_token(self, secret: str) -> Caller:
        """Return who the API token belongs to, limited to its scopes; raises Unauthenticated when it is not good."""
        with self._work() as work:
            self._policy.require(_NOBODY, "session:open", ())
            found = work.sessions.find_token(digest(secret), work.now)
            if found is None:
                raise Unauthenticated("token-ended")
            return self._caller(work, found)

    def _caller(self, work: UnitOfWork, found: Credential) -> Caller:
        caller = caller_of(work, found.person_id, scopes=found.scopes, via=found.via)
        return replace(
            caller,
            credential=found.digest,
            stepped_up_at=found.stepped_up_at,
            fresh_until=found.stepped_up_at + self._fresh_for if found.stepped_up_at else None,
        )

    def close(self, caller: Caller, secret: str) -> None:
        """Sign out."""
        with self._work() as work:
            permit = self._policy.require(caller, "session:close", (), facts.of_person(caller))
            work.sessions.close(digest(secret))
            stream = f"sign_in/{caller.person_id}"
            work.audit.reserve(stream)
            work.audit.append(permit, (Entry(stream, "session:closed"),))
            work.commit(permit)


def caller_of(
    work: UnitOfWork,
    key: PersonId,
    *,
    scopes: frozenset[str] = frozenset({"*"}),
    via: str = "session",
) -> Caller:
    """Return the caller for a person with the roles held now.

    Raises:
        Unauthenticated: the account has been disabled.
        Forbidden: the person is locked, which leaves nothing to do but to wait.
    """
    person = work.persons.load(key)
    if not person.active:
        raise Unauthenticated("account-disabled")
    if work.locks.holds(key):
        raise Forbidden("account-locked")
    home = work.departments.load(person.department_id)
    held = work.persons.assignments({key}).get(key, ()) + work.delegations.lent_to(key, work.now)
    return Caller(
        name=person.name,
        person_id=key,
        department_id=home.id,
        path=home.path,
        assignments=held,
        scopes=scopes,
        via=via,
        second_factor=work.second_factors.enrolled(key),
        must_change_password=person.one_time_until is not None,
    )


def _may_sign_in(person: Person, now: datetime) -> bool:
    """Say whether the account is open, and its password not one that was handed out too long ago."""
    return person.active and (person.one_time_until is None or now < person.one_time_until)
