"""Which points an emergency is for: found by words, ticked, clicked or drawn on the map, around the stated place.

Nothing of it is kept: every answer shows the form with what it was sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from broker.domain.catalog import places
from broker.domain.catalog.finding import Question
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId
from broker.services.catalog.finding import Wanted
from broker.web.api.catalog.cameras import CameraOut, shown
from broker.web.console.maps.areas import place_of
from broker.web.console.maps.picks import all_of, ids_of, number_of, spot_of, within
from broker.web.console.visit import Visit

FOUND = 30


@dataclass(frozen=True)
class Points:
    """What the list shows: the points that were picked, then those that the words find."""

    rows: Sequence[CameraOut]
    ticked: frozenset[str]


def ticked_in(visit: Visit) -> frozenset[CameraId]:
    """Return the points whose boxes are ticked; what is no point is none."""
    return frozenset(CameraId(key) for key in map(_key, visit.form.all("camera")) if key)


def changed(visit: Visit, most: int) -> frozenset[CameraId]:
    """Return the points that are picked once what the form says was done: clicked, drawn around, near the place.

    Raises:
        Invalid: there would be more than `most`, or none lies there; what was picked stays then.
    """
    form, picked = visit.form, ticked_in(visit)
    if form.one("do") == "map" and (clicked := ids_of(form.all("clicked")[:1])):
        after = picked ^ clicked
    elif form.one("do") == "map" and (area := form.one("area")):
        after = picked | _within(visit, place_of(area), most)
    elif form.one("do") == "near":
        after = picked | _within(visit, _around(visit), most)
    else:
        return picked
    if len(after) > max(most, len(picked)):
        raise Invalid("too-many-picked", pointer="/lines", given=len(after), most=most)
    return after


def _around(visit: Visit) -> places.Place:
    spot, metres = spot_of(visit.form.one), number_of(visit.form.one("radius"), "/radius")
    if spot is None:
        raise Invalid("field-empty", pointer="/place/longitude")
    return places.circle(spot.longitude, spot.latitude, metres, "/radius")


def _within(visit: Visit, place: places.Place, most: int) -> frozenset[CameraId]:
    return frozenset(all_of(visit.broker, visit.caller, within(Wanted(Question()), place), most))


def listed(visit: Visit, picked: frozenset[CameraId], text: str) -> Points:
    """Return the list; a point that is hidden from the caller is left out."""
    chosen = visit.broker.finding.named(visit.caller, picked)
    wanted = Wanted(Question(text=text))
    found = visit.broker.finding.page(visit.caller, wanted, after=None, limit=FOUND) if text else []
    others = [camera for camera in found if camera.id not in picked]
    return Points(shown([*chosen, *others], visit.reading), frozenset(str(camera.id) for camera in chosen))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
