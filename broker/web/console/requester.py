"""The desk of those who ask: their requests, where each stands, and what they may do about it."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.ids import GrantId, RequestId
from broker.domain.requests.request_states import RequestState
from broker.web.api.requests.request_forms import ReasonIn, ReportIn
from broker.web.api.requests.request_views import rows
from broker.web.console.deciding.evidence import case_of
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import ById
from policies import facts

REQUESTS = "/requests"

router = APIRouter(prefix=REQUESTS, route_class=OncePageRoute)


@router.get("")
def list_requests(
    visit: VisitDep,
    window: ById,
    state: Annotated[str, Query(max_length=40)] = "",
    scope: Annotated[str, Query(pattern="^(own|all)$")] = "own",
) -> Response:
    """列出申请，新的在前。List requests, the newest first; `scope=own`: those one is a party of."""
    chosen = RequestState(state) if state in set(RequestState) else None
    after = None if window.after is None else RequestId(window.after)
    found = visit.broker.access_requests.page(
        visit.caller, state=chosen, after=after, limit=window.wanted, own=scope == "own"
    )
    page = window.page(found, lambda it: it.id, lambda shown: rows(shown, visit.reading))
    return visit.show(
        "requests", page=page, state=chosen, states=list(RequestState), scope=scope,
        first=window.after is None, may_begin=may_begin(visit),
    )  # fmt: skip


@router.get("/{key}")
def show_request(key: UUID, visit: VisitDep) -> Response:
    """查看一份申请。One request: what is asked, where it stands, who has it now."""
    return request_page(visit, key)


def request_page(visit: Visit, key: UUID, *, refused: str = "", refusal: Refusal | None = None) -> Response:
    """Show a request; `refused` names the form that was not carried out."""
    case = case_of(visit, key)
    renewable = visit.broker.renewals.open_to(visit.caller, RequestId(key), [GrantId(it.id) for it in case.grants])
    return visit.show(
        "request", case=case, refused=refused, refusal=refusal, may_begin=may_begin(visit), renewable=renewable,
        may_hold=visit.broker.holds.may_hold(visit.caller, RequestId(key)),
    )  # fmt: skip


def may_begin(visit: Visit) -> bool:
    """Say whether the caller may ask for footage in the name of the own department."""
    roles = visit.caller.roles_at(visit.caller.path, visit.broker.clock.now())
    return visit.broker.policy.decide(
        roles, "access_request:draft", facts.of_draft(visit.caller, visit.caller.path)
    ).allowed


def request_step(visit: Visit, key: UUID, act: Callable[[], object], *, said: str) -> Response:
    """Take a step of the requester's, or show the request again with the form that was refused."""
    return visit.carry_out(
        act, to=f"{REQUESTS}/{key}", said=said,
        again=lambda refusal: request_page(visit, key, refused=said, refusal=refusal),
    )  # fmt: skip


@router.post("/{key}/withdraw")
def withdraw_request(key: UUID, visit: VisitDep) -> Response:
    """撤回申请。Take a request back."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": visit.form.one("reason")})
        visit.broker.access_requests.withdraw(visit.caller, RequestId(key), body.reason)

    return request_step(visit, key, act, said="withdrawn")


@router.post("/{key}/close")
def close_request(key: UUID, visit: VisitDep) -> Response:
    """填写使用情况并办结。Report what the footage was used for, and close the request."""

    def act() -> None:
        body = checked(ReportIn, {"report": visit.form.one("report")})
        visit.broker.access_requests.close(visit.caller, RequestId(key), body.report)

    return request_step(visit, key, act, said="closed")
