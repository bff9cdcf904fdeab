"""The catalogue from sources: what a source lists beside what the catalogue holds, reviewed line by line."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import ConfigDict, Field

from broker.domain.catalog.reconciliation import Line, LineKind, LineState, Reconciliation, ReconciliationState
from broker.domain.catalog.reconciliation_batches import MOST_AT_ONCE, Batch, HeldBack, Outcome
from broker.domain.ids import CameraId
from broker.locale import explain
from broker.services.catalog.reconciliations import NewPlace
from broker.web.api.sources.sources import SourceCode
from broker.web.deps import BrokerDep, CallerDep
from broker.web.language import language_of
from broker.web.paging import ById, ByNumber, Page
from broker.web.routes import OnceRoute
from broker.web.values import In, Out

router = APIRouter(prefix="/sources/{code}/reconciliations", tags=["sources"], route_class=OnceRoute)

Position = Annotated[int, Path(ge=1, le=2**31 - 1)]
Waiting = Annotated[bool, Query(description="Only lines nobody decided about. 只看尚未处理的行。")]


class AcceptIn(In):
    """What a new channel becomes: a known point that lies nowhere yet, or a new one at a place (WGS-84 degrees)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"latitude": 30.6, "longitude": 104.0}]})

    camera: UUID | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None

    def place(self) -> NewPlace:
        return NewPlace(None if self.camera is None else CameraId(self.camera), self.latitude, self.longitude)


class Decision(StrEnum):
    """What is decided about many lines."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class BatchIn(In):
    """Lines to decide at once, by kind or by position; the place (WGS-84 degrees) is where new points stand.

    At most 20,000 lines a call; `after` goes on behind the `last` of the call before.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision": "accept", "kinds": ["changed", "gone"]}]})

    decision: Decision
    kinds: Annotated[tuple[LineKind, ...], Field(max_length=len(LineKind))] = ()
    positions: Annotated[tuple[Annotated[int, Field(ge=1, le=2**31 - 1)], ...], Field(max_length=MOST_AT_ONCE)] = ()
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    dry_run: bool = Field(default=False, description="Count only, write nothing. 只计数，不写入。")

    def batch(self) -> Batch:
        state = LineState.ACCEPTED if self.decision is Decision.ACCEPT else LineState.REFUSED
        kinds, positions = frozenset(self.kinds), tuple(dict.fromkeys(self.positions))
        return Batch(state, kinds, positions, self.latitude, self.longitude, self.after)


class HeldBackOut(Out):
    """Lines that stay open for one reason; `detail` is the sentence of the first of them."""

    reason: str
    detail: str
    lines: int
    first: list[int]

    @classmethod
    def of(cls, held: HeldBack, language: str) -> Self:
        return cls(
            reason=held.reason.slug, detail=explain(held.reason, language), lines=held.lines, first=list(held.first)
        )


class BatchOut(Out):
    """matched = the sum of `decided` + the sum of `held_back`; `beyond` lines match as well, behind `last`."""

    state: ReconciliationState
    dry_run: bool
    matched: int
    decided: dict[LineKind, int]
    held_back: list[HeldBackOut]
    last: int
    beyond: int

    @classmethod
    def of(cls, found: Outcome, *, dry_run: bool, language: str) -> Self:
        return cls(
            state=found.proposal.state, dry_run=dry_run, matched=found.matched, decided=dict(found.decided),
            held_back=[HeldBackOut.of(held, language) for held in found.held_back], last=found.last,
            beyond=found.beyond,
        )  # fmt: skip


class ReconciliationOut(Out):
    """A proposal: how many channels the source lists, and how many of them are as the catalogue holds them."""

    id: UUID
    state: ReconciliationState
    listed: int
    same: int
    at: datetime
    by: str

    @classmethod
    def of(cls, found: Reconciliation) -> Self:
        return cls(
            id=found.id, state=found.state, listed=found.listed, same=found.same, at=found.at.astimezone(UTC),
            by=found.by,
        )  # fmt: skip


class LineOut(Out):
    """One line: what the catalogue holds, what the source tells, and what was decided."""

    position: int
    kind: LineKind
    channel: str
    camera: UUID | None
    held: dict[str, str]
    told: dict[str, str]
    state: LineState
    decided_by: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, line: Line) -> Self:
        told = line.proposed
        return cls(
            position=line.position, kind=told.kind, channel=told.channel, camera=told.camera_id, held=dict(told.held),
            told=dict(told.told), state=line.state, decided_by=line.decided_by,
            decided_at=None if line.decided_at is None else line.decided_at.astimezone(UTC),
        )  # fmt: skip


def proposals(found: Sequence[Reconciliation]) -> list[ReconciliationOut]:
    """Return proposals as they are shown."""
    return [ReconciliationOut.of(each) for each in found]


def lines(found: Sequence[Line]) -> list[LineOut]:
    """Return lines as they are shown."""
    return [LineOut.of(each) for each in found]


@router.post("", status_code=201)
def propose(code: SourceCode, caller: CallerDep, broker: BrokerDep) -> ReconciliationOut:
    """读取录像源的通道清单，与目录核对并生成待审结果。Set what a source lists against the catalogue."""
    return ReconciliationOut.of(broker.reconciliations.propose(caller, code))


@router.get("")
def list_proposals(code: SourceCode, caller: CallerDep, broker: BrokerDep, window: ById) -> Page[ReconciliationOut]:
    """列出录像源的核对结果，最近的在前。List the reconciliations of a source, the newest first."""
    found = broker.reconciliations.page(caller, code, before=window.after, limit=window.wanted)
    return window.page(found, lambda it: it.id, proposals)


@router.get("/{key}/lines")
def list_lines(
    code: SourceCode, key: UUID, caller: CallerDep, broker: BrokerDep, window: ByNumber, *, waiting: Waiting = False
) -> Page[LineOut]:
    """列出核对结果的各行。List the lines of a reconciliation."""
    after = window.after or 0
    found = broker.reconciliations.lines(caller, code, key, after=after, limit=window.wanted, waiting=waiting)
    return window.page(found, lambda it: it.position, lines)


@router.post("/{key}/decide")
def decide_lines(
    code: SourceCode, key: UUID, body: BatchIn, caller: CallerDep, broker: BrokerDep, request: Request
) -> BatchOut:
    """批量接受或不接受核对结果中的行，可先只计数。Accept or refuse many lines at once, or only count them."""
    found = broker.reconciliation_batches.decide(caller, code, key, body.batch(), dry_run=body.dry_run)
    return BatchOut.of(found, dry_run=body.dry_run, language=language_of(request))


@router.post("/{key}/lines/{position}/accept")
def accept_line(
    code: SourceCode, key: UUID, position: Position, body: AcceptIn, caller: CallerDep, broker: BrokerDep
) -> LineOut:
    """接受一行，按其内容更新目录。Accept a line: the catalogue becomes what it says."""
    return LineOut.of(broker.reconciliations.accept(caller, code, key, position, body.place()))


@router.post("/{key}/lines/{position}/refuse")
def refuse_line(code: SourceCode, key: UUID, position: Position, caller: CallerDep, broker: BrokerDep) -> LineOut:
    """不接受一行，目录保持不变，同样的内容不再提出。Refuse a line: the catalogue stays as it is."""
    return LineOut.of(broker.reconciliations.refuse(caller, code, key, position))
