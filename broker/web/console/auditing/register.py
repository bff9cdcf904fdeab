"""The access register, searched and taken away: everybody reads the own looks, and what the role reaches."""

from functools import partial
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from broker.domain.ids import CameraId, RequestId
from broker.domain.oversight.register import LookAct, LookResult, Sought
from broker.services.oversight.register_files import MEDIA_TYPES
from broker.web.api.oversight.access_register import RegisterLineOut
from broker.web.console.auditing.told import sentence_of
from broker.web.console.routes import PageRoute
from broker.web.console.searching import answer, typed_in
from broker.web.console.visit import VisitDep
from broker.web.paging import ByNumber
from broker.web.values import Code, In, Instant

router = APIRouter(prefix="/register", route_class=PageRoute)

Text = Annotated[str, Query(max_length=100)]


class Asked(In):
    """What the form asks for; departments reach what lies below them."""

    number: Annotated[str, StringConstraints(max_length=40)] | None = None
    department: Code | None = None
    owner: Code | None = None
    person: Annotated[str, StringConstraints(max_length=100)] | None = None
    gb_code: Annotated[str, StringConstraints(max_length=20)] | None = None
    camera: UUID | None = None
    request: UUID | None = None
    act: LookAct | None = None
    result: LookResult | None = None
    since: Instant | None = Field(None, alias="from")
    until: Instant | None = Field(None, alias="to")

    def sought(self) -> Sought:
        return Sought(
            since=self.since, until=self.until, department=self.department, owner=self.owner, person=self.person,
            camera=CameraId(self.camera) if self.camera else None, number=self.number, gb_code=self.gb_code,
            request=RequestId(self.request) if self.request else None, act=self.act, result=self.result,
        )  # fmt: skip


@router.get("")
def search_register(
    visit: VisitDep,
    window: ByNumber,
    number: Text = "",
    department: Text = "",
    owner: Text = "",
    person: Text = "",
    gb_code: Text = "",
    camera: Text = "",
    request: Text = "",
    act: Text = "",
    result: Text = "",
    from_: Annotated[str, Query(max_length=40, alias="from")] = "",
    to: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """查阅调阅登记簿。Search the access register, in the order of its numbers."""
    typed = typed_in(
        number=number, department=department, owner=owner, person=person, gb_code=gb_code, camera=camera,
        request=request, act=act, result=result, from_=from_, to=to,
    )  # fmt: skip
    found = answer(
        visit.screen, typed, Asked,
        lambda asked: visit.broker.register.page(
            visit.caller, asked.sought(), after=window.after or 0, limit=window.wanted
        ),
    )  # fmt: skip
    rows = found.found or ()
    page = window.page(rows, lambda it: it.number, lambda part: [RegisterLineOut.of(it) for it in part])
    exports = visit.may("register:export")
    return visit.show(
        "auditing/register", answer=found, page=page, refusal=found.refusal, first=window.after in {None, 0},
        exports=sorted(MEDIA_TYPES) if exports else (), export_query=urlencode(found.asked),
        acts=list(LookAct), results=list(LookResult), audits=visit.may("audit:read"),
        told_of=partial(sentence_of, language=visit.screen.language),
    )  # fmt: skip
