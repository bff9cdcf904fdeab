"""One retrieval: what was asked, what came, what is missing, and the picture itself where it may be looked at."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from broker.bootstrap import Broker
from broker.domain.footage.grants import Condition
from broker.domain.footage.media import ClipAsk
from broker.domain.footage.retrievals import UNFINISHED, amount_of
from broker.domain.ids import GrantId, RetrievalId
from broker.domain.people.accounts import Caller
from broker.web.api.footage.grants import shown as shown_grants
from broker.web.api.footage.retrievals import shown
from broker.web.auth import address_of
from broker.web.console.forms import Form, FormDep, Refusal
from broker.web.console.retrieving.films import SHOWN, film_of, item_of
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep

router = APIRouter(prefix="/retrievals/{key}", route_class=OncePageRoute)

Number = Annotated[int, Query(ge=1, le=9999)]


@router.get("")
def show_retrieval(
    key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, item: Number = 1
) -> Response:
    """查看一次调取及其结果。One retrieval: what came of it, and its pictures."""
    return _page(screen, broker, caller, reading, key, item)


def _page(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, number: int = 1, *,
    form: Form | None = None, refusal: Refusal | None = None,
) -> Response:  # fmt: skip
    own = broker.retrievals.read(caller, RetrievalId(key))
    whole = broker.grants.read(caller, GrantId(own.grant_id))
    (it,), (grant,) = shown([own], reading), shown_grants([whole], reading)
    item = item_of(it, number) or item_of(it, 1)
    hidden = item is not None and isinstance(own.ask, ClipAsk) and item.codec not in SHOWN
    made = broker.retrievals.copy_of(caller, own.id) if hidden else None
    copy = shown([made], reading)[0] if made else None
    looks = whole.hands_over(reading.now)
    film = film_of(it, item.number if item else 1) or (film_of(copy) if copy else None)
    return screen.show(
        "pages/retrieving/retrieval.html", status=refusal.status if refusal else 200, it=it, grant=grant, item=item,
        film=film if looks else None, hidden=hidden, copy=copy, looks=looks, unfinished=UNFINISHED,
        takes=looks and Condition.VIEW_ONLY not in whole.terms.conditions, seconds=amount_of(own.ask).seconds,
        left=grant.terms.quota.seconds - grant.used.seconds, zone=broker.settings.timezone, form=form or Form(),
        refusal=refusal,
    )  # fmt: skip


@router.post("/copy")
def order_copy(
    key: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep,
    screen: ScreenDep,
) -> Response:  # fmt: skip
    """另调取一份可在浏览器中观看的标记副本。Order a marked copy of an original that no browser shows."""

    def act() -> None:
        own = broker.retrievals.read(caller, RetrievalId(key))
        who = stepped_up(request, form, caller, broker)
        broker.retrievals.order(who, own.camera_id, own.ask, own.grant_id, address=address_of(request))

    return screen.carried_out(
        act, to=f"/retrievals/{key}", said="ordered",
        again=lambda refusal: _page(screen, broker, caller, reading, key, form=form, refusal=refusal),
    )  # fmt: skip
