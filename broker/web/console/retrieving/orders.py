"""The orders placed under a grant, and what can be done with several of their results at once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.footage.grants import Condition
from broker.domain.footage.retrievals import UNFINISHED, WHOLE
from broker.domain.ids import GrantId, RetrievalId
from broker.web.api.footage.grants import shown as shown_grants
from broker.web.api.footage.packages import PackageIn
from broker.web.api.footage.retrievals import RetrievalOut
from broker.web.api.footage.retrievals import shown as shown_retrievals
from broker.web.auth import address_of
from broker.web.console.forms import Refusal, checked
from broker.web.console.retrieving.films import MOST_COMPARED
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import ById, Page, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

router = APIRouter(prefix="/grants/{key}", route_class=OncePageRoute)

Ticks = Annotated[bool, Query(description="With boxes to tick, for several results at once. 是否可勾选。")]


@dataclass(frozen=True)
class Orders:
    """A page of orders; `under_way`: one of them still waits for its result."""

    page: Page[RetrievalOut]
    window: Window[UUID]
    under_way: bool


def orders_of(visit: Visit, grant: UUID, window: Window[UUID]) -> Orders:
    """Return the caller's own orders under a grant, newest first."""
    after = None if window.after is None else RetrievalId(window.after)
    found = visit.broker.retrievals.page(visit.caller, grant=GrantId(grant), after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda some: shown_retrievals(some, visit.reading))
    return Orders(page, window, any(it.state in UNFINISHED for it in page.items))


@router.get("/retrievals")
def list_orders(key: UUID, visit: VisitDep, window: ById, ticks: Ticks = True) -> Response:
    """列出该授权单下本人的调取，新的在前。List one's own orders under a grant, the newest first."""
    return _page(visit, key, window, ticks=ticks)


def _page(
    visit: Visit, key: UUID, window: Window[UUID], *, ticks: bool = True, refusal: Refusal | None = None
) -> Response:
    (grant,) = shown_grants([visit.broker.grants.read(visit.caller, GrantId(key))], visit.reading)
    return visit.show(
        "retrieving/orders", grant=grant, ticks=ticks,
        orders=orders_of(visit, key, window), picked=visit.form.all("retrieval"),
        refusal=refusal, whole=WHOLE, most=MOST_COMPARED, packs=Condition.VIEW_ONLY not in grant.terms.conditions,
    )  # fmt: skip


@router.post("/packages")
def order_package(key: UUID, visit: VisitDep) -> Response:
    """把勾选的结果制作成证据包。Order an evidence package of the results that are ticked."""
    placed: list[UUID] = []

    def act() -> None:
        body = checked(PackageIn, {"retrievals": list(visit.form.all("retrieval"))})
        who = visit.stepped_up()
        chosen: Sequence[RetrievalId] = [RetrievalId(it) for it in body.retrievals]
        placed.append(visit.broker.packages.order(who, chosen, address=address_of(visit.request)).id)

    return visit.carry_out(
        act, to=lambda: f"/packages/{placed[0]}", said="package-ordered",
        again=lambda refusal: _page(visit, key, Window(None, 50), refusal=refusal),
    )  # fmt: skip
