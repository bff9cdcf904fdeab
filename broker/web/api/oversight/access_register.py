"""The access register: read it line by line, or take it away as a file."""

from datetime import datetime
from typing import Annotated, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from broker.domain.footage.grants import Action
from broker.domain.ids import CameraId, RequestId
from broker.domain.oversight.register import LookAct, LookResult, Outcome, RegisterLine, Sought
from broker.services.oversight.register_files import MEDIA_TYPES, Format, as_csv, as_pdf, as_xlsx
from broker.web.deps import BrokerDep, CallerDep
from broker.web.paging import ByNumber, Page
from broker.web.routes import OnceRoute
from broker.web.values import Code, Instant, Out

router = APIRouter(prefix="/access-register", tags=["access-register"], route_class=OnceRoute)

NEXT = "X-Next-After"

Since = Annotated[Instant | None, Query(alias="from", description="Lines from then on. 起始时间。")]
Until = Annotated[Instant | None, Query(alias="to", description="Lines before then. 截止时间。")]
Unit = Annotated[Code | None, Query(description="Looks by people of this department or below. 调阅单位编码。")]
Owner = Annotated[Code | None, Query(description="Looks at cameras of this department or below. 点位所属部门编码。")]
Login = Annotated[str | None, Query(max_length=100, description="Looks by this person, by login. 调阅人账号。")]
OfCamera = Annotated[UUID | None, Query(description="Looks at this camera. 点位。")]
OfRequest = Annotated[UUID | None, Query(description="Looks under this access request. 申请。")]
Number = Annotated[str | None, Query(max_length=40, description="Looks under the request so numbered. 申请编号。")]
GbCode = Annotated[str | None, Query(max_length=20, description="Looks at the camera of this code. 国标编码。")]
OfAct = Annotated[LookAct | None, Query(description="Only orders, only deliveries, or only what was shown. 行为。")]
OfResult = Annotated[LookResult | None, Query(description="Only allowed, or only refused. 结果。")]
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="Lines behind this number. 自该编号之后。")]


async def sought_of(
    since: Since = None, until: Until = None, department: Unit = None, owner: Owner = None, person: Login = None,
    camera: OfCamera = None, request: OfRequest = None, number: Number = None, gb_code: GbCode = None,
    act: OfAct = None, result: OfResult = None,
) -> Sought:  # fmt: skip
    """Return which lines are wanted."""
    return Sought(
        since=since, until=until, department=department, owner=owner, person=person,
        camera=None if camera is None else CameraId(camera), request=None if request is None else RequestId(request),
        number=number, gb_code=gb_code, act=act, result=result,
    )  # fmt: skip


SoughtDep = Annotated[Sought, Depends(sought_of)]


class NamedThen(Out):
    """Somebody or something by the name it had then."""

    id: UUID
    name: str


class PersonThen(NamedThen):
    """A person, by name and login."""

    login: str


class CameraThen(NamedThen):
    """A camera, by name and GB/T 28181 code."""

    gb_code: str | None


class ReasonThen(Out):
    """Why, as the request said it: the request's id, number, basis, case number and reason."""

    request: UUID
    number: str
    basis: str
    case_number: str
    reason: str


class OutcomeOut(Out):
    """How a delivery ended; `cut_off_by` is null when all that was opened has left."""

    at: datetime
    bytes: int
    cut_off_by: str | None

    @classmethod
    def maybe(cls, outcome: Outcome | None) -> Self | None:
        if outcome is None:
            return None
        return cls(at=outcome.at, bytes=outcome.sent, cut_off_by=outcome.reason or None)


class RegisterLineOut(Out):
    """One look: who, of which unit, why, at what, and what came of it; `end` is null for a single picture."""

    number: int
    at: datetime
    act: LookAct
    action: Action
    result: LookResult
    refusal: str | None
    person: PersonThen
    department: NamedThen
    camera: CameraThen
    owner: NamedThen
    begin: datetime
    end: datetime | None
    why: ReasonThen | None
    grant: UUID | None
    retrieval: UUID | None
    address: str
    outcome: OutcomeOut | None

    @classmethod
    def of(cls, line: RegisterLine) -> Self:
        why = None
        if line.request_id is not None:
            why = ReasonThen(
                request=line.request_id, number=line.request_number, basis=line.basis, case_number=line.case_number,
                reason=line.reason,
            )  # fmt: skip
        return cls(
            number=line.number, at=line.at, act=line.act, action=line.action, result=line.result,
            refusal=line.refusal or None,
            person=PersonThen(id=line.person_id, name=line.person_name, login=line.person_login),
            department=NamedThen(id=line.department_id, name=line.department_name),
            camera=CameraThen(id=line.camera_id, name=line.camera_name, gb_code=line.gb_code),
            owner=NamedThen(id=line.owner_id, name=line.owner_name), begin=line.begin, end=line.end, why=why,
            grant=line.grant_id, retrieval=line.retrieval_id, address=line.address,
            outcome=OutcomeOut.maybe(line.outcome),
        )  # fmt: skip


@router.get("")
def list_access_register(
    caller: CallerDep, broker: BrokerDep, window: ByNumber, sought: SoughtDep
) -> Page[RegisterLineOut]:
    """按编号次序查看调阅登记簿。Read the access register in the order of its numbers."""
    found = broker.register.page(caller, sought, after=window.after or 0, limit=window.wanted)
    return window.page(found, lambda it: it.number, lambda lines: [RegisterLineOut.of(it) for it in lines])


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"description": "the file", "content": {media_type: {} for media_type in MEDIA_TYPES.values()}}},
)
def export_access_register(
    caller: CallerDep, broker: BrokerDep, sought: SoughtDep, *, format: Format = "csv",  # noqa: A002  # the word people use
    after: After = 0,
) -> Response:  # fmt: skip
    """导出调阅登记簿，导出本身留痕。Take the register away as CSV, XLSX or PDF; that is noted in the trace."""
    export = broker.register.export(caller, sought, format, after=after)
    name = quote(f"调阅登记簿-{broker.clock.now():%Y%m%dT%H%M%SZ}.{format}")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    if export.next is not None:
        headers[NEXT] = str(export.next)
    if format == "pdf":
        return Response(as_pdf(export, caller.name, broker.zone, broker.clock.now()), 200, headers, MEDIA_TYPES[format])
    rows = as_csv(export) if format == "csv" else as_xlsx(export)
    return StreamingResponse(rows, media_type=MEDIA_TYPES[format], headers=headers)
