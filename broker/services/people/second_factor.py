"""The second factor of a person: enrolling, stepping up, recovery codes, and what an administrator resets."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.domain.errors import Conflict, Forbidden, Throttled
from broker.domain.ids import PersonId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Person
from broker.domain.people.second_factor import (
    ENROLMENT,
    Factor,
    base32,
    new_recovery_codes,
    new_secret,
    place_of,
    recovery_digest,
    uri_of,
)
from broker.domain.permits import Permit
from broker.services.people.one_time_codes import Shown, take
from broker.services.people.reach import require_over
from broker.services.people.sign_in import Passwords
from broker.services.people.throttle import MINUTES, Try, failed, flooded
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work
from storage.secrets import SecretBox


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator is given; it is shown this once."""

    secret: str
    uri: str


@dataclass(frozen=True)
class Confirmed:
    """Recovery codes, shown this once, and until when the code that confirmed counts as shown just now."""

    codes: tuple[str, ...]
    fresh_until: datetime


@dataclass(frozen=True)
class Standing:
    """Where somebody's second factor stands."""

    enrolled: bool
    confirmed_at: datetime | None
    codes_left: int
    fresh_until: datetime | None


class SecondFactor:
    """Who has a second factor, and when it was shown."""

    def __init__(
        self, work: Work, policy: Authorizer, secrets: SecretBox, passwords: Passwords, fresh_for: timedelta
    ) -> None:
        self._work = work
        self._policy = policy
        self._secrets = secrets
        self._passwords = passwords
        self._fresh_for = fresh_for

    def standing(self, caller: Caller) -> Standing:
        """Return where the caller's own second factor stands."""
        with self._work() as work:
            self._own(work, caller, "second_factor:read")
            factor = work.second_factors.of(caller.person())
            if factor is None or factor.confirmed_at is None:
                return Standing(enrolled=False, confirmed_at=None, codes_left=0, fresh_until=None)
            fresh = caller.fresh_until if caller.fresh_until and work.now < caller.fresh_until else None
            return Standing(True, factor.confirmed_at, work.second_factors.codes_left(factor), fresh)

    def begin(self, caller: Caller, password: str, address: str) -> Enrolment:
        """Make a secret for the caller's authenticator; it counts once a code confirms it, within a quarter of an hour.

        The password is asked for again, so that nobody enrols an authenticator of their own in a session they found.
        An enrolment that was begun before and not confirmed is dropped.

        Raises:
            Forbidden: `wrong-password`.
            Conflict: `second-factor-present`, the one there is has to be removed first.
            Throttled: too many failures lately.
        """
        with self._work() as work:
            permit = self._own(work, caller, "second_factor:enrol")
            person = work.persons.load(caller.person())
            present = work.second_factors.of(person.id, lock=True)
            self._bound(work, person, address)
            stored = work.persons.secret(person.login)
            if stored is None or not self._passwords.fits(stored[1], password):
                self._refuse(work, permit, person, address, "password")
                raise Forbidden("wrong-password", pointer="/password")
            if present is not None and present.confirmed_at is not None:
                raise Conflict("second-factor-present")
            stream = f"person/{person.id}"
            number = work.audit.reserve(stream)
            if present is not None:
                work.second_factors.remove(present, work.now, number)
            key, secret = new_id(), new_secret()
            sealed = self._secrets.seal(secret, place_of(key))
            new = Factor(key, person.id, sealed, work.now, confirmed_at=None, last_step=0)
            work.second_factors.begin(new, stream, number)
            work.audit.append(permit, (Entry(stream, "person:second_factor:begun"),))
            work.commit(permit)
            return Enrolment(base32(secret), uri_of(secret, person.login))

    def confirm(self, caller: Caller, code: str, address: str) -> Confirmed:
        """Confirm the enrolment with a code of the authenticator; that counts as stepping up.

        Raises:
            Conflict: `no-enrolment`, none was begun lately.
            Forbidden: `wrong-code`.
            Throttled: too many failures lately.
        """
        with self._work() as work:
            permit = self._own(work, caller, "second_factor:enrol")
            person = work.persons.load(caller.person())
            factor = work.second_factors.of(person.id, lock=True)
            if factor is None or factor.confirmed_at is not None or factor.begun_at + ENROLMENT <= work.now:
                raise Conflict("no-enrolment")
            self._take(work, permit, person, factor, code, address)
            stream = f"person/{person.id}"
            number = work.audit.reserve(stream)
            work.second_factors.confirm(factor, work.now, number)
            codes = _new_codes(work, factor)
            entries = Entry(stream, "person:second_factor:confirmed"), Entry(stream, "person:recovery_codes:issued")
            work.audit.append(permit, entries)
            work.sessions.step_up(caller.credential, work.now)
            work.commit(permit)
            return Confirmed(codes, work.now + self._fresh_for)

    def step_up(self, caller: Caller, code: str, address: str) -> datetime:
        """Show the second factor again: the session or token that makes the call is fresh until the instant returned.

        Raises:
            Conflict: `second-factor-absent`.
            Forbidden: `wrong-code`, also for one that was used before.
            Throttled: too many failures lately.
        """
        with self._work() as work:
            permit = self._own(work, caller, "session:step_up")
            person = work.persons.load(caller.person())
            factor = _confirmed(work, person.id)
            shown = self._take(work, permit, person, factor, code, address)
            stream = f"sign_in/{person.id}"
            work.audit.reserve(stream)
            data = {"address": address, "via": caller.via, "factor": shown.means}
            work.audit.append(permit, (Entry(stream, "session:stepped_up", data), *shown.noted(work, person)))
            work.sessions.step_up(caller.credential, work.now)
            work.commit(permit)
            return work.now + self._fresh_for

    def renew_codes(self, caller: Caller) -> tuple[str, ...]:
        """Take all recovery codes away and return fresh ones, shown this once; the factor must have been shown now."""
        with self._work() as work:
            permit = self._own(work, caller, "second_factor:renew")
            factor = _confirmed(work, caller.person())
            codes = _new_codes(work, factor)
            stream = f"person/{factor.person_id}"
            work.audit.reserve(stream)
            work.audit.append(permit, (Entry(stream, "person:recovery_codes:issued"),))
            work.commit(permit)
            return codes

    def remove(self, caller: Caller) -> None:
        """Do without a second factor again; it must have been shown just now."""
        with self._work() as work:
            permit = self._own(work, caller, "second_factor:remove")
            self._end(work, permit, _confirmed(work, caller.person()), "person:second_factor:removed")
            work.commit(permit)

    def reset(self, caller: Caller, key: PersonId) -> None:
        """Take a lost second factor from somebody; every session of that person ends.

        Raises:
            Conflict: `second-factor-absent`.
        """
        with self._work() as work:
            person = work.persons.load(key, lock=True)
            known = facts.of_person(caller, key) | facts.of_second_factor(caller, work.now)
            permit = require_over(self._policy, work, caller, "person:reset_second_factor", person, known)
            factor = work.second_factors.of(key, lock=True)
            if factor is None:
                raise Conflict("second-factor-absent")
            self._end(work, permit, factor, "person:second_factor:reset")
            work.sessions.close_all(key)
            work.commit(permit)

    def _own(self, work: UnitOfWork, caller: Caller, act: str) -> Permit:
        known = facts.of_person(caller, caller.person_id) | facts.of_second_factor(caller, work.now)
        return self._policy.require(caller, act, caller.roles(work.now), known)

    def _end(self, work: UnitOfWork, permit: Permit, factor: Factor, kind: str) -> None:
        stream = f"person/{factor.person_id}"
        number = work.audit.reserve(stream)
        work.second_factors.remove(factor, work.now, number)
        work.sessions.step_down(factor.person_id)
        work.audit.append(permit, (Entry(stream, kind),))

    def _take(self, work: UnitOfWork, permit: Permit, person: Person, factor: Factor, code: str, address: str) -> Shown:
        self._bound(work, person, address)
        shown = take(work, self._secrets, factor, code)
        if shown is None:
            self._refuse(work, permit, person, address, "code")
            raise Forbidden("wrong-code", pointer="/code")
        return shown

    def _bound(self, work: UnitOfWork, person: Person, address: str) -> None:
        if flooded(work, Try(person.login, address, inside=True)):
            raise Throttled("too-many-tries", minutes=MINUTES)

    def _refuse(self, work: UnitOfWork, permit: Permit, person: Person, address: str, wrong: str) -> None:
        stream = f"sign_in/{person.id}"
        work.audit.reserve(stream)
        failed(work, Try(person.login, address, inside=True))
        entry = Entry(stream, "session:step_up_refused", {"address": address, "wrong": wrong})
        work.audit.append(permit, (entry,))
        work.commit(permit, done=False)


def _confirmed(work: UnitOfWork, who: PersonId) -> Factor:
    factor = work.second_factors.of(who, lock=True)
    if factor is None or factor.confirmed_at is None:
        raise Conflict("second-factor-absent")
    return factor


def _new_codes(work: UnitOfWork, factor: Factor) -> tuple[str, ...]:
    codes = new_recovery_codes()
    work.second_factors.replace_codes(factor, map(recovery_digest, codes))
    return codes
