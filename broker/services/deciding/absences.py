"""Who is away, and who stands in meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.domain.deciding.absences import Absence, check_span, end, note
from broker.domain.deciding.delegations import DECIDING, Delegation, Standing
from broker.domain.errors import Invalid
from broker.domain.ids import PersonId, new_id
from broker.domain.people.accounts import Caller, Department, Person, Role
from broker.domain.permits import Permit
from broker.domain.time import TimeSpan
from broker.services.deciding.delegations import kept_by, lend, standing_of
from broker.services.people.reach import require_over
from policies import facts
from policies.authorizer import Authorizer
from storage.db.deciding.absences import AbsenceVisibility
from storage.db.unit_of_work import UnitOfWork, Work

REASON = "离岗"
"""Why a role is lent beside an absence. The note of the absence is kept out of it: it may tell of an illness."""


@dataclass(frozen=True)
class Leave:
    """When somebody is away (from now on where `begin` is None), and the login of who stands in for every role."""

    end: datetime
    begin: datetime | None = None
    note: str = ""
    delegate: str | None = None


class Absences:
    """Times in which nobody waits for a person's decision."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def note(self, caller: Caller, leave: Leave, who: PersonId | None = None) -> tuple[Absence, tuple[Delegation, ...]]:
        """Note an absence, one's own where `who` is None, and lend every deciding role to the delegate if one is named.

        Both or nothing: an absence whose delegate is refused is not noted.
        """
        with self._work() as work:
            person = work.persons.load(who or caller.person(), lock=True)
            away = standing_of(work, [person])[person.id]
            permit = self._asked(work, caller, "absence:note", person)
            span = TimeSpan(leave.begin or work.now, leave.end)
            check_span(span, work.now)
            work.absences.check_free(person.id, span)
            absence = Absence(new_id(), person.id, span, leave.note)
            work.absences.add(absence)
            work.audit.append(permit, (note(absence),))
            lent: tuple[Delegation, ...] = ()
            if leave.delegate is not None:
                places = _lendable(work, away, span.begin)
                lending = self._asked(work, caller, "delegation:set", person)
                lent = lend(work, lending, away, leave.delegate, places, span, REASON)
            work.commit(permit)
            return absence, lent

    def page(
        self, caller: Caller, *, own: bool, over: bool | None, after: UUID | None, limit: int
    ) -> Sequence[Absence]:
        """Return absences, newest first: with `own` only one's own, else all one may know of."""
        with self._work() as work:
            self._policy.require(caller, "absence:list", caller.roles(work.now), facts.of_person(caller))
            visible = AbsenceVisibility(caller.person_id, () if own else kept_by(caller, work.now))
            return work.absences.page(visible, over=over, at=work.now, after=after, limit=limit)

    def end(self, caller: Caller, key: UUID) -> Absence:
        """Note that somebody is back; what was lent meanwhile stays lent until it is taken back."""
        with self._work() as work:
            found = work.absences.load(key, AbsenceVisibility(caller.person_id, kept_by(caller, work.now)))
            permit = self._asked(work, caller, "absence:end", work.persons.load(found.person))
            after, entry = end(found, work.now)
            work.absences.end(after)
            work.audit.append(permit, (entry,))
            work.commit(permit)
            return after

    def _asked(self, work: UnitOfWork, caller: Caller, act: str, person: Person) -> Permit:
        return require_over(self._policy, work, caller, act, person, facts.of_person(caller, person.id))


def _lendable(work: UnitOfWork, away: Standing, at: datetime) -> list[tuple[Role, Department]]:
    """Return every deciding role that is held in own right, with its department.

    Raises:
        Invalid: there is none, so nobody can stand in.
    """
    held = {(own.role, own.department_id) for role in DECIDING for own in away.held(role, at)}
    if not held:
        raise Invalid("nothing-to-lend", pointer="/delegate", person=away.person.login)
    departments = work.departments.load_many({department for _, department in held})
    return sorted(((role, departments[place]) for role, place in held), key=lambda pair: (pair[0], pair[1].path))
