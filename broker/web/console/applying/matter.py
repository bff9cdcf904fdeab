"""The first step: why footage is needed, where it happened, and the papers that say so."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ValidationError

from broker.domain.errors import Invalid
from broker.domain.ids import RequestId
from broker.domain.requests.sketches import Sketch
from broker.web.api.requests import attachments
from broker.web.api.requests.form_schema import FormOut
from broker.web.api.requests.request_forms import PlaceIn, PurposeIn
from broker.web.console.applying.frame import Desk, typed_in
from broker.web.console.applying.typed import Fault, matter_of, told
from broker.web.console.forms import Form, Refusal, checked
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import PageRoute
from broker.web.console.visit import VisitDep
from broker.web.values import In

router = APIRouter(prefix=f"{REQUESTS}/{{key}}/apply/matter", route_class=PageRoute)

STEP = "matter"
FIELDS = ("basis", "matter", "case_number", "reason", "urgent", "place", "latitude", "longitude")


class MatterIn(In):
    """What the first step says."""

    purpose: PurposeIn
    place: PlaceIn | None
    urgent: bool


@router.get("")
def show_matter(key: UUID, visit: VisitDep) -> Response:
    """事由与依据。Why footage is needed."""
    return page(Desk(visit, key, STEP))


@router.post("")
def write_matter(key: UUID, visit: VisitDep) -> Response:
    """保存本步并继续。Keep the step and go on."""
    desk = Desk(visit, key, STEP)
    try:
        sketch = visit.broker.sketches.type(visit.caller, desk.request, typed_in(visit.form, FIELDS))
    except Invalid as fault:
        return page(desk, told([fault], visit.screen.language), visit.form)
    refusal = told(_faults(desk, sketch), visit.screen.language)
    return page(desk, refusal) if refusal else visit.screen.go(desk.after(visit.form))


@router.post("/typed")
def keep_matter(key: UUID, visit: VisitDep) -> Response:
    """随写随存。Keep what is typed while it is typed."""
    visit.broker.sketches.type(visit.caller, RequestId(key), typed_in(visit.form, FIELDS))
    return Response(status_code=204)


def page(desk: Desk, refusal: Refusal | None = None, form: Form | None = None) -> Response:
    """Return the page; `form`: what was typed and could not be kept."""
    found = desk.try_open()
    if found is None:
        return desk.elsewhere()
    request, sketch = found
    if form is not None:
        sketch = replace(sketch, fields={**sketch.fields, **typed_in(form, FIELDS)})
    return desk.show(
        request, sketch, refusal, form=FormOut.of(desk.broker.rulebooks.current(desk.caller).rules),
        papers=attachments.shown(desk.broker.attachments.of_request(desk.caller, desk.request), desk.reading),
    )  # fmt: skip


def _faults(desk: Desk, sketch: Sketch) -> list[Fault]:
    try:
        body = checked(MatterIn, matter_of(sketch))
    except ValidationError as wrong:
        return [wrong]
    return list(desk.broker.rulebooks.current(desk.caller).rules.purpose.faults(body.purpose.purpose()))
