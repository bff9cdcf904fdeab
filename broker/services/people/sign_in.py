"""Signing in: passwords with argon2id, opaque sessions, API tokens; only digests are stored."""

import hashlib
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from broker.domain.errors import Forbidden, Throttled, Unauthenticated, Unknown
from broker.domain.ids import PersonId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Person
from broker.domain.permits import Permit
from broker.services.people.devices import Devices
from broker.services.people.one_time_codes import Shown, take
from broker.services.people.throttle import LONGEST_LOGIN, MINUTES, Try, failed, flooded, got_in
from policies import facts
from policies.authorizer import Authorizer
from storage.db.people.sessions import Credential, LiveSession
from storage.db.unit_of_work import UnitOfWork, Work
from storage.secrets import SecretBox

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
TOUCH = timedelta(minutes=1)
SESSIONS = 3
PASSWORD = "password"  # noqa: S105  # how a session was opened
TOKEN_PREFIX = "xlt_"  # noqa: S105  # a prefix that scanners for leaked secrets can look for
NOBODY = Caller(name="anonymous", via="anonymous")


@dataclass(frozen=True)
class Signed:
    """A fresh session: the secret for the cookie, the token against forged requests, and until when it holds.

    `fresh_until`: until when the second factor counts as shown just now; None when the person has none. `device`: the
    cookie that tells this device from others, None where there is no key to seal it. `must_step_up`: nothing but
    stepping up is allowed yet.
    """

    secret: str
    csrf: str
    person: Person
    until: datetime
    fresh_until: datetime | None
    device: str | None = field(default=None, repr=False)
    must_step_up: bool = False


@dataclass(frozen=True)
class Own:
    """One of somebody's own sessions; `here`: the one that asks."""

    name: str
    session: LiveSession
    here: bool


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


class Openings:
    """Opens sessions for those whose identity is established, whichever way that was."""

    def __init__(self, secrets: SecretBox, fresh_for: timedelta) -> None:
        self.devices = Devices(secrets)
        self.fresh_for = fresh_for

    def open(
        self, work: UnitOfWork, permit: Permit, person: Person, tried: Try, cookie: str | None, *,
        by: str = "password", shown_at: datetime | None = None, told: Mapping[str, object] | None = None,
        beside: Sequence[Entry] = (),
    ) -> Signed:  # fmt: skip
        """Open a session and write that down; nothing is committed yet.

        `shown_at`: when a second factor was shown. A session that was not opened by a password and its code is of no
        use to who has a second factor before that is shown.
        """
        secret = secrets.token_urlsafe(32)
        until = work.now + ABSOLUTE
        work.sessions.open(
            digest(secret), person.id, work.now, until, shown_at, by, address=tried.address, browser=tried.browser
        )
        work.sessions.keep_newest(person.id, SESSIONS)
        got_in(work, tried)
        stream = f"sign_in/{person.id}"
        work.audit.reserve(stream)
        data = {"address": tried.address} | ({} if by == PASSWORD else {"by": by}) | dict(told or {})
        work.audit.append(permit, (Entry(stream, "session:opened", data), *beside))
        waiting = by != PASSWORD and shown_at is None and work.second_factors.enrolled(person.id)
        return Signed(
            secret, csrf_of(secret), person, until, shown_at + self.fresh_for if shown_at else None,
            self.devices.greeted(cookie, person.login, work.now), waiting,
        )  # fmt: skip


class SignIn:
    """Opens, recognises and closes sessions, and recognises API tokens."""

    def __init__(
        self, work: Work, policy: Authorizer, passwords: Passwords, secrets: SecretBox, openings: Openings
    ) -> None:
        self._work = work
        self._policy = policy
        self._passwords = passwords
        self._secrets = secrets
        self._openings = openings

    def open(
        self, login: str, password: str, address: str, code: str | None = None, device: str | None = None,
        browser: str = "",
    ) -> Signed:  # fmt: skip
        """Sign in with login and password, and with a code when the person has a second factor.

        `device` is the cookie of the device, if the browser brought one; `browser` what it calls itself.

        Raises:
            Throttled: too many failures of this login, from where it is tried, within a quarter of an hour.
            Unauthenticated: `wrong-credentials`, wrong login, wrong password or a disabled account, the answer does
                not say which; only after the right password: `second-factor-needed` or `wrong-code`.
            Forbidden: the password is right, and the person is locked.
        """
        with self._work() as work:
            known_as = self._openings.devices.name(device, login, work.now)
            tried = Try(login, address, known_as, browser=browser)
            if flooded(work, tried):
                raise Throttled("too-many-sign-ins", minutes=MINUTES)
            known = work.persons.secret(login)
        good = self._passwords.fits(known[1] if known else None, password)
        with self._work() as work:
            permit = self._policy.require(NOBODY, "session:open", ())
            person = known[0] if known else None
            if person is None or not good or not may_sign_in(person, work.now):
                self._refuse(work, permit, tried, person, "password")
                raise Unauthenticated("wrong-credentials")
            if work.locks.holds(person.id):
                self._refuse(work, permit, tried, person, "lock")
                raise Forbidden("account-locked")
            shown = self._shown(work, permit, person, code, tried)
            signed = self._openings.open(
                work, permit, person, tried, device, shown_at=work.now if shown else None,
                told={"factor": shown.means} if shown else {},
                beside=shown.noted(work, person) if shown else (),
            )  # fmt: skip
            work.commit(permit)
            return signed

    def _shown(self, work: UnitOfWork, permit: Permit, person: Person, code: str | None, tried: Try) -> Shown | None:
        """Take the code of somebody who has a second factor; None for who has none."""
        factor = work.second_factors.of(person.id, lock=True)
        if factor is None or factor.confirmed_at is None:
            return None
        if code is None:
            raise Unauthenticated("second-factor-needed")
        if flooded(work, tried):  # again: tries at the same moment queue for the lock, and are counted
            raise Throttled("too-many-sign-ins", minutes=MINUTES)
        shown = take(work, self._secrets, factor, code)
        if shown is None:
            # Who comes this far has the password: one budget of codes for all doors.
            self._refuse(work, permit, replace(tried, inside=True), person, "code")
            raise Unauthenticated("wrong-code", pointer="/code")
        return shown

    def _refuse(self, work: UnitOfWork, permit: Permit, tried: Try, person: Person | None, wrong: str) -> None:
        stream = f"sign_in/{person.id if person else 'unknown'}"
        work.audit.reserve(stream)
        failed(work, tried)
        data = {"login": tried.login[:LONGEST_LOGIN], "address": tried.address, "wrong": wrong}
        entry = Entry(stream, "session:refused", data)
        work.audit.append(self._policy.note(NOBODY, "session:refused"), (entry,))
        work.commit(permit)

    def by_session(self, secret: str, *, used: bool = True) -> Caller:
        """Return who the session belongs to; raises Unauthenticated when it is not good.

        Not `used`: a page asks by itself, and a tab that somebody forgot must not keep the session open.
        """
        with self._work() as work:
            permit = self._policy.require(NOBODY, "session:open", ())
            found = work.sessions.find(digest(secret), work.now, work.now - IDLE)
            if found is None:
                raise Unauthenticated("session-ended")
            caller = self._caller(work, found)
            if used and found.seen_at is not None and found.seen_at <= work.now - TOUCH:
                work.sessions.touch(found.digest, work.now)
                work.commit(permit)
            return caller

    def by_token(self, secret: str) -> Caller:
        """Return who the API token belongs to, limited to its scopes; raises Unauthenticated when it is not good."""
        with self._work() as work:
            self._policy.require(NOBODY, "session:open", ())
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
            fresh_until=found.stepped_up_at + self._openings.fresh_for if found.stepped_up_at else None,
            must_step_up=caller.second_factor and found.opened_by != PASSWORD and found.stepped_up_at is None,
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

    def sessions(self, caller: Caller) -> Sequence[Own]:
        """Return the caller's own sessions, the newest first."""
        with self._work() as work:
            self._policy.require(caller, "session:list", (), facts.of_person(caller, caller.person_id))
            found = work.sessions.of_person(caller.person(), work.now, work.now - IDLE)
            return [Own(name_of(it.digest), it, here=it.digest == caller.credential) for it in found]

    def end(self, caller: Caller, name: str) -> None:
        """End one of the caller's own sessions, also the one that calls.

        Raises:
            Unknown: none of them has this name, or it has ended.
        """
        with self._work() as work:
            permit = self._policy.require(caller, "session:end", (), facts.of_person(caller, caller.person_id))
            found = work.sessions.of_person(caller.person(), work.now, work.now - IDLE)
            ended = next((it for it in found if name_of(it.digest) == name), None)
            if ended is None:
                raise Unknown("unknown-session")
            self._end(work, permit, caller, [ended])

    def end_others(self, caller: Caller) -> None:
        """End all of the caller's sessions but the one that calls; called with a token: all of them."""
        with self._work() as work:
            permit = self._policy.require(caller, "session:end", (), facts.of_person(caller, caller.person_id))
            found = work.sessions.of_person(caller.person(), work.now, work.now - IDLE)
            self._end(work, permit, caller, [it for it in found if it.digest != caller.credential])

    def _end(self, work: UnitOfWork, permit: Permit, caller: Caller, ended: Sequence[LiveSession]) -> None:
        stream = f"sign_in/{caller.person_id}"
        work.audit.reserve(stream)
        for each in ended:
            work.sessions.close(each.digest)
        work.audit.append(permit, [Entry(stream, "session:closed", {"from": caller.via}) for _ in ended])
        work.commit(permit)


def name_of(digest: bytes) -> str:
    """Return how a session is named to its owner: a digest of its digest, of no use to anybody."""
    return hashlib.sha256(b"session:" + digest).hexdigest()[:32]


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
    standing = work.callers.load(key, work.now)
    if not standing.active:
        raise Unauthenticated("account-disabled")
    if standing.locked:
        raise Forbidden("account-locked")
    return Caller(
        name=standing.name,
        person_id=key,
        department_id=standing.department_id,
        path=standing.path,
        assignments=standing.assignments,
        scopes=scopes,
        via=via,
        second_factor=standing.second_factor,
        must_change_password=standing.one_time,
    )


def may_sign_in(person: Person, now: datetime) -> bool:
    """Say whether the account is open, and its password not one that was handed out too long ago."""
    return person.active and (person.one_time_until is None or now < person.one_time_until)
