"""Grants: until when each holds, what is left of it, and how those over it stop it."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.ids import GrantId
from broker.web.api.footage.grants import shown
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import ById

router = APIRouter(prefix="/grants", route_class=OncePageRoute)


@router.get("")
def list_grants(visit: VisitDep, window: ById) -> Response:
    """列出授权单，新的在前。List grants, the newest first."""
    after = None if window.after is None else GrantId(window.after)
    found = visit.broker.grants.page(visit.caller, request=None, after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda grants: shown(grants, visit.reading))
    packages = visit.may("package:list")
    return visit.show("retrieving/grants", page=page, packages=packages, first=window.after is None)


@router.get("/{key}")
def show_grant(key: UUID, visit: VisitDep) -> Response:
    """查看一张授权单。One grant: who, which cameras and footage, until when, how much is left."""
    return _page(visit, key)


def _page(visit: Visit, key: UUID, *, refused: str = "", refusal: Refusal | None = None) -> Response:
    """Show a grant; `refused` names the form that was not carried out."""
    (grant,) = shown([visit.broker.grants.read(visit.caller, GrantId(key))], visit.reading)
    return visit.show(
        "retrieving/grant", grant=grant, mine=visit.caller.person_id in {it.id for it in grant.persons},
        may=visit.broker.inbox.grant_moves(visit.caller, GrantId(key)), refused=refused, refusal=refusal,
    )  # fmt: skip


@router.post("/{key}/{act}")
def stop_or_resume(key: UUID, act: Literal["suspend", "resume", "revoke"], visit: VisitDep) -> Response:
    """暂停、恢复或撤销授权单；答复时各处均已停止。Suspend, resume or revoke; when it answers nothing flows."""
    verb = {
        "suspend": visit.broker.grants.suspend,
        "resume": visit.broker.grants.resume,
        "revoke": visit.broker.grants.revoke,
    }[act]

    def carry_out() -> None:
        body = checked(ReasonIn, {"reason": visit.form.one("reason")})
        verb(visit.stepped_up(), GrantId(key), body.reason)

    return visit.carry_out(
        carry_out, to=f"/grants/{key}", said=f"grant-{act}",
        again=lambda refusal: _page(visit, key, refused=act, refusal=refusal),
    )  # fmt: skip
