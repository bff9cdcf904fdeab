"""Legal holds on copies: which stand, set on a request or a result, lifted; and what of a request is sealed."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.errors import Forbidden
from broker.domain.ids import HoldId, RequestId, RetrievalId
from broker.services.oversight.holds import Listed
from broker.web.api.footage.escrow import EscrowOut
from broker.web.api.oversight.holds import HoldIn, shown
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.console.forms import Refusal, checked
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ById, Window
from policies.vocabulary import Fact

HOLDS = "/holds"

router = APIRouter(prefix=HOLDS, route_class=OncePageRoute)
sealed = APIRouter(prefix="/escrow", route_class=OncePageRoute)

Ended = Annotated[bool, Query()]
What = Literal["request", "result"]


@router.get("")
def list_holds(shift: ShiftDep, window: ById, *, ended: Ended = False) -> Response:
    """职权范围内的保全，新的在前。Holds in reach, the newest first."""
    return _list(shift, window, ended=ended)


def _list(shift: Shift, window: Window[UUID], *, ended: bool = False, refusal: Refusal | None = None) -> Response:
    after = None if window.after is None else HoldId(window.after)
    found = shift.broker.holds.page(shift.caller, standing=not ended, after=after, limit=window.wanted)
    page = window.page(found.holds, lambda it: it.id, lambda kept: shown(Listed(kept, found.numbers), shift.reading))
    return shift.show(
        "holds", page=page, first=window.after is None, ended=ended, refusal=refusal,
        may_hold=shift.may("copy:hold", Fact.NOT_PARTY),
    )  # fmt: skip


def _require_holder(shift: Shift) -> None:
    if not shift.may("copy:hold", Fact.NOT_PARTY):
        raise Forbidden("not-allowed", act="copy:hold")


@router.post("/find")
def find_request(shift: ShiftDep) -> Response:
    """按编号找到要保全的申请。Find the request whose copies are to be held, by its number."""
    _require_holder(shift)
    found: list[UUID] = []
    answer = shift.carry_out(
        lambda: found.append(shift.broker.access_requests.numbered(shift.caller, shift.form.one("number")).id),
        to=HOLDS, said="", again=lambda it: _list(shift, Window(None, 50), refusal=it),
    )  # fmt: skip
    return shift.screen.go(f"{HOLDS}/on-request/{found[0]}") if found else answer


@router.get("/on-{what}/{key}")
def new_hold(what: What, key: UUID, shift: ShiftDep) -> Response:
    """对一份申请的全部副本或一次调取的结果设定保全。Set a hold on all copies of a request, or on one result."""
    return _form(shift, what, key)


def _form(shift: Shift, what: What, key: UUID, refusal: Refusal | None = None) -> Response:
    number = ""
    if what == "request":
        shift.broker.holds.allow_on_request(shift.caller, RequestId(key))
        number = shift.broker.access_requests.read(shift.caller, RequestId(key)).number
    else:
        shift.broker.holds.allow_on_retrieval(shift.caller, RetrievalId(key))
    return shift.show("hold_new", what=what, number=number, key=key, refusal=refusal)


@router.post("/on-{what}/{key}")
def set_hold(what: What, key: UUID, shift: ShiftDep) -> Response:
    """设定保全。Set a hold."""
    form = shift.form

    def act() -> None:
        told = {"reason": form.one("reason"), "until": shift.screen.instants.read(form.one("until"))}
        body = checked(HoldIn, told)
        if what == "request":
            shift.broker.holds.on_request(shift.stepped_up(), RequestId(key), body.reason, body.until)
        else:
            shift.broker.holds.on_retrieval(shift.stepped_up(), RetrievalId(key), body.reason, body.until)

    return shift.carry_out(act, to=HOLDS, said="hold-set", again=lambda it: _form(shift, what, key, it))


@router.get("/{key}")
def show_hold(key: UUID, shift: ShiftDep) -> Response:
    """查看一项保全；可解除。One hold, and its end."""
    return _hold(shift, key)


def _hold(shift: Shift, key: UUID, refusal: Refusal | None = None) -> Response:
    found = shown(shift.broker.holds.read(shift.caller, HoldId(key)), shift.reading)[0]
    return shift.show(
        "hold", it=found, may_lift=shift.broker.holds.may_lift(shift.caller, HoldId(key)), refusal=refusal
    )


@router.post("/{key}/lift")
def lift_hold(key: UUID, shift: ShiftDep) -> Response:
    """解除保全；保存期限已过的副本随后删除。Lift a hold; copies whose time is over are deleted then."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": shift.form.one("reason")})
        shift.broker.holds.lift(shift.stepped_up(), HoldId(key), body.reason)

    return shift.carry_out(act, to=HOLDS, said="hold-lifted", again=lambda it: _hold(shift, key, it))


@sealed.get("/{key}")
def show_sealed(key: UUID, shift: ShiftDep) -> Response:
    """一份申请所涉录像的封存情况。Which footage of a request is sealed until it is decided."""
    request = shift.broker.access_requests.read(shift.caller, RequestId(key))
    found = shift.broker.escrows.of_request(shift.caller, RequestId(key))
    known = shift.reading.known(cameras={it.camera_id for it in found})
    copies = [EscrowOut.of(it, known, shift.screen.language) for it in found]
    return shift.show("escrow", number=request.number, key=key, copies=copies)
