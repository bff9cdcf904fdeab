"""The access request: one need, one item per owning department, one line per camera and span.

Scope only narrows: asked holds approved holds authorized. A new revision gets new items, so nothing that was approved
for an older one can come alive again. request_states.py has the steps, decisions.py and its neighbours take them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.grants import Terms
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, PersonId, RequestId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import DEAD, GRANTING, OPEN_ITEMS, ItemState, RequestState
from broker.domain.time import TimeSpan

LAPSING = frozenset(
    {RequestState.DRAFT, RequestState.CENTER_REVIEW, RequestState.RETURNED, RequestState.EMERGENCY},
)
"""The states that a passed deadline ends; in department review each item has a deadline of its own."""


@dataclass(frozen=True)
class AskedLine:
    """What a requester writes down: one camera, one span."""

    camera_id: CameraId
    span: TimeSpan


@dataclass(frozen=True)
class Line:
    """One camera and one span: what was asked, what the center left of it, what the owner allows (None: nothing).

    `endorsed` is what the first of two authorizers would allow; it opens nothing.
    """

    id: LineId
    camera_id: CameraId
    asked: TimeSpan
    approved: TimeSpan | None = None
    endorsed: TimeSpan | None = None
    authorized: TimeSpan | None = None
    remark: str = ""


@dataclass(frozen=True)
class RequestItem:
    """The part of a request that one owning department decides, on the route that fits it.

    `deciders` are all persons who had a part in the decision: who acted, and for whom they stood in.
    """

    id: ItemId
    department_id: DepartmentId
    revision: int
    lines: tuple[Line, ...]
    state: ItemState = ItemState.PENDING
    route: str = "default"
    authorizations: int = 1
    due: datetime | None = None
    endorser_id: PersonId | None = None
    authorizer_id: PersonId | None = None
    deciders: frozenset[PersonId] = frozenset()
    decided_at: datetime | None = None
    reason: str = ""
    version: int = 0

    @property
    def stream(self) -> str:
        return f"request_item/{self.id}"

    def overdue(self, now: datetime) -> bool:
        return self.state in OPEN_ITEMS and self.due is not None and now >= self.due

    def standing(self, now: datetime) -> ItemState:
        """Return where the item stands by the clock, whether or not the lapse has been written down yet."""
        return ItemState.LAPSED if self.state is ItemState.PENDING and self.overdue(now) else self.state


@dataclass(frozen=True)
class Place:
    """Where it happened, as the requester says: WGS-84 degrees, and in words."""

    latitude: float
    longitude: float
    name: str = ""


@dataclass(frozen=True)
class AccessRequest:
    """A request; `asked` is the form as filled in, `items` the parts of the revision that was submitted last.

    `deciders` are all persons who had a part in the center's decision; `remarks` say per field (JSON pointer) what a
    return asks to be mended; `due` is the deadline of the present stage, `since` when that stage began. `submitted_at`
    is when the present revision was sent on its way.
    """

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
    place: Place | None = None
    emergency: bool = False
    renews: GrantId | None = None
    state: RequestState = RequestState.DRAFT
    revision: int = 1
    rulebook: int = 0
    center_id: DepartmentId | None = None
    escalated_to: DepartmentId | None = None
    center_approvals: int = 1
    endorser_id: PersonId | None = None
    approver_id: PersonId | None = None
    deciders: frozenset[PersonId] = frozenset()
    approved_terms: Terms | None = None
    comment: str = ""
    remarks: Mapping[str, str] = field(default_factory=dict)
    report: str = ""
    submitted_at: datetime | None = None
    since: datetime | None = None
    due: datetime | None = None
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
        left = [line for item in self.items if item.state in GRANTING for line in item.lines]
        whole = sum(line.authorized == line.asked for line in left)
        some = sum(line.authorized is not None for line in left)
        return "granted" if whole == len(lines) else "partially granted" if some else "refused"

    @property
    def holders(self) -> tuple[DepartmentId, ...]:
        """Which departments have the request now, by its state; none once it is over."""
        if self.state in {RequestState.DRAFT, RequestState.RETURNED, RequestState.DECIDED}:
            return (self.department_id,)
        if self.state in {RequestState.CENTER_REVIEW, RequestState.EMERGENCY}:
            center = self.escalated_to or self.center_id
            return (center,) if center else ()
        if self.state is RequestState.DEPARTMENT_REVIEW:
            return tuple(item.department_id for item in self.items if item.state is ItemState.PENDING)
        return ()

    def overdue(self, now: datetime) -> bool:
        return self.state in LAPSING and self.due is not None and now >= self.due

    def standing(self, now: datetime) -> RequestState:
        """Return where the request stands by the clock, whether or not the lapse has been written down yet."""
        return RequestState.LAPSED if self.overdue(now) else self.state

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


def groundless(before: AccessRequest, after: AccessRequest) -> frozenset[ItemId]:
    """Return the items whose grants a change has taken the ground from: they end in the same transaction.

    All of them where the request has died or begun a new revision; else those that no longer allow anything.
    """
    dead = after.state in DEAD or after.revision != before.revision
    standing = frozenset() if dead else frozenset(item.id for item in after.items if item.state in GRANTING)
    return frozenset(item.id for item in before.items if item.state in GRANTING) - standing


def require_in_time(thing: AccessRequest | RequestItem, now: datetime) -> None:
    """Refuse every step on what a deadline has ended, whether or not the lapse has been written down.

    Raises:
        Conflict: the deadline has passed.
    """
    if thing.due is not None and thing.overdue(now):
        raise Conflict("deadline-passed", due=thing.due.isoformat(timespec="seconds"))


def check_complete(request: AccessRequest) -> None:
    """Refuse to submit what nobody could decide on.

    Raises:
        Invalid: no camera, no investigator, or the requester among the investigators.
    """
    for fault in lacking(request):
        raise fault


def lacking(request: AccessRequest) -> Iterator[Invalid]:
    """Yield what a request needs before anybody could decide on it."""
    if not request.asked:
        yield Invalid("no-camera", pointer="/lines")
    if not request.investigators:
        yield Invalid("no-investigator", pointer="/investigators")
    if request.requester_id in request.investigators:
        yield Invalid("requester-investigates", pointer="/investigators")


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
