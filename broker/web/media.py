"""Results over HTTP, with Range: the async rim of the program, where a revocation reaches the next byte."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from broker.bootstrap import Broker
from broker.domain.footage.retrievals import WHOLE, EvidenceItem, Retrieval
from broker.domain.footage.stops import Stop
from broker.domain.ids import RetrievalId
from broker.domain.oversight.register import LookAct
from broker.domain.people.accounts import Caller
from broker.web.deps import BrokerDep, CallerDep
from broker.web.handing_over import Offer, Opened, Part, RangeHeader, hand_over, headers_of
from broker.web.routes import StrictRoute

router = APIRouter(tags=["retrievals"], route_class=StrictRoute)

ItemNumber = Annotated[
    int, Query(alias="item", ge=1, le=9999, description="Which file of the result, from 1. 结果中的第几个文件。")
]
SHOWN_AT_ONCE = 8 * 1024 * 1024
"""Players ask for all that follows, take a little and come again; what they were promised is off the quota."""

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4"}


@router.head("/retrievals/{key}/media", response_class=Response)
def describe_media(key: UUID, broker: BrokerDep, caller: CallerDep, number: ItemNumber = 1) -> Response:
    """Say how large a result is and of which type; nothing flows, nothing is noted."""
    retrieval = broker.retrievals.read(caller, RetrievalId(key))
    retrieval.require_result()
    offer = _offer(broker, caller, retrieval, number, frozenset(), LookAct.DELIVER)
    return Response(status_code=200, headers=headers_of(offer, (0, offer.size)))


@router.get(
    "/retrievals/{key}/media",
    response_class=Response,
    responses={206: {"description": "the part asked for"}, 416: {"description": "the part lies outside"}},
)
async def download_media(
    key: UUID, request: Request, broker: BrokerDep, caller: CallerDep, asked: RangeHeader = None,
    number: ItemNumber = 1,
) -> Response:  # fmt: skip
    """Hand over a result. The grant is asked now and again before every 64 KiB; a revocation ends the download."""
    return await _guarded(request, broker, caller, RetrievalId(key), (number, asked), LookAct.DELIVER)


@router.get(
    "/retrievals/{key}/view",
    response_class=Response,
    responses={206: {"description": "the part asked for"}, 416: {"description": "the part lies outside"}},
)
async def view_media(
    key: UUID, request: Request, broker: BrokerDep, caller: CallerDep, asked: RangeHeader = None,
    number: ItemNumber = 1,
) -> Response:  # fmt: skip
    """Show a result: guarded like a download, for a page that plays it, and also where the grant is for viewing only.

    No program can keep what it shows from being filmed or copied out of a browser. A grant for viewing only says what
    is allowed; that nobody takes more is seen to where the picture is shown, by the unit that has the duty on site.
    """
    return await _guarded(request, broker, caller, RetrievalId(key), (number, asked), LookAct.VIEW)


async def _guarded(
    request: Request, broker: Broker, caller: Caller, key: RetrievalId, asked: tuple[int, str | None], act: LookAct
) -> Response:
    retrieval, stops = await run_in_threadpool(broker.retrievals.watched, caller, key)
    number, wanted = asked
    return await hand_over(request, broker.blobs, _offer(broker, caller, retrieval, number, stops, act), wanted)


def _offer(
    broker: Broker, caller: Caller, retrieval: Retrieval, number: int, stops: frozenset[Stop], act: LookAct
) -> Offer:
    """Return what may be handed over of a result: nothing yet while it is not there."""
    if retrieval.purged_at is not None:  # no look that is refused: there is nothing to look at
        retrieval.require_result()
    item = retrieval.item(number) if retrieval.state in WHOLE else None

    def stops_now() -> frozenset[Stop]:
        return broker.retrievals.watched(caller, retrieval.id)[1]

    def opened(part: Part, address: str) -> Opened:
        size = part[1] - part[0]
        delivery = broker.retrievals.open(caller, retrieval.id, size, number=number, address=address, act=act)

        def finished(sent: int, reason: str | None) -> None:
            if reason is not None:
                broker.retrievals.interrupted(caller, retrieval.id, sent, reason, delivery.line)
            else:
                # What was only shown is not handed over; and the last file is the end of a result.
                last = act is LookAct.DELIVER and (number, part[1]) == (len(retrieval.items), delivery.item.size)
                broker.retrievals.delivered(caller, retrieval.id, sent, delivery.line, last=last)

        return Opened(delivery.until, finished)

    return Offer(
        digest=item.digest if item else "",
        size=item.size if item else 0,
        media_type=item.capture.media_type if item else "",
        name=_name(retrieval, item) if item else "",
        act=act,
        stops=stops,
        stops_now=stops_now,
        open=opened,
        most=SHOWN_AT_ONCE if act is LookAct.VIEW else 0,
    )


def _name(retrieval: Retrieval, item: EvidenceItem) -> str:
    which = f"-{item.number}" if len(retrieval.items) > 1 else ""
    return f"{retrieval.action}-{retrieval.id}{which}{SUFFIXES.get(item.capture.media_type, '')}"
