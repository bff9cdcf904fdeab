"""Map tiles: a map asks the same question for hundreds of them, so it is read once."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from broker.services.catalog.finding import MapView, Tile, Wanted
from broker.services.catalog.map.grid import Grid
from broker.web.auth import authenticate
from broker.web.camera_query import WantedDep
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import Handler, OnceRoute

if TYPE_CHECKING:
    from broker.bootstrap import Broker

TILE = "application/vnd.mapbox-vector-tile"
MOST_KEPT = 200
LONGEST_KEPT = 2_000  # bytes of a query
LONGEST_NUMBER = 8  # figures

Kept = TypeVar("Kept")

InGrid = Annotated[Grid, Query(description="EPSG:3857, or 4490 in degrees. 瓦片坐标系。")]

_asked: OrderedDict[bytes, tuple[Wanted, Grid]] = OrderedDict()
"""What queries mean, by their bytes: the same to everybody; who calls is asked before any of it is answered."""

_views: OrderedDict[bytes, tuple[MapView, Grid]] = OrderedDict()
"""What somebody sees of a query, for the second in which that holds, by digest of credentials and query."""


class TileRoute(OnceRoute):
    """Asks who calls, and what they may see, once a second: a map that is moved wants thirty tiles in that time."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def quick(request: Request) -> Response:
            query: bytes = request.scope["query_string"]
            numbers = [request.path_params.get(name, "") for name in "zxy"]
            if query not in _asked or not all(
                it.isascii() and it.isdigit() and len(it) <= LONGEST_NUMBER for it in numbers
            ):
                return await handler(request)
            z, x, y = map(int, numbers)
            name = _named(request, query)
            seen = _views.get(name)
            if seen is None or seen[0].until <= time.monotonic():
                return await run_in_threadpool(_anew, request, name, *_asked[query], z, x, y)
            view, grid = seen
            # what lies ready needs no thread, and a thread costs three times what the rest does
            found = view.drawn(grid, z, x, y)
            if found is None:
                found = await run_in_threadpool(view.tile, grid, z, x, y)
            return _told(found, request)

        return quick

    async def answer(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Carry the call out; a tile changes nothing."""
        return await handler(request)


router = APIRouter(tags=["cameras"], route_class=TileRoute)


@router.get("/map/tiles/{z}/{x}/{y}.mvt", responses={200: {"content": {TILE: {}}}, 304: {"description": "Not changed"}})
def read_tile(
    request: Request, z: int, x: int, y: int, caller: CallerDep, broker: BrokerDep, wanted: WantedDep,
    grid: InGrid = Grid.MERCATOR,
) -> Response:  # fmt: skip
    """点位地图的矢量瓦片（MVT），按调用者权限聚合。A vector tile of the cameras that the caller may know of."""
    found = broker.finding.view(caller, wanted).tile(grid, z, x, y)
    query = request.scope["query_string"]
    if len(query) <= LONGEST_KEPT:
        _keep(_asked, query, (wanted, grid))
    return _told(found, request)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


def _named(request: Request, query: bytes) -> bytes:
    """Return under which name a view is kept: whoever brings the same credentials is the same caller."""
    headers = request.headers
    parts = (headers.get("authorization", ""), headers.get("cookie", ""))
    return hashlib.sha256(b"\0".join((*(it.encode() for it in parts), query))).digest()


def _anew(request: Request, name: bytes, wanted: Wanted, grid: Grid, z: int, x: int, y: int) -> Response:
    broker: Broker = request.app.state.broker
    view = broker.finding.view(authenticate(request), wanted)
    _keep(_views, name, (view, grid))
    return _told(view.tile(grid, z, x, y), request)


def _told(found: Tile, request: Request) -> Response:
    headers = {"ETag": f'"{found.mark}"', "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie"}
    if found.mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=TILE)
    return Response(found.content, headers=headers, media_type=TILE)


def _keep(kept: OrderedDict[bytes, Kept], name: bytes, value: Kept) -> None:
    kept[name] = value
    kept.move_to_end(name)
    with suppress(KeyError):  # somebody else has made room meanwhile
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
