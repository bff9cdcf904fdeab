"""The access request: one need, one item per owning department, one line per camera and span.

Two tables say everything that may happen; what is not in them is refused. Scope only narrows: asked holds approved
holds authorized. A new revision gets new items, so nothing that was approved for an older one can come alive again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from broker.domain.audit import Entry
from broker.domain.errors import Conflict, Invalid
from broker.domain.grants import Terms
from broker.domain.ids import CameraId, DepartmentId, ItemId, LineId, PersonId, RequestId
from broker.domain.time import TimeSpan


class RequestState(StrEnum):
    """Where a request stands."""

    DRAFT = "DRAFT"
    CENTER_REVIEW = "CENTER_REVIEW"
    DEPARTMENT_REVIEW = "DEPARTMENT_REVIEW"
    RETURNED = "RETURNED"
    DECIDED = "DECIDED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class RequestCommand(StrEnum):
    """What can be done to a request."""

    EDIT = "edit"
    SUBMIT = "submit"
    RESUBMIT = "resubmit"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    SETTLE = "settle"


class ItemState(StrEnum):
    """Where the part of one owning department stands."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    VOID = "VOID"


class ItemCommand(StrEnum):
    """What can be done to an item."""

    AUTHORIZE = "authorize"
    REFUSE = "refuse"
    RETURN = "return"
    VOID = "void"


_R, _C = RequestState, RequestCommand
REQUEST_TRANSITIONS: dict[tuple[RequestState, RequestCommand], RequestState] = {
    (_R.DRAFT, _C.EDIT): _R.DRAFT,
    (_R.DRAFT, _C.SUBMIT): _R.CENTER_REVIEW,
    (_R.DRAFT, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.CENTER_REVIEW, _C.APPROVE): _R.DEPARTMENT_REVIEW,
    (_R.CENTER_REVIEW, _C.RETURN): _R.RETURNED,
    (_R.CENTER_REVIEW, _C.REJECT): _R.REJECTED,
    (_R.CENTER_REVIEW, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.DEPARTMENT_REVIEW, _C.RETURN): _R.RETURNED,
    (_R.DEPARTMENT_REVIEW, _C.SETTLE): _R.DECIDED,
    (_R.DEPARTMENT_REVIEW, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.RETURNED, _C.EDIT): _R.RETURNED,
    (_R.RETURNED, _C.RESUBMIT): _R.CENTER_REVIEW,
    (_R.RETURNED, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.DECIDED, _C.WITHDRAW): _R.WITHDRAWN,
}

_I, _D = ItemState, ItemCommand
ITEM_TRANSITIONS: dict[tuple[ItemState, ItemCommand], ItemState] = {
    (_I.PENDING, _D.AUTHORIZE): _I.AUTHORIZED,
    (_I.PENDING, _D.REFUSE): _I.REFUSED,
    (_I.PENDING, _D.RETURN): _I.RETURNED,
    (_I.PENDING, _D.VOID): _I.VOID,
    (_I.AUTHORIZED, _D.VOID): _I.VOID,
    (_I.REFUSED, _D.VOID): _I.VOID,
    (_I.RETURNED, _D.VOID): _I.VOID,
}

DECIDED_ITEMS = frozenset({ItemState.AUTHORIZED, ItemState.REFUSED})


def next_request_state(state: RequestState, command: RequestCommand) -> RequestState:
    """Walk the request table.

    Raises:
        Conflict: the table has no such step; the error names what is allowed.
    """
    after = REQUEST_TRANSITIONS.get((state, command))
    if after is None:
        allowed = ", ".join(c for (s, c) in REQUEST_TRANSITIONS if s is state)
        raise Conflict("transition-refused", subject="access_request", state=state, command=command, allowed=allowed)
    return after


def next_item_state(state: ItemState, command: ItemCommand) -> ItemState:
    """Walk the item table.

    Raises:
        Conflict: the table has no such step; the error names what is allowed.
    """
    after = ITEM_TRANSITIONS.get((state, command))
    if after is None:
        allowed = ", ".join(c for (s, c) in ITEM_TRANSITIONS if s is state)
        raise Conflict("transition-refused", subject="request_item", state=state, command=command, allowed=allowed)
    return after


@dataclass(frozen=True)
class AskedLine:
    """What a requester writes down: one camera, one span."""

    camera_id: CameraId
    span: TimeSpan


@dataclass(frozen=True)
class Line:
    """One camera and one span: what was asked, what the center left of it, what the owner allows (None: nothing)."""

    id: LineId
    camera_id: CameraId
    asked: TimeSpan
    approved: TimeSpan | None = None
    authorized: TimeSpan | None = None
    remark: str = ""


@dataclass(frozen=True)
class RequestItem:
    """The part of a request that one owning department decides."""

    id: ItemId
    department_id: DepartmentId
    revision: int
    lines: tuple[Line, ...]
    state: ItemState = ItemState.PENDING
    authorizer_id: PersonId | None = None
    decided_at: datetime | None = None
    reason: str = ""
    version: int = 0

    @property
    def stream(self) -> str:
        return f"request_item/{self.id}"


@dataclass(frozen=True)
class Purpose:
    """Why footage is needed: statutory basis, case or notice number, and the reason in words."""

    basis: str
    case_number: str
    reason: str

    def __post_init__(self) -> None:
        for name in ("basis", "case_number", "reason"):
            if not getattr(self, name).strip():
                raise Invalid("field-empty", pointer=f"/purpose/{name}")


@dataclass(frozen=True)
class AccessRequest:
    """A request; `asked` is the form as filled in, `items` the parts of the revision that was submitted last."""

    id: RequestId
    number: str
    requester_id: PersonId
    department_id: DepartmentId
    purpose: Purpose
    terms: Terms
    investigators: frozenset[PersonId]
    asked: tuple[AskedLine, ...]
    items: tuple[RequestItem, ...] = ()
    urgent: bool = False
    state: RequestState = RequestState.DRAFT
    revision: int = 1
    center_id: DepartmentId | None = None
    approver_id: PersonId | None = None
    approved_terms: Terms | None = None
    comment: str = ""
    created_at: datetime | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"access_request/{self.id}"

    @property
    def parties(self) -> frozenset[PersonId]:
        """Everybody who asked or would look: none of them may decide."""
        return self.investigators | {self.requester_id}

    @property
    def outcome(self) -> str:
        """granted, partially granted or refused, derived from the items; empty while undecided."""
        if self.state is not RequestState.DECIDED:
            return ""
        lines = [line for item in self.items for line in item.lines]
        whole = sum(line.authorized == line.asked for line in lines)
        some = sum(line.authorized is not None for line in lines)
        return "granted" if whole == len(lines) else "partially granted" if some else "refused"

    def require_revision(self, revision: int) -> None:
        """Refuse a decision on anything but the current revision.

        Raises:
            Conflict: somebody changed the request since the caller read it.
        """
        if revision != self.revision:
            raise Conflict("stale-revision", pointer="/revision", given=revision, current=self.revision)


@dataclass(frozen=True)
class Change:
    """A request after a command, with what is to be written in the trace."""

    after: AccessRequest
    entries: tuple[Entry, ...] = field(default=())


def check_complete(request: AccessRequest) -> None:
    """Refuse to submit what nobody could decide on.

    Raises:
        Invalid: no camera, no investigator, or the requester among the investigators.
    """
    if not request.asked:
        raise Invalid("no-camera", pointer="/lines")
    if not request.investigators:
        raise Invalid("no-investigator", pointer="/investigators")
    if request.requester_id in request.investigators:
        raise Invalid("requester-investigates", pointer="/investigators")


def narrowed(line: Line, spans: dict[LineId, TimeSpan | None], limit: TimeSpan | None, pointer: str) -> TimeSpan | None:
    """Return what a decision leaves of a line: nothing when it is left out or struck, else a part of `limit`.

    Raises:
        Invalid: the decision reaches beyond what the stage before allowed.
    """
    span = spans.get(line.id)
    if span is None:
        return None
    if limit is None or not limit.holds(span):
        allowed = f"{limit.begin.isoformat()}/{limit.end.isoformat()}" if limit else "-"
        raise Invalid("decision-widens", pointer=pointer, line=line.id, allowed=allowed)
    return span


def check_known_lines(lines: Iterable[Line], named: Iterable[LineId], pointer: str) -> None:
    """Refuse a decision about lines that are not there.

    Raises:
        Invalid: a line is named that the thing decided on does not have.
    """
    known = {line.id for line in lines}
    for line_id in named:
        if line_id not in known:
            raise Invalid("unknown-line", pointer=pointer, line=line_id)


def reopen(request: AccessRequest, **changes: object) -> AccessRequest:
    """Return the request with `changes` and its version one higher."""
    return replace(request, version=request.version + 1, **changes)  # type: ignore[arg-type]  # fields by name
