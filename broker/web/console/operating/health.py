"""How points and sources are and were: what is below target, availability as a table of heat, troubles that last."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from broker.domain.errors import Invalid, Unknown
from broker.domain.sources.point_health import Availability, PointState
from broker.services.sources.point_health import By, Question
from broker.web.api.sources.point_health import AvailabilityOut, OpenTroubleOut, TargetIn
from broker.web.console.forms import Refusal, checked
from broker.web.console.operating.asked import Days, Filled
from broker.web.console.operating.departments import departments_for
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ByNumber

HEALTH = "/health"
MOST_ROWS = 100
MOST_BELOW = 100
STEPS = (0.8, 0.9, 0.95, 0.99)
"""Shares between the five steps of the table of heat, the worst first."""

router = APIRouter(prefix=HEALTH, route_class=OncePageRoute)

# A field of a form that was left empty is sent all the same.
Place = Annotated[str, Query(max_length=40)]
Split = Annotated[By, Query()]
Trouble = Annotated[PointState | None, Filled, Query()]


@router.get("")
def show_health(
    shift: ShiftDep, days: Days, department: Place = "", division: Place = "", by: Split = By.DEPARTMENT
) -> Response:
    """在线率：达标情况与热力表。Availability over time by department or division, and who is below target."""
    return _health(shift, days, department, division, by)


def _health(
    shift: Shift, days: tuple[date, date], department: str = "", division: str = "", by: By = By.DEPARTMENT,
    refusal: Refusal | None = None,
) -> Response:  # fmt: skip
    service, caller, last = shift.broker.point_health, shift.caller, days[1] - timedelta(days=1)
    question = Question(*days, department or None, division or None, by)
    told: dict[str, Any] = {
        "question": question, "last": last, "departments": departments_for(shift), "step_of": step_of,
        "splits": (By.DEPARTMENT, By.DIVISION), "may_aim": shift.may("health:aim"),
        "may_open": shift.may("source:read"),
    }  # fmt: skip
    try:
        heat = service.heat(caller, question, MOST_ROWS)
        sums = service.availability(caller, replace(question, by=None)).whole
    except (Invalid, Unknown) as error:  # of what was typed into the form above the table
        return shift.show("health", heat=None, whole=None, below=[], refusal=shift.refusal(error), **told)
    below = service.below(caller, last, MOST_BELOW)
    return shift.show("health", heat=heat, whole=AvailabilityOut.of(sums), below=below, refusal=refusal, **told)


def step_of(it: Availability | None) -> int:
    """Return the step of the table of heat, 1 to 5; 0 where nobody watched."""
    share = it.online_share if it else None
    return 0 if share is None else 1 + sum(share >= bound for bound in STEPS)


@router.post("/targets")
def set_target(shift: ShiftDep, days: Days) -> Response:
    """设定部门或接入源的在线率目标；0 为取消。Say what a department or a source is to reach."""
    form = shift.form

    def act() -> None:
        told: dict[str, object] = {name: form.one(name) for name in ("department", "source") if form.one(name)}
        body = checked(TargetIn, {**told, "per_mille": form.one("per_mille")})
        shift.broker.point_health.aim(shift.caller, body.per_mille, department=body.department, source=body.source)

    return shift.carry_out(act, to=HEALTH, said="target-set", again=lambda it: _health(shift, days, refusal=it))


@router.get("/troubles")
def list_troubles(shift: ShiftDep, window: ByNumber, state: Trouble = None) -> Response:
    """正在发生的点位故障，包括黑屏和画面静止。Troubles of points that last, black and frozen pictures among them."""
    found = shift.broker.point_health.troubles(
        shift.caller, state=state, before=window.after or None, limit=window.wanted
    )
    page = window.page(found, lambda it: it.trouble.number, lambda rows: OpenTroubleOut.page(rows, shift.reading))
    return shift.show(
        "troubles", page=page, first=not window.after, state=state,
        states=[it for it in PointState if it is not PointState.ONLINE],
    )  # fmt: skip
