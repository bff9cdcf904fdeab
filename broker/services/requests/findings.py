"""What stands out about a request, for those who decide on it."""

from datetime import timedelta

from broker.domain.deciding.rulebook import Rulebook
from broker.domain.ids import RequestId
from broker.domain.people.accounts import Caller, Role
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.findings import Finding, findings
from broker.services.deciding.rules import rules_in_force, rules_of
from broker.services.requests.access_requests import shown_to, visibility
from policies import facts
from policies.authorizer import Authorizer
from storage.db.requests.earlier_requests import Scope
from storage.db.unit_of_work import UnitOfWork, Work

REMEMBERED = timedelta(days=90)
MOST_EARLIER = 20


def findings_of(work: UnitOfWork, request: AccessRequest, rules: Rulebook, scope: Scope) -> tuple[Finding, ...]:
    """Return what stands out about a request as it is given, in one question for points and one for what was before."""
    points = work.cameras.load_many({line.camera_id for line in request.asked})
    earlier = work.access_requests.earlier(request, work.now - REMEMBERED, scope, MOST_EARLIER)
    sent = request.submitted_at or (request.since if request.emergency else None) or work.now
    return findings(request, points.values(), rules, sent, earlier)


class Findings:
    """What the center, the owners and the auditor are shown beside a request."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def of(self, caller: Caller, key: RequestId) -> tuple[Finding, ...]:
        """Return what stands out; an owner hears of the own cameras and of what the own department refused before."""
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work))
            reaching = facts.reach(caller, work.now, auditor=work.departments.load(request.department_id).path)
            centers = {key for key in (request.center_id, request.escalated_to) if key is not None}
            for center in work.departments.load_many(centers).values():
                reaching |= facts.reach(caller, work.now, center_approver=center.path)
            owners = work.departments.load_many({item.department_id for item in request.items})
            roles = reaching
            for owner in owners.values():
                roles |= facts.reach(caller, work.now, department_authorizer=owner.path)
            self._policy.require(caller, "access_request:findings", roles, facts.of_request(caller, request))
            paths = caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now)
            scope = Scope() if reaching else Scope(refused_in=paths)
            rules = rules_of(work, request.rulebook) if request.items else rules_in_force(work)
            return findings_of(work, shown_to(caller, work, [request])[0], rules, scope)
