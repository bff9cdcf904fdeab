"""Signing in: passwords with argon2id, opaque sessions, API tokens; only digests are stored."""

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from broker.domain.accounts import Caller, Person
from broker.domain.audit import Entry
from broker.domain.errors import Throttled, Unauthenticated
from broker.domain.ids import PersonId
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
TOUCH = timedelta(minutes=1)
SESSIONS = 3
WINDOW = timedelta(minutes=15)
LOGIN_TRIES = 10
ADDRESS_TRIES = 60
TOKEN_PREFIX = "xlt_"  # noqa: S105  # a prefix that scanners for leaked secrets can look for
_NOBODY = Caller(name="anonymous", via="anonymous")


@dataclass(frozen=True)
class Signed:
    """A fresh session: the secret for the cookie, the token against forged requests, and until when it holds."""

    secret: str
    csrf: str
    person: Person
    until: datetime


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

    def __init__(self, work: Work, policy: Authorizer, passwords: Passwords) -> None:
        self._work = work
        self._policy = policy
        self._passwords = passwords

    def open(self, login: str, password: str, address: str) -> Signed:
        """Sign in with login and password.

        Raises:
            Throttled: too many failures of this login or this address within a quarter of an hour.
            Unauthenticated: wrong login, wrong password or a disabled account; the answer does not say which.
        """
        permit = self._policy.require(_NOBODY, "session:open", ())
        with self._work() as work:
            by_login, by_address = work.sessions.failures(login, address, work.now - WINDOW)
            if by_login >= LOGIN_TRIES or by_address >= ADDRESS_TRIES:
                raise Throttled("too-many-sign-ins", minutes=int(WINDOW.total_seconds() // 60))
            known = work.persons.secret(login)
        good = self._passwords.fits(known[1] if known else None, password)
        with self._work() as work:
            if known is None or not good or not known[0].active:
                stream = f"sign_in/{known[0].id if known else 'unknown'}"
                work.audit.reserve(stream)
                work.sessions.failed(login[:100], address, work.now, work.now - WINDOW)
                entry = Entry(stream, "session:refused", {"login": login[:100], "address": address})
                work.audit.append(self._policy.note(_NOBODY, "session:refused"), (entry,))
                work.commit(permit)
                raise Unauthenticated("wrong-credentials")
            signed = self._new_session(work, known[0])
            stream = f"sign_in/{known[0].id}"
            work.audit.reserve(stream)
            work.sessions.forget_failures(login)
            work.audit.append(permit, (Entry(stream, "session:opened", {"address": address}),))
            work.commit(permit)
            return signed

    def _new_session(self, work: UnitOfWork, person: Person) -> Signed:
        secret = secrets.token_urlsafe(32)
        until = work.now + ABSOLUTE
        work.sessions.open(digest(secret), person.id, work.now, until)
        work.sessions.keep_newest(person.id, SESSIONS)
        return Signed(secret, csrf_of(secret), person, until)

    def by_session(self, secret: str) -> Caller:
        """Return who the session belongs to; raises Unauthenticated when it is not good."""
        permit = self._policy.require(_NOBODY, "session:open", ())
        with self._work() as work:
            found = work.sessions.find(digest(secret), work.now, work.now - IDLE)
            if found is None:
                raise Unauthenticated("session-ended")
            person_id, seen = found
            caller = caller_of(work, person_id)
            if seen <= work.now - TOUCH:
                work.sessions.touch(digest(secret), work.now)
                work.commit(permit)
            return caller

    def by_token(self, secret: str) -> Caller:
        """Return who the API token belongs to, limited to its scopes; raises Unauthenticated when it is not good."""
        self._policy.require(_NOBODY, "session:open", ())
        with self._work() as work:
            found = work.sessions.find_token(digest(secret), work.now)
            if found is None:
                raise Unauthenticated("token-ended")
            person_id, scopes = found
            return caller_of(work, person_id, scopes=scopes, via="token")

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
    """
    person = work.persons.load(key)
    if not person.active:
        raise Unauthenticated("account-disabled")
    home = work.departments.load(person.department_id)
    held = work.persons.assignments({key}).get(key, ())
    return Caller(
        name=person.name,
        person_id=key,
        department_id=home.id,
        path=home.path,
        assignments=held,
        scopes=scopes,
        via=via,
    )
