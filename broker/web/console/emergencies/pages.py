"""Emergencies: those that are open, and how one is opened before anybody has decided."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from broker.domain.deciding.rulebook import Rulebook
from broker.domain.errors import Forbidden, Invalid
from broker.domain.ids import CameraId, RequestId
from broker.domain.requests.request_states import RequestState
from broker.web.api.deciding.emergencies import EmergencyIn
from broker.web.api.requests.request_views import rows
from broker.web.console.emergencies.points import changed, listed, ticked_in
from broker.web.console.forms import Form, Refusal, checked, refusal_of
from broker.web.console.maps.browse import At
from broker.web.console.maps.picks import metres_from, spot_of, stated
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import ById
from policies.vocabulary import Fact

EMERGENCIES = "/emergencies"
LONGEST = 100
LAST = timedelta(hours=1)
"""What is asked for where nothing was typed: the hour that is just over."""

OPENING = "access_request:open_emergency"
GIVEN = Fact.IS_PERSON | Fact.OWN_DEPARTMENT | Fact.MFA_FRESH | Fact.MFA_MET
"""What may be taken for granted to know whether somebody has the right: the rest is asked for on the way."""

router = APIRouter(prefix=EMERGENCIES, route_class=OncePageRoute)

Text = Annotated[str, Query(max_length=LONGEST, description="Words of name, address or code. 名称、地址或编码。")]


@router.get("")
def list_emergencies(visit: VisitDep, window: ById) -> Response:
    """列出尚未补批的应急调阅。List the emergencies that nobody has ratified yet."""
    after = None if window.after is None else RequestId(window.after)
    found = visit.broker.access_requests.page(
        visit.caller, state=RequestState.EMERGENCY, after=after, limit=window.wanted
    )
    page = window.page(found, lambda it: it.id, lambda requests: rows(requests, visit.reading))
    return visit.show("emergencies", page=page, first=window.after is None, may_open=_may_open(visit))


def _may_open(visit: Visit) -> bool:
    roles = visit.caller.roles_at(visit.caller.path, visit.broker.clock.now())
    return visit.broker.policy.decide(roles, OPENING, GIVEN).allowed


@router.get("/new")
def begin_emergency(visit: VisitDep, text: Text = "", at: At = "") -> Response:
    """应急调阅：先看清限制再填写。Open an emergency: its limits are told first."""
    return _page(replace(visit, form=Form({"text": (text,)} if text else {})), at=at)


@router.post("/new")
def look_for_points(visit: VisitDep) -> Response:
    """查找、点选、框选点位，已填内容保留。Look for points and pick them; what was typed and ticked stays."""
    _require(visit)
    try:
        return _page(visit, picked=changed(visit, _rules(visit).emergency.cameras))
    except Invalid as fault:
        return _page(visit, refusal_of(fault, visit.screen.language))


def _require(visit: Visit) -> None:
    if not _may_open(visit):
        raise Forbidden("not-allowed", act=OPENING)


def _rules(visit: Visit) -> Rulebook:
    return visit.broker.rulebooks.current(visit.caller).rules


def _page(
    visit: Visit, refusal: Refusal | None = None, picked: frozenset[CameraId] | None = None, at: str = ""
) -> Response:
    """Return the page; `picked`: the points that are picked by now, None for those that were ticked."""
    _require(visit)
    rules, now, spot = _rules(visit), visit.broker.clock.now(), spot_of(visit.form.one)
    points = listed(visit, ticked_in(visit) if picked is None else picked, visit.form.one("text")[:LONGEST])
    return visit.show(
        "emergency", refusal=refusal, limits=rules.emergency, purpose=rules.purpose, points=points, at=at,
        far=metres_from(spot, points.rows),
        begin=visit.screen.instants.field(now - LAST), end=visit.screen.instants.field(now),
    )  # fmt: skip


@router.post("")
def open_emergency(visit: VisitDep) -> Response:
    """双因素验证后立即生效，24 小时内补批。Open at once with a fresh second factor; to be ratified."""
    opened: list[str] = []

    def act() -> None:
        span = {end: visit.screen.instants.read(visit.form.one(end)) for end in ("begin", "end")}
        body = checked(EmergencyIn, {
            "purpose": {name: visit.form.one(name) for name in ("basis", "matter", "case_number", "reason")},
            "lines": [{"camera": key, **span} for key in visit.form.all("camera")],
            "minutes": visit.form.one("minutes") or None,
            "place": stated(visit.form.one),
        })  # fmt: skip
        case, _ = visit.broker.emergencies.open(visit.stepped_up(), body.form())
        opened.append(f"{REQUESTS}/{case.id}")

    return visit.carry_out(
        act, to=lambda: opened[0], said="emergency-opened",
        again=lambda refusal: _page(visit, refusal),
    )  # fmt: skip
