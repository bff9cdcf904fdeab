"""What somebody is signed in with, for who keeps the account: sessions and API tokens, and ending a single one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from broker.domain.errors import Unknown
from broker.domain.ids import PersonId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Person
from broker.domain.permits import Permit
from broker.services.people.reach import require_over
from broker.services.people.sign_in import IDLE, name_of
from policies import facts
from policies.authorizer import Authorizer
from storage.db.people.sessions import LiveSession, Token
from storage.db.unit_of_work import UnitOfWork, Work

READ, END = "person:read_access", "person:end_access"


@dataclass(frozen=True)
class Opened:
    """A live session of somebody, under the name that its person sees too."""

    name: str
    session: LiveSession


class Credentials:
    """Sessions and tokens of persons in the caller's reach; nobody's secrets."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def sessions(self, caller: Caller, key: PersonId) -> Sequence[Opened]:
        """Return the live sessions of a person, the newest first; there are never more than a few.

        Raises:
            Unknown: there is no such person.
        """
        with self._work() as work:
            self._asked(work, caller, READ, work.persons.load(key))
            found = work.sessions.of_person(key, work.now, work.now - IDLE)
            return [Opened(name_of(it.digest), it) for it in found]

    def end_session(self, caller: Caller, key: PersonId, name: str) -> None:
        """End one session of a person.

        Raises:
            Unknown: `unknown-session`, none of them has this name, or it has ended.
        """
        with self._work() as work:
            permit = self._asked(work, caller, END, work.persons.load(key, lock=True))
            found = work.sessions.of_person(key, work.now, work.now - IDLE)
            ended = next((it for it in found if name_of(it.digest) == name), None)
            if ended is None:
                raise Unknown("unknown-session")
            work.sessions.close(ended.digest)
            stream = f"person/{key}"
            work.audit.reserve(stream)
            data = {"session": name, "address": ended.address}
            work.audit.append(permit, (Entry(stream, "person:session:ended", data),))
            work.commit(permit)

    def tokens(self, caller: Caller, key: PersonId, *, after: UUID | None, limit: int) -> Sequence[Token]:
        """Return the API tokens of a person, without their secrets, also those that are over."""
        with self._work() as work:
            self._asked(work, caller, READ, work.persons.load(key))
            return work.sessions.tokens(key, after=after, limit=limit)

    def revoke_token(self, caller: Caller, key: PersonId, token: UUID) -> None:
        """Revoke one token of a person.

        Raises:
            Unknown: `unknown-token`, there is no such token, or it was revoked.
        """
        with self._work() as work:
            permit = self._asked(work, caller, END, work.persons.load(key, lock=True))
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            if not work.sessions.revoke_token(token, key, work.now, number):
                raise Unknown("unknown-token", token=token)
            work.audit.append(permit, (Entry(stream, "person:token:revoked", {"token": str(token)}),))
            work.commit(permit)

    def _asked(self, work: UnitOfWork, caller: Caller, act: str, person: Person) -> Permit:
        known = facts.of_person(caller, person.id) | facts.of_second_factor(caller, work.now)
        return require_over(self._policy, work, caller, act, person, known)
