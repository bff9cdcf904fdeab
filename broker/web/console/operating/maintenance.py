"""Planned maintenance: what is planned and was, declared and called off."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.web.api.sources.maintenance import MaintenanceIn, MaintenanceOut
from broker.web.console.forms import Form, Refusal, checked
from broker.web.console.operating.departments import departments_for
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ById, Window

MAINTENANCE = "/maintenance"

router = APIRouter(prefix=MAINTENANCE, route_class=OncePageRoute)

Past = Annotated[bool, Query()]
Prefilled = Annotated[str, Query(max_length=40)]
SUBJECTS = ("source", "department", "camera")


@router.get("")
def list_maintenance(
    shift: ShiftDep, window: ById, *, past: Past = False, source: Prefilled = "", department: Prefilled = "",
    camera: Prefilled = "",
) -> Response:  # fmt: skip
    """计划检修；可登记新的检修时段。Planned maintenance, and the form for more; the query fills in of what."""
    given = dict(zip(SUBJECTS, (source, department, camera), strict=True))
    return _page(shift, window, past=past, form=Form({name: (it,) for name, it in given.items() if it}))


def _page(
    shift: Shift, window: Window[UUID], *, past: bool = False, form: Form | None = None,
    refusal: Refusal | None = None, refused: str = "",
) -> Response:  # fmt: skip
    found = shift.broker.maintenance.page(shift.caller, past=past, after=window.after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda rows: [MaintenanceOut.of(it) for it in rows])
    sources = shift.broker.maintenance.sources_of(shift.caller, found)
    known = shift.reading.known(
        departments={it.department_id for it in found if it.department_id},
        cameras={it.camera_id for it in found if it.camera_id},
    )
    names = {key: it.name for named in (sources, known.departments, known.cameras) for key, it in named.items()}
    return shift.show(
        "maintenance", page=page, first=window.after is None, past=past, filled=form or shift.form, names=names,
        departments=departments_for(shift), may_declare=shift.may("maintenance:declare"), refusal=refusal,
        refused=refused, may_end=shift.may("maintenance:end"),
    )  # fmt: skip


@router.post("")
def declare_maintenance(shift: ShiftDep) -> Response:
    """登记计划检修，该时段不计入在线率。Declare maintenance; its time does not count."""
    form, read = shift.form, shift.screen.instants.read

    def act() -> None:
        told: dict[str, object] = {name: form.one(name) for name in SUBJECTS if form.one(name)}
        told |= {"begins": read(form.one("begins")), "ends": read(form.one("ends")), "reason": form.one("reason")}
        shift.broker.maintenance.declare(shift.caller, checked(MaintenanceIn, told).new())

    return shift.carry_out(
        act, to=MAINTENANCE, said="maintenance-declared",
        again=lambda it: _page(shift, Window(None, 50), refusal=it, refused="declare"),
    )  # fmt: skip


@router.post("/{key}/end")
def end_maintenance(key: UUID, shift: ShiftDep) -> Response:
    """提前结束或取消检修。End maintenance early, or call it off."""
    return shift.screen.carried_out(
        lambda: shift.broker.maintenance.end(shift.caller, key), to=MAINTENANCE, said="maintenance-ended",
        again=lambda it: _page(shift, Window(None, 50), refusal=it, refused="end"),
    )  # fmt: skip
