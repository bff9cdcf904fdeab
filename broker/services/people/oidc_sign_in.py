"""Signing in with an identity of another house, and linking one to the own account.

What a browser needs to come back with travels with it, sealed; only that it came back is kept here, so that a state
is good once. No account is ever made: an identity that is linked to nobody opens nothing.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime

from broker.domain.errors import Forbidden, Throttled, Unavailable
from broker.domain.local_paths import START, local_path
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Person
from broker.domain.people.oidc import FLOW, LONGEST_PLACE, Flow, Identity, Refused
from broker.services.people.identities import link
from broker.services.people.oidc.provider import Brought, Provider
from broker.services.people.sign_in import IDLE, NOBODY, Openings, Passwords, Signed, caller_of, may_sign_in
from broker.services.people.throttle import MINUTES, Try, crowded, failed, flooded
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work
from storage.secrets import SecretBox

BY = "oidc"
PLACE = "oidc/flow"
LONGEST = 4000
_BYTES = 32


@dataclass(frozen=True)
class Away:
    """Where to send a browser, and the note it has to bring back."""

    address: str
    note: str = field(repr=False)


@dataclass(frozen=True)
class Back:
    """Who came back: the page to go on to, and the session that was opened; None when an identity was linked."""

    place: str
    signed: Signed | None = None


class OidcSignIn:
    """The way through another house; without one in the settings there is none.

    `label` is what the button says: None where there is no other house, empty for the console's own words.
    """

    def __init__(
        self, work: Work, policy: Authorizer, provider: Provider | None, box: SecretBox, openings: Openings,
        passwords: Passwords,
    ) -> None:  # fmt: skip
        self._work = work
        self._policy = policy
        self._provider = provider
        self.label = None if provider is None else provider.house.label
        self._box = box
        self._openings = openings
        self._passwords = passwords

    def begin(self, place: str) -> Away:
        """Send a browser over there to sign in; `place` is the page of ours to go on to.

        Raises:
            Unavailable: there is no other house, or it cannot be asked.
        """
        with self._work() as work:
            self._policy.require(NOBODY, "session:open", ())
            flow = _flow(place, work.now)
        return self._away(flow)

    def begin_link(self, caller: Caller, password: str | None, address: str, place: str) -> Away:
        """Send the caller over there to link an identity to the own account.

        Who has a second factor has shown it just now; who has none gives the password again: nobody adds a way in to
        an account whose open session they found.

        Raises:
            Forbidden: `wrong-password`, or the second factor is wanted.
            Throttled: too many failures lately.
        """
        with self._work() as work:
            known = facts.of_person(caller, caller.person()) | facts.of_second_factor(caller, work.now)
            permit = self._policy.require(caller, "identity:add", caller.roles(work.now), known)
            if not caller.second_factor:
                person = work.persons.load(caller.person())
                tried = Try(person.login, address, inside=True)
                if flooded(work, tried):
                    raise Throttled("too-many-tries", minutes=MINUTES)
                stored = work.persons.secret(person.login)
                if stored is None or not self._passwords.fits(stored[1], password or ""):
                    failed(work, tried)
                    work.commit(permit, done=False)
                    raise Forbidden("wrong-password", pointer="/password")
            flow = replace(_flow(place, work.now), person=caller.person(), credential=caller.credential)
        return self._away(flow)

    def finish(self, brought: Brought, note: str | None, address: str, device: str | None, browser: str = "") -> Back:
        """Take back who was sent away: open a session, or link.

        Raises:
            Forbidden: `oidc-stale`, not the browser that was sent away, too late, or a second time; `oidc-declined`,
                the house says no; `oidc-refused`, what it says is not believed; `oidc-unlinked`, nobody here;
                `account-locked`.
            Throttled: too many failures of this address lately.
            Unavailable: the house cannot be asked.
        """
        flow = self._spent(brought, note, address)
        if brought.error:
            raise Forbidden("oidc-declined")
        try:
            identity = self._house().identify(brought, flow, self._work().now)
        except Refused as error:
            self._refuse(address, error.reason)
            raise Forbidden("oidc-refused") from None
        if flow.person:
            return self._linked(flow, identity)
        return self._opened(flow, identity, Try("", address, browser=browser), device)

    def _house(self) -> Provider:
        if self._provider is None:
            raise Unavailable("oidc-off")
        return self._provider

    def _away(self, flow: Flow) -> Away:
        address = self._house().address_for(flow)
        return Away(address, base64.urlsafe_b64encode(self._box.seal(flow.plain(), PLACE)).decode())

    def _spent(self, brought: Brought, note: str | None, address: str) -> Flow:
        """Return what the browser was sent away with, and use it up, whatever comes of it."""
        flow = self._read(note)
        with self._work() as work:
            permit = self._policy.require(NOBODY, "session:open", ())
            if crowded(work, address):
                raise Throttled("too-many-sign-ins", minutes=MINUTES)
            if flow is None or work.now >= flow.begun_at + FLOW:
                raise Forbidden("oidc-stale")
            if not hmac.compare_digest(brought.state.encode(), flow.state.encode()):
                raise Forbidden("oidc-stale")
            digest = hashlib.sha256(flow.state.encode()).digest()
            if not work.identities.spend(digest, work.now, work.now - FLOW):
                raise Forbidden("oidc-stale")
            work.commit(permit)
        return flow

    def _read(self, note: str | None) -> Flow | None:
        if not note or len(note) > LONGEST:
            return None
        try:
            return Flow.of(self._box.open(base64.urlsafe_b64decode(note), PLACE))
        except (Unavailable, binascii.Error, ValueError):
            return None

    def _opened(self, flow: Flow, identity: Identity, came: Try, device: str | None) -> Back:
        with self._work() as work:
            permit = self._policy.require(NOBODY, "session:open", ())
            key = work.identities.whose(identity.issuer, identity.subject)
            person = work.persons.load(key) if key else None
            if person is None or not may_sign_in(person, work.now):
                self._note(work, came.address, "unlinked", person)
                raise Forbidden("oidc-unlinked")
            if work.locks.holds(person.id):
                self._note(work, came.address, "lock", person)
                raise Forbidden("account-locked")
            name = self._openings.devices.name(device, person.login, work.now)
            signed = self._openings.open(
                work, permit, person, replace(came, login=person.login, device=name), device, by=BY,
                shown_at=self._shown_at(identity, work.now), told={"issuer": identity.issuer},
            )  # fmt: skip
            work.commit(permit)
            return Back(flow.place, signed)

    def _shown_at(self, identity: Identity, now: datetime) -> datetime | None:
        """Return when a second factor was shown over there, if the operator lets that count.

        Without word of the instant it was shown at some time, and not just now.
        """
        house = self._house().house
        if not identity.methods & house.methods and identity.level not in house.levels:
            return None
        return min(identity.shown_at or now - self._openings.fresh_for, now)

    def _linked(self, flow: Flow, identity: Identity) -> Back:
        """Link to the account whose session began this, if that session still lives."""
        with self._work() as work:
            session = work.sessions.find(flow.credential, work.now, work.now - IDLE)
            if session is None or session.person_id != flow.person:
                raise Forbidden("oidc-stale")
            caller = caller_of(work, session.person_id)
            fresh = session.stepped_up_at + self._openings.fresh_for if session.stepped_up_at else None
            caller = replace(caller, credential=flow.credential, fresh_until=fresh)
            known = facts.of_person(caller, caller.person()) | facts.of_second_factor(caller, work.now)
            permit = self._policy.require(caller, "identity:add", caller.roles(work.now), known)
            link(work, permit, work.persons.load(caller.person(), lock=True), identity.issuer, identity.subject)
            work.commit(permit)
            return Back(flow.place)

    def _refuse(self, address: str, reason: str) -> None:
        with self._work() as work:
            self._note(work, address, reason, None)

    def _note(self, work: UnitOfWork, address: str, reason: str, person: Person | None) -> None:
        """Write a refusal down and count it against the address: no login was tried."""
        permit = self._policy.note(NOBODY, "session:refused")
        failed(work, Try("", address))
        stream = f"sign_in/{person.id if person else 'unknown'}"
        work.audit.reserve(stream)
        data = {"address": address, "wrong": BY, "reason": reason}
        work.audit.append(permit, (Entry(stream, "session:refused", data),))
        work.commit(permit)


def _flow(place: str, now: datetime) -> Flow:
    state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
    return Flow(state, nonce, verifier, local_path(place) if len(place) <= LONGEST_PLACE else START, now)
