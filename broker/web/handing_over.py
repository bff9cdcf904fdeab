"""Bytes that may be stopped: watched before the database is asked, asked again before every chunk, noted at the end.

The same for a single result and for a package of them; what differs is what is asked and what is written down.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Header, Request, Response
from starlette.concurrency import run_in_threadpool

from broker.domain.errors import BrokerError, Conflict, Forbidden, Unavailable
from broker.domain.footage.stops import Stop
from broker.domain.oversight.register import LookAct
from broker.web.delivery import Ending, GuardedResponse
from broker.web.guard import Cell, GrantGuard
from broker.web.ranges import parse_range
from broker.web.wire import wire_of
from storage.blobs.base import BlobStore

RangeHeader = Annotated[str | None, Header(alias="Range")]
Part = tuple[int, int]
"""From a byte up to, and without, another."""


@dataclass(frozen=True)
class Opened:
    """Bytes that may flow now, until an instant; `finished` takes the bytes sent and why it ended, None: whole."""

    until: datetime
    finished: Callable[[int, str | None], None]


@dataclass(frozen=True)
class Offer:
    """Something to be handed over or shown; its `size` is 0 while it is not there, and then `open` says why.

    Attributes:
        digest: where the bytes lie.
        size: how many they are.
        media_type: what they are.
        name: of the file, where they are saved.
        act: whether they are handed over or only shown.
        most: how many at most go out in answer to one question for a part; 0: as many as are asked for.
        stops: all that may stop them.
        stops_now: the same, asked again.
        open: asks the policy, writes trace and register; takes the part and the address of who asks.
    """

    digest: str
    size: int
    media_type: str
    name: str
    act: LookAct
    stops: frozenset[Stop]
    stops_now: Callable[[], frozenset[Stop]]
    open: Callable[[Part, str], Opened]
    most: int = 0


async def hand_over(request: Request, blobs: BlobStore, offer: Offer, asked: str | None) -> Response:
    """Return the response that lets the part of an offer flow that a Range header asks for."""
    part = parse_range(asked, offer.size) if offer.size else (0, 0)
    if part is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{offer.size}"})
    if asked is not None and offer.most:
        part = (part[0], min(part[1], part[0] + offer.most))
    guard: GrantGuard = request.app.state.guard
    ending = Ending(asyncio.get_running_loop(), wire_of(request.scope))
    with ExitStack() as stack:
        cell = stack.enter_context(guard.watch(offer.stops, ending.from_thread))
        if await run_in_threadpool(offer.stops_now) != offer.stops:
            # the camera was handed to another department before it was watched
            raise Conflict("changed-meanwhile", subject="camera")
        address = request.client.host if request.client else ""
        response = await run_in_threadpool(_opened, blobs, offer, part, address, cell, ending)
        response.release = stack.pop_all().close
        return response


def _opened(
    blobs: BlobStore, offer: Offer, part: Part, address: str, cell: Cell, ending: Ending
) -> GuardedResponse:  # fmt: skip
    """Ask the database, write trace and register, open the blob; the cell is registered already."""
    opened = offer.open(part, address)
    cell.until = opened.until
    if (refusal := cell.refusal()) is not None:
        opened.finished(0, refusal)
        if refusal == "lease-lost":
            raise Unavailable("lease-lost")
        raise Forbidden(refusal, missing=("g_live",), act=f"footage:{offer.act}")
    try:
        chunks = blobs.read(offer.digest, *part)
    except BrokerError as error:
        opened.finished(0, error.slug)
        raise
    return GuardedResponse(
        chunks,
        cell,
        status=200 if part == (0, offer.size) else 206,
        headers=headers_of(offer, part),
        ending=ending,
        finished=opened.finished,
    )


def headers_of(offer: Offer, part: Part) -> dict[str, str]:
    """Return what is said of the bytes before they flow."""
    begin, end = part
    shown = "inline" if offer.act is LookAct.VIEW else f"attachment; filename*=UTF-8''{quote(offer.name)}"
    headers = {
        "Content-Type": offer.media_type,
        "Content-Length": str(end - begin),
        "Content-Disposition": shown,
        "Accept-Ranges": "bytes",
        "ETag": f'"{offer.digest}"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    if part != (0, offer.size):
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{offer.size}"
    return headers
