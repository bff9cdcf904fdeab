"""Renewals: the same again, asked of both authorities."""

from broker.domain import decisions
from broker.domain.access_requests import AccessRequest
from broker.domain.accounts import Caller
from broker.domain.errors import Conflict
from broker.domain.ids import GrantId, RequestId, new_id
from broker.domain.renewals import check_renewable, renewal
from broker.services.access_requests import store
from broker.services.grants import grant_visibility, require_over
from broker.services.rules import rules_in_force
from policies.authorizer import Authorizer
from storage.db.access_requests import EVERYTHING
from storage.db.unit_of_work import Work


class Renewals:
    """What the requester does with a grant that should last longer."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

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
            check_renewable(grant, work.grants.ancestry(key), rules.renewals, work.now)
            if (known := work.access_requests.renewing(key)) is not None:
                raise Conflict("renewal-open", number=known)
            if work.grants.renewed(key):
                raise Conflict("renewed-already")
            request = work.access_requests.load(grant.request_id, EVERYTHING)
            number = work.access_requests.next_number(work.now.year)
            due = work.now + rules.draft_keeps
            blank = renewal(grant, request, RequestId(new_id()), number, work.now, due)
            after = store(work, permit, None, decisions.draft(blank))
            work.commit(permit)
            return after
