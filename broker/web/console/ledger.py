"""The ledger of those who answer for cameras: who is using them now, and how it is stopped."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.ids import GrantId
from broker.services.footage.uses import Use
from broker.services.people.names import Known
from broker.web.api.footage.grants import GrantOut, shown
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import ById, Window, encode
from broker.web.refs import DepartmentRef

LEDGER = "/ledger"
FIRST = 50
"""How many rows stand under a form that is shown again."""

router = APIRouter(prefix=LEDGER, route_class=OncePageRoute)


@dataclass(frozen=True)
class Row:
    """One grant that holds, with what runs under it and what the reader may do about it."""

    grant: GrantOut
    number: str
    asker: DepartmentRef
    running: int
    ordered: int
    last: datetime | None
    moves: frozenset[str]


@router.get("")
def show_ledger(visit: VisitDep, window: ById) -> Response:
    """列出正在使用本部门点位的授权单。Who is using one's cameras now, and what runs at this moment."""
    return _page(visit, window)


def _page(visit: Visit, window: Window[UUID], *, refused: str = "", refusal: Refusal | None = None) -> Response:
    """Show the ledger; `refused` names the form that was not carried out: act and grant."""
    after = None if window.after is None else GrantId(window.after)
    found = visit.broker.uses.page(visit.caller, after=after, limit=window.wanted)
    uses = found[: window.limit]
    grants = shown([use.grant for use in uses], visit.reading)
    known = visit.reading.known(departments={use.department for use in uses})
    rows = [_row(grant, use, known) for grant, use in zip(grants, uses, strict=True)]
    following = encode(uses[-1].grant.id) if len(found) > window.limit else None
    stoppable = {f"{act}-{row.grant.id}" for row in rows for act in row.moves}
    return visit.show(
        "ledger", rows=rows, page={"next": following},
        stoppable=stoppable, first=window.after is None, refused=refused, refusal=refusal,
    )  # fmt: skip


def _row(grant: GrantOut, use: Use, known: Known) -> Row:
    asker = DepartmentRef.named(use.department, known)
    return Row(grant, use.number, asker, use.running, use.ordered, use.last, use.moves)


@router.post("/{key}/{act}")
def stop_use(key: UUID, act: Literal["suspend", "revoke"], visit: VisitDep) -> Response:
    """暂停或撤销；答复时各处均已停止。Suspend or revoke; when it answers nothing flows."""
    verb = {"suspend": visit.broker.grants.suspend, "revoke": visit.broker.grants.revoke}[act]

    def carry_out() -> None:
        body = checked(ReasonIn, {"reason": visit.form.one("reason")})
        verb(visit.stepped_up(), GrantId(key), body.reason)

    return visit.carry_out(
        carry_out, to=LEDGER, said=f"grant-{act}",
        again=lambda refusal: _page(visit, Window(None, FIRST), refused=f"{act}-{key}", refusal=refusal),
    )  # fmt: skip
