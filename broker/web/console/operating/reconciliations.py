"""What sources list beside what the catalogue holds: the reviews that wait, decided line by line or at once."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.catalog.reconciliation import LineKind
from broker.domain.ids import CameraId
from broker.services.catalog.reconciliations import Waiting
from broker.web.api.catalog.reconciliations import (
    AcceptIn,
    BatchIn,
    BatchOut,
    Decision,
    Position,
    ReconciliationOut,
    lines,
    proposals,
)
from broker.web.api.sources.sources import SourceCode, SourceOut, shown
from broker.web.console.forms import Form, Refusal, checked
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.operating.sources import SOURCES
from broker.web.console.routes import OncePageRoute, PageRoute
from broker.web.deps import Reading
from broker.web.paging import ById, ByNumber, Window
from broker.web.values import Out

desk = APIRouter(prefix="/reconciliations", route_class=PageRoute)
router = APIRouter(prefix=f"{SOURCES}/{{code}}/reconciliations", route_class=OncePageRoute)
trying = APIRouter(prefix=f"{SOURCES}/{{code}}/reconciliations", route_class=PageRoute)
"""To count what a decision would do is no write."""

All = Annotated[bool, Query(alias="all")]
PLACE = ("latitude", "longitude")


class WaitingOut(Out):
    """A review that waits, whose list it is about, and how many lines of each kind nobody decided about."""

    proposal: ReconciliationOut
    source: SourceOut
    kinds: dict[LineKind, int]

    @classmethod
    def every(cls, found: Sequence[Waiting], reading: Reading) -> "list[WaitingOut]":
        sources = shown([it.source for it in found], reading)
        return [
            cls(proposal=ReconciliationOut.of(it.proposal), source=source, kinds=dict(it.kinds))
            for it, source in zip(found, sources, strict=True)
        ]


@desk.get("")
def list_waiting(shift: ShiftDep, window: ById) -> Response:
    """各接入源待审的核对结果，新的在前。Reviews that wait, of all sources in reach."""
    found = shift.broker.reconciliations.waiting(shift.caller, after=window.after, limit=window.wanted)
    page = window.page(found, lambda it: it.proposal.id, lambda rows: WaitingOut.every(rows, shift.reading))
    return shift.show(
        "reconciliations", page=page, first=window.after is None, may_propose=shift.may("reconciliation:propose")
    )


@router.get("")
def list_of_source(code: SourceCode, shift: ShiftDep, window: ById) -> Response:
    """一个接入源的核对结果，新的在前。The reviews of one source, the newest first."""
    return _of_source(shift, code, window)


def _of_source(shift: Shift, code: str, window: Window[UUID], refusal: Refusal | None = None) -> Response:
    found = shift.broker.reconciliations.page(shift.caller, code, before=window.after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, proposals)
    return shift.show(
        "source_reconciliations", code=code, page=page, first=window.after is None, refusal=refusal,
        may_propose=shift.may("reconciliation:propose"),
    )  # fmt: skip


@router.post("")
def propose(code: SourceCode, shift: ShiftDep) -> Response:
    """读取接入源的通道清单并与目录核对。Ask a source what it lists, and set that against the catalogue."""
    made: list[UUID] = []

    def again(refusal: Refusal) -> Response:
        return _of_source(shift, code, Window(None, 50), refusal)

    answer = shift.carry_out(
        lambda: made.append(shift.broker.reconciliations.propose(shift.caller, code).id),
        to=f"{SOURCES}/{code}/reconciliations", said="reconciliation-made", again=again,
    )  # fmt: skip
    return shift.screen.go(f"{SOURCES}/{code}/reconciliations/{made[0]}", "reconciliation-made") if made else answer


@router.get("/{key}")
def show_review(code: SourceCode, key: UUID, shift: ShiftDep, window: ByNumber, *, whole: All = False) -> Response:
    """逐行审核，或按类批量决定。One review: its lines, decided one by one or many at once."""
    return _review(shift, code, key, window, whole=whole)


def _review(
    shift: Shift, code: str, key: UUID, window: Window[int], *, whole: bool = False, refused: str = "",
    refusal: Refusal | None = None, outcome: BatchOut | None = None,
) -> Response:  # fmt: skip
    service = shift.broker.reconciliations
    waiting = WaitingOut.every([service.read(shift.caller, code, key)], shift.reading)[0]
    found = service.lines(shift.caller, code, key, after=window.after or 0, limit=window.wanted, waiting=not whole)
    page = window.page(found, lambda it: it.position, lines)
    named = shift.reading.known(cameras={CameraId(it.camera) for it in page.items if it.camera}).cameras
    return shift.show(
        "reconciliation", it=waiting, code=code, page=page, first=not window.after, whole=whole, refused=refused,
        refusal=refusal, outcome=outcome, names={camera.id: camera.name for camera in named.values()},
        may_review=shift.may("reconciliation:review"), base=f"{SOURCES}/{code}/reconciliations/{key}",
    )  # fmt: skip


def _batch(form: Form, *, dry_run: bool) -> BatchIn:
    """Return which lines are meant: those ticked, or, with none, all of the kinds that are ticked."""
    positions = form.all("line")
    told: dict[str, object] = {"decision": form.one("decision"), "dry_run": dry_run, "positions": positions}
    told |= {"kinds": () if positions else form.all("kind")}
    return checked(BatchIn, told | {name: form.one(name) for name in PLACE if form.one(name)})


@trying.post("/{key}/try")
def try_lines(code: SourceCode, key: UUID, shift: ShiftDep) -> Response:
    """试算：这一决定会影响哪些行，不写入。Only count what a decision would do."""
    found: list[BatchOut] = []

    def again(refusal: Refusal) -> Response:
        return _review(shift, code, key, Window(0, 50), refused="decide", refusal=refusal)

    answer = shift.carry_out(
        lambda: found.append(_decided(shift, code, key, _batch(shift.form, dry_run=True))),
        to=f"{SOURCES}/{code}/reconciliations/{key}", said="lines-decided", again=again,
    )  # fmt: skip
    return _review(shift, code, key, Window(0, 50), outcome=found[0]) if found else answer


def _decided(shift: Shift, code: str, key: UUID, body: BatchIn) -> BatchOut:
    outcome = shift.broker.reconciliation_batches.decide(shift.caller, code, key, body.batch(), dry_run=body.dry_run)
    return BatchOut.of(outcome, dry_run=body.dry_run, language=shift.screen.language)


@trying.post("/{key}/decide")
def decide_lines(code: SourceCode, key: UUID, shift: ShiftDep) -> Response:
    """批量接受或不接受所选的行；不能执行的行保持待审并说明原因。Decide many lines; those that cannot be stay open."""
    found: list[BatchOut] = []

    def again(refusal: Refusal) -> Response:
        return _review(shift, code, key, Window(0, 50), refused="decide", refusal=refusal)

    answer = shift.carry_out(
        lambda: found.append(_decided(shift, code, key, _batch(shift.form, dry_run=False))),
        to=f"{SOURCES}/{code}/reconciliations/{key}", said="lines-decided", again=again,
    )  # fmt: skip
    if found and found[0].held_back:
        return _review(shift, code, key, Window(0, 50), outcome=found[0])
    return answer


@router.post("/{key}/lines/{position}/{decision}")
def decide_line(code: SourceCode, key: UUID, position: Position, decision: Decision, shift: ShiftDep) -> Response:
    """接受或不接受一行。Accept or refuse one line."""
    service, form = shift.broker.reconciliations, shift.form

    def act() -> None:
        if decision is Decision.REFUSE:
            service.refuse(shift.caller, code, key, position)
            return
        told = {name: form.one(name) for name in ("camera", *PLACE) if form.one(name)}
        service.accept(shift.caller, code, key, position, checked(AcceptIn, told).place())

    def again(refusal: Refusal) -> Response:
        return _review(shift, code, key, Window(max(0, position - 1), 50), refused=str(position), refusal=refusal)

    to = f"{SOURCES}/{code}/reconciliations/{key}"
    if decision is Decision.REFUSE:
        return shift.carry_out(act, to=to, said="line-refused", again=again)
    return shift.carry_out(act, to=to, said="line-accepted", again=again)
