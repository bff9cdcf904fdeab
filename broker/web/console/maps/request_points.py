"""The cameras of a request for its map, as far as the request is shown to its reader."""

from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.ids import RequestId
from broker.web.api.catalog.camera_finding import MOST_FEATURES, FeaturesOut
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import PageRoute
from broker.web.deps import BrokerDep, CallerDep, ReadingDep

router = APIRouter(prefix=REQUESTS, route_class=PageRoute)


@router.get("/{key}/cameras.geojson")
def map_request(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> Response:
    """申请中的点位（GeoJSON）。The cameras of a request as GeoJSON."""
    request = broker.access_requests.read(caller, RequestId(key))
    known = reading.known(cameras={line.camera_id for line in request.asked}).cameras
    told = FeaturesOut.of([known[camera] for camera in sorted(known)], MOST_FEATURES)
    return Response(told.model_dump_json(), headers={"Cache-Control": "no-store"}, media_type="application/geo+json")
