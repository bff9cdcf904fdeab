"""What becomes of departments when a city is organised anew: they move with all below them, and they close."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from broker.domain.errors import Conflict
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Department


@dataclass(frozen=True)
class Ties:
    """How much still hangs on a department: while anything does, it cannot be closed.

    `departments` are open ones directly below, `persons` open accounts, `cameras` all points it owns, also those that
    were removed. `requests` are open ones that it asked or that wait for it as a center, `items` parts of open requests
    that wait for it as an owner, `grants` those that hold, of its people or for its cameras.
    """

    departments: int = 0
    persons: int = 0
    cameras: int = 0
    sources: int = 0
    requests: int = 0
    items: int = 0
    grants: int = 0

    @property
    def told(self) -> dict[str, int]:
        """Everything by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def any(self) -> bool:
        return any(self.told.values())


def moved(below: Iterable[Department], moving: Department, parent: Department) -> list[Department]:
    """Return a department and all below it (`below`, itself included) as they stand below another one.

    Raises:
        Conflict: `department-cycle`, the other one is the department itself or lies below it; `department-unmoved`,
            it stands there already; `department-closed`, one of the two was closed.
    """
    if parent.path.startswith(moving.path):
        raise Conflict("department-cycle", pointer="/parent", department=moving.name, parent=parent.name)
    if parent.id == moving.parent_id:
        raise Conflict("department-unmoved", pointer="/parent", department=moving.name, parent=parent.name)
    for each in (moving, parent):
        if each.closed:
            raise Conflict("department-closed", pointer="/parent", department=each.name)
    start = len(moving.parent_path)
    return [
        replace(
            each, path=parent.path + each.path[start:],
            parent_id=parent.id if each.id == moving.id else each.parent_id,
        )
        for each in below
    ]  # fmt: skip


def told_of_move(before: Department, after: Department, moving: Department, reason: str) -> Entry:
    """Return what the trace says of a department that moved itself, or with the one above it."""
    data = {"from": before.path, "to": after.path, "department": moving.code, "reason": reason}
    return Entry(f"department/{after.id}", "department:moved", data)


def closed(department: Department, ties: Ties, reason: str, at: datetime) -> tuple[Department, Entry]:
    """Return a department as history.

    Raises:
        Conflict: `department-closed` already, or `department-in-use`, with the count of all that hangs on it.
    """
    if department.closed:
        raise Conflict("department-closed", department=department.name)
    if ties.any:
        raise Conflict(
            "department-in-use", department=department.name, departments=ties.departments, persons=ties.persons,
            cameras=ties.cameras, sources=ties.sources, requests=ties.requests, items=ties.items, grants=ties.grants,
        )  # fmt: skip
    entry = Entry(f"department/{department.id}", "department:closed", {"code": department.code, "reason": reason})
    return replace(department, closed_at=at), entry


def reopened(department: Department, parent: Department | None, reason: str) -> tuple[Department, Entry]:
    """Return a department that is there again.

    Raises:
        Conflict: `department-open`, it is; `department-closed`, the one above it is closed.
    """
    if not department.closed:
        raise Conflict("department-open", department=department.name)
    if parent is not None and parent.closed:
        raise Conflict("department-closed", department=parent.name)
    entry = Entry(f"department/{department.id}", "department:reopened", {"code": department.code, "reason": reason})
    return replace(department, closed_at=None), entry
