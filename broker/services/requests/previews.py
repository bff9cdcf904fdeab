"""Before a request is sent: who will have to decide, what would be refused, what is recorded, what stands out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from broker.domain.deciding.routes import Route
from broker.domain.deciding.rulebook import Rulebook
from broker.domain.errors import BrokerError, Invalid
from broker.domain.ids import RequestId
from broker.domain.people.accounts import Caller, Department
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.findings import Finding
from broker.services.deciding.rules import rules_in_force
from broker.services.requests.access_requests import Form, filled_in, rewritten, visibility
from broker.services.requests.findings import findings_of
from broker.services.requests.form_references import insist
from broker.services.requests.passages import Survey, due_by, survey
from broker.services.requests.submission import examine, untimely
from broker.services.sources.availability import Availability
from broker.services.sources.recorded import Recorded
from policies import facts
from policies.authorizer import Authorizer
from storage.db.requests.earlier_requests import Scope
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class Part:
    """What one owning department would have to decide: on which route, by when at the latest, and how many can.

    `due` counts from the last moment the center has; None where nobody can say by when the center is done.
    """

    department: Department
    route: Route
    cameras: int
    authorizers: int
    due: datetime | None


@dataclass(frozen=True)
class Outlook:
    """How a request would travel if it were submitted now, and who stands in its way.

    `skipped` are lower centers that hold all the cameras and have not enough persons left to decide.
    """

    rulebook: int
    center: Department | None
    approvals: int
    approvers: int
    due: datetime | None
    skipped: tuple[Department, ...]
    parts: tuple[Part, ...]
    faults: tuple[BrokerError, ...]


@dataclass(frozen=True)
class Trial:
    """What a dry run tells; `faults` are all refusals of a submission now."""

    outlook: Outlook
    faults: tuple[BrokerError, ...]
    recorded: Sequence[Recorded]
    findings: tuple[Finding, ...]


class Previews:
    """Looks ahead; nobody is told, and nothing is kept but what the sources said."""

    def __init__(self, work: Work, policy: Authorizer, availability: Availability) -> None:
        self._work = work
        self._policy = policy
        self._availability = availability

    def plan(self, caller: Caller, key: RequestId) -> Outlook:
        """Say who would have to decide on a draft or a return.

        Raises:
            Conflict: it was submitted already: its own pages tell who decides.
        """
        with self._work() as work:
            request = self._own(work, caller, key)
            for fault in untimely(work, request):
                raise fault
            rules = rules_in_force(work)
            return _outlook(survey(work, request, rules), rules)

    def plan_form(self, caller: Caller, form: Form) -> Outlook:
        """Say who would have to decide on a form, without keeping it.

        Raises:
            Invalid: it names persons or cameras that are not there.
        """
        with self._work() as work:
            request, faults = self._filled_in(work, caller, form)
            insist(faults)
            rules = rules_in_force(work)
            return _outlook(survey(work, request, rules), rules)

    def check(self, caller: Caller, key: RequestId) -> Trial:
        """Try the submission of a draft or a return."""
        with self._work() as work:
            request = self._own(work, caller, key)
            trial = _tried(work, request, ())
        return self._with_recorded(trial, request)

    def check_edit(self, caller: Caller, key: RequestId, form: Form) -> Trial:
        """Try the submission of a draft or a return as a form would change it, without keeping it."""
        with self._work() as work:
            own = self._own(work, caller, key)
            request, faults = rewritten(work, caller, own, form)
            trial = _tried(work, request, faults)
        return self._with_recorded(trial, request)

    def check_form(self, caller: Caller, form: Form) -> Trial:
        """Try the submission of a form, without keeping it."""
        with self._work() as work:
            request, faults = self._filled_in(work, caller, form)
            trial = _tried(work, request, faults)
        return self._with_recorded(trial, request)

    def _with_recorded(self, trial: Trial, request: AccessRequest) -> Trial:
        lines = [(line.camera_id, line.span) for line in request.asked]
        return replace(trial, recorded=self._availability.of(lines))

    def _own(self, work: UnitOfWork, caller: Caller, key: RequestId) -> AccessRequest:
        """Return a request of the caller's own."""
        request = work.access_requests.load(key, visibility(caller, work))
        home = work.departments.load(request.department_id)
        roles = facts.reach(caller, work.now, requester=home.path)
        self._policy.require(caller, "access_request:check", roles, facts.of_request(caller, request))
        return request

    def _filled_in(self, work: UnitOfWork, caller: Caller, form: Form) -> tuple[AccessRequest, list[Invalid]]:
        """Return the request a form would become in the name of the caller's department."""
        roles = caller.roles_at(caller.path, work.now)
        self._policy.require(caller, "access_request:check", roles, facts.of_draft(caller, caller.path))
        return filled_in(work, caller, form)


def _tried(work: UnitOfWork, request: AccessRequest, faults: Sequence[BrokerError]) -> Trial:
    """Try everything but the sources; they are asked once the database is let go."""
    rules = rules_in_force(work)
    submission = examine(work, request, rules)
    found = findings_of(work, request, rules, Scope(asked_by=request.department_id))
    return Trial(_outlook(submission.survey, rules), (*faults, *submission.faults), (), found)


def _outlook(found: Survey, rules: Rulebook) -> Outlook:
    plan = found.plan
    parts = []
    for item in plan.items:
        route = plan.routes[item.department_id]
        due = item.due
        if due is None and plan.passage.due is not None:
            due = due_by(rules, plan.passage.due, route.deadlines.owner, route)
        cameras = len({line.camera_id for line in item.lines})
        able = plan.deciders.authorizers[item.department_id]
        parts.append(Part(plan.owners[item.department_id], route, cameras, able, due))
    return Outlook(
        rulebook=rules.version,
        center=plan.center,
        approvals=plan.passage.center_approvals,
        approvers=plan.deciders.approvers,
        due=plan.passage.due,
        skipped=plan.deciders.skipped,
        parts=tuple(parts),
        faults=found.faults,
    )
