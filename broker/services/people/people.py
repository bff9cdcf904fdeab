"""People as who keeps accounts looks at them: found, read whole, opened again, and who is invited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.locks import LockKind
from broker.domain.ids import LockId, PersonId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Role, WhoIsSought
from broker.domain.people.invites import Invite
from broker.domain.people.oidc import Linked
from broker.services.people.accounts import Account
from broker.services.people.credentials import READ
from broker.services.people.reach import require_over, roles_over
from broker.services.people.sign_in import IDLE
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

ACTS = (
    "person:assign", "person:disable", "person:enable", "person:invite", "person:reset_password",
    "person:reset_second_factor", "person:read_access", "person:end_access", "identity:list", "identity:link",
    "identity:unlink", "lock:set", "absence:note",
)  # fmt: skip
"""What may be done about an account; which of them the caller may is told beside it."""

FACTOR = frozenset({"mfa_fresh", "mfa_met"})
"""Who lacks nothing but these may go on: the second factor is asked for on the way."""

LONGEST_TEXT = 100


@dataclass(frozen=True)
class Dossier:
    """An account with all that who keeps it has to know, and the acts that are open to the caller.

    `signed_in` and `tokens` count live sessions and good API tokens; None where the caller may not know.
    """

    account: Account
    factor_since: datetime | None
    invite: Invite | None
    identities: Sequence[Linked]
    lock: LockId | None
    signed_in: int | None
    tokens: int | None
    may: frozenset[str]


class People:
    """Accounts in the caller's reach."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(self, caller: Caller, sought: WhoIsSought, *, after: PersonId | None, limit: int) -> Sequence[Account]:
        """Return the accounts in the caller's reach that fit, oldest first."""
        with self._work() as work:
            self._policy.require(caller, "person:list", caller.roles(work.now), facts.of_person(caller))
            found = work.persons.page(scope=_kept(work, caller), after=after, limit=limit, sought=sought)
            homes = work.departments.load_many({person.department_id for person in found})
            held = work.persons.assignments({person.id for person in found})
            return [Account(person, homes[person.department_id], held.get(person.id, ())) for person in found]

    def read(self, caller: Caller, key: PersonId) -> Dossier:
        """Return one account.

        Raises:
            Unknown: there is none, or it is out of the caller's reach.
        """
        with self._work() as work:
            self._policy.require(caller, "person:list", caller.roles(work.now), facts.of_person(caller))
            person = work.persons.load(key)
            home = work.departments.load(person.department_id)
            if not home.path.startswith(_kept(work, caller)):
                raise Unknown("unknown-person", person=key)
            account = Account(person, home, work.persons.assignments({key}).get(key, ()))
            factor, may = work.second_factors.of(key), self._may(work, caller, key)
            return Dossier(
                account=account,
                factor_since=factor.confirmed_at if factor else None,
                invite=work.invites.of(key),
                identities=work.identities.of(key) if "identity:list" in may else (),
                lock=work.locks.standing_on(LockKind.PERSON, key),
                signed_in=len(work.sessions.of_person(key, work.now, work.now - IDLE)) if READ in may else None,
                tokens=work.sessions.good_tokens(key, work.now) if READ in may else None,
                may=may,
            )

    def allow_new(self, caller: Caller) -> None:
        """Let pass who may open accounts somewhere; where, is asked when one is opened.

        Raises:
            Forbidden: the caller may not.
        """
        with self._work() as work:
            self._policy.require(caller, "person:create", caller.roles(work.now), facts.of_person(caller))

    def invited(self, caller: Caller, *, after: UUID | None, limit: int) -> Sequence[Invite]:
        """Return the invites in the caller's reach that were neither used nor taken back, newest first."""
        with self._work() as work:
            self._policy.require(caller, "person:list", caller.roles(work.now), facts.of_person(caller))
            return work.invites.page(scope=_kept(work, caller), after=after, limit=limit)

    def enable(self, caller: Caller, key: PersonId) -> Account:
        """Open an account that was closed; its roles are those it had, its sessions stay ended.

        Raises:
            Conflict: it is open.
        """
        with self._work() as work:
            person = work.persons.load(key, lock=True)
            permit = require_over(self._policy, work, caller, "person:enable", person, facts.of_person(caller, key))
            if person.active:
                raise Conflict("account-open")
            home = work.departments.keep_open(person.department_id)
            stream = f"person/{key}"
            number = work.audit.reserve(stream)
            work.persons.change(key, number, active=True)
            work.audit.append(permit, (Entry(stream, "person:enabled"),))
            work.commit(permit)
            return Account(work.persons.load(key), home, work.persons.assignments({key}).get(key, ()))

    def _may(self, work: UnitOfWork, caller: Caller, key: PersonId) -> frozenset[str]:
        roles = roles_over(work, caller, key)
        known = facts.of_lock(caller, LockKind.PERSON, key) | facts.of_second_factor(caller, work.now)
        answers = {act: self._policy.decide(roles, act, known) for act in ACTS}
        return frozenset(act for act, it in answers.items() if it.allowed or (it.missing and set(it.missing) <= FACTOR))


def _kept(work: UnitOfWork, caller: Caller) -> tuple[str, ...]:
    """Return the subtrees whose accounts the caller keeps."""
    return (
        *caller.paths_of(Role.SECURITY_ADMINISTRATOR, work.now),
        *caller.paths_of(Role.OPERATOR, work.now),
    )
