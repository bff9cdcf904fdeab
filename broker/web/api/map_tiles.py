"""Map tiles: a map asks the same question for hundreds of them, so it is read once."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from broker.bootstrap import Broker
from broker.services.finding import Tile, Wanted
from broker.services.map.grid import Grid
from broker.web.auth import authenticate
from broker.web.camera_query import WantedDep
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import Handler, OnceRoute

TILE = "application/vnd.mapbox-vector-tile"
MOST_KEPT = 200
LONGEST_KEPT = 2_000  # bytes of a query
LONGEST_NUMBER = 8  # figures

InGrid = Annotated[Grid, Query(description="EPSG:3857, or 4490 in degrees. 瓦片坐标系。")]

_asked: OrderedDict[bytes, tuple[Wanted, Grid]] = OrderedDict()
"""What queries mean, by their bytes: the same to everybody; who calls is asked before any of it is answered."""


class TileRoute(OnceRoute):
    """Reads a query that it has read before by looking it up; who calls, and what they may see, is asked each time."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def quick(request: Request) -> Response:
            known = _asked.get(request.scope["query_string"])
            numbers = [request.path_params.get(name, "") for name in "zxy"]
            if known is None or not all(it.isascii() and it.isdigit() and len(it) <= LONGEST_NUMBER for it in numbers):
                return await handler(request)
            z, x, y = map(int, numbers)
            return await run_in_threadpool(_answer, request, request.app.state.broker, *known, z, x, y)

        return quick

    async def answer(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Carry the call out; a tile changes nothing."""
        return await handler(request)


router = APIRouter(tags=["cameras"], route_class=TileRoute)


@router.get("/map/tiles/{z}/{x}/{y}.mvt", responses={200: {"content": {TILE: {}}}, 304: {"description": "Not changed"}})
def read_tile(
    request: Request, z: int, x: int, y: int, caller: CallerDep, broker: BrokerDep, wanted: WantedDep,
    grid: InGrid = Grid.MERCATOR, if_none_match: Annotated[str, Header()] = "",
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:  # fmt: skip
    """点位地图的矢量瓦片（MVT），按调用者权限聚合。A vector tile of the cameras that the caller may know of."""
    found = broker.finding.tile(caller, wanted, grid, z, x, y)
    _keep(request.scope["query_string"], wanted, grid)
    return _told(found, if_none_match, accept_encoding)


def _answer(request: Request, broker: Broker, wanted: Wanted, grid: Grid, z: int, x: int, y: int) -> Response:
    found = broker.finding.tile(authenticate(request), wanted, grid, z, x, y)
    headers = request.headers
    return _told(found, headers.get("if-none-match", ""), headers.get("accept-encoding", ""))


def _told(found: Tile, if_none_match: str, accept_encoding: str) -> Response:
    headers = {"ETag": f'"{found.mark}"', "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie"}
    if found.mark in if_none_match:
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        return Response(found.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=TILE)
    return Response(found.content, headers=headers, media_type=TILE)


def _keep(query: bytes, wanted: Wanted, grid: Grid) -> None:
    if len(query) <= LONGEST_KEPT:
        _asked[query] = wanted, grid
        while len(_asked) > MOST_KEPT:
            _asked.popitem(last=False)
