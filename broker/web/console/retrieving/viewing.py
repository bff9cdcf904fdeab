"""One retrieval: what was asked, what came, what is missing, and the picture itself where it may be looked at."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.footage.grants import Condition
from broker.domain.footage.media import ClipAsk
from broker.domain.footage.retrievals import UNFINISHED, amount_of
from broker.domain.ids import GrantId, RetrievalId
from broker.web.api.footage.grants import shown as shown_grants
from broker.web.api.footage.retrievals import shown
from broker.web.auth import address_of
from broker.web.console.forms import Refusal
from broker.web.console.retrieving.films import SHOWN, film_of, item_of
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep

router = APIRouter(prefix="/retrievals/{key}", route_class=OncePageRoute)

Number = Annotated[int, Query(ge=1, le=9999)]


@router.get("")
def show_retrieval(key: UUID, visit: VisitDep, item: Number = 1) -> Response:
    """查看一次调取及其结果。One retrieval: what came of it, and its pictures."""
    return _page(visit, key, item)


def _page(visit: Visit, key: UUID, number: int = 1, *, refusal: Refusal | None = None) -> Response:
    own = visit.broker.retrievals.read(visit.caller, RetrievalId(key))
    whole = visit.broker.grants.read(visit.caller, GrantId(own.grant_id))
    (it,), (grant,) = shown([own], visit.reading), shown_grants([whole], visit.reading)
    item = item_of(it, number) or item_of(it, 1)
    hidden = item is not None and isinstance(own.ask, ClipAsk) and item.codec not in SHOWN
    made = visit.broker.retrievals.copy_of(visit.caller, own.id) if hidden else None
    copy = shown([made], visit.reading)[0] if made else None
    looks = whole.hands_over(visit.reading.now)
    film = film_of(it, item.number if item else 1) or (film_of(copy) if copy else None)
    return visit.show(
        "retrieving/retrieval", it=it, grant=grant, item=item,
        film=film if looks else None, hidden=hidden, copy=copy, looks=looks, unfinished=UNFINISHED,
        takes=looks and Condition.VIEW_ONLY not in whole.terms.conditions, seconds=amount_of(own.ask).seconds,
        left=grant.terms.quota.seconds - grant.used.seconds, zone=visit.broker.settings.timezone,
        refusal=refusal,
    )  # fmt: skip


@router.post("/copy")
def order_copy(key: UUID, visit: VisitDep) -> Response:
    """另调取一份可在浏览器中观看的标记副本。Order a marked copy of an original that no browser shows."""

    def act() -> None:
        own = visit.broker.retrievals.read(visit.caller, RetrievalId(key))
        who = visit.stepped_up()
        visit.broker.retrievals.order(who, own.camera_id, own.ask, own.grant_id, address=address_of(visit.request))

    return visit.carry_out(
        act, to=f"/retrievals/{key}", said="ordered",
        again=lambda refusal: _page(visit, key, refusal=refusal),
    )  # fmt: skip
