"""The last step: a dry run says who would decide and what is missing, then the request is handed in."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ValidationError

from broker.domain.errors import Invalid
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.sketches import Sketch
from broker.services.requests.access_requests import Form as Asked
from broker.web.api.requests.previews import TrialOut, tried
from broker.web.api.requests.request_forms import RequestIn
from broker.web.console.applying.frame import Desk
from broker.web.console.applying.typed import Fault, Writing, step_of, told, written
from broker.web.console.forms import Refusal, checked
from broker.web.console.requester import REQUESTS, request_step
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import VisitDep

router = APIRouter(prefix=f"{REQUESTS}/{{key}}/apply/check", route_class=OncePageRoute)
sending = APIRouter(prefix=f"{REQUESTS}/{{key}}/submit", route_class=OncePageRoute)

STEP = "check"


@dataclass(frozen=True)
class Lacking:
    """Something to be mended: what it is, and on which page."""

    detail: str
    place: str
    step: str


@router.get("")
def show_check(key: UUID, visit: VisitDep) -> Response:
    """核对。What would become of the request, and what is missing."""
    return page(Desk(visit, key, STEP))


@router.post("")
def hand_in(key: UUID, visit: VisitDep) -> Response:
    """提交。Hand the request in as it is written."""
    desk = Desk(visit, key, STEP)

    return visit.carry_out(
        lambda: _hand_in(desk, visit.stepped_up()), to=f"{REQUESTS}/{key}", said="submitted",
        again=lambda refusal: page(desk, refusal),
    )  # fmt: skip


@sending.post("")
def submit_request(key: UUID, visit: VisitDep) -> Response:
    """提交申请。Send a draft or a supplemented return from its own page, as it is written."""
    desk = Desk(visit, key, STEP)
    return request_step(visit, key, lambda: _hand_in(desk, visit.caller), said="submitted")


def _hand_in(desk: Desk, caller: Caller) -> None:
    request, sketch = desk.opened()
    asked, faults = asked_of(written(sketch, request, desk.broker.zone))
    for fault in faults:
        raise fault
    desk.broker.access_requests.submit(caller, desk.request, asked)


def asked_of(writing: Writing) -> tuple[Asked | None, list[Fault]]:
    """Return the form, or all that keeps it from being one."""
    if writing.faults:
        return None, list(writing.faults)
    try:
        return checked(RequestIn, writing.body).form(), []
    except (ValidationError, Invalid) as wrong:
        return None, [wrong]


def page(desk: Desk, refusal: Refusal | None = None) -> Response:
    """Return the page."""
    found = desk.try_open()
    if found is None:
        return desk.elsewhere()
    request, sketch = found
    trial, lacking = _looked_through(desk, request, sketch)
    return desk.show(request, sketch, refusal, trial=trial, lacking=lacking)


def _looked_through(desk: Desk, request: AccessRequest, sketch: Sketch) -> tuple[TrialOut | None, list[Lacking]]:
    """Return the dry run, None where there is no form yet, and what is to be mended."""
    writing = written(sketch, request, desk.broker.zone)
    asked, faults = asked_of(writing)
    if asked is None:
        refusal = told(faults, desk.screen.language)
        fields = refusal.fields if refusal else {}
        return None, [_lacking(desk, pointer, detail, writing) for pointer, detail in fields.items()]
    trial = tried(desk.broker.previews.check_edit(desk.caller, desk.request, asked), desk.reading)
    return trial, [_lacking(desk, it.pointer, it.detail, writing) for it in trial.faults]


def _lacking(desk: Desk, pointer: str, detail: str, writing: Writing) -> Lacking:
    """Return what is to be mended, the span of a single point on the page that shows this point alone."""
    step, parts = step_of(pointer), pointer.split("/")
    query = ""
    if step == "times" and len(parts) > 2 and parts[2].isdecimal() and int(parts[2]) < len(writing.cameras):  # noqa: PLR2004
        query = f"?camera={writing.cameras[int(parts[2])]}"
    return Lacking(detail, "" if step == STEP else f"{desk.base}/{step}{query}", step)
