"""What stands in the way of footage or of its deletion, to be read: locks and holds."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from broker.domain.ids import HoldId, LockId
from broker.services.oversight.holds import Listed
from broker.web.api.footage import locks
from broker.web.api.oversight import holds
from broker.web.console.auditing.trace import TRACE
from broker.web.console.routes import PageRoute
from broker.web.console.visit import VisitDep
from broker.web.paging import ById

router = APIRouter(prefix=TRACE, route_class=PageRoute)

Which = Annotated[str, Query(pattern="^(standing|all)$")]


@router.get("/locks")
def list_locks(visit: VisitDep, window: ById, which: Which = "standing") -> Response:
    """列出锁定，新的在前。List locks, the newest first."""
    after = None if window.after is None else LockId(window.after)
    found = visit.broker.locks.page(visit.caller, standing=which == "standing", after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda part: locks.shown(part, visit.reading))
    return visit.show("auditing/locks", page=page, which=which, first=window.after is None)


@router.get("/holds")
def list_holds(visit: VisitDep, window: ById, which: Which = "standing") -> Response:
    """列出保全，新的在前。List holds, the newest first."""
    after = None if window.after is None else HoldId(window.after)
    found = visit.broker.holds.page(visit.caller, standing=which == "standing", after=after, limit=window.wanted)
    page = window.page(
        found.holds, lambda it: it.id, lambda kept: holds.shown(Listed(kept, found.numbers), visit.reading)
    )
    return visit.show("auditing/holds", page=page, which=which, first=window.after is None)
