"""Several clips on one clock."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.ids import GrantId, RetrievalId
from broker.web.api.footage.retrievals import shown
from broker.web.console.retrieving.films import MOST_COMPARED, film_of
from broker.web.console.routes import PageRoute
from broker.web.console.visit import VisitDep


class CompareRoute(PageRoute):
    """A page whose address names several clips."""

    many = frozenset({"retrieval"})


router = APIRouter(route_class=CompareRoute)

Chosen = Annotated[list[UUID] | None, Query(alias="retrieval", max_length=MOST_COMPARED)]


@router.get("/compare")
def compare(visit: VisitDep, chosen: Chosen = None) -> Response:
    """同一时钟下对看最多四段录像。Look at up to four clips side by side, by the same clock."""
    keys = [RetrievalId(key) for key in dict.fromkeys(chosen or ())]
    found = shown(visit.broker.retrievals.read_many(visit.caller, keys), visit.reading) if keys else []
    grants = (
        {it.id: it for it in visit.broker.grants.read_many(visit.caller, {GrantId(it.grant) for it in found})}
        if found
        else {}
    )
    live = {key for key, it in grants.items() if it.hands_over(visit.reading.now)}
    films = [film for it in found if it.grant in live and (film := film_of(it))]
    told = {film.retrieval for film in films}
    return visit.show(
        "retrieving/compare", films=films, hidden=[it for it in found if it.id not in told],
        most=MOST_COMPARED, zone=visit.broker.settings.timezone, grants=sorted({str(it.grant) for it in found}),
        watch=sorted(f"/api/v1/grants/{key}" for key in live),
    )  # fmt: skip


@router.post("/grants/{key}/compare")
def choose(key: UUID, visit: VisitDep) -> Response:
    """把勾选的录像放到同一时钟下对看。Send the browser on to the page whose address names what is ticked."""
    chosen = visit.form.all("retrieval")[:MOST_COMPARED]
    if not chosen:
        return visit.screen.go(f"/grants/{key}/retrievals", "nothing-ticked")
    return visit.screen.go("/compare?" + urlencode([("retrieval", it) for it in chosen]))
