"""Ordering under a grant: its cameras on a timeline, what may be chosen, and the orders placed so far."""

from dataclasses import dataclass
from typing import Annotated, Self
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from broker.bootstrap import Broker
from broker.domain.footage.grants import Action, GrantState
from broker.domain.footage.retrievals import UNFINISHED, Retrieval
from broker.domain.ids import CameraId, GrantId, RetrievalId
from broker.domain.people.accounts import Caller
from broker.services.footage.retrievals import LONGEST_CLIP
from broker.services.footage.treatments import allows_original
from broker.web.api.footage.grants import shown as shown_grants
from broker.web.api.footage.retrievals import OrderIn, RetrievalOut
from broker.web.api.footage.retrievals import shown as shown_retrievals
from broker.web.auth import address_of
from broker.web.console.forms import Form, FormDep, Refusal, checked
from broker.web.console.retrieving.coverage import granted_line
from broker.web.console.retrieving.orders import orders_of
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
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
    key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep,
    camera: UUID | None = None, at: Typed = "", begin: Typed = "", end: Typed = "", shown: UUID | None = None,
    after: UUID | None = None, fresh: bool = False,
) -> Response:  # fmt: skip
    """在授权单下调取：时间轴、入点出点、截图与录像。Order under a grant, on a timeline."""
    return _page(screen, broker, caller, reading, key, View(camera, at, begin, end, shown, after, fresh))


def _page(
    screen: Screen, broker: Broker, caller: Caller, reading: Reading, key: UUID, view: View, *,
    form: Form | None = None, refusal: Refusal | None = None,
) -> Response:  # fmt: skip
    whole = broker.grants.read(caller, GrantId(key))
    if caller.person_id not in whole.persons:
        return screen.go(f"/grants/{key}", "not-yours")
    (grant,) = shown_grants([whole], reading)
    line = granted_line(broker, caller, reading, grant, view.after, view.camera)
    preview = _preview(broker, caller, reading, view.shown, key)
    orders = orders_of(broker, caller, reading, key, Window(None, RECENT))
    may = {str(it) for it in grant.terms.actions} if grant.state is GrantState.ACTIVE else set()
    return screen.show(
        "pages/retrieving/retrieve.html", status=refusal.status if refusal else 200, grant=grant, line=line,
        view=view, form=form or Form(), refusal=refusal, orders=orders, preview=preview, may=may,
        original=allows_original(whole), longest=int(LONGEST_CLIP.total_seconds()), unfinished=UNFINISHED,
        left=_left(grant.terms.quota.snapshots - grant.used.snapshots, grant.terms.quota.seconds - grant.used.seconds),
    )  # fmt: skip


def _left(snapshots: int, seconds: int) -> dict[str, int]:
    return {Action.SNAPSHOT.value: max(snapshots, 0), Action.CLIP.value: max(seconds, 0)}


def _preview(broker: Broker, caller: Caller, reading: Reading, shown: UUID | None, grant: UUID) -> RetrievalOut | None:
    """Return the picture that was ordered at the cursor; one of another grant is none of this page."""
    if shown is None:
        return None
    (found,) = shown_retrievals([broker.retrievals.read(caller, RetrievalId(shown))], reading)
    return found if found.grant == grant else None


@router.post("/retrieve")
def order(
    key: UUID, request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, reading: ReadingDep,
    screen: ScreenDep,
) -> Response:  # fmt: skip
    """下单：游标处的截图，或入点至出点的录像。Order: a picture at the cursor, or a clip from in to out."""
    view = View.of_form(form)
    placed: list[Retrieval] = []

    def act() -> None:
        body = checked(OrderIn, _asked(form, screen, key))
        placed.append(
            broker.retrievals.order(
                stepped_up(request, form, caller, broker), CameraId(body.camera), body.ask(), GrantId(key),
                original=body.original, address=address_of(request),
            )
        )  # fmt: skip

    def place() -> str:
        (ordered,) = placed
        shown = ordered.id if ordered.action is Action.SNAPSHOT else ""
        return f"/grants/{key}/retrieve?{view.query(shown=shown)}#{'preview' if shown else 'orders'}"

    return screen.carried_out(
        act, to=place, said="ordered",
        again=lambda refusal: _page(screen, broker, caller, reading, key, view, form=form, refusal=refusal),
    )  # fmt: skip


def _asked(form: Form, screen: Screen, grant: UUID) -> dict[str, object]:
    """Return the order that a form makes, as the API takes it."""
    read = screen.instants.read
    times: dict[str, object] = (
        {"begin": read(form.one("begin")), "end": read(form.one("end"))}
        if form.one("action") == Action.CLIP
        else {"instant": read(form.one("at"))}
    )
    return {
        "camera": form.one("camera"), "action": form.one("action"), "grant": str(grant),
        "original": form.one("original") == "yes", **times,
    }  # fmt: skip
