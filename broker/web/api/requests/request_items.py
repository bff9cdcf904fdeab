"""Request items: what an owning department decides on its own cameras."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from fastapi import APIRouter

from broker.domain.ids import ItemId
from broker.domain.requests.access_requests import AccessRequest, RequestItem
from broker.services.people.names import Known
from broker.web.api.footage.grants import GrantOut, shown
from broker.web.api.requests.request_forms import AuthorizationIn, RefusalIn, ReturnIn
from broker.web.api.requests.request_views import (
    EndorsedOut,
    ItemOut,
    PurposeOut,
    RequestOut,
    RequestRow,
    TermsOut,
    names_of,
    whole,
)
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import PersonRef
from broker.web.routes import OnceRoute

router = APIRouter(prefix="/request-items", tags=["request-items"], route_class=OnceRoute)


class WaitingOut(ItemOut):
    """An item that waits for a decision, with what its owner must know of the request."""

    request: RequestRow
    purpose: PurposeOut
    terms: TermsOut
    investigators: list[PersonRef]
    comment: str

    @classmethod
    def with_request(cls, request: AccessRequest, item: RequestItem, known: Known) -> Self:
        """Return the item beside the row of its request."""
        purpose = request.purpose
        return cls(
            **ItemOut.of(item, known).__dict__,
            request=RequestRow.of(request, known),
            purpose=PurposeOut.of(purpose),
            terms=TermsOut.of(request.approved_terms or request.terms),
            investigators=[PersonRef.named(person, known) for person in sorted(request.investigators)],
            comment=request.comment,
        )


def waiting(found: Sequence[tuple[AccessRequest, RequestItem]], reading: Reading) -> list[WaitingOut]:
    """Return waiting items, their names looked up together."""
    known = names_of([request for request, _ in found], reading)
    return [WaitingOut.with_request(request, item, known) for request, item in found]


@router.get("")
def list_waiting_items(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById) -> Page[WaitingOut]:
    """列出待本部门授权的明细，旧的在前。List the items that wait for your departments, oldest first."""
    after = None if window.after is None else ItemId(window.after)
    found = broker.request_items.waiting(caller, after=after, limit=window.wanted)
    return window.page(found, lambda pair: pair[1].id, lambda pairs: waiting(pairs, reading))


@router.post("/{key}/authorize")
def authorize_item(
    key: UUID, body: AuthorizationIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> GrantOut | EndorsedOut:
    """授权全部或部分点位，授权单即时生效；双人授权的首位只作确认。Authorize lines; the first of two only endorses."""
    grant = broker.request_items.authorize(caller, ItemId(key), body.verdict())
    return EndorsedOut(item=key) if grant is None else shown([grant], reading)[0]


@router.post("/{key}/refuse")
def refuse_item(key: UUID, body: RefusalIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RequestOut:
    """拒绝本部门的全部点位。Refuse the whole item."""
    return whole(broker.request_items.refuse(caller, ItemId(key), body.revision, body.reason), reading)


@router.post("/{key}/return")
def return_item(key: UUID, body: ReturnIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RequestOut:
    """将整份申请退回补充。Return the whole request for supplement."""
    return whole(
        broker.request_items.send_back(caller, ItemId(key), body.revision, body.comment, body.remarks), reading
    )
