"""Where a request is begun: a blank one, one like an earlier one, one that renews a grant."""

from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.footage.grants import Terms
from broker.domain.ids import GrantId, RequestId
from broker.domain.requests.purpose import UNSAID
from broker.services.requests.access_requests import Form as Asked
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import ScreenDep
from broker.web.deps import BrokerDep, CallerDep

router = APIRouter(route_class=OncePageRoute)

BLANK = Asked(UNSAID, Terms(), (), ())


@router.post(f"{REQUESTS}/new")
def begin_request(caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """新建申请。Begin a request; it is kept from now on."""
    return screen.go(f"{REQUESTS}/{broker.access_requests.draft(caller, BLANK).id}/apply/matter")


@router.post(f"{REQUESTS}/{{key}}/again")
def begin_like(key: UUID, caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """参照此前申请新建。Begin a request like an earlier one of one's own."""
    return screen.go(f"{REQUESTS}/{broker.access_requests.again(caller, RequestId(key)).id}/apply/matter")


@router.post("/grants/{key}/renew")
def renew_grant(key: UUID, caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """续期。Begin the request that renews a grant."""
    begun = broker.renewals.renew(caller, GrantId(key))
    return screen.go(f"{REQUESTS}/{begun.id}/apply/matter", "renewal-begun")


@router.get(f"{REQUESTS}/{{key}}/apply")
def go_on(key: UUID, caller: CallerDep, screen: ScreenDep) -> Response:
    """继续填写。The first step of a request that is being written."""
    del caller
    return screen.go(f"{REQUESTS}/{key}/apply/matter")
