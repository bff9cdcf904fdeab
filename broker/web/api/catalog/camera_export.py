"""The catalogue as a file."""

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from broker.domain.catalog.coordinates import System
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import StrictRoute
from broker.web.values import Code, Line

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=StrictRoute)


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"description": "the list, as it is read back", "content": {"application/octet-stream": {}}}},
)
def export_cameras(
    caller: CallerDep, broker: BrokerDep, owner: Code | None = None, division: Line | None = None,
    format: Literal["csv", "xlsx", "json", "geojson", "xml"] = "csv",  # noqa: A002  # the word people use
    coordinates: System = System.WGS84,
) -> Response:  # fmt: skip
    """导出可见的点位目录；原样导入不会改变任何内容。Take the catalogue, as far as one may see it, as a file."""
    written = broker.catalog_exports.export(
        caller, format, owner=owner, division=division, coordinates=coordinates
    )  # fmt: skip
    headers = {
        "Content-Disposition": f'attachment; filename="cameras.{format}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(written.chunks, media_type=written.media_type, headers=headers)
