"""Sources over time: when they answered, and how far their clocks were off."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Form, UploadFile
from pydantic import Field

from broker.domain.sources.source_clocks import ClockOffset
from broker.domain.sources.source_health import HealthState, Spell
from broker.services.sources.source_clocks import Reading
from broker.web.api.sources.sources import SourceCode
from broker.web.deps import BrokerDep, CallerDep
from broker.web.middleware import MEBIBYTE
from broker.web.paging import ByNumber, Page
from broker.web.routes import OnceRoute
from broker.web.values import In, Instant, Out

router = APIRouter(prefix="/sources", tags=["sources"], route_class=OnceRoute)


class SpellOut(Out):
    """One stay of a source in a state: first and last seen in it, and first seen in another (null: it lasts).

    `detail` is the slug of the problem, or what the source said of itself.
    """

    state: HealthState
    since: datetime
    seen_at: datetime
    until: datetime | None
    detail: str

    @classmethod
    def of(cls, spell: Spell) -> Self:
        return cls(state=spell.state, since=spell.since, seen_at=spell.seen_at, until=spell.until, detail=spell.detail)


class ClockIn(In):
    """A picture of the source, the instant that stands in it, and the true instant at which it was taken."""

    shown: Annotated[Instant, Field(description="What the picture shows. 画面上显示的时间。")]
    actual: Annotated[Instant, Field(description="The true instant. 真实时间。")]
    file: Annotated[UploadFile, Field(description="JPEG, PNG. 参考画面。")]


class ClockOut(Out):
    """How many seconds the clock was ahead at an instant, how that was found, and who says so.

    `reference` is the SHA-256 of the picture that an entry by hand was read from, `shown` what stands in it.
    """

    at: datetime
    seconds: float
    by: str
    actor: str
    reference: str
    shown: datetime | None

    @classmethod
    def of(cls, offset: ClockOffset) -> Self:
        return cls(
            at=offset.at, seconds=offset.seconds, by=offset.by, actor=offset.actor, reference=offset.reference,
            shown=offset.shown,
        )  # fmt: skip


@router.get("/{code}/health")
def list_source_health(code: SourceCode, caller: CallerDep, broker: BrokerDep, window: ByNumber) -> Page[SpellOut]:
    """列出接入源的运行状态变化，新的在前。List the states a source was in, newest first."""
    found = broker.source_health.page(caller, code, before=window.after or None, limit=window.wanted)
    return window.page(found, lambda it: it.number, lambda spells: [SpellOut.of(each) for each in spells])


@router.get("/{code}/clock")
def list_source_clock(code: SourceCode, caller: CallerDep, broker: BrokerDep, window: ByNumber) -> Page[ClockOut]:
    """列出接入源的时钟偏差记录，新的在前。List how far the clock of a source was off, newest first."""
    found = broker.source_clocks.page(caller, code, before=window.after or None, limit=window.wanted)
    return window.page(found, lambda it: it.number, lambda offsets: [ClockOut.of(each) for each in offsets])


@router.post("/{code}/clock", status_code=201)
def enter_source_clock(
    code: SourceCode, body: Annotated[ClockIn, Form(media_type="multipart/form-data")], caller: CallerDep,
    broker: BrokerDep,
) -> ClockOut:  # fmt: skip
    """依据参考画面登记接入源的时钟偏差。Enter how far the clock of a source is off, by a picture that shows it."""
    picture = body.file.file.read(broker.settings.attachment_mb * MEBIBYTE + 1)  # one byte too many is told as such
    return ClockOut.of(broker.source_clocks.enter(caller, code, Reading(body.shown, body.actual, picture)))
