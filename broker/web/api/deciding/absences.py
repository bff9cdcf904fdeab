"""Absences: while somebody is away, nobody waits for that person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, StringConstraints

from broker.domain.deciding.absences import Absence
from broker.domain.ids import PersonId
from broker.services.deciding.absences import Leave
from broker.services.people.names import Known
from broker.web.api.deciding.delegations import Over
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import In, Instant, Line, Out

router = APIRouter(tags=["absences"], route_class=OnceRoute)


class AbsenceIn(In):
    """When somebody is away, from now on where `begin` is left out; `delegate` is the login of who stands in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"end": "2026-12-05T18:00:00+08:00", "note": "外出培训", "delegate": "zhao.lei"}],
        },
    )

    begin: Instant | None = None
    end: Instant
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    delegate: Line | None = None

    def leave(self) -> Leave:
        return Leave(self.end, self.begin, self.note, self.delegate)


class AbsenceOut(Out):
    """When somebody is away."""

    id: UUID
    person: PersonRef
    begin: datetime
    end: datetime
    note: str
    ended_at: datetime | None

    @classmethod
    def of(cls, absence: Absence, known: Known) -> Self:
        return cls(
            id=absence.id, person=PersonRef.named(absence.person, known), begin=absence.span.begin,
            end=absence.span.end, note=absence.note, ended_at=absence.ended_at,
        )  # fmt: skip


class NotedOut(AbsenceOut):
    """A fresh absence, and the delegations that were set up beside it."""

    delegations: list[UUID]


def shown(found: Sequence[Absence], reading: Reading) -> list[AbsenceOut]:
    """Return absences, their names looked up together."""
    known = reading.known(persons={absence.person for absence in found})
    return [AbsenceOut.of(absence, known) for absence in found]


@router.post("/me/absences", status_code=201)
def note_my_absence(body: AbsenceIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> NotedOut:
    """登记本人离岗，可同时指定受托人。Note that you are away, and who stands in."""
    absence, lent = broker.absences.note(caller, body.leave())
    return NotedOut(**shown([absence], reading)[0].__dict__, delegations=[each.id for each in lent])


@router.post("/persons/{key}/absences", status_code=201)
def note_absence(key: UUID, body: AbsenceIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> NotedOut:
    """由安全管理员代为登记离岗。Note that somebody you administer is away."""
    absence, lent = broker.absences.note(caller, body.leave(), PersonId(key))
    return NotedOut(**shown([absence], reading)[0].__dict__, delegations=[each.id for each in lent])


@router.get("/me/absences")
def list_my_absences(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, *, over: Over = None
) -> Page[AbsenceOut]:
    """列出本人的离岗登记，新的在前。List your absences, newest first."""
    found = broker.absences.page(caller, own=True, over=over, after=window.after, limit=window.wanted)
    return window.page(found, lambda absence: absence.id, lambda rows: shown(rows, reading))


@router.get("/absences")
def list_absences(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, *, over: Over = None
) -> Page[AbsenceOut]:
    """列出管辖范围内的离岗登记。List the absences of the people you administer or audit."""
    found = broker.absences.page(caller, own=False, over=over, after=window.after, limit=window.wanted)
    return window.page(found, lambda absence: absence.id, lambda rows: shown(rows, reading))


@router.delete("/absences/{key}")
def end_absence(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> AbsenceOut:
    """登记返岗；已设的委托需另行结束。Note that somebody is back; delegations are ended on their own."""
    return shown([broker.absences.end(caller, key)], reading)[0]
