"""The trace, searched by who, what, when and which; the newest event first."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints, field_validator

from broker.domain.ids import RequestId
from broker.domain.oversight.trace_search import CHOICES, FAMILIES, Sought
from broker.web.api.oversight.audit import EventOut, shown
from broker.web.console.auditing.told import Told, told
from broker.web.console.routes import PageRoute
from broker.web.console.searching import answer, typed_in
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import ByNumber, Page, Window
from broker.web.values import Code, In, Instant, refused

TRACE = "/trace"

router = APIRouter(prefix=TRACE, route_class=PageRoute)

Text = Annotated[str, Query(max_length=200)]


class Asked(In):
    """What the form asks for; `about` is the id of anything, or the whole name of a stream."""

    number: Annotated[str, StringConstraints(max_length=40)] | None = None
    kind: str | None = None
    about: Annotated[str, StringConstraints(max_length=200)] | None = None
    person: Annotated[str, StringConstraints(max_length=100)] | None = None
    department: Code | None = None
    since: Instant | None = Field(None, alias="from")
    until: Instant | None = Field(None, alias="to")

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str | None) -> str | None:
        if kind is not None and kind not in CHOICES:
            raise refused("field-choice", allowed=", ".join(FAMILIES))
        return kind

    def sought(self) -> Sought:
        key = _id(self.about)
        return Sought(
            number=self.number, kinds=CHOICES[self.kind] if self.kind else None,
            stream=self.about if key is None else None, key=key, person=self.person, department=self.department,
            since=self.since, until=self.until,
        )  # fmt: skip


@router.get("")
def search_trace(
    visit: VisitDep,
    window: ByNumber,
    number: Text = "",
    kind: Text = "",
    about: Text = "",
    person: Text = "",
    department: Text = "",
    from_: Annotated[str, Query(max_length=40, alias="from")] = "",
    to: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """查找留痕，新的在前。Search the trace, the newest event first."""
    typed = typed_in(
        number=number, kind=kind, about=about, person=person, department=department, from_=from_, to=to
    )  # fmt: skip
    found = answer(visit.screen, typed, Asked, lambda asked: _page(visit, window, asked))
    page, lines = found.found or (None, [])
    return visit.show(
        "auditing/trace", answer=found, refusal=found.refusal, page=page, lines=lines, opened=_opened(visit, lines),
        first=window.after in {None, 0}, families={name: sorted(kinds) for name, kinds in FAMILIES.items()},
        export_query=_export_query(found.asked) if found.found and visit.may("audit:export") else None,
    )  # fmt: skip


def _export_query(asked: Mapping[str, str]) -> str:
    """Return the same search as the API takes it."""
    asked = dict(asked)
    about = asked.pop("about", "")
    named = {"stream" if _id(about) is None else "id": about} if about else {}
    return urlencode(asked | named)


def _page(visit: Visit, window: Window[int], asked: Asked) -> tuple[Page[EventOut], list[Told]]:
    rows = visit.broker.audit.search(
        visit.caller, asked.sought(), after=window.after or 0, limit=window.wanted, newest=True
    )
    page = window.page(rows, lambda it: it.number, lambda part: shown(part, visit.reading))
    return page, told(page.items, visit.reading, visit.screen)


def _opened(visit: Visit, lines: Sequence[Told]) -> frozenset[UUID]:
    """Return the requests of these events that may be looked at as a whole: of others one may know a part."""
    cases = frozenset(line.event.case for line in lines if line.event.case)
    if not cases or visit.broker.audit.audits_all(visit.caller):
        return cases
    return frozenset(visit.broker.access_requests.read_many(visit.caller, [RequestId(key) for key in cases]))


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
