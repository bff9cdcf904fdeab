"""Retrievals: order a snapshot or a clip, follow it, see what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, model_validator

from broker.domain.grants import Action
from broker.domain.ids import CameraId, GrantId, RetrievalId
from broker.domain.media import Ask, Capture, ClipAsk, SnapshotAsk
from broker.domain.retrievals import Retrieval, RetrievalState
from broker.domain.time import TimeSpan, missing
from broker.locale import say
from broker.services.names import Known
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
            return SnapshotAsk("", self.instant)
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


class ResultOut(Out):
    """What came: told truthfully, with the spans of the ask that the source had no pictures of."""

    digest: str
    size: int
    media_type: str
    container: str
    codec: str
    width: int
    height: int
    frames: int
    first: datetime
    last: datetime
    obtained: list[SpanOut]
    missing: list[SpanOut]

    @classmethod
    def of(cls, retrieval: Retrieval, capture: Capture) -> Self:
        ask = retrieval.ask
        gaps = missing(ask.span, capture.obtained) if isinstance(ask, ClipAsk) else ()
        return cls(
            digest=retrieval.digest, size=retrieval.size, media_type=capture.media_type,
            container=capture.container, codec=capture.codec, width=capture.width, height=capture.height,
            frames=capture.frames, first=capture.first, last=capture.last,
            obtained=[SpanOut.of(span) for span in capture.obtained], missing=[SpanOut.of(span) for span in gaps],
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
            attempt=retrieval.attempt, progress=retrieval.progress, ordered_at=retrieval.ordered_at,
            ready_at=retrieval.ready_at,
            error=ErrorOut(slug=error, detail=say(error, language, **told)) if error else None,
            result=ResultOut.of(retrieval, retrieval.capture) if retrieval.capture else None,
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
    ordered = broker.retrievals.order(caller, CameraId(body.camera), body.ask(), grant, address=address)
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
