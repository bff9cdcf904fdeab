"""What is picked on a map or around a place, wherever points are picked: in the wizard, and for an emergency."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from pydantic import ValidationError

from broker.bootstrap import Broker
from broker.domain.catalog.places import Place
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId
from broker.domain.people.accounts import Caller
from broker.domain.requests.findings import metres_between
from broker.services.catalog.finding import Wanted
from broker.web.api.catalog.cameras import CameraOut
from broker.web.api.requests.request_forms import PlaceIn
from broker.web.api.requests.request_views import PlaceOut
from broker.web.console.forms import checked


def ids_of(texts: Iterable[str]) -> frozenset[CameraId]:
    """Return the points that a form names; raises Invalid."""
    try:
        return frozenset(CameraId(UUID(text)) for text in texts if text)
    except ValueError:
        raise Invalid("field-uuid", pointer="/camera") from None


def number_of(text: str, pointer: str) -> float:
    """Return the number that was typed; raises Invalid."""
    try:
        return float(text)
    except ValueError:
        raise Invalid("not-a-number", pointer=pointer) from None


def stated(typed: Callable[[str], str]) -> Mapping[str, str] | None:
    """Return the place of the incident as the API takes it; of which nothing was typed, none."""
    told = {"latitude": typed("latitude"), "longitude": typed("longitude"), "name": typed("place")}
    return told if any(told.values()) else None


def spot_of(typed: Callable[[str], str]) -> PlaceOut | None:
    """Return the place of the incident, where what was typed is one."""
    try:
        return PlaceOut(**checked(PlaceIn, stated(typed) or {}).model_dump())
    except ValidationError:
        return None


def within(wanted: Wanted, place: Place) -> Wanted:
    """Return what is looked for, in a place alone."""
    return replace(wanted, question=replace(wanted.question, places=(*wanted.question.places, place)))


def all_of(broker: Broker, caller: Caller, wanted: Wanted, most: int) -> list[CameraId]:
    """Return all that is found.

    Raises:
        Invalid: `too-many-found`: more than `most`, `none-found`: nobody would see what happened.
    """
    found = broker.finding.page(caller, wanted, after=None, limit=most + 1)
    if len(found) > most:
        raise Invalid("too-many-found", pointer="/area", most=most)
    if not found:
        raise Invalid("none-found", pointer="/area")
    return [it.id for it in found]


def metres_from(place: PlaceOut | None, cameras: Sequence[object]) -> Mapping[UUID, float]:
    """Return how far each point is from the stated place, by its id; of who is not shown with a place, nothing."""
    if place is None:
        return {}
    return {
        it.id: metres_between(place.latitude, place.longitude, it.latitude, it.longitude)
        for it in cameras
        if isinstance(it, CameraOut)
    }
