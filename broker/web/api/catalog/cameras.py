"""The catalogue: find cameras, ask what is recorded, bind them to sources."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StringConstraints

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.finding import Point
from broker.domain.catalog.privacy_masks import FEWEST_CORNERS, MOST_CORNERS, MOST_MASKS
from broker.domain.errors import Invalid
from broker.domain.footage.media import Mask, MaskStyle
from broker.domain.ids import CameraId
from broker.domain.time import TimeSpan, missing
from broker.services.people.names import Known
from broker.web.camera_query import WantedDep
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import DepartmentRef
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Instant, Line, Out, SpanOut

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=OnceRoute)

LONGEST_COVERAGE = timedelta(days=31)
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

Begin = Annotated[Instant, Query(description="ISO 8601 with offset. 开始时间，须带时区。")]
End = Annotated[Instant, Query(description="ISO 8601 with offset, exclusive. 结束时间（不含），须带时区。")]


class CameraOut(Out):
    """One point of the catalogue; coordinates are WGS-84 degrees."""

    id: UUID
    name: str
    gb_code: str | None
    owner: DepartmentRef
    division: str
    address: str
    latitude: float
    longitude: float
    direction: str | None
    point_class: int | None
    sensitive: bool
    synthetic: bool
    bound: bool
    edition: str | None
    status: str
    lifecycle: str
    visibility: str
    tags: list[str]
    version: int

    @classmethod
    def of(cls, camera: Camera | Point, known: Known) -> Self:
        return cls(
            id=camera.id, name=camera.name, gb_code=camera.gb_code,
            owner=DepartmentRef.named(camera.owner_id, known), division=camera.division, address=camera.address,
            latitude=camera.latitude, longitude=camera.longitude,
            direction=camera.direction.name.lower() if camera.direction else None,
            point_class=camera.point_class, sensitive=camera.sensitive, synthetic=camera.synthetic,
            bound=camera.source_id is not None, edition=camera.edition, status=camera.status,
            lifecycle=camera.lifecycle, visibility=camera.visibility, tags=list(camera.tags), version=camera.version,
        )  # fmt: skip


class CoverageOut(Out):
    """What of a span is recorded, as the source tells it now."""

    asked: SpanOut
    recorded: list[SpanOut]
    missing: list[SpanOut]

    @classmethod
    def of(cls, asked: TimeSpan, recorded: Sequence[TimeSpan]) -> Self:
        return cls(
            asked=SpanOut.of(asked),
            recorded=[SpanOut.of(span) for span in recorded],
            missing=[SpanOut.of(span) for span in missing(asked, recorded)],
        )


class BindIn(In):
    """On which channel of which source a camera's footage lies."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"gb_code": "99010201081320000001", "source": "archive-dh", "channel": "cam-01"}]
        },
    )

    gb_code: Annotated[str, StringConstraints(pattern=r"^\d{20}$")]
    source: Code
    channel: Line


class TransferIn(In):
    """The code of the department that takes a camera over."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "dh-jt"}]})

    to: Code


class SensitivityIn(In):
    """Whether a point is sensitive: then two persons of its owner have to authorize."""

    sensitive: bool


class MaskIn(In):
    """A part of the picture: its corners, each as shares of width and height, from the upper left."""

    polygon: Annotated[list[tuple[Share, Share]], Field(min_length=FEWEST_CORNERS, max_length=MOST_CORNERS)]
    style: MaskStyle = MaskStyle.SOLID


class MasksIn(In):
    """All privacy masks of a camera; an empty list takes them away."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"masks": [{"polygon": [[0.1, 0.2], [0.4, 0.2], [0.4, 0.6]], "style": "solid"}]}]
        },
    )

    masks: Annotated[list[MaskIn], Field(max_length=MOST_MASKS)]

    def wanted(self) -> tuple[Mask, ...]:
        return tuple(Mask(tuple(mask.polygon), mask.style) for mask in self.masks)


class MaskOut(Out):
    """A part of the picture that nobody is shown; corners are shares of width and height."""

    polygon: list[tuple[float, float]]
    style: MaskStyle


class MasksOut(Out):
    """The privacy masks of a camera."""

    masks: list[MaskOut]

    @classmethod
    def of(cls, camera: Camera) -> Self:
        return cls(masks=[MaskOut(polygon=list(mask.polygon), style=mask.style) for mask in camera.masks])


def shown(cameras: Sequence[Camera | Point], reading: Reading) -> list[CameraOut]:
    """Return cameras, their owners looked up together."""
    known = reading.known(departments={camera.owner_id for camera in cameras})
    return [CameraOut.of(camera, known) for camera in cameras]


def asked_span(begin: Begin, end: End) -> TimeSpan:
    """Return the span of the query.

    Raises:
        Invalid: it is reversed, or longer than a source can be asked for.
    """
    if not begin < end:
        raise Invalid("reversed-time", pointer="#query/end", begin=begin.isoformat(), end=end.isoformat())
    if end - begin > LONGEST_COVERAGE:
        raise Invalid("coverage-too-long", pointer="#query/end", longest=LONGEST_COVERAGE.days)
    return TimeSpan(begin, end)


@router.get("")
def list_cameras(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, wanted: WantedDep
) -> Page[CameraOut]:
    """查找点位。Find cameras."""
    after = None if window.after is None else CameraId(window.after)
    found = broker.finding.page(caller, wanted, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda cameras: shown(cameras, reading))


@router.get("/{key}")
def read_camera(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> CameraOut:
    """查看一个点位。Read one camera."""
    return shown([broker.catalog.read(caller, CameraId(key))], reading)[0]


@router.get("/{key}/masks")
def read_masks(key: UUID, caller: CallerDep, broker: BrokerDep) -> MasksOut:
    """查看点位的隐私遮挡区。Read the privacy masks of a camera."""
    return MasksOut.of(broker.catalog.read(caller, CameraId(key)))


@router.put("/{key}/masks")
def replace_masks(key: UUID, body: MasksIn, caller: CallerDep, broker: BrokerDep) -> MasksOut:
    """重新设定点位的全部隐私遮挡区，此后调取的画面一律遮盖。Set all privacy masks of a camera anew."""
    return MasksOut.of(broker.masks.replace(caller, CameraId(key), body.wanted()))


@router.get("/{key}/coverage")
def read_coverage(key: UUID, begin: Begin, end: End, caller: CallerDep, broker: BrokerDep) -> CoverageOut:
    """查询哪些时段有录像，不显示画面。Ask what is recorded; no picture is shown."""
    asked = asked_span(begin, end)
    return CoverageOut.of(asked, broker.catalog.coverage(caller, CameraId(key), asked))


@router.post("/{key}/transfer")
def transfer_camera(
    key: UUID, body: TransferIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep
) -> CameraOut:
    """将点位移交另一部门，尚未决定的申请随之转交。Give a camera to another department; what is undecided follows."""
    return shown([broker.transfers.transfer(caller, CameraId(key), body.to)], reading)[0]


@router.post("/bind")
def bind_camera(body: BindIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> CameraOut:
    """将点位接入录像源的通道。Bind a camera to a channel of a source."""
    camera = broker.catalog.bind(caller, body.gb_code, body.source, body.channel)
    return shown([broker.catalog.read(caller, camera.id)], reading)[0]


@router.post("/{key}/sensitivity")
def mark_camera(key: UUID, body: SensitivityIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> CameraOut:
    """标记点位是否敏感（敏感点位须双人授权）。Mark a point as sensitive, or as ordinary."""
    return shown([broker.catalog.mark(caller, CameraId(key), sensitive=body.sensitive)], reading)[0]
