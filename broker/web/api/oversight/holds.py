"""Legal holds on copies: set on a request or on one result, listed, lifted."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from broker.domain.ids import HoldId, RequestId, RetrievalId
from broker.domain.oversight.holds import Hold
from broker.services.oversight.holds import Listed
from broker.services.people.names import Known
from broker.web.api.requests.request_forms import ReasonIn
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import DepartmentRef, PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import In, Instant, Out, Paragraph

router = APIRouter(tags=["holds"], route_class=OnceRoute)

Standing = Annotated[bool, Query(description="Leave out holds that have ended. 不列出已结束的保全。")]


class HoldIn(In):
    """Why copies are held, and until when: the date on which somebody has to look at it again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "行政复议期间需保全", "until": "2027-03-01T00:00:00+08:00"}],
        },
    )

    reason: Paragraph
    until: Instant


class HoldOut(Out):
    """A hold; without a retrieval it lies on all copies of the request.

    No `set_by`: set by the rules, on the copies of an emergency that nobody stood up for. Ended without `ended_by`: by
    its date.
    """

    id: UUID
    request: UUID
    number: str
    retrieval: UUID | None
    office: DepartmentRef
    reason: str
    set_by: PersonRef | None
    set_at: datetime
    until: datetime
    ended_by: PersonRef | None
    ended_at: datetime | None

    @classmethod
    def of(cls, hold: Hold, number: str, known: Known) -> Self:
        return cls(
            id=hold.id, request=hold.request_id, number=number, retrieval=hold.retrieval_id,
            office=DepartmentRef.named(hold.department_id, known), reason=hold.reason,
            set_by=PersonRef.named(hold.set_by, known) if hold.set_by else None, set_at=hold.set_at, until=hold.until,
            ended_by=PersonRef.named(hold.ended_by, known) if hold.ended_by else None, ended_at=hold.ended_at,
        )  # fmt: skip


def shown(listed: Listed, reading: Reading) -> list[HoldOut]:
    """Return holds, their names looked up together."""
    persons = {who for hold in listed.holds for who in (hold.set_by, hold.ended_by) if who}
    known = reading.known(persons=persons, departments={hold.department_id for hold in listed.holds})
    return [HoldOut.of(hold, listed.numbers.get(hold.request_id, ""), known) for hold in listed.holds]


@router.post("/access-requests/{key}/hold", status_code=201)
def hold_request(key: UUID, body: HoldIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> HoldOut:
    """保全一份申请的全部副本，包括之后调取的。Hold all copies of a request, those that come too."""
    return shown(broker.holds.on_request(caller, RequestId(key), body.reason, body.until), reading)[0]


@router.post("/retrievals/{key}/hold", status_code=201)
def hold_retrieval(key: UUID, body: HoldIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> HoldOut:
    """保全一次调取的结果和含有它的证据包。Hold one result and every package it is in."""
    return shown(broker.holds.on_retrieval(caller, RetrievalId(key), body.reason, body.until), reading)[0]


@router.get("/holds")
def list_holds(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, standing: Standing = True
) -> Page[HoldOut]:
    """列出您职权范围内的保全，新的在前。List the holds in your reach, newest first."""
    after = None if window.after is None else HoldId(window.after)
    found = broker.holds.page(caller, standing=standing, after=after, limit=window.wanted)
    return window.page(found.holds, lambda it: it.id, lambda kept: shown(Listed(kept, found.numbers), reading))


@router.get("/holds/{key}")
def read_hold(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> HoldOut:
    """查看一项保全。Read a hold."""
    return shown(broker.holds.read(caller, HoldId(key)), reading)[0]


@router.post("/holds/{key}/lift")
def lift_hold(key: UUID, body: ReasonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> HoldOut:
    """解除保全；保存期限已过的副本随后删除。Lift a hold; copies whose time is over are deleted then."""
    return shown(broker.holds.lift(caller, HoldId(key), body.reason), reading)[0]
