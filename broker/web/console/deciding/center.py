"""The desk of the center: one request, its evidence, and the buttons beside it; emergencies afterwards."""

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Request, Response

from broker.bootstrap import Broker
from broker.domain.ids import RequestId
from broker.domain.people.accounts import Caller
from broker.web.api.deciding.emergencies import RatificationIn
from broker.web.api.requests.request_forms import ApprovalIn, ReasonIn, RefusalIn, ReturnIn
from broker.web.console.deciding.evidence import case_of
from broker.web.console.deciding.narrowing import decided_lines, decided_terms, reason_of
from broker.web.console.deciding.page import CENTER, RATIFYING, Desk, Told, elsewhere, show
from broker.web.console.forms import Form, FormDep, checked
from broker.web.console.inbox import INBOX
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep

router = APIRouter(prefix=f"{REQUESTS}/{{key}}", route_class=OncePageRoute)


@router.get("/decision")
def show_decision(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep) -> Response:
    """审批页：左为依据，右为决定。The page to decide on: evidence beside the verdicts."""
    return _page(screen, broker, caller, reading, key, Told())


def _page(screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, told: Told) -> Response:
    case = case_of(broker, caller, reading, key)
    stage = RATIFYING if case.request.emergency else CENTER
    may = case.may & {stage.yes, stage.no, "return"}
    if not may:
        return elsewhere(screen, key)
    lines = [line for item in case.request.items for line in item.lines]
    return show(screen, reading, Desk(case, stage, may, lines, case.request.terms, f"{REQUESTS}/{key}"), told)


def _decided(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, form: Form, name: str, *, said: str,
    act: Callable[[], object],
) -> Response:  # fmt: skip
    """Carry a verdict out and go back to the inbox, or show the page again with why not."""
    return screen.carried_out(
        act, to=INBOX, said=said,
        again=lambda refusal: _page(screen, broker, caller, reading, key, Told(form, name, refusal)),
    )  # fmt: skip


@router.post("/approve")
def approve(
    key: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep,
    screen: ScreenDep,
) -> Response:  # fmt: skip
    """审批通过，可以收窄。Approve the need, whole or narrower."""

    def act() -> None:
        case = case_of(broker, caller, reading, key).request
        lines = [line for item in case.items for line in item.lines]
        body = checked(ApprovalIn, {
            "revision": form.one("revision"), "comment": form.one("comment"),
            "lines": decided_lines(form, lines, screen.instants), "terms": decided_terms(form, case.terms),
        })  # fmt: skip
        who = stepped_up(request, form, caller, broker)
        broker.approvals.approve(who, RequestId(key), body.verdict())

    return _decided(screen, broker, caller, reading, key, form, "approve", said="approved", act=act)


@router.post("/return")
def send_back(
    key: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep,
    screen: ScreenDep,
) -> Response:  # fmt: skip
    """退回补充。Return the request for supplement."""

    def act() -> None:
        comment = reason_of(form, "return", screen.language)
        body = checked(ReturnIn, {"revision": form.one("revision"), "comment": comment})
        who = stepped_up(request, form, caller, broker)
        broker.approvals.send_back(who, RequestId(key), body.revision, body.comment, body.remarks)

    return _decided(screen, broker, caller, reading, key, form, "return", said="returned", act=act)


@router.post("/reject")
def reject(
    key: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep,
    screen: ScreenDep,
) -> Response:  # fmt: skip
    """驳回申请。Refuse the need for good."""

    def act() -> None:
        reason = reason_of(form, "reject", screen.language)
        body = checked(RefusalIn, {"revision": form.one("revision"), "reason": reason})
        who = stepped_up(request, form, caller, broker)
        broker.approvals.reject(who, RequestId(key), body.revision, body.reason)

    return _decided(screen, broker, caller, reading, key, form, "reject", said="rejected", act=act)


@router.post("/ratify")
def ratify(
    key: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep,
    screen: ScreenDep,
) -> Response:  # fmt: skip
    """补批应急调阅。Stand up for an emergency afterwards."""

    def act() -> None:
        body = checked(RatificationIn, {"comment": form.one("comment")})
        broker.emergencies.ratify(stepped_up(request, form, caller, broker), RequestId(key), body.comment)

    return _decided(screen, broker, caller, reading, key, form, "ratify", said="ratified", act=act)


@router.post("/disavow")
def disavow(
    key: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep,
    screen: ScreenDep,
) -> Response:  # fmt: skip
    """不予补批。Refuse an emergency afterwards: all ends, copies are held, the right is suspended."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": reason_of(form, "disavow", screen.language)})
        broker.emergencies.disavow(stepped_up(request, form, caller, broker), RequestId(key), body.reason)

    return _decided(screen, broker, caller, reading, key, form, "disavow", said="disavowed", act=act)
