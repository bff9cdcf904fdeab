"""The trace: search it, and check that nothing in it was changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from broker.domain.errors import Invalid
from broker.domain.oversight.audit import KINDS
from broker.domain.oversight.trace_search import CHOICES, Sought, Traced, person_of
from broker.services.oversight.audit import Verification
from broker.services.oversight.trace_files import MEDIA_TYPES, Format, content
from broker.services.people.names import Known
from broker.web.api.oversight.access_register import NEXT
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ByNumber, Page
from broker.web.routes import OnceRoute
from broker.web.values import Code, Instant, Out

router = APIRouter(prefix="/audit", tags=["audit"], route_class=OnceRoute)

Case = Annotated[UUID | None, Query(description="Only events of this access request. 只列出该申请的记录。")]
Kind = Annotated[
    str | None,
    Query(
        description="Only events of this kind, as grant:revoked, or of all that begin so, as grant. 只列出该类记录。"
    ),
]
Number = Annotated[str | None, Query(max_length=40, description="Only events of the request so numbered. 申请编号。")]
Stream = Annotated[str | None, Query(max_length=200, description="Only this stream, as grant/<id>. 只列出该事件链。")]
OfThing = Annotated[UUID | None, Query(alias="id", description="Only events of what has this id. 对象的标识。")]
Login = Annotated[str | None, Query(max_length=100, description="Only what this person did, by login. 操作人账号。")]
Unit = Annotated[Code | None, Query(description="Only what people of this department or below did. 操作人部门编码。")]
Since = Annotated[Instant | None, Query(alias="from", description="Events from then on. 起始时间。")]
Until = Annotated[Instant | None, Query(alias="to", description="Events before then. 截止时间。")]
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="Events behind this number. 自该编号之后。")]
Order = Annotated[Literal["log", "newest"], Query(description="The order of the list. 排列次序。")]


class EventOut(Out):
    """One event as it stands in the log; `actor` is a person's id, or the role and name of who has none.

    `case` is the access request it belongs to, null for what belongs to none.
    """

    number: int
    case: UUID | None
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
    def of(cls, traced: Traced, known: Known) -> Self:
        event = traced.event
        key = person_of(event.actor)
        person = None if key is None else known.persons.get(key)
        return cls(
            number=traced.number, case=event.case, stream=event.stream, seq=event.seq, kind=event.kind, at=event.at,
            actor=event.actor, actor_name=person.name if person else None, data=event.data,
            previous=event.previous.hex(), leaf=event.leaf.hex(),
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


def shown(found: Sequence[Traced], reading: Reading) -> list[EventOut]:
    """Return events, their actors looked up together."""
    known = reading.known(persons={key for it in found if (key := person_of(it.event.actor))})
    return [EventOut.of(it, known) for it in found]


async def sought_of(
    case: Case = None, number: Number = None, kind: Kind = None, stream: Stream = None, thing: OfThing = None,
    person: Login = None, department: Unit = None, since: Since = None, until: Until = None,
) -> Sought:  # fmt: skip
    """Return which events are wanted."""
    if kind is not None and kind not in CHOICES:
        raise Invalid("field-choice", pointer="#query/kind", allowed=", ".join(sorted(KINDS)))
    return Sought(
        case=case, number=number, kinds=None if kind is None else CHOICES[kind], stream=stream, key=thing,
        person=person, department=department, since=since, until=until,
    )  # fmt: skip


@router.get("")
def list_audit_events(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ByNumber,
    sought: Annotated[Sought, Depends(sought_of)], *, order: Order = "log",
) -> Page[EventOut]:  # fmt: skip
    """查找留痕，按日志次序或新的在前。Search the trace, in the order of the log or the newest first."""
    found = broker.audit.search(caller, sought, after=window.after or 0, limit=window.wanted, newest=order == "newest")
    return window.page(found, lambda it: it.number, lambda rows: shown(rows, reading))


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"description": "the file", "content": {media_type: {} for media_type in MEDIA_TYPES.values()}}},
)
def export_audit_events(
    caller: CallerDep, broker: BrokerDep, sought: Annotated[Sought, Depends(sought_of)], *,
    format: Format = "csv",  # noqa: A002  # the word people use
    after: After = 0,
) -> Response:  # fmt: skip
    """导出留痕，表格或可离线校验；导出本身留痕。Take the trace away as a table or verifiable; that is noted in it."""
    export = broker.trace_exports.export(caller, sought, format, after=after)
    name = quote(f"留痕-{broker.clock.now():%Y%m%dT%H%M%SZ}.{format}")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    if export.next is not None:
        headers[NEXT] = str(export.next)
    return StreamingResponse(content(export, format), media_type=MEDIA_TYPES[format], headers=headers)


@router.post("/verify")
def verify_audit(caller: CallerDep, broker: BrokerDep) -> VerificationOut:
    """校验全部留痕。Check every stream of the trace."""
    return VerificationOut.of(broker.audit.verify(caller))
