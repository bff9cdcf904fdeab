"""The desk of those who ask: their requests, where each stands, and what they may do about it."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.bootstrap import Broker
from broker.domain.ids import GrantId, RequestId
from broker.domain.people.accounts import Caller
from broker.domain.requests.request_states import RequestState
from broker.web.api.requests.request_forms import ReasonIn, ReportIn
from broker.web.api.requests.request_views import rows
from broker.web.console.deciding.evidence import case_of
from broker.web.console.forms import Form, FormDep, Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById
from policies import facts

REQUESTS = "/requests"

router = APIRouter(prefix=REQUESTS, route_class=OncePageRoute)


@router.get("")
def list_requests(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, window: ById,
    state: Annotated[str, Query(max_length=40)] = "", scope: Annotated[str, Query(pattern="^(own|all)$")] = "own",
) -> Response:  # fmt: skip
    """列出申请，新的在前。List requests, the newest first; `scope=own`: those one is a party of."""
    chosen = RequestState(state) if state in set(RequestState) else None
    after = None if window.after is None else RequestId(window.after)
    found = broker.access_requests.page(caller, state=chosen, after=after, limit=window.wanted, own=scope == "own")
    page = window.page(found, lambda it: it.id, lambda shown: rows(shown, reading))
    return screen.show(
        "pages/requests.html", page=page, state=chosen, states=list(RequestState), scope=scope,
        first=window.after is None, may_begin=may_begin(broker, caller),
    )  # fmt: skip


@router.get("/{key}")
def show_request(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep) -> Response:
    """查看一份申请。One request: what is asked, where it stands, who has it now."""
    return _page(screen, broker, caller, reading, key)


def _page(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, *, form: Form | None = None,
    refused: str = "", refusal: Refusal | None = None,
) -> Response:  # fmt: skip
    """Show a request; `refused` names the form that was not carried out."""
    case = case_of(broker, caller, reading, key)
    renewable = broker.renewals.open_to(caller, RequestId(key), [GrantId(it.id) for it in case.grants])
    return screen.show(
        "pages/request.html", status=refusal.status if refusal else 200, case=case, form=form or Form(),
        refused=refused, refusal=refusal, may_begin=may_begin(broker, caller), renewable=renewable,
    )  # fmt: skip


def may_begin(broker: Broker, caller: Caller) -> bool:
    """Say whether the caller may ask for footage in the name of the own department."""
    roles = caller.roles_at(caller.path, broker.clock.now())
    return broker.policy.decide(roles, "access_request:draft", facts.of_draft(caller, caller.path)).allowed


def request_step(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, form: Form, name: str,
    act: Callable[[], object],
) -> Response:  # fmt: skip
    """Take a step of the requester's, or show the request again with the form that was refused."""
    return screen.carried_out(
        act, to=f"{REQUESTS}/{key}", said=name,
        again=lambda refusal: _page(
            screen, broker, caller, reading, key, form=form, refused=name, refusal=refusal
        ),
    )  # fmt: skip


@router.post("/{key}/withdraw")
def withdraw_request(
    key: UUID, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep
) -> Response:
    """撤回申请。Take a request back."""

    def act() -> None:
        body = checked(ReasonIn, {"reason": form.one("reason")})
        broker.access_requests.withdraw(caller, RequestId(key), body.reason)

    return request_step(screen, broker, caller, reading, key, form, "withdrawn", act)


@router.post("/{key}/close")
def close_request(
    key: UUID, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep
) -> Response:
    """填写使用情况并办结。Report what the footage was used for, and close the request."""

    def act() -> None:
        body = checked(ReportIn, {"report": form.one("report")})
        broker.access_requests.close(caller, RequestId(key), body.report)

    return request_step(screen, broker, caller, reading, key, form, "closed", act)
