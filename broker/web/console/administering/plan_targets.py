"""The desk of the plan: what departments and divisions are to reach in a year, set and taken back."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from broker.domain.oversight.measures import INDICATORS, PLAN
from broker.services.oversight.plan_targets import FIRST_YEAR, LAST_YEAR, NewTarget
from broker.web.api.oversight.measures import PlanTargetIn, PlanTargetOut
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ById, Window

TARGETS = "/plan-targets"

router = APIRouter(prefix=TARGETS, route_class=OncePageRoute)

Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)]


@router.get("")
def list_targets(seat: SeatDep, window: ById, year: Year = None) -> Response:
    """一年的计划目标。What is planned for a year."""
    return _page(seat, year or _this_year(seat), window)


def _this_year(seat: Seat) -> int:
    return seat.reading.now.astimezone(seat.broker.zone).year


def _page(
    seat: Seat, year: int, window: ById | None = None, refused: str = "", refusal: Refusal | None = None
) -> Response:
    window = window or Window(None, 50)
    found = seat.broker.plan_targets.page(seat.caller, year, after=window.after, limit=window.wanted)
    page = window.page(found, lambda target: target.id, PlanTargetOut.each)
    english = seat.screen.language == "en"
    return seat.show(
        "plan_targets", refused=refused, refusal=refusal, page=page, year=year, first=window.after is None,
        indicators={key: it.en if english else it.zh for key, it in INDICATORS.items()}, points=PLAN,
        may=seat.may("measures:plan"),
    )  # fmt: skip


@router.post("/set")
def set_target(seat: SeatDep) -> Response:
    """设定或撤回一项计划目标。Set a target, or take it back."""
    typed = seat.form.one("year")
    year = int(typed) if typed.isdecimal() and FIRST_YEAR <= int(typed[:5]) <= LAST_YEAR else _this_year(seat)

    def act() -> None:
        told = {name: seat.form.one(name) or None for name in ("year", "indicator", "value", "department", "division")}
        seat.broker.plan_targets.set(seat.caller, NewTarget(**checked(PlanTargetIn, told).model_dump()))

    said = "plan-target-set" if seat.form.one("value") else "plan-target-back"
    return seat.carry_out(
        act, to=f"{TARGETS}?year={year}", said=said, again=lambda why: _page(seat, year, None, "set", why)
    )
