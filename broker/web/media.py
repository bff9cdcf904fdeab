"""Results over HTTP, with Range: the async rim of the program, where a revocation reaches the next byte."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from broker.bootstrap import Broker
from broker.domain.accounts import Caller
from broker.domain.errors import BrokerError, Conflict, Forbidden, Unavailable
from broker.domain.ids import RetrievalId
from broker.domain.register import LookAct
from broker.domain.retrievals import WHOLE, Retrieval
from broker.services.retrievals import Delivery
from broker.web.delivery import Ending, GuardedResponse
from broker.web.deps import BrokerDep, CallerDep
from broker.web.guard import Cell, GrantGuard
from broker.web.ranges import parse_range
from broker.web.routes import StrictRoute
from broker.web.wire import wire_of

router = APIRouter(tags=["retrievals"], route_class=StrictRoute)

RangeHeader = Annotated[str | None, Header(alias="Range")]
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4"}


@router.head("/retrievals/{key}/media", response_class=Response)
def describe_media(key: UUID, broker: BrokerDep, caller: CallerDep) -> Response:
    """Say how large a result is and of which type; nothing flows, nothing is noted."""
    retrieval = broker.retrievals.read(caller, RetrievalId(key))
    if retrieval.state not in WHOLE:
        raise Conflict("no-result", state=retrieval.state)
    return Response(status_code=200, headers=_headers(retrieval, (0, retrieval.size)))


@router.get(
    "/retrievals/{key}/media",
    response_class=Response,
    responses={206: {"description": "the part asked for"}, 416: {"description": "the part lies outside"}},
)
async def download_media(
    key: UUID, request: Request, broker: BrokerDep, caller: CallerDep, asked: RangeHeader = None
) -> Response:
    """Hand over a result. The grant is asked now and again before every 64 KiB; a revocation ends the download."""
    return await _guarded(request, broker, caller, RetrievalId(key), asked, LookAct.DELIVER)


@router.get(
    "/retrievals/{key}/view",
    response_class=Response,
    responses={206: {"description": "the part asked for"}, 416: {"description": "the part lies outside"}},
)
async def view_media(
    key: UUID, request: Request, broker: BrokerDep, caller: CallerDep, asked: RangeHeader = None
) -> Response:
    """Show a result: guarded like a download, for a page that plays it, and also where the grant is for viewing only.

    No program can keep what it shows from being filmed or copied out of a browser. A grant for viewing only says what
    is allowed; that nobody takes more is seen to where the picture is shown, by the unit that has the duty on site.
    """
    return await _guarded(request, broker, caller, RetrievalId(key), asked, LookAct.VIEW)


async def _guarded(
    request: Request, broker: Broker, caller: Caller, key: RetrievalId, asked: str | None, act: LookAct
) -> Response:
    retrieval, stops = await run_in_threadpool(broker.retrievals.watched, caller, key)
    part = parse_range(asked, retrieval.size) if retrieval.state in WHOLE else (0, 0)
    if part is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{retrieval.size}"})
    guard: GrantGuard = request.app.state.guard
    ending = Ending(asyncio.get_running_loop(), wire_of(request.scope))
    with ExitStack() as stack:
        cell = stack.enter_context(guard.watch(stops, ending.from_thread))
        _, again = await run_in_threadpool(broker.retrievals.watched, caller, retrieval.id)
        if again != stops:  # the camera was handed to another department before it was watched
            raise Conflict("changed-meanwhile", subject="camera")
        address = request.client.host if request.client else ""
        look = partial(broker.retrievals.open, caller, retrieval.id, part[1] - part[0], address=address, act=act)
        response = await run_in_threadpool(_open, broker, caller, retrieval, part, cell, ending, look)
        response.release = stack.pop_all().close
        return response


def _open(
    broker: Broker, caller: Caller, retrieval: Retrieval, part: tuple[int, int], cell: Cell, ending: Ending,
    look: Callable[[], Delivery],
) -> GuardedResponse:  # fmt: skip
    """Ask the database, write trace and register, open the blob; the cell is registered already."""
    begin, end = part
    delivery = look()
    cell.until = delivery.until

    def finished(sent: int, reason: str | None) -> None:
        if reason is not None:
            broker.retrievals.interrupted(caller, retrieval.id, sent, reason, delivery.line)
        else:
            last = delivery.act is LookAct.DELIVER and end == retrieval.size  # what was only shown is not handed over
            broker.retrievals.delivered(caller, retrieval.id, sent, delivery.line, last=last)

    if (refusal := cell.refusal()) is not None:
        finished(0, refusal)
        if refusal == "lease-lost":
            raise Unavailable("lease-lost")
        raise Forbidden(refusal, missing=("g_live",), act=f"footage:{delivery.act}")

    try:
        chunks = broker.blobs.read(retrieval.digest, begin, end)
    except BrokerError as error:
        finished(0, error.slug)
        raise
    partial_content = part != (0, retrieval.size)
    return GuardedResponse(
        chunks,
        cell,
        status=206 if partial_content else 200,
        headers=_headers(retrieval, part, delivery.act),
        ending=ending,
        finished=finished,
    )


def _headers(retrieval: Retrieval, part: tuple[int, int], act: LookAct = LookAct.DELIVER) -> dict[str, str]:
    begin, end = part
    capture = retrieval.capture
    media_type = capture.media_type if capture else "application/octet-stream"
    name = f"{retrieval.action}-{retrieval.id}{SUFFIXES.get(media_type, '')}"
    shown = "inline" if act is LookAct.VIEW else f"attachment; filename*=UTF-8''{quote(name)}"
    headers = {
        "Content-Type": media_type,
        "Content-Length": str(end - begin),
        "Content-Disposition": shown,
        "Accept-Ranges": "bytes",
        "ETag": f'"{retrieval.digest}"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    if part != (0, retrieval.size):
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{retrieval.size}"
    return headers
