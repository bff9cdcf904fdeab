"""How an access request is shown: whole, or as one row of a list."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from broker.domain.footage.grants import Action, Condition, Quota, Terms
from broker.domain.requests.access_requests import AccessRequest, Line, RequestItem
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.people.names import Known
from broker.web.deps import Reading
from broker.web.refs import CameraRef, DepartmentRef, PersonRef
from broker.web.values import Out, SpanOut


class QuotaOut(Out):
    """Pictures, seconds of footage, bytes delivered."""

    snapshots: int
    seconds: int
    bytes: int

    @classmethod
    def of(cls, quota: Quota) -> Self:
        return cls(snapshots=quota.snapshots, seconds=quota.seconds, bytes=quota.bytes)


class TermsOut(Out):
    """What may be done, for how many days, and how much."""

    actions: list[Action]
    valid_days: int
    quota: QuotaOut
    conditions: list[Condition]
    originals: bool
    longest_side: int | None

    @classmethod
    def of(cls, terms: Terms) -> Self:
        return cls(
            actions=sorted(terms.actions), valid_days=terms.validity.days, quota=QuotaOut.of(terms.quota),
            conditions=sorted(terms.conditions), originals=terms.originals, longest_side=terms.longest_side,
        )  # fmt: skip


class PurposeOut(Out):
    """Why footage is needed."""

    basis: str
    matter: str
    case_number: str
    reason: str

    @classmethod
    def of(cls, purpose: Purpose) -> Self:
        return cls(
            basis=purpose.basis, matter=purpose.matter, case_number=purpose.case_number, reason=purpose.reason
        )  # fmt: skip


class AskedOut(SpanOut):
    """One line of the form."""

    camera: CameraRef


class LineOut(Out):
    """One camera: what was asked, what the center left of it, what the owner allows."""

    id: UUID
    camera: CameraRef
    asked: SpanOut
    approved: SpanOut | None
    authorized: SpanOut | None
    remark: str

    @classmethod
    def of(cls, line: Line, known: Known) -> Self:
        return cls(
            id=line.id, camera=CameraRef.named(line.camera_id, known), asked=SpanOut.of(line.asked),
            approved=SpanOut.maybe(line.approved), authorized=SpanOut.maybe(line.authorized), remark=line.remark,
        )  # fmt: skip


class ItemOut(Out):
    """The part of a request that one owning department decides."""

    id: UUID
    department: DepartmentRef
    revision: int
    state: ItemState
    route: str
    authorizations: int
    due: datetime | None
    lines: list[LineOut]
    endorser: PersonRef | None
    authorizer: PersonRef | None
    decided_at: datetime | None
    reason: str

    @classmethod
    def of(cls, item: RequestItem, known: Known) -> Self:
        return cls(
            id=item.id, department=DepartmentRef.named(item.department_id, known), revision=item.revision,
            state=item.state, route=item.route, authorizations=item.authorizations, due=item.due,
            endorser=PersonRef.named(item.endorser_id, known) if item.endorser_id else None,
            lines=[LineOut.of(line, known) for line in item.lines],
            authorizer=PersonRef.named(item.authorizer_id, known) if item.authorizer_id else None,
            decided_at=item.decided_at, reason=item.reason,
        )  # fmt: skip


class PlaceOut(Out):
    """Where it happened: WGS-84 degrees, and in words."""

    latitude: float
    longitude: float
    name: str


class EndorsedOut(Out):
    """The first of two authorizations: nothing is granted until a second person of the department authorizes too."""

    item: UUID
    awaits: Literal["second-authorizer"] = "second-authorizer"


class RequestRow(Out):
    """A request as a list shows it; `holders` have it now, the present stage began at `since`."""

    id: UUID
    number: str
    state: RequestState
    outcome: str
    revision: int
    urgent: bool
    emergency: bool
    due: datetime | None
    requester: PersonRef
    department: DepartmentRef
    center: DepartmentRef | None
    case_number: str
    line_count: int
    holders: list[DepartmentRef]
    since: datetime | None
    created_at: datetime | None

    @classmethod
    def of(cls, request: AccessRequest, known: Known) -> Self:
        return cls(
            id=request.id, number=request.number, state=request.state, outcome=request.outcome,
            revision=request.revision, urgent=request.urgent, emergency=request.emergency, due=request.due,
            requester=PersonRef.named(request.requester_id, known),
            department=DepartmentRef.named(request.department_id, known),
            center=DepartmentRef.named(request.center_id, known) if request.center_id else None,
            case_number=request.purpose.case_number, line_count=len(request.asked), created_at=request.created_at,
            holders=[DepartmentRef.named(key, known) for key in request.holders], since=request.since,
        )  # fmt: skip


class RequestOut(RequestRow):
    """A request in full."""

    purpose: PurposeOut
    terms: TermsOut
    approved_terms: TermsOut | None
    investigators: list[PersonRef]
    lines: list[AskedOut]
    items: list[ItemOut]
    center_approvals: int
    rulebook: int
    place: PlaceOut | None
    renews: UUID | None
    endorser: PersonRef | None
    approver: PersonRef | None
    comment: str
    remarks: dict[str, str]
    report: str

    @classmethod
    def whole(cls, request: AccessRequest, known: Known) -> Self:
        """Return the request with all its parts."""
        purpose = request.purpose
        return cls(
            **RequestRow.of(request, known).__dict__,
            purpose=PurposeOut.of(purpose),
            terms=TermsOut.of(request.terms),
            approved_terms=TermsOut.of(request.approved_terms) if request.approved_terms else None,
            investigators=[PersonRef.named(person, known) for person in sorted(request.investigators)],
            lines=[
                AskedOut(camera=CameraRef.named(it.camera_id, known), begin=it.span.begin, end=it.span.end)
                for it in request.asked
            ],
            items=[ItemOut.of(item, known) for item in request.items],
            approver=PersonRef.named(request.approver_id, known) if request.approver_id else None,
            center_approvals=request.center_approvals,
            rulebook=request.rulebook,
            renews=request.renews,
            place=PlaceOut(**asdict(request.place)) if request.place else None,
            endorser=PersonRef.named(request.endorser_id, known) if request.endorser_id else None,
            comment=request.comment,
            remarks=dict(request.remarks),
            report=request.report,
        )


def rows(requests: Sequence[AccessRequest], reading: Reading) -> list[RequestRow]:
    """Return requests as rows, their names looked up together."""
    known = reading.known(
        departments={key for it in requests for key in (it.department_id, it.center_id, *it.holders) if key},
        persons={it.requester_id for it in requests},
    )
    return [RequestRow.of(request, known) for request in requests]


def whole(request: AccessRequest, reading: Reading) -> RequestOut:
    """Return a request in full."""
    return RequestOut.whole(request, names_of([request], reading))


def names_of(requests: Sequence[AccessRequest], reading: Reading) -> Known:
    """Return every name that stands in these requests."""
    items = [item for request in requests for item in request.items]
    return reading.known(
        departments={
            *(key for it in requests for key in (it.department_id, it.center_id, *it.holders) if key),
            *(item.department_id for item in items),
        },
        persons={
            *(key for it in requests for key in (it.requester_id, it.approver_id, *it.investigators) if key),
            *(item.authorizer_id for item in items if item.authorizer_id),
        },
        cameras={
            *(line.camera_id for it in requests for line in it.asked),
            *(line.camera_id for item in items for line in item.lines),
        },
    )
