"""Everything a submission is held to, in one place: so that a dry run says what the submission would."""

from collections.abc import Iterator
from dataclasses import dataclass

from broker.domain.deciding.rulebook import Rulebook
from broker.domain.errors import BrokerError
from broker.domain.requests.access_requests import AccessRequest, lacking, require_in_time
from broker.domain.requests.request_states import RequestCommand, RequestState, next_request_state
from broker.services.requests.limits import check_renewal, investigator_faults, quota_faults, size_faults
from broker.services.requests.passages import Plan, Survey, hold_places, survey
from storage.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Submission:
    """How a request would travel, and all that would be refused about it."""

    rules: Rulebook
    survey: Survey
    faults: tuple[BrokerError, ...]

    def require(self) -> Plan:
        """Return the plan.

        Raises:
            Invalid: something about the request is refused; the first of all faults.
            Conflict: the request cannot be submitted where it stands.
        """
        for fault in self.faults:
            raise fault
        return self.survey.plan


def examine(work: UnitOfWork, request: AccessRequest, rules: Rulebook, *, hold: bool = False) -> Submission:
    """Look at a request as its submission would.

    `hold` keeps its cameras, the tree around them and its department's day as they are.
    """
    if hold:
        work.cameras.hold({line.camera_id for line in request.asked})
    found = survey(work, request, rules)
    if hold:
        hold_places(work, request, found.plan)
    faults: list[BrokerError] = [
        *untimely(work, request),
        *rules.purpose.faults(request.purpose),
        *lacking(request),
        *size_faults(request, rules, work.now),
        *investigator_faults(work, request),
        *_widening(work, request),
        *found.faults,
        *quota_faults(work, request, rules, hold=hold),
    ]
    return Submission(rules, found, tuple(faults))


def untimely(work: UnitOfWork, request: AccessRequest) -> Iterator[BrokerError]:
    """Yield why the request cannot be submitted where it stands, whatever it asks for."""
    again = request.state is RequestState.RETURNED
    try:
        require_in_time(request, work.now)
        next_request_state(request.state, RequestCommand.RESUBMIT if again else RequestCommand.SUBMIT)
    except BrokerError as fault:
        yield fault


def _widening(work: UnitOfWork, request: AccessRequest) -> Iterator[BrokerError]:
    """Yield where a renewal asks for more than what it renews."""
    try:
        check_renewal(work, request)
    except BrokerError as fault:
        yield fault
