"""Departments: the tree, in order, and how it is changed."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field, StringConstraints

from broker.domain.people.accounts import Department, DepartmentKind
from broker.services.people.accounts import NewDepartment
from broker.services.people.departments import Renamed
from broker.services.people.reorganising import Order
from broker.web.deps import BrokerDep, CallerDep
from broker.web.paging import ByText, Page
from broker.web.routes import OnceRoute
from broker.web.values import CODE, Code, In, Line, Out

router = APIRouter(prefix="/departments", tags=["departments"], route_class=OnceRoute)

Named = Annotated[str, Path(pattern=CODE)]


class DepartmentIn(In):
    """What it takes to add a node to the tree; `parent` is a code, null for the root."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "dh-hb",
                    "name": "东河区生态环境局",
                    "name_en": "Donghe Environment Bureau",
                    "kind": "department",
                    "division": "990102",
                    "parent": "dh",
                },
            ],
        },
    )

    code: Code
    name: Line
    name_en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    kind: DepartmentKind
    division: Annotated[str, StringConstraints(pattern=r"^\d{2,12}$")]
    parent: Code | None = None

    def new(self) -> NewDepartment:
        return NewDepartment(self.code, self.name, self.kind, self.division, self.parent, self.name_en)


class DepartmentEditIn(In):
    """What a department is called from now on; `revision` is the one that was read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "东河区生态环境局",
                    "name_en": "Donghe Ecology Bureau",
                    "division": "990102",
                    "revision": 1,
                },
            ],
        },
    )

    name: Line
    name_en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    division: Annotated[str, StringConstraints(pattern=r"^\d{2,12}$")]
    revision: Annotated[int, Field(ge=1, le=2**31 - 1)]

    def new(self) -> Renamed:
        return Renamed(self.name, self.name_en, self.division, self.revision)


class TreeOrderIn(In):
    """What a change of the tree rests on: the paper that orders it; `revision` is the one that was read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "锦编办〔2026〕12号", "revision": 1}]})

    reason: Line
    revision: Annotated[int, Field(ge=1, le=2**31 - 1)]

    def order(self) -> Order:
        return Order(self.reason, self.revision)


class DepartmentMoveIn(TreeOrderIn):
    """Below which department one stands from now on, by its code."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"parent": "xs", "reason": "锦编办〔2026〕12号", "revision": 1}]}
    )

    parent: Code


class TiesOut(Out):
    """How much still hangs on a department: while anything does, it cannot be closed."""

    departments: int
    persons: int
    cameras: int
    sources: int
    requests: int
    items: int
    grants: int


class DepartmentOut(Out):
    """One node of the tree; `path` holds the codes from the root down to it. One that was closed is history."""

    id: UUID
    code: str
    name: str
    name_en: str
    kind: DepartmentKind
    division: str
    path: str
    parent: UUID | None
    closed_at: datetime | None
    revision: int

    @property
    def closed(self) -> bool:
        return self.closed_at is not None

    @classmethod
    def of(cls, department: Department) -> Self:
        return cls(
            id=department.id, code=department.code, name=department.name, name_en=department.name_en,
            kind=department.kind, division=department.division, path=department.path, parent=department.parent_id,
            closed_at=department.closed_at, revision=department.version,
        )  # fmt: skip


@router.get("")
def list_departments(caller: CallerDep, broker: BrokerDep, window: ByText) -> Page[DepartmentOut]:
    """按次序列出部门树。List the tree in order."""
    found = broker.accounts.departments(caller, after=window.after or "", limit=window.wanted)
    return window.page(found, lambda it: it.path, lambda shown: [DepartmentOut.of(department) for department in shown])


@router.post("", status_code=201)
def add_department(body: DepartmentIn, caller: CallerDep, broker: BrokerDep) -> DepartmentOut:
    """添加部门。Add a department."""
    return DepartmentOut.of(broker.accounts.add_department(caller, body.new()))


@router.put("/{department}")
def edit_department(department: Named, body: DepartmentEditIn, caller: CallerDep, broker: BrokerDep) -> DepartmentOut:
    """修改部门的名称和区划；编码和上级不变。Call a department otherwise; its code and its place stay."""
    return DepartmentOut.of(broker.departments.rename(caller, department, body.new()))


@router.post("/{department}/move")
def move_department(department: Named, body: DepartmentMoveIn, caller: CallerDep, broker: BrokerDep) -> DepartmentOut:
    """将部门连同下级移到另一上级。Put a department with all below it under another one."""
    return DepartmentOut.of(broker.reorganising.move(caller, department, body.parent, body.order()))


@router.get("/{department}/ties")
def read_ties(department: Named, caller: CallerDep, broker: BrokerDep) -> TiesOut:
    """查看停用部门前尚需移交或办结的事项。See what still hangs on a department."""
    return TiesOut(**broker.reorganising.ties(caller, department).told)


@router.post("/{department}/close")
def close_department(department: Named, body: TreeOrderIn, caller: CallerDep, broker: BrokerDep) -> DepartmentOut:
    """停用部门，尚有未移交或未办结事项的不能停用。Close a department on which nothing hangs any more."""
    return DepartmentOut.of(broker.reorganising.close(caller, department, body.order()))


@router.post("/{department}/reopen")
def reopen_department(department: Named, body: TreeOrderIn, caller: CallerDep, broker: BrokerDep) -> DepartmentOut:
    """重新启用部门。Open a department that was closed."""
    return DepartmentOut.of(broker.reorganising.reopen(caller, department, body.order()))
