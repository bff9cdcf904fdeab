"""What is done to the selection of points: ticked in the list, clicked on the map, drawn around, taken out."""

from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.catalog import places
from broker.domain.catalog.places import Place
from broker.domain.errors import Invalid
from broker.services.catalog.finding import Wanted
from broker.web.console.applying.cameras import STEP, Look, LookDep, most_of, page
from broker.web.console.applying.frame import Desk
from broker.web.console.applying.typed import told
from broker.web.console.forms import Form
from broker.web.console.maps.areas import place_of
from broker.web.console.maps.picks import all_of, ids_of, number_of, spot_of, within
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import PageRoute
from broker.web.console.visit import VisitDep

router = APIRouter(prefix=f"{REQUESTS}/{{key}}/apply/cameras", route_class=PageRoute)


@router.post("")
def change_selection(key: UUID, visit: VisitDep, look: LookDep) -> Response:
    """更改所选点位。Change the selection as the button says; the page is shown again as it stood."""
    desk = Desk(visit, key, STEP)
    try:
        _ACTS.get(visit.form.one("do"), _ticked)(desk, look, visit.form)
    except Invalid as fault:
        return page(desk, look, told([fault], visit.screen.language), visit.form)
    onward = desk.after(visit.form)
    stay = f"{desk.place}?{look.query}" if look.query else desk.place
    return visit.screen.go(stay if onward == desk.place else onward)


def _ticked(desk: Desk, look: Look, form: Form) -> None:
    """Take the boxes of the page as they are: what is listed and not ticked is left out."""
    del look
    listed, ticked = ids_of(form.all("listed")), ids_of(form.all("camera"))
    desk.broker.sketches.pick(desk.caller, desk.request, ticked, drop=listed - ticked)


def _all_listed(desk: Desk, look: Look, form: Form) -> None:
    del look
    desk.broker.sketches.pick(desk.caller, desk.request, ids_of(form.all("listed")))


def _none_listed(desk: Desk, look: Look, form: Form) -> None:
    del look
    desk.broker.sketches.pick(desk.caller, desk.request, (), drop=ids_of(form.all("listed")))


def _found(desk: Desk, look: Look, form: Form) -> None:
    """Add all that the question of the page finds."""
    del form
    _add(desk, look.wanted)


def _emptied(desk: Desk, look: Look, form: Form) -> None:
    del look, form
    desk.broker.sketches.pick(desk.caller, desk.request, (), drop=desk.opened()[1].cameras)


def _on_map(desk: Desk, look: Look, form: Form) -> None:
    """Turn the point that was clicked over, or add all in the area that was drawn, as far as the list shows them."""
    clicked = ids_of(form.all("camera")[:1])
    if clicked:
        picked = clicked & desk.opened()[1].cameras
        desk.broker.sketches.pick(desk.caller, desk.request, clicked - picked, drop=picked)
    elif area := form.one("area"):
        _within(desk, look, place_of(area))


def _around(desk: Desk, look: Look, form: Form) -> None:
    """Add all within so many metres of a spot that was typed."""
    typed = ("longitude", "latitude", "metres")
    longitude, latitude, metres = (number_of(form.one(name), f"/{name}") for name in typed)
    _within(desk, look, places.circle(longitude, latitude, metres, "/metres"))


def _near(desk: Desk, look: Look, form: Form) -> None:
    """Add all within so many metres of the stated place."""
    spot, metres = spot_of(desk.opened()[1].one), number_of(form.one("radius"), "/radius")
    if spot is None:
        raise Invalid("field-empty", pointer="/place/longitude")
    _within(desk, look, places.circle(spot.longitude, spot.latitude, metres, "/radius"))


def _within(desk: Desk, look: Look, place: Place) -> None:
    _add(desk, within(look.wanted, place))


def _add(desk: Desk, wanted: Wanted) -> None:
    """Add all that are found, where a request takes that many."""
    found = all_of(desk.broker, desk.caller, wanted, most_of(desk))
    desk.broker.sketches.pick(desk.caller, desk.request, found)


_ACTS = {
    "page": _all_listed, "not-page": _none_listed, "found": _found, "none": _emptied, "map": _on_map,
    "around": _around, "near": _near,
}  # fmt: skip
