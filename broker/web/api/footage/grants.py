"""Grants: who may take what footage until when, and the end of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query

from broker.domain.footage.grants import Grant, GrantedLine, GrantState
from broker.domain.ids import GrantId, RequestId
from broker.services.people.names import Known
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.api.requests.request_views import QuotaOut, RequestOut, TermsOut, whole
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import CameraRef, DepartmentRef, PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import Out, SpanOut

router = APIRouter(prefix="/grants", tags=["grants"], route_class=OnceRoute)

OfRequest = Annotated[UUID | None, Query(description="Only grants of this request. 只列出该申请的授权单。")]


class GrantedOut(Out):
    """One camera and the footage window that may be taken of it."""

    line: UUID
    camera: CameraRef
    window: SpanOut

    @classmethod
    def of(cls, line: GrantedLine, known: Known) -> Self:
        return cls(line=line.line_id, camera=CameraRef.named(line.camera_id, known), window=SpanOut.of(line.window))


class GrantOut(Out):
    """A grant; `valid` says when footage may be fetched, each line which time of footage."""

    id: UUID
    request: UUID
    item: UUID
    state: GrantState
    department: DepartmentRef
    persons: list[PersonRef]
    lines: list[GrantedOut]
    terms: TermsOut
    valid: SpanOut
    used: QuotaOut
    emergency: bool
    renews: UUID | None

    @classmethod
    def of(cls, grant: Grant, known: Known, now: datetime) -> Self:
        return cls(
            id=grant.id, request=grant.request_id, item=grant.item_id, state=grant.state_at(now),
            department=DepartmentRef.named(grant.department_id, known),
            persons=[PersonRef.named(person, known) for person in sorted(grant.persons)],
            lines=[GrantedOut.of(line, known) for line in grant.lines],
            terms=TermsOut.of(grant.terms), valid=SpanOut.of(grant.valid), used=QuotaOut.of(grant.used),
            emergency=grant.emergency, renews=grant.renews,
        )  # fmt: skip


class StoppedOut(GrantOut):
    """A grant that was stopped; from `effective_at` on no process serves anything under it."""

    effective_at: datetime


def stopped(grant: Grant, reading: Reading) -> StoppedOut:
    """Return a grant that was stopped a moment ago; the call that did it waited for every process."""
    at = reading.now
    return StoppedOut(**shown([grant], reading)[0].__dict__, effective_at=at)


def shown(grants: Sequence[Grant], reading: Reading) -> list[GrantOut]:
    """Return grants, their names looked up together."""
    known = reading.known(
        departments={grant.department_id for grant in grants},
        persons={person for grant in grants for person in grant.persons},
        cameras={line.camera_id for grant in grants for line in grant.lines},
    )
    return [GrantOut.of(grant, known, reading.now) for grant in grants]


@router.get("")
def list_grants(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, request: OfRequest = None
) -> Page[GrantOut]:
    """列出您可见的授权单，新的在前。List the grants you may know of, newest first."""
    after = None if window.after is None else GrantId(window.after)
    of_request = None if request is None else RequestId(request)
    found = broker.grants.page(caller, request=of_request, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda grants: shown(grants, reading))


@router.get("/{key}")
def read_grant(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> GrantOut:
    """查看一张授权单。Read a grant."""
    return shown([broker.grants.read(caller, GrantId(key))], reading)[0]


@router.post("/{key}/revoke")
def revoke_grant(key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> StoppedOut:
    """撤销授权单；答复时，各处的调取和下载均已停止。End a grant for good; answered when nothing flows under it."""
    return stopped(broker.grants.revoke(caller, GrantId(key), body.reason), reading)


@router.post("/{key}/suspend")
def suspend_grant(key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> StoppedOut:
    """暂停授权单；答复时，各处的调取和下载均已停止。Let a grant rest; answered when nothing flows under it."""
    return stopped(broker.grants.suspend(caller, GrantId(key), body.reason), reading)


@router.post("/{key}/renew", status_code=201)
def renew_grant(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RequestOut:
    """按原授权起草续期申请，提交后重新审批和授权。Draft a request for the same again; both authorities decide anew."""
    return whole(broker.renewals.renew(caller, GrantId(key)), reading)


@router.post("/{key}/resume")
def resume_grant(key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> GrantOut:
    """恢复已暂停的授权单，有效期不变。Let a suspended grant go on; its end has not moved."""
    return shown([broker.grants.resume(caller, GrantId(key), body.reason)], reading)[0]
