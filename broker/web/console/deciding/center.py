"""The desk of the center: one request, its evidence, and the buttons beside it."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from broker.bootstrap import Broker
from broker.domain.accounts import Caller
from broker.domain.ids import RequestId
from broker.web.api.request_forms import ApprovalIn, RefusalIn, ReturnIn
from broker.web.console.deciding.evidence import case_of
from broker.web.console.deciding.narrowing import PAGE, TEMPLATES, decided_lines, decided_terms, limit_of, reason_of
from broker.web.console.forms import Form, FormDep, Refusal, checked
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
    return _page(screen, broker, caller, reading, key)


def _page(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, *, form: Form | None = None,
    refused: str = "", refusal: Refusal | None = None,
) -> Response:  # fmt: skip
    case = case_of(broker, caller, reading, key)
    if not case.may & {"approve", "return", "reject"}:
        return screen.go(f"{REQUESTS}/{key}", "not-yours")  # decided meanwhile, or somebody else's to decide
    lines = [line for item in case.request.items for line in item.lines]
    return screen.show(
        PAGE, status=refusal.status if refusal else 200, case=case, lines=lines, limit_of=limit_of,
        terms=case.request.terms, templates=TEMPLATES, form=form or Form(), refused=refused, refusal=refusal,
        base=f"{REQUESTS}/{key}", may=case.may, stage="center", no="reject",
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

    return screen.carried_out(
        act, to=INBOX, said="approved",
        again=lambda refusal: _page(
            screen, broker, caller, reading, key, form=form, refused="approve", refusal=refusal
        ),
    )  # fmt: skip


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

    return screen.carried_out(
        act, to=INBOX, said="returned",
        again=lambda refusal: _page(screen, broker, caller, reading, key, form=form, refused="return", refusal=refusal),
    )  # fmt: skip


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

    return screen.carried_out(
        act, to=INBOX, said="rejected",
        again=lambda refusal: _page(screen, broker, caller, reading, key, form=form, refused="reject", refusal=refusal),
    )  # fmt: skip
