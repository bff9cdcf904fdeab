"""Where a request is begun: a blank one, one like an earlier one, one that renews a grant."""

from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.footage.grants import Terms
from broker.domain.ids import GrantId, RequestId
from broker.domain.requests.purpose import UNSAID
from broker.services.requests.access_requests import Form as Asked
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import VisitDep

router = APIRouter(route_class=OncePageRoute)

BLANK = Asked(UNSAID, Terms(), (), ())


@router.post(f"{REQUESTS}/new")
def begin_request(visit: VisitDep) -> Response:
    """新建申请。Begin a request; it is kept from now on."""
    return visit.screen.go(f"{REQUESTS}/{visit.broker.access_requests.draft(visit.caller, BLANK).id}/apply/matter")


@router.post(f"{REQUESTS}/{{key}}/again")
def begin_like(key: UUID, visit: VisitDep) -> Response:
    """参照此前申请新建。Begin a request like an earlier one of one's own."""
    return visit.screen.go(
        f"{REQUESTS}/{visit.broker.access_requests.again(visit.caller, RequestId(key)).id}/apply/matter"
    )


@router.post("/grants/{key}/renew")
def renew_grant(key: UUID, visit: VisitDep) -> Response:
    """续期。Begin the request that renews a grant."""
    begun = visit.broker.renewals.renew(visit.caller, GrantId(key))
    return visit.screen.go(f"{REQUESTS}/{begun.id}/apply/matter", "renewal-begun")


@router.get(f"{REQUESTS}/{{key}}/apply")
def go_on(key: UUID, visit: VisitDep) -> Response:
    """继续填写。The first step of a request that is being written."""
    return visit.screen.go(f"{REQUESTS}/{key}/apply/matter")
