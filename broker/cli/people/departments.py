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
from broker.services.people.departments import Renamed
from broker.services.people.reorganising import Order

COLUMNS = ("code", "name", "kind", "division", "path", "closed_at")

Code = Annotated[str, Argument(metavar="CODE")]
Reason = Annotated[str, Option("--reason")]

app = Noun()


@app.verb("add")
def add(
    code: Code,
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


@app.verb("rename")
def rename(
    code: Code,
    *,
    name: Annotated[str | None, Option("--name")] = None,
    name_en: Annotated[str | None, Option("--name-en", metavar="NAME")] = None,
    division: Annotated[str | None, Option("--division", metavar="DIGITS")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Call a department otherwise; what is not named stays."""
    with at_the_machine(data) as (broker, me):
        found = broker.departments.read(me, code).department
        told = {"name": name, "name_en": name_en, "division": division}
        kept = {each: getattr(found, each) if value is None else value for each, value in told.items()}
        renamed = broker.departments.rename(me, code, Renamed(**kept, version=found.version))
        screen.fields(_record(renamed), as_json=as_json)


@app.verb("move")
def move(
    code: Code, *, parent: Annotated[str, Option("--parent", metavar="CODE")], reason: Reason, data: Data = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Put a department with all below it under another one."""
    with at_the_machine(data) as (broker, me):
        moved = broker.reorganising.move(me, code, parent, _order(broker, me, code, reason))
        screen.fields(_record(moved), as_json=as_json)


@app.verb("close")
def close(code: Code, *, reason: Reason, data: Data = None, as_json: Json = False) -> None:
    """Close a department on which nothing hangs any more."""
    with at_the_machine(data) as (broker, me):
        closed = broker.reorganising.close(me, code, _order(broker, me, code, reason))
        screen.fields(_record(closed), as_json=as_json)


@app.verb("reopen")
def reopen(code: Code, *, reason: Reason, data: Data = None, as_json: Json = False) -> None:
    """Open a department that was closed."""
    with at_the_machine(data) as (broker, me):
        opened = broker.reorganising.reopen(me, code, _order(broker, me, code, reason))
        screen.fields(_record(opened), as_json=as_json)


def _order(broker: Broker, me: Caller, code: str, reason: str) -> Order:
    return Order(reason, broker.departments.read(me, code).department.version)


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
        "closed_at": department.closed_at.isoformat() if department.closed_at else None,
    }
