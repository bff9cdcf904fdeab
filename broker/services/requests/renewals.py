"""Renewals: the same again, asked of both authorities."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from broker.domain.deciding import decisions
from broker.domain.errors import Conflict, Forbidden
from broker.domain.footage.grants import Grant
from broker.domain.ids import GrantId, RequestId, new_id
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.renewals import check_renewable, renewal
from broker.services.deciding.rules import rules_in_force
from broker.services.footage.grants import grant_visibility, require_over
from broker.services.requests.access_requests import require_home, store, visibility
from policies import facts
from policies.authorizer import Authorizer
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work


class Renewals:
    """What the requester does with a grant that should last longer."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def open_to(self, caller: Caller, key: RequestId, grants: Collection[GrantId]) -> frozenset[GrantId]:
        """Return which of some grants of a request the caller may renew now."""
        with self._work() as work:
            self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
            request = work.access_requests.load(key, visibility(caller, work))
            try:
                require_home(self._policy, work, caller, "grant:renew", request)
            except Forbidden:
                return frozenset()
            standing = _standing(work, grants)
            found = work.grants.load_many(grants, grant_visibility(caller, work))
            return frozenset(grant.id for grant in found if standing.lets(grant, work.now))

    def renew(self, caller: Caller, key: GrantId) -> AccessRequest:
        """Open a draft that asks for what a grant allows once more; submitted, it goes the ordinary way.

        The new grant begins where this one ends. The requester may narrow the draft, never widen it.

        Raises:
            Conflict: the grant has ended or rests, has been renewed, is being renewed, or was renewed often enough.
        """
        with self._work() as work:
            grant = work.grants.load(key, grant_visibility(caller, work), lock=True)
            permit, _ = require_over(self._policy, work, caller, "grant:renew", grant)
            rules = rules_in_force(work)
            _standing(work, [key]).check(grant, work.now)
            request = work.access_requests.load(grant.request_id, EVERYTHING)
            number = work.access_requests.next_number(work.now.year)
            due = work.now + rules.draft_keeps
            blank = renewal(grant, request, RequestId(new_id()), number, work.now, due)
            after = store(work, permit, None, decisions.draft(blank))
            work.commit(permit)
            return after


@dataclass(frozen=True)
class Standing:
    """What is known of the renewals of some grants: how many lie behind each, and which are under way or done."""

    most: int
    behind: Mapping[GrantId, int]
    under_way: Mapping[GrantId, str]
    done: Collection[GrantId]

    def check(self, grant: Grant, at: datetime) -> None:
        """Refuse to renew what has ended, is being renewed, was renewed, or was renewed often enough.

        Raises:
            Conflict: for each of these.
        """
        check_renewable(grant, self.behind[grant.id], self.most, at)
        if grant.id in self.under_way:
            raise Conflict("renewal-open", number=self.under_way[grant.id])
        if grant.id in self.done:
            raise Conflict("renewed-already")

    def lets(self, grant: Grant, at: datetime) -> bool:
        """Say whether a grant may be renewed."""
        try:
            self.check(grant, at)
        except Conflict:
            return False
        return True


def _standing(work: UnitOfWork, keys: Collection[GrantId]) -> Standing:
    """Look up what is known of the renewals of some grants, in one question a table."""
    return Standing(
        rules_in_force(work).renewals, work.grants.ancestries(keys), work.access_requests.renewing(keys),
        work.grants.renewed(keys),
    )  # fmt: skip
