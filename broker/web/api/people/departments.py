"""Departments: the tree, in order."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field, StringConstraints

from broker.domain.people.accounts import Department, DepartmentKind
from broker.services.people.accounts import NewDepartment
from broker.services.people.departments import Renamed
from broker.web.deps import BrokerDep, CallerDep
from broker.web.paging import ByText, Page
from broker.web.routes import OnceRoute
from broker.web.values import CODE, Code, In, Line, Out

router = APIRouter(prefix="/departments", tags=["departments"], route_class=OnceRoute)


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


class DepartmentOut(Out):
    """One node of the tree; `path` holds the codes from the root down to it."""

    id: UUID
    code: str
    name: str
    name_en: str
    kind: DepartmentKind
    division: str
    path: str
    parent: UUID | None
    revision: int

    @classmethod
    def of(cls, department: Department) -> Self:
        return cls(
            id=department.id, code=department.code, name=department.name, name_en=department.name_en,
            kind=department.kind, division=department.division, path=department.path, parent=department.parent_id,
            revision=department.version,
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
def edit_department(
    department: Annotated[str, Path(pattern=CODE)], body: DepartmentEditIn, caller: CallerDep, broker: BrokerDep
) -> DepartmentOut:
    """修改部门的名称和区划；编码和上级不变。Call a department otherwise; its code and its place stay."""
    return DepartmentOut.of(broker.departments.rename(caller, department, body.new()))
