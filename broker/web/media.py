"""Results over HTTP, with Range: the async rim of the program, where a revocation reaches the next byte."""

import asyncio
from contextlib import ExitStack
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from broker.bootstrap import Broker
from broker.domain.accounts import Caller
from broker.domain.errors import BrokerError, Conflict, Forbidden, Unavailable
from broker.domain.ids import RetrievalId
from broker.domain.retrievals import WHOLE, Retrieval
from broker.web.delivery import Ending, GuardedResponse
from broker.web.deps import BrokerDep, CallerDep
from broker.web.guard import Cell, GrantGuard
from broker.web.ranges import parse_range
from broker.web.routes import StrictRoute
from broker.web.wire import wire_of

router = APIRouter(tags=["retrievals"], route_class=StrictRoute)

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
    key: UUID, request: Request, broker: BrokerDep, caller: CallerDep, range: Annotated[str | None, Header()] = None,  # noqa: A002  # the header's name
) -> Response:  # fmt: skip
    """Hand over a result. The grant is asked now and again before every 64 KiB; a revocation ends the download."""
    retrieval, stops = await run_in_threadpool(broker.retrievals.watched, caller, RetrievalId(key))
    part = parse_range(range, retrieval.size) if retrieval.state in WHOLE else (0, 0)
    if part is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{retrieval.size}"})
    guard: GrantGuard = request.app.state.guard
    ending = Ending(asyncio.get_running_loop(), wire_of(request.scope))
    with ExitStack() as stack:
        cell = stack.enter_context(guard.watch(stops, ending.from_thread))
        address = request.client.host if request.client else ""
        response = await run_in_threadpool(_open, broker, caller, retrieval, part, cell, ending, address)
        response.release = stack.pop_all().close
        return response


def _open(
    broker: Broker, caller: Caller, retrieval: Retrieval, part: tuple[int, int], cell: Cell, ending: Ending,
    address: str,
) -> GuardedResponse:  # fmt: skip
    """Ask the database, write trace and register, open the blob; the cell is registered already."""
    begin, end = part
    delivery = broker.retrievals.open(caller, retrieval.id, end - begin, address=address)
    cell.until = delivery.until

    def finished(sent: int, reason: str | None) -> None:
        if reason is not None:
            broker.retrievals.interrupted(caller, retrieval.id, sent, reason, delivery.line)
        else:
            broker.retrievals.delivered(caller, retrieval.id, sent, delivery.line, last=end == retrieval.size)

    if (refusal := cell.refusal()) is not None:
        finished(0, refusal)
        if refusal == "lease-lost":
            raise Unavailable("lease-lost")
        raise Forbidden(refusal, missing=("g_live",), act="footage:deliver")

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
        headers=_headers(retrieval, part),
        ending=ending,
        finished=finished,
    )


def _headers(retrieval: Retrieval, part: tuple[int, int]) -> dict[str, str]:
    begin, end = part
    capture = retrieval.capture
    media_type = capture.media_type if capture else "application/octet-stream"
    name = f"{retrieval.action}-{retrieval.id}{SUFFIXES.get(media_type, '')}"
    headers = {
        "Content-Type": media_type,
        "Content-Length": str(end - begin),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Accept-Ranges": "bytes",
        "ETag": f'"{retrieval.digest}"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    if part != (0, retrieval.size):
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{retrieval.size}"
    return headers
