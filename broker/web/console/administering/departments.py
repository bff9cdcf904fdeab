"""The desk of departments: the tree level by level, one department, adding below it, calling it otherwise.

And what is done when a city is organised anew: a department stands below another one, is closed, is opened again.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from broker.domain.errors import Forbidden
from broker.domain.footage.locks import LockKind
from broker.domain.people.accounts import DepartmentKind
from broker.services.people.departments import BESIDE, Branch
from broker.web.api.people.departments import (
    DepartmentEditIn,
    DepartmentIn,
    DepartmentMoveIn,
    DepartmentOut,
    TiesOut,
    TreeOrderIn,
)
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ByText, Window
from broker.web.values import CODE

DEPARTMENTS = "/departments"
TOP: Window[str] = Window(None, 50)

router = APIRouter(prefix=DEPARTMENTS, route_class=OncePageRoute)

Code = Annotated[str, Path(pattern=CODE)]
Words = Annotated[str, Query(max_length=100)]


@router.get("")
def list_departments(seat: SeatDep, window: ByText, text: Words = "") -> Response:
    """部门树，可按名称查找。The tree of departments, or those that fit some words."""
    after, sought, departments = window.after or "", text.strip(), seat.broker.departments
    if sought:
        branch = Branch(departments.find(seat.caller, sought, after=after, limit=window.wanted), {})
    else:
        branch = departments.branch(seat.caller, None, after=after, limit=window.wanted)
    return seat.show("departments", text=sought, **_tree(branch, window))


@router.get("/{department}")
def show_department(department: Code, seat: SeatDep, window: ByText) -> Response:
    """一个部门及其下级。One department, what it lies in, and what lies below it."""
    return _page(seat, department, window)


def _tree(branch: Branch, window: Window[str]) -> dict[str, Any]:
    page = window.page(branch.departments, lambda it: it.path, lambda shown: [DepartmentOut.of(it) for it in shown])
    below = {key: [DepartmentOut.of(it) for it in rows] for key, rows in branch.below.items()}
    return {"page": page, "below": below, "beside": BESIDE, "first": window.after is None}


def _page(
    seat: Seat, code: str, window: Window[str] = TOP, refused: str = "", refusal: Refusal | None = None
) -> Response:
    """Show a department; `refused` names the form that was not carried out."""
    node = seat.broker.departments.read(seat.caller, code)
    branch = seat.broker.departments.branch(seat.caller, code, after=window.after or "", limit=window.wanted)
    try:
        lockable = seat.broker.locks.sight(seat.caller, LockKind.DEPARTMENT, code).open
    except Forbidden:
        lockable = False
    return seat.show(
        "department", refused=refused, refusal=refusal, node=node, it=DepartmentOut.of(node.department),
        above=[DepartmentOut.of(each) for each in node.above], lockable=lockable,
        ties=_ties(seat, code) if "department:close" in node.may and not node.department.closed else None,
        departments=seat.departments() if "department:move" in node.may else (),
        kinds_told=seat.named("adm-kind.", DepartmentKind), people=seat.may("person:list"),
        **_tree(branch, window),
    )  # fmt: skip


def _ties(seat: Seat, code: str) -> TiesOut:
    return TiesOut(**seat.broker.reorganising.ties(seat.caller, code).told)


@router.post("/{department}/add")
def add_department(department: Code, seat: SeatDep) -> Response:
    """在下级添加部门。Add a department below this one."""

    def act() -> None:
        told = {name: seat.form.one(name) for name in ("code", "name", "name_en", "kind", "division")}
        seat.broker.accounts.add_department(seat.caller, checked(DepartmentIn, {**told, "parent": department}).new())

    return _carried_out(seat, department, act, "add", said="department-added")


@router.post("/{department}/edit")
def edit_department(department: Code, seat: SeatDep) -> Response:
    """修改部门名称和区划。Call a department otherwise."""

    def act() -> None:
        told = {name: seat.form.one(name) for name in ("name", "name_en", "division", "revision")}
        seat.broker.departments.rename(seat.caller, department, checked(DepartmentEditIn, told).new())

    return _carried_out(seat, department, act, "edit", said="department-edited")


@router.post("/{department}/move")
def move_department(department: Code, seat: SeatDep) -> Response:
    """将部门连同下级移到另一上级。Put a department with all below it under another one."""

    def act() -> None:
        told = checked(DepartmentMoveIn, {name: seat.form.one(name) for name in ("parent", "reason", "revision")})
        seat.broker.reorganising.move(seat.caller, department, told.parent, told.order())

    return _carried_out(seat, department, act, "move", said="department-moved")


@router.post("/{department}/close")
def close_department(department: Code, seat: SeatDep) -> Response:
    """停用部门。Close a department on which nothing hangs any more."""

    def act() -> None:
        told = checked(TreeOrderIn, {name: seat.form.one(name) for name in ("reason", "revision")})
        seat.broker.reorganising.close(seat.caller, department, told.order())

    return _carried_out(seat, department, act, "close", said="department-closed")


@router.post("/{department}/reopen")
def reopen_department(department: Code, seat: SeatDep) -> Response:
    """重新启用部门。Open a department that was closed."""

    def act() -> None:
        told = checked(TreeOrderIn, {name: seat.form.one(name) for name in ("reason", "revision")})
        seat.broker.reorganising.reopen(seat.caller, department, told.order())

    return _carried_out(seat, department, act, "reopen", said="department-reopened")


def _carried_out(seat: Seat, code: str, act: Callable[[], None], name: str, *, said: str) -> Response:
    return seat.carry_out(act, to=f"{DEPARTMENTS}/{code}", said=said,
        again=lambda refusal: _page(seat, code, refused=name, refusal=refusal),
    )  # fmt: skip
