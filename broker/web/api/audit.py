"""The trace: read it case by case, and check that nothing in it was changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query

from broker.domain.audit import KINDS, Event
from broker.domain.errors import Invalid
from broker.domain.ids import PersonId
from broker.services.audit import Verification
from broker.services.names import Known
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ByNumber, Page
from broker.web.routes import OnceRoute
from broker.web.values import Out

router = APIRouter(prefix="/audit", tags=["audit"], route_class=OnceRoute)

Case = Annotated[UUID | None, Query(description="Only events of this access request. 只列出该申请的记录。")]
Kind = Annotated[str | None, Query(description="Only events of this kind, as grant:revoked. 只列出该类记录。")]


class EventOut(Out):
    """One event as it stands in the log; `actor` is a person's id, or the role and name of who has none."""

    number: int
    stream: str
    seq: int
    kind: str
    at: datetime
    actor: str
    actor_name: str | None
    data: dict[str, Any]
    previous: str
    leaf: str

    @classmethod
    def of(cls, number: int, event: Event, known: Known) -> Self:
        key = person_of(event.actor)
        person = None if key is None else known.persons.get(key)
        return cls(
            number=number, stream=event.stream, seq=event.seq, kind=event.kind, at=event.at, actor=event.actor,
            actor_name=person.name if person else None, data=event.data, previous=event.previous.hex(),
            leaf=event.leaf.hex(),
        )  # fmt: skip


class FaultOut(Out):
    """The first event of a stream that does not hold."""

    stream: str
    seq: int


class VerificationOut(Out):
    """What a check of the whole trace found."""

    streams: int
    events: int
    faults: list[FaultOut]

    @classmethod
    def of(cls, found: Verification) -> Self:
        faults = [FaultOut(stream=stream, seq=seq) for stream, seq in found.faults]
        return cls(streams=found.streams, events=found.events, faults=faults)


def person_of(actor: str) -> PersonId | None:
    """Return the person behind an actor, None for the operator, the worker and nobody."""
    try:
        return PersonId(UUID(actor))
    except ValueError:
        return None


def shown(found: Sequence[tuple[int, Event]], reading: Reading) -> list[EventOut]:
    """Return events, their actors looked up together."""
    known = reading.known(persons={key for _, event in found if (key := person_of(event.actor))})
    return [EventOut.of(number, event, known) for number, event in found]


@router.get("")
def list_audit_events(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ByNumber, *, case: Case = None,
    kind: Kind = None,
) -> Page[EventOut]:  # fmt: skip
    """按日志次序查看留痕。Read the trace in the order of the log."""
    if kind is not None and kind not in KINDS:
        raise Invalid("field-choice", pointer="#query/kind", allowed=", ".join(sorted(KINDS)))
    found = broker.audit.page(caller, case=case, kind=kind, after=window.after or 0, limit=window.wanted)
    return window.page(found, lambda pair: pair[0], lambda pairs: shown(pairs, reading))


@router.post("/verify")
def verify_audit(caller: CallerDep, broker: BrokerDep) -> VerificationOut:
    """校验全部留痕。Check every stream of the trace."""
    return VerificationOut.of(broker.audit.verify(caller))
