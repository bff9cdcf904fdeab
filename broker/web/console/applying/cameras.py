"""The second step: which points; one selection, kept on the server, in a list and on a map."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from broker.domain.catalog.finding import Question
from broker.domain.ids import CameraId
from broker.domain.requests.sketches import MOST_PICKS, Sketch
from broker.services.catalog.finding import Wanted
from broker.web.api.catalog.camera_finding import FacetsOut, FeaturesOut
from broker.web.api.catalog.cameras import shown
from broker.web.camera_query import WantedDep
from broker.web.console.applying.frame import Desk
from broker.web.console.forms import Form, Refusal
from broker.web.console.maps.picks import metres_from, spot_of
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import Handler, PageRoute
from broker.web.console.visit import VisitDep
from broker.web.paging import ById, Page, Window
from broker.web.refs import CameraRef

STEP = "cameras"
MOST_OWNERS = 200

Picked = Annotated[bool, Query(description="Only those that were picked. 只看已选点位。")]
At = Annotated[str, Query(max_length=60, description="View of the map: longitude,latitude,zoom. 地图位置。")]


@dataclass(frozen=True)
class Look:
    """What is looked for, which page of it, and how the map stands; all of it stands in the address."""

    wanted: Wanted
    window: Window[UUID]
    picked: bool
    at: str
    query: str

    @property
    def after(self) -> CameraId | None:
        return None if self.window.after is None else CameraId(self.window.after)


async def look_of(request: Request, wanted: WantedDep, window: ById, *, picked: Picked = False, at: At = "") -> Look:
    """Return what the address asks for."""
    return Look(wanted, window, picked, at, request.scope["query_string"].decode("ascii", "replace"))


LookDep = Annotated[Look, Depends(look_of)]


class LookRoute(PageRoute):
    """Leaves out of the address what was not asked: a browser sends the empty fields of a form too."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def page(request: Request) -> Response:
            asked = request.query_params.multi_items()
            if request.method == "GET" and not all(value for _, value in asked):
                tidy = urlencode([(name, value) for name, value in asked if value])
                return RedirectResponse(f"{request.scope['path']}?{tidy}" if tidy else request.scope["path"], 303)
            return await handler(request)

        return page


router = APIRouter(prefix=f"{REQUESTS}/{{key}}/apply/cameras", route_class=LookRoute)


@router.get("")
def show_cameras(key: UUID, visit: VisitDep, look: LookDep) -> Response:
    """选择点位。Pick points from a list or on a map."""
    return page(Desk(visit, key, STEP), look)


@router.get(".geojson")
def map_picked(key: UUID, visit: VisitDep) -> Response:
    """以 GeoJSON 取已选点位。The points that were picked, for the map."""
    _, sketch = Desk(visit, key, STEP).opened()
    known = visit.broker.finding.named(visit.caller, sketch.cameras)
    return Response(FeaturesOut.of(known, MOST_PICKS).model_dump_json(), media_type="application/geo+json")


def page(desk: Desk, look: Look, refusal: Refusal | None = None, form: Form | None = None) -> Response:
    """Return the page; `form`: what was typed and refused."""
    found = desk.try_open()
    if found is None:
        return desk.elsewhere()
    request, sketch = found
    rows = _picked(desk, look, sketch) if look.picked else _listed(desk, look)
    spot = spot_of(sketch.one)
    return desk.show(
        request, sketch, refusal, form=form or Form(), look=look, first=look.window.after is None, rows=rows,
        far=metres_from(spot, rows.items), ticked=_ticked(sketch, form), chosen=_chosen(look.wanted),
        query=_without(look.query, "after"), map_query=_without(look.query, "after", "at", "picked", "limit"),
        spot=spot, most=most_of(desk), **_offered(desk, look),
    )  # fmt: skip


def most_of(desk: Desk) -> int:
    """Return how many points a request takes."""
    return desk.broker.rulebooks.current(desk.caller).rules.limits.cameras


def _ticked(sketch: Sketch, form: Form | None) -> Collection[str]:
    """Return which boxes are ticked: of a list that was refused those that were ticked in it, not to lose them."""
    if form is not None and form.all("listed"):
        return form.all("camera")
    return {str(camera) for camera in sketch.cameras}


def _listed(desk: Desk, look: Look) -> Page[object]:
    found = desk.broker.finding.page(desk.caller, look.wanted, after=look.after, limit=look.window.wanted)
    return look.window.page(found, lambda it: it.id, lambda some: shown(some, desk.reading))


def _picked(desk: Desk, look: Look, sketch: Sketch) -> Page[object]:
    """Return the points of the selection, a page at a time; one that is hidden from the caller by now stays in it."""
    left = [it.camera for it in sketch.picks if look.after is None or it.camera > look.after][: look.window.wanted]
    known = {it.id: it for it in desk.broker.finding.named(desk.caller, left)}
    told = desk.reading.known(cameras=set(left) - known.keys())

    def rows(some: Sequence[CameraId]) -> list[object]:
        full = {it.id: it for it in shown([known[key] for key in some if key in known], desk.reading)}
        return [full.get(key) or CameraRef.named(key, told) for key in some]

    return look.window.page(left, lambda it: it, rows)


def _offered(desk: Desk, look: Look) -> dict[str, object]:
    """Return what can be chosen from: counted over what the words find, so that a choice can be changed."""
    wide = Wanted(Question(text=look.wanted.question.text))
    found = FacetsOut.of(desk.broker.finding.facets(desk.caller, wide), desk.reading)
    named = desk.broker.divisions.named(desk.caller, [code for code in found.divisions if code])
    english = desk.screen.language == "en"
    owners = [(it.owner.code, (english and it.owner.name_en) or it.owner.name, it.count) for it in found.owners]
    divisions = [(code, named.get(code, code), count) for code, count in sorted(found.divisions.items()) if code]
    return {"facets": found, "divisions": divisions, "owners": owners[:MOST_OWNERS]}


def _chosen(wanted: Wanted) -> Mapping[str, str]:
    """Return what was chosen, by the name of its field."""
    asked = wanted.question
    return {
        "text": asked.text, "division": asked.division or "", "owner": wanted.owner or "",
        "class": next((str(it) for it in asked.classes), ""), "status": next((str(it) for it in asked.statuses), ""),
    }  # fmt: skip


def _without(query: str, *names: str) -> str:
    return "&".join(part for part in query.split("&") if part and part.partition("=")[0] not in names)
