"""Which identities of another house belong to whom: linked by the person or an administrator, never by themselves."""

from collections.abc import Sequence
from uuid import UUID

from broker.domain.errors import Conflict, Invalid, Unavailable, Unknown
from broker.domain.ids import PersonId, new_id
from broker.domain.notices.notices import Notice
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Person
from broker.domain.people.oidc import LONGEST_SUBJECT, MOST, Linked
from broker.domain.permits import Permit
from broker.services.notices.notices import tell
from broker.services.people.reach import require_over
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


class Identities:
    """Lists, links and unlinks; `issuer` is the house of the settings, empty where there is none."""

    def __init__(self, work: Work, policy: Authorizer, issuer: str) -> None:
        self._work = work
        self._policy = policy
        self._issuer = issuer

    def of(self, caller: Caller, key: PersonId) -> Sequence[Linked]:
        """Return the identities of a person: the own ones, or of somebody whose account the caller keeps."""
        with self._work() as work:
            self._asked(work, caller, "identity:list", key)
            return work.identities.of(key)

    def link(self, caller: Caller, key: PersonId, subject: str) -> Linked:
        """Link an identity of the house in the settings to somebody else's account.

        Raises:
            Conflict: it belongs to somebody already, or the person has as many as one may have.
            Unavailable: there is no house in the settings.
        """
        with self._work() as work:
            person = work.persons.load(key, lock=True)
            permit = self._asked(work, caller, "identity:link", key)
            if not self._issuer:
                raise Unavailable("oidc-off")
            linked = link(work, permit, person, self._issuer, subject)
            work.commit(permit)
            return linked

    def unlink(self, caller: Caller, key: PersonId, identity: UUID) -> None:
        """End a link; somebody else's sessions end too, since one of them may have come that way.

        Raises:
            Unknown: the person has no such identity.
        """
        with self._work() as work:
            work.persons.load(key, lock=True)
            permit = self._asked(work, caller, "identity:unlink", key)
            ended = next((it for it in work.identities.of(key) if it.id == identity), None)
            if ended is None:
                raise Unknown("unknown-identity", identity=identity)
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            work.identities.unlink(identity, key, work.now, number)
            if caller.person_id != key:
                work.sessions.close_all(key)
            data = {"issuer": ended.issuer, "identity": str(identity)}
            work.audit.append(permit, (Entry(stream, "person:identity:unlinked", data),))
            _tell(work, "account.identity_unlinked", key, ended.issuer)
            work.commit(permit)

    def _asked(self, work: UnitOfWork, caller: Caller, act: str, key: PersonId) -> Permit:
        known = facts.of_person(caller, key) | facts.of_second_factor(caller, work.now)
        return require_over(self._policy, work, caller, act, work.persons.load(key), known)


def link(work: UnitOfWork, permit: Permit, person: Person, issuer: str, subject: str) -> Linked:
    """Link an identity to a person who was loaded under a lock, and tell the person.

    Raises:
        Conflict: it belongs to somebody already, or the person has as many as one may have.
        Invalid: that is no subject.
    """
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable() or subject != subject.strip():
        raise Invalid("oidc-subject", pointer="/subject", most=LONGEST_SUBJECT)
    if work.identities.whose(issuer, subject) is not None:
        raise Conflict("identity-taken", pointer="/subject")
    if len(work.identities.of(person.id)) >= MOST:
        raise Conflict("too-many-identities", most=MOST)
    linked = Linked(new_id(), issuer, subject, work.now)
    stream = f"person/{person.id}"
    number = work.audit.reserve(stream)
    work.identities.link(linked, person.id, stream, number)
    data = {"issuer": issuer, "subject": subject, "identity": str(linked.id)}
    work.audit.append(permit, (Entry(stream, "person:identity:linked", data),))
    _tell(work, "account.identity_linked", person.id, issuer)
    return linked


def _tell(work: UnitOfWork, kind: str, who: PersonId, issuer: str) -> None:
    tell(work, Notice(kind, facts={"issuer": issuer}, recipients=frozenset({who})))
