"""What lies under the points of a map, where it comes through the program: tiles, and outlines without any."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from broker.services.catalog.base_map.layers import MOST_LAYERS
from broker.web.console.routes import PageRoute
from broker.web.deps import BrokerDep, CallerDep

router = APIRouter(prefix="/map", route_class=PageRoute)

DAY = {"Cache-Control": "private, max-age=86400", "Vary": "Cookie", "X-Content-Type-Options": "nosniff"}
NO_PAGE = "default-src 'none'; sandbox"

Layer = Annotated[int, Query(ge=0, lt=MOST_LAYERS)]
Edition = Annotated[str, Query(max_length=40, description="Tells apart what browsers keep.")]


@router.get("/base/{z}/{x}/{y}")
def show_base_tile(
    z: int, x: int, y: int, caller: CallerDep, broker: BrokerDep, layer: Layer = 0, of: Edition = ""
) -> Response:
    """底图瓦片。A tile of the base map, from the configured server or file."""
    del of
    tile = broker.base_maps.tile(caller, layer, z, x, y)
    if tile is None:
        return Response(status_code=204, headers=DAY)
    headers = {**DAY, "Content-Security-Policy": NO_PAGE, **({"Content-Encoding": "gzip"} if tile.packed else {})}
    return Response(tile.content, headers=headers, media_type=tile.media_type)


@router.get("/outline.geojson")
def show_outline(caller: CallerDep, broker: BrokerDep, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """区划示意轮廓。Outlines of divisions, schematic, where there is no base map."""
    packed = broker.base_maps.outline(caller)
    media_type = "application/geo+json"
    if "gzip" in accept_encoding:
        return Response(packed, headers={**DAY, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(gzip.decompress(packed), headers=DAY, media_type=media_type)
