"""One source: how it is, what it offers, how it was; asked now, stopped and started."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from adapters.base import Capability
from broker.domain.errors import BrokerError, SourceFault
from broker.domain.ids import CameraId
from broker.services.sources.sources import Shown
from broker.web.api.catalog.cameras import shown as cameras_shown
from broker.web.api.sources.source_history import SpellOut
from broker.web.api.sources.sources import ProbeOut, SourceCode, SourceEditIn, SourcePageOut
from broker.web.console.forms import Refusal
from broker.web.console.operating.bands import band
from broker.web.console.operating.option_fields import told
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.operating.sources import SOURCES, SourceRow
from broker.web.console.routes import OncePageRoute, PageRoute
from broker.web.paging import ById, Window

router = APIRouter(prefix=f"{SOURCES}/{{code}}", route_class=OncePageRoute)
asking = APIRouter(prefix=f"{SOURCES}/{{code}}", route_class=PageRoute)
"""To ask a source is no write: each press asks anew."""

SHOWN_DAYS = 30
MOST_SPELLS = 200
FIRST_CHANNELS = 200


@dataclass(frozen=True)
class Asked:
    """What a source answered just now: its answer, or why there was none; and what its adapter can do."""

    answer: ProbeOut | None
    fault: Refusal | None
    capabilities: Sequence[Capability]
    lacking: Sequence[Capability]
    more_channels: int = 0


@router.get("")
def show_source(code: SourceCode, shift: ShiftDep, window: ById) -> Response:
    """查看一个接入源：状态、通道上的点位、近 30 天运行情况。One source: how it is and was, the points on it."""
    return page_of(shift, code, window)


def page_of(
    shift: Shift, code: str, window: Window[UUID], *, asked: Asked | None = None, refusal: Refusal | None = None
) -> Response:
    """Show a source."""
    broker, caller, now = shift.broker, shift.caller, shift.screen.instants.now
    row = SourceRow.all([broker.sources.now(caller, code)], shift.reading)[0]
    found = SourcePageOut.of(broker.sources.read(caller, code), shift.reading)
    spells = [SpellOut.of(it) for it in broker.source_health.page(caller, code, before=None, limit=MOST_SPELLS)]
    after = None if window.after is None else CameraId(window.after)
    points = broker.sources.points(caller, code, after=after, limit=window.wanted)
    page = window.page(points, lambda it: it.id, lambda cameras: cameras_shown(cameras, shift.reading))
    options = {name: told(value) for name, value in found.plain_options.items()}
    return shift.show(
        "source", row=row, it=found, options=options, page=page,
        band=band(spells, now - timedelta(days=SHOWN_DAYS), now),
        first=window.after is None, asked=asked, refusal=refusal, may_edit=shift.may("source:edit"),
        may_ask=shift.may("source:probe"), may_reconcile=shift.may("reconciliation:list"),
        may_plan=shift.may("maintenance:declare"),
    )  # fmt: skip


@asking.post("/probe")
def probe_source(code: SourceCode, shift: ShiftDep) -> Response:
    """检测接入源：是否可用、列出的通道、缺少的能力。Ask it how it is, and say plainly what works and what does not."""
    found = shift.broker.sources.read(shift.caller, code)
    try:
        probe, points = shift.broker.sources.probe(shift.caller, code)
    except SourceFault as error:
        return page_of(shift, code, Window(None, 50), asked=_asked(shift, found, None, error))
    answer = ProbeOut.of(probe, points[:FIRST_CHANNELS])
    more = max(0, len(points) - FIRST_CHANNELS)
    return page_of(shift, code, Window(None, 50), asked=_asked(shift, found, answer, None, more))


def _asked(shift: Shift, found: Shown, answer: ProbeOut | None, fault: BrokerError | None, more: int = 0) -> Asked:
    able = shift.broker.sources.adapter(shift.caller, found.source.adapter).capabilities
    refusal = shift.refusal(fault) if fault else None
    return Asked(answer, refusal, sorted(able), [it for it in Capability if it not in able], more)


@router.post("/stop")
def stop_source(code: SourceCode, shift: ShiftDep) -> Response:
    """停用接入源，不再向其查询。Ask it nothing any more."""
    return _let(shift, code, stopped=True)


@router.post("/start")
def start_source(code: SourceCode, shift: ShiftDep) -> Response:
    """启用接入源。Let it go on."""
    return _let(shift, code, stopped=False)


def _let(shift: Shift, code: str, *, stopped: bool) -> Response:
    edit = SourceEditIn(stopped=stopped).edit()

    def act() -> None:
        shift.broker.sources.edit(shift.stepped_up(), code, edit)

    def again(refusal: Refusal) -> Response:
        return page_of(shift, code, Window(None, 50), refusal=refusal)

    if stopped:
        return shift.carry_out(act, to=f"{SOURCES}/{code}", said="source-stopped", again=again)
    return shift.carry_out(act, to=f"{SOURCES}/{code}", said="source-started", again=again)
