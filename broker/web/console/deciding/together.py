"""Several decisions at once: one reason and one second factor, each carried out by itself and told by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ValidationError

from broker.bootstrap import Broker
from broker.domain.errors import Invalid, Unknown
from broker.domain.ids import ItemId, RequestId
from broker.domain.people.accounts import Caller
from broker.services.requests.access_requests import Verdict
from broker.web.api.requests.request_forms import RefusalIn, Revision
from broker.web.api.requests.request_views import RequestRow, rows
from broker.web.console.deciding.narrowing import TEMPLATES, reason_of
from broker.web.console.forms import Refusal, checked, refusal_of
from broker.web.console.inbox import INBOX
from broker.web.console.routes import PageRoute
from broker.web.console.screen import TOLD_BESIDE_THE_FORM
from broker.web.console.visit import Visit, VisitDep
from broker.web.values import In

TOGETHER = f"{INBOX}/together"
MOST = 50
LONGEST = 100
"""Characters of one tick: two ids and a number."""

VERDICTS = ("yes", "return", "reject")

# Not carried out once a form: each verdict names the revision it is about, so what was decided is refused by itself.
router = APIRouter(prefix=TOGETHER, route_class=PageRoute)

Picks = Annotated[str, Query(max_length=MOST * LONGEST)]


class PickIn(In):
    """One row that was ticked: a request, or one part of it, in the revision that was seen."""

    request: UUID
    item: UUID | None
    revision: Revision


@dataclass(frozen=True)
class Pick:
    """A row that was ticked, and the request as it stands now."""

    name: str
    told: PickIn
    row: RequestRow

    @property
    def act(self) -> str:
        return "approve" if self.told.item is None else "authorize"


@dataclass(frozen=True)
class Outcome:
    """What became of one row: nothing said against it, or why it was refused."""

    pick: Pick
    refusal: Refusal | None


@router.get("")
def show_together(visit: VisitDep, picks: Picks = "") -> Response:
    """对勾选的多项一并办理。Decide on several at once."""
    return _page(visit, _picked(visit, picks.split(",")))


@router.post("/pick")
def pick_several(visit: VisitDep) -> Response:
    """选定要一并办理的事项。Go on with what was ticked in the inbox."""
    return visit.screen.go(f"{TOGETHER}?{urlencode({'picks': ','.join(visit.form.all('pick')[:MOST])})}")


def _picked(visit: Visit, names: Sequence[str]) -> list[Pick]:
    """Return what was ticked, as far as the caller may know of it; what is no tick of ours is left out."""
    told = {name: pick for name in names[:MOST] if (pick := _read(name)) is not None}
    requests = visit.broker.access_requests.read_many(visit.caller, {RequestId(pick.request) for pick in told.values()})
    known = {row.id: row for row in rows(list(requests.values()), visit.reading)}
    return [Pick(name, pick, known[pick.request]) for name, pick in told.items() if pick.request in known]


def _read(name: str) -> PickIn | None:
    request, _, rest = name.partition(".")
    item, _, revision = rest.partition(".")
    try:
        return checked(PickIn, {"request": request, "item": item or None, "revision": revision})
    except ValidationError:
        return None


def _page(visit: Visit, picked: Sequence[Pick], *, refused: str = "", refusal: Refusal | None = None) -> Response:
    if not picked:
        return visit.screen.go(INBOX, "nothing-to-decide")
    return visit.show("deciding/together",
        picked=picked, refused=refused, refusal=refusal, templates=TEMPLATES, verdicts=VERDICTS,
    )  # fmt: skip


@router.post("")
def decide_together(visit: VisitDep) -> Response:
    """逐项办理并逐项告知结果。Carry each out by itself, and tell of each what became of it."""
    picked, verdict = _picked(visit, visit.form.all("pick")), visit.form.one("verdict")
    try:
        if verdict not in VERDICTS:
            raise Invalid("field-choice", pointer="/verdict", allowed=", ".join(VERDICTS))
        words = "" if verdict == "yes" else reason_of(visit.form, verdict, visit.screen.language)
        if verdict != "yes":
            checked(RefusalIn, {"revision": 1, "reason": words})
        who = visit.stepped_up()
    except TOLD_BESIDE_THE_FORM as error:
        return _page(visit, picked, refused=verdict, refusal=refusal_of(error, visit.screen.language))
    outcomes = [
        Outcome(pick, _refused(visit.broker, who, pick, verdict, words, visit.screen.language)) for pick in picked
    ]
    wanting = next((it.refusal for it in outcomes if it.refusal and it.refusal.wants_code), None)
    if wanting and all(it.refusal for it in outcomes):  # nothing was done: the code is asked for, and all goes again
        return _page(visit, picked, refused=verdict, refusal=wanting)
    if not outcomes:
        return visit.screen.go(INBOX, "nothing-to-decide")
    return visit.show("deciding/outcomes", outcomes=outcomes)


def _refused(broker: Broker, who: Caller, pick: Pick, verdict: str, words: str, language: str) -> Refusal | None:
    """Carry one verdict out; return why it was refused, or None."""
    try:
        _decide(broker, who, pick.told, verdict, words)
    except (*TOLD_BESIDE_THE_FORM, Unknown) as error:
        return refusal_of(error, language)
    return None


def _decide(broker: Broker, who: Caller, pick: PickIn, verdict: str, words: str) -> None:
    whole = Verdict(pick.revision)
    if pick.item is None:
        key = RequestId(pick.request)
        if verdict == "yes":
            broker.approvals.approve(who, key, whole)
        elif verdict == "return":
            broker.approvals.send_back(who, key, pick.revision, words, {})
        else:
            broker.approvals.reject(who, key, pick.revision, words)
        return
    item = ItemId(pick.item)
    if verdict == "yes":
        broker.request_items.authorize(who, item, whole)
    elif verdict == "return":
        broker.request_items.send_back(who, item, pick.revision, words, {})
    else:
        broker.request_items.refuse(who, item, pick.revision, words)
