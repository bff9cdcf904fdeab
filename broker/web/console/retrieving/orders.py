"""The orders placed under a grant, and what can be done with several of their results at once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter, Request, Response

from broker.bootstrap import Broker
from broker.domain.footage.grants import Condition
from broker.domain.footage.retrievals import UNFINISHED, WHOLE
from broker.domain.ids import GrantId, RetrievalId
from broker.domain.people.accounts import Caller
from broker.web.api.footage.grants import shown as shown_grants
from broker.web.api.footage.packages import PackageIn
from broker.web.api.footage.retrievals import RetrievalOut
from broker.web.api.footage.retrievals import shown as shown_retrievals
from broker.web.auth import address_of
from broker.web.console.forms import Form, FormDep, Refusal, checked
from broker.web.console.retrieving.films import MOST_COMPARED
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

router = APIRouter(prefix="/grants/{key}", route_class=OncePageRoute)


@dataclass(frozen=True)
class Orders:
    """A page of orders; `under_way`: one of them still waits for its result."""

    page: Page[RetrievalOut]
    window: Window[UUID]
    under_way: bool


def orders_of(broker: Broker, caller: Caller, reading: Reading, grant: UUID, window: Window[UUID]) -> Orders:
    """Return the caller's own orders under a grant, newest first."""
    after = None if window.after is None else RetrievalId(window.after)
    found = broker.retrievals.page(caller, grant=GrantId(grant), after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda some: shown_retrievals(some, reading))
    return Orders(page, window, any(it.state in UNFINISHED for it in page.items))


@router.get("/retrievals")
def list_orders(
    key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, window: ById
) -> Response:
    """列出该授权单下本人的调取，新的在前。List one's own orders under a grant, the newest first."""
    return _page(screen, broker, caller, reading, key, window)


def _page(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, window: Window[UUID], *,
    form: Form | None = None, refusal: Refusal | None = None,
) -> Response:  # fmt: skip
    (grant,) = shown_grants([broker.grants.read(caller, GrantId(key))], reading)
    return screen.show(
        "pages/retrieving/orders.html", status=refusal.status if refusal else 200, grant=grant,
        orders=orders_of(broker, caller, reading, key, window), picked=form.all("retrieval") if form else (),
        refusal=refusal, whole=WHOLE, most=MOST_COMPARED, packs=Condition.VIEW_ONLY not in grant.terms.conditions,
    )  # fmt: skip


@router.post("/packages")
def order_package(
    key: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep,
    screen: ScreenDep,
) -> Response:  # fmt: skip
    """把勾选的结果制作成证据包。Order an evidence package of the results that are ticked."""
    placed: list[UUID] = []

    def act() -> None:
        body = checked(PackageIn, {"retrievals": list(form.all("retrieval"))})
        who = stepped_up(request, form, caller, broker)
        chosen: Sequence[RetrievalId] = [RetrievalId(it) for it in body.retrievals]
        placed.append(broker.packages.order(who, chosen, address=address_of(request)).id)

    return screen.carried_out(
        act, to=lambda: f"/packages/{placed[0]}", said="package-ordered",
        again=lambda refusal: _page(
            screen, broker, caller, reading, key, Window(None, 50), form=form, refusal=refusal
        ),
    )  # fmt: skip
