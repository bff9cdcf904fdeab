"""Emergencies: those that are open, and how one is opened before anybody has decided."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from broker.bootstrap import Broker
from broker.domain.catalog.finding import Question
from broker.domain.errors import Forbidden
from broker.domain.ids import CameraId, RequestId
from broker.domain.people.accounts import Caller
from broker.domain.requests.request_states import RequestState
from broker.services.catalog.finding import Wanted
from broker.web.api.catalog.cameras import CameraOut, shown
from broker.web.api.deciding.emergencies import EmergencyIn
from broker.web.api.requests.request_views import rows
from broker.web.console.forms import Form, FormDep, Refusal, checked
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById
from policies.vocabulary import Fact

EMERGENCIES = "/emergencies"
FOUND = 30
LAST = timedelta(hours=1)
"""What is asked for where nothing was typed: the hour that is just over."""

OPENING = "access_request:open_emergency"
GIVEN = Fact.IS_PERSON | Fact.OWN_DEPARTMENT | Fact.MFA_FRESH | Fact.MFA_MET
"""What may be taken for granted to know whether somebody has the right: the rest is asked for on the way."""

router = APIRouter(prefix=EMERGENCIES, route_class=OncePageRoute)

Text = Annotated[str, Query(max_length=100, description="Words of name, address or code. 名称、地址或编码。")]


@router.get("")
def list_emergencies(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, window: ById
) -> Response:
    """列出尚未补批的应急调阅。List the emergencies that nobody has ratified yet."""
    after = None if window.after is None else RequestId(window.after)
    found = broker.access_requests.page(caller, state=RequestState.EMERGENCY, after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda requests: rows(requests, reading))
    return screen.show(
        "pages/emergencies.html", page=page, first=window.after is None, may_open=_may_open(broker, caller)
    )


def _may_open(broker: Broker, caller: Caller) -> bool:
    roles = caller.roles_at(caller.path, broker.clock.now())
    return broker.policy.decide(roles, OPENING, GIVEN).allowed


@router.get("/new")
def begin_emergency(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, text: Text = ""
) -> Response:
    """应急调阅：先看清限制再填写。Open an emergency: its limits are told first."""
    return _page(screen, broker, caller, reading, Form({"text": (text,)} if text else {}))


@router.post("/new")
def look_for_points(
    form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep
) -> Response:
    """查找点位，已填内容保留。Look for points; what was typed and ticked stays."""
    return _page(screen, broker, caller, reading, form)


def _page(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, form: Form, refusal: Refusal | None = None
) -> Response:
    if not _may_open(broker, caller):
        raise Forbidden("not-allowed", act=OPENING)
    rules = broker.rulebooks.current(caller).rules
    now = broker.clock.now()
    return screen.show(
        "pages/emergency.html", status=refusal.status if refusal else 200, form=form, refusal=refusal,
        limits=rules.emergency, purpose=rules.purpose, cameras=_cameras(broker, caller, reading, form),
        begin=screen.instants.field(now - LAST), end=screen.instants.field(now),
    )  # fmt: skip


def _cameras(broker: Broker, caller: Caller, reading: Reading, form: Form) -> Sequence[CameraOut]:
    """Return the points that were ticked, then those that the words find."""
    ticked = broker.finding.named(caller, [CameraId(key) for key in map(_key, form.all("camera")) if key])
    text = form.one("text")[:100]
    found = broker.finding.page(caller, Wanted(Question(text=text)), after=None, limit=FOUND) if text else []
    known = {camera.id for camera in ticked}
    return shown([*ticked, *(camera for camera in found if camera.id not in known)], reading)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@router.post("")
def open_emergency(
    request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep
) -> Response:
    """双因素验证后立即生效，24 小时内补批。Open at once with a fresh second factor; to be ratified."""
    opened: list[str] = []

    def act() -> None:
        span = {end: screen.instants.read(form.one(end)) for end in ("begin", "end")}
        body = checked(EmergencyIn, {
            "purpose": {name: form.one(name) for name in ("basis", "matter", "case_number", "reason")},
            "lines": [{"camera": key, **span} for key in form.all("camera")],
            "minutes": form.one("minutes") or None,
        })  # fmt: skip
        case, _ = broker.emergencies.open(stepped_up(request, form, caller, broker), body.form())
        opened.append(f"{REQUESTS}/{case.id}")

    return screen.carried_out(
        act, to=lambda: opened[0], said="emergency-opened",
        again=lambda refusal: _page(screen, broker, caller, reading, form, refusal),
    )  # fmt: skip
