"""Verification: of the whole trace a part at a time, and of one stream event by event."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints, ValidationError

from broker.domain.oversight.trace_search import Traced
from broker.services.oversight.audit import Verification
from broker.web.api.oversight.audit import shown
from broker.web.console.auditing.told import told
from broker.web.console.auditing.trace import TRACE
from broker.web.console.forms import Refusal, checked, refusal_of
from broker.web.console.routes import PageRoute
from broker.web.console.screen import Screen
from broker.web.console.visit import VisitDep
from broker.web.paging import ByNumber
from broker.web.values import In

router = APIRouter(prefix=TRACE, route_class=PageRoute)

MOST_FAULTS = 20
"""Places that are named; all of them are counted."""

Count = Annotated[int, Field(ge=0)]
Spot = Annotated[str, StringConstraints(max_length=220)]


class Far(In):
    """How far a verification has come: its form carries that from part to part, and the program keeps nothing."""

    after: Annotated[str, StringConstraints(max_length=200)] = ""
    streams: Count = 0
    events: Count = 0
    broken: Count = 0
    faults: Annotated[list[Spot], Field(max_length=MOST_FAULTS)] = Field(default_factory=list)

    def with_part(self, found: Verification, after: str | None) -> "Far":
        named = [*self.faults, *(f"{stream}#{seq}" for stream, seq in found.faults)]
        return Far(
            after=after or "", streams=self.streams + found.streams, events=self.events + found.events,
            broken=self.broken + len(found.faults), faults=named[:MOST_FAULTS],
        )  # fmt: skip

    @property
    def places(self) -> list[tuple[str, str]]:
        """Stream and number of the first event that does not hold, of each broken stream that is named."""
        return [(stream, seq) for stream, _, seq in (it.rpartition("#") for it in self.faults)]


@router.get("/verification")
def show_verification(visit: VisitDep) -> Response:
    """校验留痕的起始页。Where a verification of the trace is begun."""
    visit.require("audit:verify")
    return _begin(visit.screen, whole=visit.broker.audit.audits_all(visit.caller, "audit:verify"))


def _begin(screen: Screen, refusal: Refusal | None = None, *, whole: bool = True) -> Response:
    status = refusal.status if refusal else 200
    return screen.show(
        "pages/auditing/verification.html", status=status, far=None, done=False, refusal=refusal, whole=whole
    )


@router.post("/verification")
def verify(visit: VisitDep) -> Response:
    """校验一部分留痕，页面自动继续。Check a part of the trace; the page goes on by itself, or at a press."""
    visit.require("audit:verify")
    fields = {name: visit.form.one(name) for name in ("after", "streams", "events", "broken") if visit.form.one(name)}
    try:
        far = checked(Far, {**fields, "faults": list(visit.form.all("fault"))})
    except ValidationError as error:
        return _begin(visit.screen, refusal_of(error, visit.screen.language))
    part = visit.broker.audit.verify_part(visit.caller, after=far.after)
    return visit.show("auditing/verification", far=far.with_part(part.found, part.next), done=part.next is None)


@router.get("/stream")
def show_stream(visit: VisitDep, window: ByNumber, name: Annotated[str, Query(max_length=200)]) -> Response:
    """逐条校验一条事件链。One stream, each event checked against the one before it."""
    chain = visit.broker.audit.chain(visit.caller, name)
    rest = [Traced(event.seq, event) for event in chain.events if event.seq > (window.after or 0)]
    page = window.page(rest[: window.wanted], lambda it: it.number, lambda part: shown(part, visit.reading))
    return visit.show(
        "auditing/stream", chain=chain, page=page, lines=told(page.items, visit.reading, visit.screen),
        first=window.after in {None, 0}, exports=visit.may("audit:export"),
    )  # fmt: skip
