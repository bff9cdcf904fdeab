"""The desk of the center: one request, its evidence, and the buttons beside it; emergencies afterwards."""

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.ids import RequestId
from broker.web.api.deciding.emergencies import RatificationIn
from broker.web.api.requests.request_forms import ApprovalIn, ReasonIn, RefusalIn, ReturnIn
from broker.web.console.deciding.evidence import case_of
from broker.web.console.deciding.narrowing import decided_lines, decided_terms, reason_of
from broker.web.console.deciding.page import CENTER, RATIFYING, Desk, elsewhere, show
from broker.web.console.forms import Refusal, checked
from broker.web.console.inbox import INBOX
from broker.web.console.requester import REQUESTS, request_page
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep

router = APIRouter(prefix=f"{REQUESTS}/{{key}}", route_class=OncePageRoute)


@router.get("/decision")
def show_decision(key: UUID, visit: VisitDep) -> Response:
    """审批页：左为依据，右为决定。The page to decide on: evidence beside the verdicts."""
    return _page(visit, key)


def _page(visit: Visit, key: UUID, refused: str = "", refusal: Refusal | None = None) -> Response:
    case = case_of(visit, key)
    stage = RATIFYING if case.request.emergency else CENTER
    may = case.may & {stage.yes, stage.no, "return"}
    if not may:
        return request_page(visit, key, refused=refused, refusal=refusal) if refusal else elsewhere(visit.screen, key)
    lines = [line for item in case.request.items for line in item.lines]
    return show(visit, Desk(case, stage, may, lines, case.request.terms, f"{REQUESTS}/{key}"), refused, refusal)


def _decided(visit: Visit, key: UUID, name: str, *, said: str, act: Callable[[], object]) -> Response:
    """Carry a verdict out and go back to the inbox, or show the page again with why not."""
    return visit.carry_out(
        act, to=INBOX, said=said,
        again=lambda refusal: _page(visit, key, name, refusal),
    )  # fmt: skip


@router.post("/approve")
def approve(key: UUID, visit: VisitDep) -> Response:
    """审批通过，可以收窄。Approve the need, whole or narrower."""

    def act() -> None:
        case = case_of(visit, key).request
        lines = [line for item in case.items for line in item.lines]
        body = checked(ApprovalIn, {
            "revision": visit.form.one("revision"), "comment": visit.form.one("comment"),
            "lines": decided_lines(visit.form, lines, visit.screen.instants),
            "terms": decided_terms(visit.form, case.terms),
        })  # fmt: skip
        who = visit.stepped_up()
        visit.broker.approvals.approve(who, RequestId(key), body.verdict())

    return _decided(visit, key, "approve", said="approved", act=act)


@router.post("/return")
def send_back(key: UUID, visit: VisitDep) -> Response:
    """退回补充。Return the request for supplement."""

    def act() -> None:
        comment = reason_of(visit.form, "return", visit.screen.language)
        body = checked(ReturnIn, {"revision": visit.form.one("revision"), "comment": comment})
        who = visit.stepped_up()
        visit.broker.approvals.send_back(who, RequestId(key), body.revision, body.comment, body.remarks)

    return _decided(visit, key, "return", said="returned", act=act)


@router.post("/reject")
def reject(key: UUID, visit: VisitDep) -> Response:
    """驳回申请。Refuse the need for good."""

    def act() -> None:
        reason = reason_of(visit.form, "reject", visit.screen.language)
        body = checked(RefusalIn, {"revision": visit.form.one("revision"), "reason": reason})
        who = visit.stepped_up()
        visit.broker.approvals.reject(who, RequestId(key), body.revision, body.reason)

    return _decided(visit, key, "reject", said="rejected", act=act)


@router.post("/ratify")
def ratify(key: UUID, visit: VisitDep) -> Response:
    """补批应急调阅。Stand up for an emergency afterwards."""

    def act() -> None:
        body = checked(RatificationIn, {"comment": visit.form.one("comment")})
        visit.broker.emergencies.ratify(visit.stepped_up(), RequestId(key), body.comment)

    return _decided(visit, key, "ratify", said="ratified", act=act)


@router.post("/disavow")
def disavow(key: UUID, visit: VisitDep) -> Response:
    """不予补批。Refuse an emergency afterwards: all ends, copies are held, the right is suspended."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": reason_of(visit.form, "disavow", visit.screen.language)})
        visit.broker.emergencies.disavow(visit.stepped_up(), RequestId(key), body.reason)

    return _decided(visit, key, "disavow", said="disavowed", act=act)
