"""Who stands in for whom, and who is away: for who keeps the accounts, and for auditors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.ids import PersonId
from broker.web.api.deciding import absences, delegations
from broker.web.api.deciding.absences import AbsenceIn
from broker.web.console.administering.people import on_person
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ById, Window

STANDING_IN = "/standing-in"
AWAY = f"{STANDING_IN}/absences"

router = APIRouter(route_class=OncePageRoute)

Scope = Annotated[str, Query(pattern="^(running|over)$")]


@router.get(STANDING_IN)
def list_delegations(seat: SeatDep, window: ById, scope: Scope = "running") -> Response:
    """管辖范围内的委托。The delegations of the people whose accounts the caller keeps or audits."""
    return _delegations(seat, window, scope)


def _delegations(
    seat: Seat, window: ById | None = None, scope: str = "running", refused: str = "", refusal: Refusal | None = None
) -> Response:
    window = window or Window(None, 50)
    found = seat.broker.delegations.page(
        seat.caller, own=False, over=scope == "over", after=window.after, limit=window.wanted
    )
    page = window.page(found, lambda lent: lent.delegation.id, lambda rows: delegations.shown(rows, seat.reading))
    return seat.show(
        "delegations", refused=refused, refusal=refusal, page=page, scope=scope, first=window.after is None,
        may=seat.may("delegation:end"),
    )  # fmt: skip


@router.post(f"{STANDING_IN}/{{key}}/end")
def end_delegation(key: UUID, seat: SeatDep) -> Response:
    """提前结束委托，即时生效。Take a role back before its time."""
    return seat.carry_out(
        lambda: seat.broker.delegations.end(seat.caller, key), to=STANDING_IN, said="delegation-ended",
        again=lambda refusal: _delegations(seat, refused="end", refusal=refusal),
    )  # fmt: skip


@router.get(AWAY)
def list_absences(seat: SeatDep, window: ById, scope: Scope = "running") -> Response:
    """管辖范围内的离岗登记。The absences of the people whose accounts the caller keeps or audits."""
    return _absences(seat, window, scope)


def _absences(
    seat: Seat, window: ById | None = None, scope: str = "running", refused: str = "", refusal: Refusal | None = None
) -> Response:
    window = window or Window(None, 50)
    found = seat.broker.absences.page(
        seat.caller, own=False, over=scope == "over", after=window.after, limit=window.wanted
    )
    page = window.page(found, lambda absence: absence.id, lambda rows: absences.shown(rows, seat.reading))
    return seat.show(
        "absences", refused=refused, refusal=refusal, page=page, scope=scope, first=window.after is None,
        may=seat.may("absence:end"),
    )  # fmt: skip


@router.post(f"{AWAY}/{{key}}/end")
def end_absence(key: UUID, seat: SeatDep) -> Response:
    """登记返岗；已设的委托需另行结束。Note that somebody is back."""
    return seat.carry_out(
        lambda: seat.broker.absences.end(seat.caller, key), to=AWAY, said="absence-ended",
        again=lambda refusal: _absences(seat, refused="end", refusal=refusal),
    )  # fmt: skip


@router.post("/people/{key}/absences")
def note_absence(key: UUID, seat: SeatDep) -> Response:
    """代为登记离岗，可指定受托人。Note that somebody is away, and who stands in."""

    def act() -> None:
        form, read = seat.form, seat.screen.instants.read
        begin = form.one("begin")
        body = checked(AbsenceIn, {
            "begin": read(begin) if begin else None, "end": read(form.one("end")), "note": form.one("note"),
            "delegate": form.one("delegate") or None,
        })  # fmt: skip
        seat.broker.absences.note(seat.caller, body.leave(), PersonId(key))

    return on_person(seat, key, act, "absence", said="absence-noted")
