"""Retrievals: order a snapshot or a clip, follow it, see what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, model_validator

from broker.domain.footage.grants import Action
from broker.domain.footage.media import Ask, ClipAsk, PictureFormat, SnapshotAsk
from broker.domain.footage.retrievals import EvidenceItem, Retrieval, RetrievalState
from broker.domain.ids import CameraId, GrantId, RetrievalId
from broker.domain.requests.coverage import Missing, MissingReason
from broker.domain.time import TimeSpan
from broker.locale import say
from broker.services.people.names import Known
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import CameraRef
from broker.web.routes import OnceRoute
from broker.web.values import In, Instant, Out, SpanOut, refused, span_of

router = APIRouter(prefix="/retrievals", tags=["retrievals"], route_class=OnceRoute)

OfGrant = Annotated[UUID | None, Query(description="Only retrievals under this grant. 只列出该授权单下的调取。")]


class OrderIn(In):
    """A snapshot at an instant, or a clip from begin up to, and without, end."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "camera": "01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00",
                    "action": "clip",
                    "begin": "2026-11-20T22:10:00+08:00",
                    "end": "2026-11-20T22:11:00+08:00",
                },
            ],
        },
    )

    camera: UUID
    action: Action
    instant: Instant | None = None
    begin: Instant | None = None
    end: Instant | None = None
    grant: UUID | None = None
    original: bool = False
    format: PictureFormat = PictureFormat.JPEG

    @model_validator(mode="after")
    def _times(self) -> Self:
        given = (self.instant is not None, self.begin is not None, self.end is not None)
        if given != ((True, False, False) if self.action is Action.SNAPSHOT else (False, True, True)):
            raise refused("order-times", action=self.action)
        if self.begin is not None and self.end is not None:
            span_of(self.begin, self.end)
        return self

    def ask(self) -> Ask:
        """Return what is asked; the channel is looked up when the fetch begins."""
        if self.instant is not None:
            return SnapshotAsk("", self.instant, format=self.format)
        if self.begin is None or self.end is None:
            raise AssertionError(self.action)
        return ClipAsk("", TimeSpan(self.begin, self.end))


class AskedOut(Out):
    """What was asked for: an instant, or a span."""

    instant: datetime | None
    span: SpanOut | None

    @classmethod
    def of(cls, ask: Ask) -> Self:
        if isinstance(ask, ClipAsk):
            return cls(instant=None, span=SpanOut.of(ask.span))
        return cls(instant=ask.instant, span=None)


class NoteOut(Out):
    """A statement that belongs to a result, in words."""

    slug: str
    detail: str


class MissingOut(SpanOut):
    """A span without pictures, and why."""

    reason: MissingReason
    detail: str

    @classmethod
    def of_missing(cls, missing: Missing, language: str) -> Self:
        detail = say(f"missing-footage.{missing.reason}", language)
        return cls(begin=missing.span.begin, end=missing.span.end, reason=missing.reason, detail=detail)


class ItemOut(Out):
    """One file of a result. `source_digest` is the SHA-256 of the coded footage as the source gave it."""

    number: int
    digest: str
    sm3: str
    source_digest: str
    size: int
    media_type: str
    container: str
    codec: str
    sound: str
    width: int
    height: int
    frames: int
    reencoded: int
    first: datetime
    last: datetime
    obtained: list[SpanOut]
    notes: list[NoteOut]

    @classmethod
    def of(cls, item: EvidenceItem, language: str) -> Self:
        it = item.capture
        return cls(
            number=item.number, digest=item.digest, sm3=item.sm3, source_digest=it.source_digest, size=item.size,
            media_type=it.media_type, container=it.container, codec=it.codec, sound=it.sound, width=it.width,
            height=it.height, frames=it.frames, reencoded=it.reencoded, first=it.first, last=it.last,
            obtained=[SpanOut.of(span) for span in it.obtained],
            notes=[NoteOut(slug=slug, detail=say(f"note.{slug}", language)) for slug in it.notes],
        )  # fmt: skip


class ResultOut(Out):
    """What came, told truthfully: the files, and the spans of the ask that have no pictures, with the reason.

    `clock_ahead` is how many seconds the clock of the source was held to be ahead; all instants are set right by it.
    """

    size: int
    items: list[ItemOut]
    missing: list[MissingOut]
    clock_ahead: float

    @classmethod
    def of(cls, retrieval: Retrieval, language: str) -> Self:
        return cls(
            size=retrieval.size, clock_ahead=retrieval.ahead or 0.0,
            items=[ItemOut.of(item, language) for item in retrieval.items],
            missing=[MissingOut.of_missing(it, language) for it in retrieval.missing],
        )  # fmt: skip


class ErrorOut(Out):
    """Why there is no result."""

    slug: str
    detail: str


class RetrievalOut(Out):
    """An order and what became of it; `progress` is seconds of footage fetched so far."""

    id: UUID
    state: RetrievalState
    action: Action
    camera: CameraRef
    grant: UUID
    asked: AskedOut
    original: bool
    attempt: int
    progress: float
    ordered_at: datetime | None
    ready_at: datetime | None
    result: ResultOut | None
    error: ErrorOut | None

    @classmethod
    def of(cls, retrieval: Retrieval, known: Known, language: str) -> Self:
        told = {"grant": retrieval.grant_id, **(retrieval.error_facts or {})}
        error = retrieval.error
        return cls(
            id=retrieval.id, state=retrieval.state, action=retrieval.action, grant=retrieval.grant_id,
            camera=CameraRef.named(retrieval.camera_id, known), asked=AskedOut.of(retrieval.ask),
            original=retrieval.original, attempt=retrieval.attempt, progress=retrieval.progress,
            ordered_at=retrieval.ordered_at, ready_at=retrieval.ready_at,
            error=ErrorOut(slug=error, detail=say(error, language, **told)) if error else None,
            result=ResultOut.of(retrieval, language) if retrieval.items else None,
        )  # fmt: skip


def shown(retrievals: Sequence[Retrieval], reading: Reading) -> list[RetrievalOut]:
    """Return retrievals, their names looked up together."""
    known = reading.known(cameras={retrieval.camera_id for retrieval in retrievals})
    return [RetrievalOut.of(retrieval, known, reading.language) for retrieval in retrievals]


@router.post("", status_code=202)
def order_retrieval(
    body: OrderIn, request: Request, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> RetrievalOut:
    """在授权单下调取截图或录像片段。Order a snapshot or a clip under one of your grants."""
    grant = None if body.grant is None else GrantId(body.grant)
    address = request.client.host if request.client else ""
    ordered = broker.retrievals.order(
        caller, CameraId(body.camera), body.ask(), grant, original=body.original, address=address
    )
    return shown([ordered], reading)[0]


@router.get("")
def list_retrievals(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, grant: OfGrant = None
) -> Page[RetrievalOut]:
    """列出本人的调取，新的在前。List your own retrievals, newest first."""
    after = None if window.after is None else RetrievalId(window.after)
    under = None if grant is None else GrantId(grant)
    found = broker.retrievals.page(caller, grant=under, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda retrievals: shown(retrievals, reading))


@router.get("/{key}")
def read_retrieval(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RetrievalOut:
    """查看本人的一次调取。Read one of your retrievals."""
    return shown([broker.retrievals.read(caller, RetrievalId(key))], reading)[0]
