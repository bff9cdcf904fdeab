"""Invites: an administrator opens an account without a password, and the person chooses the first one by a link.

The token is shown once, to who issues the invite, and may be mailed; only its digest is stored, and no event has it.
A link that ran out, was used or was taken back, or whose person may not come in, answers like one that never was.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from broker.domain.errors import Conflict, Throttled, Unknown
from broker.domain.ids import PersonId, new_id
from broker.domain.notices.notices import Told
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Person
from broker.domain.people.invites import VALID, Invite, path_of
from broker.domain.permits import Permit
from broker.services.notices.couriers.mail import Failed, Refused
from broker.services.notices.couriers.post_office import PostOffice
from broker.services.people.accounts import check_password
from broker.services.people.contacts import Contact
from broker.services.people.reach import require_over
from broker.services.people.sign_in import NOBODY, Openings, Passwords, Signed, digest
from broker.services.people.throttle import MINUTES, Try, crowded, failed
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

BY = "invite"
_BYTES = 32


@dataclass(frozen=True)
class Issued:
    """A fresh invite: its link is shown this once. `mailed`: whether a mail server took it."""

    link: str = field(repr=False)
    until: datetime
    mailed: bool


@dataclass(frozen=True)
class Invited:
    """What a link tells to who holds it."""

    name: str
    login: str
    until: datetime


class Invites:
    """Issues, takes back and redeems invites."""

    def __init__(
        self, work: Work, policy: Authorizer, passwords: Passwords, openings: Openings, office: PostOffice
    ) -> None:
        self._work = work
        self._policy = policy
        self._passwords = passwords
        self._openings = openings
        self._office = office

    def issue(self, caller: Caller, key: PersonId, *, mail: bool = False) -> Issued:
        """Issue an invite, in place of the one there may be; with `mail`, hand it to the mail server as well.

        Raises:
            Conflict: `invite-not-needed`, the person has a password (it can be reset), or the account is closed.
        """
        with self._work() as work:
            person = work.persons.load(key, lock=True)
            permit = self._asked(work, caller, person)
            if person.password_chosen or not person.active:
                raise Conflict("invite-not-needed")
            self._end(work, permit, person)
            token = secrets.token_urlsafe(_BYTES)
            new = Invite(new_id(), person.id, work.now, work.now + VALID)
            stream = f"person/{person.id}"
            number = work.audit.reserve(stream)
            work.invites.add(new, digest(token), stream, number)
            data = {"until": new.until.isoformat()}
            work.audit.append(permit, (Entry(stream, "person:invite:issued", data),))
            work.commit(permit)
        link = self._office.public_url.rstrip("/") + path_of(token)
        return Issued(link, new.until, mail and self._mailed(person, link, new))

    def standing(self, caller: Caller, key: PersonId) -> Invite | None:
        """Return the invite of a person that was neither used nor taken back; it may have run out."""
        with self._work() as work:
            self._asked(work, caller, work.persons.load(key))
            return work.invites.of(key)

    def revoke(self, caller: Caller, key: PersonId) -> None:
        """Take an invite back.

        Raises:
            Conflict: there is none.
        """
        with self._work() as work:
            person = work.persons.load(key, lock=True)
            permit = self._asked(work, caller, person)
            if not self._end(work, permit, person):
                raise Conflict("no-invite")
            work.commit(permit)

    def look(self, token: str, address: str) -> Invited:
        """Return whom a link is for.

        Raises:
            Unknown: it is not good, whyever.
            Throttled: too many failures of this address lately.
        """
        with self._work() as work:
            permit = self._policy.require(NOBODY, "invite:read", ())
            invite, person = self._good(work, permit, token, address)
            return Invited(person.name, person.login, invite.until)

    def take(
        self, token: str, password: str, address: str, device: str | None = None, browser: str = ""
    ) -> Signed:  # fmt: skip
        """Choose the first password, and be signed in.

        Raises:
            Unknown: the link is not good, whyever.
            Invalid: the password is too short, or too easily guessed; the link stays good.
            Throttled: too many failures of this address lately.
        """
        with self._work() as work:
            permit = self._policy.require(NOBODY, "invite:take", ())
            invite, person = self._good(work, permit, token, address)
            person = work.persons.load(person.id, lock=True)
            locked = work.invites.by_token(digest(token), work.now, lock=True)
            if locked is None or person.password_chosen:  # somebody was faster
                raise Unknown("unknown-invite")
            check_password(password, person.login)
            stream = f"person/{person.id}"
            number = work.audit.reserve(stream)
            stored = self._passwords.hash(password)
            work.persons.change(
                person.id, number, password_hash=stored, password_chosen=True, one_time_until=None
            )  # fmt: skip
            work.invites.end(invite, work.now, number)
            work.sessions.close_all(person.id)
            work.audit.append(permit, (Entry(stream, "person:invite:taken"),))
            name = self._openings.devices.name(device, person.login, work.now)
            tried = Try(person.login, address, name, browser=browser)
            signed = self._openings.open(work, permit, person, tried, device, by=BY)
            work.commit(permit)
            return signed

    def _good(self, work: UnitOfWork, permit: Permit, token: str, address: str) -> tuple[Invite, Person]:
        if crowded(work, address):
            raise Throttled("too-many-tries", minutes=MINUTES)
        invite = work.invites.by_token(digest(token), work.now)
        person = work.persons.load(invite.person_id) if invite else None
        if invite and person and person.active and not person.password_chosen and not work.locks.holds(person.id):
            return invite, person
        failed(work, Try("", address))
        work.commit(permit, done=False)
        raise Unknown("unknown-invite")

    def _asked(self, work: UnitOfWork, caller: Caller, person: Person) -> Permit:
        known = facts.of_person(caller, person.id) | facts.of_second_factor(caller, work.now)
        return require_over(self._policy, work, caller, "person:invite", person, known)

    def _end(self, work: UnitOfWork, permit: Permit, person: Person) -> bool:
        before = work.invites.of(person.id, lock=True)
        if before is None:
            return False
        stream = f"person/{person.id}"
        number = work.audit.reserve(stream)
        work.invites.end(before, work.now, number)
        work.audit.append(permit, (Entry(stream, "person:invite:revoked"),))
        return True

    def _mailed(self, person: Person, link: str, invite: Invite) -> bool:
        """Mail the link at once: it stands in no outbox. Without a public address the link leads nowhere."""
        if not self._office.public_url:
            return False
        facts_told = {"login": person.login, "link": link, "until": invite.until.isoformat()}
        told = Told(new_id(), "account.invited", invite.issued_at, None, facts_told)
        try:
            self._office.mail_to(Contact(person.email, person.language), told, str(invite.id), invite.issued_at)
        except (Failed, Refused):
            return False
        return True
