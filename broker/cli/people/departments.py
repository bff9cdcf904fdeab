"""`xueliang department`: the tree of governments, centers and departments, by the machine's operator."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from typer import Argument, Option

from broker.bootstrap import Broker
from broker.cli import screen
from broker.cli.grammar import Json, Noun
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.domain.people.accounts import Caller, Department, DepartmentKind
from broker.services.people.accounts import NewDepartment

COLUMNS = ("code", "name", "kind", "division", "path")

app = Noun()


@app.verb("add")
def add(
    code: Annotated[str, Argument(metavar="CODE")],
    *,
    name: Annotated[str, Option("--name")],
    division: Annotated[str, Option("--division", metavar="DIGITS")],
    kind: Annotated[
        DepartmentKind, Option("--kind", metavar="government|center|department")
    ] = DepartmentKind.DEPARTMENT,
    parent: Annotated[str | None, Option("--parent", metavar="CODE")] = None,
    name_en: Annotated[str, Option("--name-en", metavar="NAME")] = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Add a node to the tree."""
    with at_the_machine(data) as (broker, me):
        new = NewDepartment(code=code, name=name, kind=kind, division=division, parent=parent, name_en=name_en)
        screen.fields(_record(broker.accounts.add_department(me, new)), as_json=as_json)


@app.verb("list")
def list_all(data: Data = None, *, as_json: Json = False) -> None:
    """Show the tree, parents before their children."""
    with at_the_machine(data) as (broker, me):
        screen.rows(COLUMNS, map(_record, departments(broker, me)), as_json=as_json)


def departments(broker: Broker, me: Caller) -> Iterator[Department]:
    """Return the whole tree in order."""

    def page(after: str, limit: int) -> Sequence[Department]:
        return broker.accounts.departments(me, after=after, limit=limit)

    return every(page, lambda department: department.path, "")


def _record(department: Department) -> dict[str, object]:
    return {
        "id": str(department.id),
        "code": department.code,
        "name": department.name,
        "name_en": department.name_en,
        "kind": department.kind.value,
        "division": department.division,
        "path": department.path,
    }
