"""Ordering under a grant: its cameras on a timeline, what may be chosen, and the orders placed so far."""

from dataclasses import dataclass
from typing import Annotated, Self
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.errors import Forbidden
from broker.domain.footage.grants import Action, GrantState
from broker.domain.footage.retrievals import UNFINISHED, Retrieval
from broker.domain.ids import CameraId, GrantId, RetrievalId
from broker.services.footage.retrievals import LONGEST_CLIP
from broker.services.footage.treatments import allows_original
from broker.web.api.footage.grants import shown as shown_grants
from broker.web.api.footage.retrievals import OrderIn, RetrievalOut
from broker.web.api.footage.retrievals import shown as shown_retrievals
from broker.web.auth import address_of
from broker.web.console.forms import Form, Refusal, checked
from broker.web.console.retrieving.coverage import granted_line
from broker.web.console.retrieving.orders import orders_of
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import Window

router = APIRouter(prefix="/grants/{key}", route_class=OncePageRoute)

RECENT = 8
"""Orders that stand below the timeline; all of them have a page of their own."""

Typed = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True)
class View:
    """What the page is open at; all of it stands in its address. Instants are as fields for day and time hold them."""

    camera: UUID | None = None
    at: str = ""
    begin: str = ""
    end: str = ""
    shown: UUID | None = None
    after: UUID | None = None
    fresh: bool = False

    @classmethod
    def of_form(cls, form: Form) -> Self:
        """Return the view that a form was sent from; what is no key is left out."""
        return cls(_key(form.one("camera")), form.one("at"), form.one("begin"), form.one("end"),
                   after=_key(form.one("after")))  # fmt: skip

    def query(self, **changed: object) -> str:
        told = {**self.__dict__, "fresh": "", **changed}
        return urlencode({name: str(value) for name, value in told.items() if value})


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@router.get("/retrieve")
def show_order(
    key: UUID,
    visit: VisitDep,
    camera: UUID | None = None,
    at: Typed = "",
    begin: Typed = "",
    end: Typed = "",
    shown: UUID | None = None,
    after: UUID | None = None,
    fresh: bool = False,
) -> Response:
    """在授权单下调取：时间轴、入点出点、截图与录像。Order under a grant, on a timeline."""
    return _page(visit, key, View(camera, at, begin, end, shown, after, fresh))


def _page(visit: Visit, key: UUID, view: View, *, refusal: Refusal | None = None) -> Response:
    whole = visit.broker.grants.read(visit.caller, GrantId(key))
    if visit.caller.person_id not in whole.persons:
        if refusal is not None:
            raise Forbidden("footage-person")
        return visit.screen.go(f"/grants/{key}", "not-yours")
    (grant,) = shown_grants([whole], visit.reading)
    line = granted_line(visit, grant, view.after, view.camera)
    preview = _preview(visit, view.shown, key)
    orders = orders_of(visit, key, Window(None, RECENT))
    may = {str(it) for it in grant.terms.actions} if grant.state is GrantState.ACTIVE else set()
    return visit.show(
        "retrieving/retrieve", grant=grant, line=line,
        view=view, refusal=refusal, orders=orders, preview=preview, may=may,
        original=allows_original(whole), longest=int(LONGEST_CLIP.total_seconds()), unfinished=UNFINISHED,
        left=_left(grant.terms.quota.snapshots - grant.used.snapshots, grant.terms.quota.seconds - grant.used.seconds),
    )  # fmt: skip


def _left(snapshots: int, seconds: int) -> dict[str, int]:
    return {Action.SNAPSHOT.value: max(snapshots, 0), Action.CLIP.value: max(seconds, 0)}


def _preview(visit: Visit, shown: UUID | None, grant: UUID) -> RetrievalOut | None:
    """Return the picture that was ordered at the cursor; one of another grant is none of this page."""
    if shown is None:
        return None
    (found,) = shown_retrievals([visit.broker.retrievals.read(visit.caller, RetrievalId(shown))], visit.reading)
    return found if found.grant == grant else None


@router.post("/retrieve")
def order(key: UUID, visit: VisitDep) -> Response:
    """下单：游标处的截图，或入点至出点的录像。Order: a picture at the cursor, or a clip from in to out."""
    view = View.of_form(visit.form)
    placed: list[Retrieval] = []

    def act() -> None:
        body = checked(OrderIn, _asked(visit, key))
        placed.append(
            visit.broker.retrievals.order(
                visit.stepped_up(), CameraId(body.camera), body.ask(), GrantId(key),
                original=body.original, address=address_of(visit.request),
            )
        )  # fmt: skip

    def place() -> str:
        (ordered,) = placed
        shown = ordered.id if ordered.action is Action.SNAPSHOT else ""
        return f"/grants/{key}/retrieve?{view.query(shown=shown)}#{'preview' if shown else 'orders'}"

    return visit.carry_out(
        act, to=place, said="ordered",
        again=lambda refusal: _page(visit, key, view, refusal=refusal),
    )  # fmt: skip


def _asked(visit: Visit, grant: UUID) -> dict[str, object]:
    """Return the order that a form makes, as the API takes it."""
    read = visit.screen.instants.read
    times: dict[str, object] = (
        {"begin": read(visit.form.one("begin")), "end": read(visit.form.one("end"))}
        if visit.form.one("action") == Action.CLIP
        else {"instant": read(visit.form.one("at"))}
    )
    return {
        "camera": visit.form.one("camera"), "action": visit.form.one("action"), "grant": str(grant),
        "original": visit.form.one("original") == "yes", **times,
    }  # fmt: skip
