"""Renewals: the same again, asked of both authorities."""

from collections.abc import Collection

from broker.domain import decisions
from broker.domain.access_requests import AccessRequest
from broker.domain.accounts import Caller
from broker.domain.errors import Conflict, Forbidden, Unknown
from broker.domain.grants import Grant
from broker.domain.ids import GrantId, RequestId, new_id
from broker.domain.renewals import check_renewable, renewal
from broker.services.access_requests import store
from broker.services.grants import grant_visibility, require_over
from broker.services.rules import rules_in_force
from policies import facts
from policies.authorizer import Authorizer
from storage.db.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work


class Renewals:
    """What the requester does with a grant that should last longer."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def open_to(self, caller: Caller, keys: Collection[GrantId]) -> frozenset[GrantId]:
        """Return which of some grants the caller may renew now."""
        with self._work() as work:
            self._policy.require(caller, "grant:list", caller.roles(work.now), facts.of_person(caller))
            return frozenset(key for key in keys if self._may(work, caller, key))

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
            _check_open(work, grant, rules.renewals)
            request = work.access_requests.load(grant.request_id, EVERYTHING)
            number = work.access_requests.next_number(work.now.year)
            due = work.now + rules.draft_keeps
            blank = renewal(grant, request, RequestId(new_id()), number, work.now, due)
            after = store(work, permit, None, decisions.draft(blank))
            work.commit(permit)
            return after

    def _may(self, work: UnitOfWork, caller: Caller, key: GrantId) -> bool:
        try:
            grant = work.grants.load(key, grant_visibility(caller, work))
            require_over(self._policy, work, caller, "grant:renew", grant)
            _check_open(work, grant, rules_in_force(work).renewals)
        except (Conflict, Forbidden, Unknown):
            return False
        return True


def _check_open(work: UnitOfWork, grant: Grant, most: int) -> None:
    """Refuse to renew what has ended, is being renewed, was renewed, or was renewed often enough.

    Raises:
        Conflict: for each of these.
    """
    check_renewable(grant, work.grants.ancestry(grant.id), most, work.now)
    if (known := work.access_requests.renewing(grant.id)) is not None:
        raise Conflict("renewal-open", number=known)
    if work.grants.renewed(grant.id):
        raise Conflict("renewed-already")
