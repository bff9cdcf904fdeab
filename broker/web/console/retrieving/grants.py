"""Grants: until when each holds, what is left of it, and how those over it stop it."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from broker.bootstrap import Broker
from broker.domain.ids import GrantId
from broker.domain.people.accounts import Caller
from broker.web.api.footage.grants import shown
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.console.forms import Form, FormDep, Refusal, checked
from broker.web.console.rights import may
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById

router = APIRouter(prefix="/grants", route_class=OncePageRoute)


@router.get("")
def list_grants(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, window: ById) -> Response:
    """列出授权单，新的在前。List grants, the newest first."""
    after = None if window.after is None else GrantId(window.after)
    found = broker.grants.page(caller, request=None, after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda grants: shown(grants, reading))
    packages = may(broker, caller, "package:list")
    return screen.show("pages/retrieving/grants.html", page=page, packages=packages, first=window.after is None)


@router.get("/{key}")
def show_grant(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep) -> Response:
    """查看一张授权单。One grant: who, which cameras and footage, until when, how much is left."""
    return _page(screen, broker, caller, reading, key)


def _page(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, *, form: Form | None = None,
    refused: str = "", refusal: Refusal | None = None,
) -> Response:  # fmt: skip
    """Show a grant; `refused` names the form that was not carried out."""
    (grant,) = shown([broker.grants.read(caller, GrantId(key))], reading)
    return screen.show(
        "pages/retrieving/grant.html", status=refusal.status if refusal else 200, grant=grant, form=form or Form(),
        mine=caller.person_id in {it.id for it in grant.persons}, may=broker.inbox.grant_moves(caller, GrantId(key)),
        refused=refused, refusal=refusal,
    )  # fmt: skip


@router.post("/{key}/{act}")
def stop_or_resume(
    key: UUID, act: Literal["suspend", "resume", "revoke"], request: Request, form: FormDep, caller: CallerDep,
    broker: BrokerDep, reading: ReadingDep, screen: ScreenDep,
) -> Response:  # fmt: skip
    """暂停、恢复或撤销授权单；答复时各处均已停止。Suspend, resume or revoke; when it answers nothing flows."""
    verb = {"suspend": broker.grants.suspend, "resume": broker.grants.resume, "revoke": broker.grants.revoke}[act]

    def carry_out() -> None:
        body = checked(ReasonIn, {"reason": form.one("reason")})
        verb(stepped_up(request, form, caller, broker), GrantId(key), body.reason)

    return screen.carried_out(
        carry_out, to=f"/grants/{key}", said=f"grant-{act}",
        again=lambda refusal: _page(screen, broker, caller, reading, key, form=form, refused=act, refusal=refusal),
    )  # fmt: skip
