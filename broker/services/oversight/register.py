"""Reading the access register and taking it away; lines are written by `Retrievals`, with the look they tell of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from broker.domain.errors import Invalid
from broker.domain.oversight.audit import Entry
from broker.domain.oversight.register import RegisterLine, Sought
from broker.domain.people.accounts import Caller, Role
from broker.services.deciding.rules import rules_in_force
from policies import facts
from policies.authorizer import Authorizer
from storage.db.oversight.register import RegisterVisibility
from storage.db.unit_of_work import UnitOfWork, Work

STEP = 500
"""Lines read from the database at once while an export flows."""

PAPER = "pdf"
MOST_ON_PAPER = 2000
"""Lines of one paper, which is some hundred and fifty pages and has to be made whole before it can be sent."""


@dataclass(frozen=True)
class Export:
    """What an export holds: lines in order, how many, and where the next one begins when this one was cut.

    Attributes:
        sought: what was asked for, by name of `Sought`.
        house: whose register it is: the name at the root of the tree.
        bases: names of the statutory bases by code.
    """

    lines: Iterator[RegisterLine]
    count: int
    next: int | None
    sought: Mapping[str, str] = field(default_factory=dict)
    house: str = ""
    bases: Mapping[str, str] = field(default_factory=dict)


class Register:
    """The register as each reader may see it."""

    def __init__(self, work: Work, policy: Authorizer, most: int) -> None:
        """Take the most lines of one export."""
        self._work = work
        self._policy = policy
        self._most = most

    def page(self, caller: Caller, sought: Sought, *, after: int, limit: int) -> Sequence[RegisterLine]:
        """Return lines in the order of the register; departments of `sought` are codes here.

        Raises:
            Unknown: there is no such department.
        """
        with self._work() as work:
            self._policy.require(caller, "register:list", caller.roles(work.now), facts.of_person(caller))
            return work.register.page(visibility(caller, work), _placed(work, sought), after=after, limit=limit)

    def export(self, caller: Caller, sought: Sought, form: str, *, after: int = 0) -> Export:
        """Note that the register is taken away, then hand out its lines; the trace has it before the first line flows.

        The lines are read while they flow, step by step: the register only grows, so the span of numbers that was
        measured at the beginning stays what it was.
        """
        with self._work() as work:
            permit = self._policy.require(caller, "register:export", caller.roles(work.now), facts.of_person(caller))
            visible, placed = visibility(caller, work), _placed(work, sought)
            most = min(self._most, MOST_ON_PAPER) if form == PAPER else self._most
            extent = work.register.extent(visible, placed, after=after, limit=most)
            stream = f"register-export/{caller.person()}"
            work.audit.reserve(stream)
            told = {"format": form, "lines": extent.count, "after": after, "last": extent.last, "cut": extent.more}
            entry = Entry(stream, "register:exported", {**told, "sought": _told(sought)})
            work.audit.append(permit, (entry,))
            house = next((it.name for it in work.departments.roots()), "")
            bases = {it.code: it.name for it in rules_in_force(work).purpose.bases}
            work.commit(permit)
        lines = self._lines(visible, placed, after, extent.last)
        return Export(lines, extent.count, extent.last if extent.more else None, _told(sought), house, bases)

    def _lines(self, visible: RegisterVisibility, sought: Sought, after: int, last: int) -> Iterator[RegisterLine]:
        while after < last:
            with self._work() as work:
                found = work.register.page(visible, sought, after=after, limit=STEP, last=last)
            yield from found
            after = found[-1].number if found else last


def visibility(caller: Caller, work: UnitOfWork) -> RegisterVisibility:
    """Return the test that guards every line for this caller."""
    return RegisterVisibility(
        caller.person_id,
        centers=caller.paths_of(Role.CENTER_APPROVER, work.now),
        owners=caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now),
        readers=caller.paths_of(Role.AUDITOR, work.now),
    )


def _placed(work: UnitOfWork, sought: Sought) -> Sought:
    """Return the search with paths in place of the codes of departments."""
    if sought.since is not None and sought.until is not None and sought.until <= sought.since:
        raise Invalid(
            "reversed-time", pointer="#query/until", begin=sought.since.isoformat(), end=sought.until.isoformat()
        )
    department = work.departments.by_code(sought.department).path if sought.department else None
    owner = work.departments.by_code(sought.owner).path if sought.owner else None
    return replace(sought, department=department, owner=owner)


def _told(sought: Sought) -> dict[str, str]:
    given = {name: value for name, value in vars(sought).items() if value is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else str(value) for name, value in given.items()}
