"""Sealed copies of a request: which there are, how they stand; nobody reads one here."""

from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter

from broker.domain.footage.escrows import Escrow, EscrowState
from broker.domain.ids import CameraId, RequestId
from broker.locale import say
from broker.services.people.names import Known
from broker.web.api.footage.retrievals import MissingOut
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.refs import CameraRef
from broker.web.routes import OnceRoute
from broker.web.values import Out, SpanOut

router = APIRouter(prefix="/access-requests", tags=["access-requests"], route_class=OnceRoute)


class EscrowOut(Out):
    """One sealed copy. `overwritten_at`: when the source is expected to begin to overwrite the span.

    `reason` and `detail` say why it was destroyed or could not be made; both are empty before.
    """

    id: UUID
    camera: CameraRef
    span: SpanOut
    state: EscrowState
    overwritten_at: datetime
    made_at: datetime | None
    sealed_at: datetime | None
    ended_at: datetime | None
    missing: list[MissingOut]
    reason: str
    detail: str

    @classmethod
    def of(cls, it: Escrow, known: Known, language: str) -> Self:
        return cls(
            id=it.id,
            camera=CameraRef.named(it.camera_id, known),
            span=SpanOut.of(it.span),
            state=it.state,
            overwritten_at=it.overwritten_at,
            made_at=it.made_at,
            sealed_at=it.sealed_at,
            ended_at=it.ended_at,
            missing=[MissingOut.of_missing(part, language) for part in it.copy.missing],
            reason=it.reason,
            detail=_detail(it, language),
        )


class EscrowsOut(Out):
    """All sealed copies of a request that the reader may know of, oldest first."""

    copies: list[EscrowOut]


def _detail(it: Escrow, language: str) -> str:
    if not it.reason:
        return ""
    if it.state is EscrowState.FAILED:
        return say("escrow.failed", language)
    return say(f"escrow.{it.reason}", language)


@router.get("/{key}/escrow")
def read_request_escrow(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> EscrowsOut:
    """查看申请所涉录像的封存情况。Read which footage of a request is sealed until it is decided."""
    found = broker.escrows.of_request(caller, RequestId(key))
    cameras: set[CameraId] = {it.camera_id for it in found}
    known = reading.known(cameras=cameras)
    return EscrowsOut(copies=[EscrowOut.of(it, known, reading.language) for it in found])
