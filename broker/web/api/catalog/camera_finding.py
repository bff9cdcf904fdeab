"""Find points and show them on a map: the nearest, counts, GeoJSON."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.finding import Point
from broker.domain.requests.asked_places import spot_of
from broker.services.catalog.map.facets import Facets
from broker.web.api.catalog.cameras import CameraOut, shown
from broker.web.camera_query import WantedDep
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.refs import DepartmentRef
from broker.web.routes import OnceRoute
from broker.web.values import Out

router = APIRouter(tags=["cameras"], route_class=OnceRoute)

MOST_FEATURES = 1_000

Near = Annotated[str, Query(max_length=60, description="longitude,latitude. 经度,纬度。")]
Nearest = Annotated[int, Query(ge=1, le=200, description="How many. 个数。")]
Features = Annotated[int, Query(ge=1, le=MOST_FEATURES, description="How many at most. 最多个数。")]


class NearOut(Out):
    """A point and how far it is, in metres on the sphere."""

    camera: CameraOut
    metres: float


class NearestOut(Out):
    """The nearest points, the nearest first."""

    items: list[NearOut]


class OwnerCount(Out):
    """How many points a department has."""

    owner: DepartmentRef
    count: int


class FacetsOut(Out):
    """How many points that answer have what; counties and departments without any are left out."""

    total: int
    divisions: dict[str, int]
    owners: list[OwnerCount]
    classes: dict[str, int]
    statuses: dict[str, int]
    lifecycles: dict[str, int]
    tags: dict[str, int]
    bound: int

    @classmethod
    def of(cls, found: Facets, reading: ReadingDep) -> Self:
        known = reading.known(departments=set(found.owners))
        owners = sorted(found.owners.items(), key=lambda it: -it[1])
        return cls(
            total=found.total, divisions=found.divisions,
            owners=[OwnerCount(owner=DepartmentRef.named(key, known), count=n) for key, n in owners],
            classes={str(key) if key else "": n for key, n in found.classes.items()}, statuses=found.statuses,
            lifecycles=found.lifecycles, tags=found.tags, bound=found.bound,
        )  # fmt: skip


class PointShape(Out):
    """Longitude and latitude of WGS-84."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class PointTold(Out):
    """What a map says of a point."""

    name: str
    gb_code: str | None
    status: str
    point_class: int | None


class FeatureOut(Out):
    """One point as GeoJSON."""

    type: Literal["Feature"] = "Feature"
    id: UUID
    geometry: PointShape
    properties: PointTold


class FeaturesOut(Out):
    """Points as GeoJSON; `complete` is false when there are more than were asked for."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    complete: bool
    features: Annotated[list[FeatureOut], Field(max_length=MOST_FEATURES)]

    @classmethod
    def of(cls, cameras: Sequence[Camera | Point], limit: int) -> Self:
        return cls(complete=len(cameras) <= limit, features=[_feature(camera) for camera in cameras[:limit]])


def _feature(camera: Camera | Point) -> FeatureOut:
    told = PointTold(
        name=camera.name, gb_code=camera.gb_code, status=camera.status, point_class=camera.point_class
    )  # fmt: skip
    shape = PointShape(coordinates=(camera.longitude, camera.latitude))
    return FeatureOut(id=camera.id, geometry=shape, properties=told)


@router.get("/cameras/facets")
def count_cameras(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, wanted: WantedDep) -> FacetsOut:
    """按区划、部门、类型、状态、标签统计符合条件的点位。Count the cameras that answer, by what they are."""
    return FacetsOut.of(broker.finding.facets(caller, wanted), reading)


@router.get("/cameras/nearest")
def nearest_cameras(
    near: Near, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, wanted: WantedDep, limit: Nearest = 20
) -> NearestOut:
    """离一处最近的点位。The cameras nearest to a spot."""
    found = broker.finding.nearest(caller, wanted, spot_of(near, "#query/near"), limit)
    cameras = shown([camera for camera, _ in found], reading)
    return NearestOut(
        items=[NearOut(camera=one, metres=round(far, 2)) for one, (_, far) in zip(cameras, found, strict=True)]
    )


@router.get("/cameras.geojson")
def map_cameras(caller: CallerDep, broker: BrokerDep, wanted: WantedDep, limit: Features = 200) -> FeaturesOut:
    """以 GeoJSON 取少量点位。A small set of cameras as GeoJSON."""
    return FeaturesOut.of(broker.finding.page(caller, wanted, after=None, limit=limit + 1), limit)
