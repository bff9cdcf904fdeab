"""The whole life of one access request, as the trace has it: what happened, who did it, when, to what, and why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.ids import RequestId
from broker.domain.oversight.register import Sought as LookSought
from broker.domain.oversight.trace_search import Sought
from broker.web.api.oversight.access_register import RegisterLineOut
from broker.web.api.oversight.audit import shown
from broker.web.console import charts
from broker.web.console.auditing.told import Told, told
from broker.web.console.auditing.trace import TRACE
from broker.web.console.deciding.evidence import case_of
from broker.web.console.routes import PageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import MOST, ManyByNumber
from broker.web.refs import CameraRef, DepartmentRef

router = APIRouter(prefix=f"{TRACE}/requests", route_class=PageRoute)

LANES = {
    "request": ("access_request", "attachment", "deadline"),
    "owner": ("request_item",),
    "grant": ("grant", "lock"),
    "look": ("retrieval", "delivery", "refusal", "package"),
    "keeping": ("hold", "escrow", "kept_original"),
}
"""Which things stand on which lane; what is not named here stands on the first."""

LANE_OF = {thing: lane for lane, things in LANES.items() for thing in things}
GOOD = frozenset({"approved", "authorized", "issued", "ready", "delivered", "ratified", "decided", "closed", "resumed"})
BAD = frozenset(
    {
        "rejected", "returned", "refused", "revoked", "suspended", "lapsed", "vetoed", "disavowed", "unratified",
        "aborted", "failed", "interrupted", "voided", "withdrawn", "exhausted",
    }
)  # fmt: skip
ENDS = frozenset({"grant:revoked", "grant:exhausted"})


@dataclass(frozen=True)
class Moment:
    """One event on the time line, with what it was about where the event itself names only an id."""

    told: Told
    lane: str
    cameras: Sequence[CameraRef]
    department: DepartmentRef | None
    look: RegisterLineOut | None

    @property
    def tone(self) -> str:
        word = self.told.event.kind.rpartition(":")[2]
        return "good" if word in GOOD else "bad" if word in BAD else "plain"


@router.get("/{key}")
def show_case(key: UUID, visit: VisitDep, window: ManyByNumber) -> Response:
    """申请全过程时间线。The whole life of a request as a time line."""
    case = case_of(visit, key)
    rows = visit.broker.audit.search(visit.caller, Sought(case=key), after=window.after or 0, limit=window.wanted)
    page = window.page(rows, lambda it: it.number, lambda part: shown(part, visit.reading))
    lines = told(page.items, visit.reading, visit.screen)
    parts = {item.id: item.department for item in case.request.items}
    moments = _moments(lines, parts, _looks(visit, key, lines))
    return visit.show(
        "auditing/case", case=case, page=page, moments=moments, first=window.after in {None, 0},
        chart=_chart(moments, visit.screen.t), lanes=tuple(LANES), exports=visit.may("audit:export"),
    )  # fmt: skip


def _looks(visit: Visit, key: UUID, lines: Sequence[Told]) -> list[RegisterLineOut]:
    """Return the lines of the register that were written with these events."""
    if not lines:
        return []
    begin, end = lines[0].event.at, lines[-1].event.at + timedelta(milliseconds=1)
    sought = LookSought(since=begin, until=end, request=RequestId(key))
    return [RegisterLineOut.of(it) for it in visit.broker.register.page(visit.caller, sought, after=0, limit=MOST)]


def _moments(
    lines: Sequence[Told], parts: Mapping[UUID, DepartmentRef], looks: Sequence[RegisterLineOut]
) -> list[Moment]:
    by_look = {(it.at, it.camera.id): it for it in looks} | {(it.at, it.retrieval): it for it in looks if it.retrieval}
    cameras: dict[str, Sequence[CameraRef]] = {}
    departments = {str(key): department for key, department in parts.items()}
    moments = []
    for line in lines:
        key = line.event.stream.partition("/")[2]
        cameras.setdefault(key, line.cameras)
        owner = next((it.department for fact in line.facts if fact.name == "department" for it in fact.values), None)
        if owner:
            departments.setdefault(key, owner)
        about = [UUID(str(it)) for it in (line.event.data.get("retrieval"), *_ids(key)) if it]
        about += [camera.id for camera in line.cameras]
        look = next((by_look[line.event.at, it] for it in about if (line.event.at, it) in by_look), None)
        moments.append(
            Moment(line, LANE_OF.get(line.thing, "request"), line.cameras or cameras[key], departments.get(key), look)
        )
    return moments


def _ids(key: str) -> list[UUID]:
    try:
        return [UUID(key)]
    except ValueError:
        return []


def _chart(moments: Sequence[Moment], t: Callable[[str], str]) -> charts.Lanes | None:
    rows = {
        t(f"lane.{lane}"): [
            charts.Happened(it.told.event.at, t(f"event.{it.told.event.kind}"), it.tone, str(it.told.event.number))
            for it in moments
            if it.lane == lane
        ]
        for lane in LANES
    }
    return charts.lanes(rows, {t("lane.grant"): list(_validities(moments).values())})


def _validities(moments: Sequence[Moment]) -> dict[str, tuple[datetime, datetime]]:
    """Return from when until when each grant held: to the end of its validity, or to the event that ended it."""
    held: dict[str, tuple[datetime, datetime]] = {}
    for it in moments:
        event = it.told.event
        if event.kind == "grant:issued":
            begin, end = (datetime.fromisoformat(str(event.data[name])) for name in ("valid_from", "valid_until"))
            held[event.stream] = (begin, end)
        elif event.kind in ENDS and event.stream in held:
            held[event.stream] = (held[event.stream][0], event.at)
    return held
