"""The fourth step: who looks, what may be done, for how long, how much, under which conditions."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, ValidationError

from broker.domain.errors import Invalid
from broker.domain.footage.grants import Action, Condition
from broker.domain.ids import RequestId
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.sketches import Sketch
from broker.web.api.requests.request_forms import MOST_INVESTIGATORS, Login, TermsIn
from broker.web.console.applying.frame import Desk, typed_in
from broker.web.console.applying.typed import Fault, terms_of, told
from broker.web.console.forms import Form, Refusal, checked
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import PageRoute
from broker.web.console.visit import VisitDep
from broker.web.refs import PersonRef
from broker.web.values import In

router = APIRouter(prefix=f"{REQUESTS}/{{key}}/apply/terms", route_class=PageRoute)

STEP = "terms"
FIELDS = (
    "investigator", "action", "condition", "valid_days", "snapshots", "minutes", "gigabytes", "originals",
    "longest_side",
)  # fmt: skip
SHOWN = 20
"""How many persons are offered at once; a word of the name finds the others."""

Text = Annotated[str, Query(max_length=100)]


class TermsStepIn(In):
    """What the fourth step says."""

    investigators: Annotated[list[Login], Field(max_length=MOST_INVESTIGATORS)]
    terms: TermsIn


@router.get("")
def show_terms(key: UUID, visit: VisitDep, text: Text = "") -> Response:
    """使用条件与调阅人员。Who looks, and on which terms."""
    return page(Desk(visit, key, STEP), text=text)


@router.post("")
def write_terms(key: UUID, visit: VisitDep) -> Response:
    """保存本步并继续。Keep the step and go on."""
    desk = Desk(visit, key, STEP)
    text = visit.form.one("text")[:100]
    try:
        sketch = visit.broker.sketches.type(visit.caller, desk.request, typed_in(visit.form, FIELDS))
    except Invalid as fault:
        return page(desk, told([fault], visit.screen.language), visit.form, text)
    if visit.form.one("do") == "find":
        return visit.screen.go(f"{desk.place}?{urlencode({'text': text})}#persons")
    refusal = told(_faults(sketch, desk.opened()[0]), visit.screen.language)
    return page(desk, refusal, text=text) if refusal else visit.screen.go(desk.after(visit.form))


@router.post("/typed")
def keep_terms(key: UUID, visit: VisitDep) -> Response:
    """随写随存。Keep what is typed while it is typed."""
    visit.broker.sketches.type(visit.caller, RequestId(key), typed_in(visit.form, FIELDS))
    return Response(status_code=204)


def page(desk: Desk, refusal: Refusal | None = None, form: Form | None = None, text: str = "") -> Response:
    """Return the page; `form`: what was typed and could not be kept, `text`: which persons are looked for."""
    found = desk.try_open()
    if found is None:
        return desk.elsewhere()
    request, sketch = found
    if form is not None:
        sketch = replace(sketch, fields={**sketch.fields, **typed_in(form, FIELDS)})
    chosen = sketch.all("investigator")
    persons = desk.broker.sketches.eligible(desk.caller, desk.request, text, SHOWN, also=chosen)
    return desk.show(
        request, sketch, refusal, text=text, persons=[PersonRef.of(it) for it in persons],
        strangers=[login for login in chosen if login not in {it.login for it in persons}], most=SHOWN,
        actions=list(Action), conditions=list(Condition),
        longest=max(route.longest_validity for route in desk.broker.rulebooks.current(desk.caller).rules.routes).days,
    )  # fmt: skip


def _faults(sketch: Sketch, request: AccessRequest) -> list[Fault]:
    faults: list[Fault] = []
    if not sketch.all("investigator"):
        faults.append(Invalid("no-investigator", pointer="/investigators"))
    try:
        checked(TermsStepIn, terms_of(sketch, request)).terms.terms()
    except (ValidationError, Invalid) as wrong:
        faults.append(wrong)
    return faults
