"""Lines of the coverage ledger as they are told: asked, recorded, missing and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter

from broker.domain.errors import BrokerError
from broker.domain.ids import CameraId, RequestId
from broker.locale import explain, say
from broker.services.people.names import Known
from broker.services.sources.availability import RequestCoverage
from broker.services.sources.recorded import Recorded
from broker.web.api.footage.retrievals import MissingOut
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.refs import CameraRef
from broker.web.routes import OnceRoute
from broker.web.values import Out, SpanOut

router = APIRouter(prefix="/access-requests", tags=["access-requests"], route_class=OnceRoute)


class FaultOut(Out):
    """Something that a submission would be refused for, or why a source did not answer, in the reader's language."""

    slug: str
    pointer: str
    detail: str

    @classmethod
    def of(cls, fault: BrokerError, language: str) -> Self:
        return cls(slug=fault.slug, pointer=fault.pointer, detail=explain(fault, language))


class RecordedOut(Out):
    """What of a line is recorded; all but `asked` is null where the source did not say, and `fault` says why.

    `sealed`: what is sealed for this request (封存), whatever the source still has. `at`: when the source said so. The
    seconds balance: asked is recorded and missing together.
    """

    camera: CameraRef
    asked: SpanOut
    asked_seconds: float
    recorded_seconds: float | None
    missing_seconds: float | None
    recorded: list[SpanOut] | None
    missing: list[MissingOut] | None
    sealed: list[SpanOut]
    at: datetime | None
    fault: FaultOut | None

    @classmethod
    def of(cls, line: Recorded, known: Known, language: str) -> Self:
        found = line.coverage
        return cls(
            camera=CameraRef.named(line.camera, known),
            asked=SpanOut.of(line.asked),
            asked_seconds=line.asked.seconds,
            recorded_seconds=found.obtained_seconds if found else None,
            missing_seconds=found.missing_seconds if found else None,
            recorded=[SpanOut.of(span) for span in found.present] if found else None,
            missing=[MissingOut.of_missing(part, language) for part in found.missing] if found else None,
            sealed=[SpanOut.of(span) for span in line.sealed],
            at=line.at,
            fault=_told(line.fault, language) if line.fault else None,
        )


class RequestCoverageOut(Out):
    """The ledger of a request: of each line, what is recorded and what is not, as it was known at `at`.

    `refreshing`: a part is too old or not known, and the sources are being asked; read again in a moment.
    """

    at: datetime | None
    refreshing: bool
    lines: list[RecordedOut]

    @classmethod
    def of(cls, found: RequestCoverage, reading: Reading) -> Self:
        return cls(at=found.at, refreshing=found.refreshing, lines=shown_lines(found.lines, reading))


def shown_lines(lines: Sequence[Recorded], reading: Reading) -> list[RecordedOut]:
    """Return lines, the names of their cameras looked up together."""
    keys: set[CameraId] = {line.camera for line in lines}
    known = reading.known(cameras=keys)
    return [RecordedOut.of(line, known, reading.language) for line in lines]


def _told(fault: BrokerError, language: str) -> FaultOut:
    """Return why a source did not say; what is unavailable is the broker itself, and its inside stays inside."""
    if fault.kind == "unavailable":
        return FaultOut(slug="unavailable", pointer="", detail=say("unavailable", language))
    return FaultOut.of(fault, language)


@router.get("/{key}/coverage")
def read_request_coverage(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RequestCoverageOut:
    """查看申请所涉点位的录像覆盖情况及其查询时间。Read what is recorded of a request, and when the sources said so."""
    return RequestCoverageOut.of(broker.availability.of_request(caller, RequestId(key)), reading)
