"""The record of one point: read it, edit it, give it a code, say who may know of it; its picture and its history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Form, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from broker.domain.catalog.camera_edits import KEPT, LONGEST_TAG, MOST_TAGS, CameraEdit
from broker.domain.catalog.catalog import Direction, Lifecycle, Visibility
from broker.domain.catalog.code_giving import CodeAsk
from broker.domain.catalog.divisions import Division
from broker.domain.catalog.gb_code import Edition
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId
from broker.domain.oversight.trace_search import person_of
from broker.services.catalog.camera_records import LARGEST_PICTURE, MOST_SHOWN_TO, Detail
from broker.services.people.names import Known
from broker.web.api.catalog.cameras import CameraOut, shown
from broker.web.api.requests.attachments import NO_PAGE
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ByNumber, Page
from broker.web.refs import DepartmentRef
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Line, Out
from storage.db.catalog.camera_history import HistoryLine

router = APIRouter(prefix="/cameras", tags=["cameras"], route_class=OnceRoute)

Values = Annotated[dict[str, JsonValue], Field(max_length=100)]
Digits = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{8,9}|[0-9]{12})$")]
GbDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{20}$")]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TAG)]
DIRECTIONS = {direction.name.lower(): direction for direction in Direction}
_NEVER_NULL = frozenset({"name", "address", "division", "latitude", "longitude", "lifecycle", "tags"})


class CameraEditIn(In):
    """A change of a point; members that are left out stay, null takes a value away.

    `record` and `custom` are laid over what there is, field by field. With `version`, the change is refused when
    somebody else was first.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"version": 4, "record": {"model": "DS-2CD", "record_save_days": 30}, "tags": ["学校周边"]}]
        },
    )

    version: Version | None = None
    name: Line | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    division: Digits | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    direction: Annotated[str, Field(pattern=f"^({'|'.join(DIRECTIONS)})$")] | None = None
    point_class: Annotated[int, Field(ge=1, le=9)] | None = None
    gb_code: GbDigits | None = None
    edition: Edition | None = None
    lifecycle: Lifecycle | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] | None = None
    record: Values | None = None
    custom: Values | None = None

    def edit(self) -> CameraEdit:
        """Return what is to change.

        Raises:
            Invalid: a point cannot be without what is null, or one half of its place is missing.
        """
        told: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set - {"version"}}
        for name in sorted(_NEVER_NULL & told.keys()):
            if told[name] is None:
                raise Invalid("field-missing", pointer=f"/{name}")
        place = told.pop("latitude", None), told.pop("longitude", None)
        if (place[0] is None) != (place[1] is None):
            raise Invalid("field-missing", pointer="/latitude" if place[0] is None else "/longitude")
        if told.get("direction") is not None:
            told["direction"] = DIRECTIONS[told["direction"]]
        if "tags" in told:
            told["tags"] = tuple(told["tags"])
        kept = KEPT if place[0] is None or place[1] is None else (place[0], place[1])
        return CameraEdit(version=self.version, place=kept, **told)


class NewCodeIn(In):
    """What the code of a point is to say; the serial is the next free one. Without `division` it is the point's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"industry": "00", "type": "132", "edition": "2022"}]})

    division: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9]{2})?$")] | None = None
    industry: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] = "00"
    type: Annotated[str, StringConstraints(pattern=r"^13[12]$")] = "132"
    network: Annotated[str, StringConstraints(pattern=r"^[0-9]$")] = "0"
    edition: Edition = Edition.Y2022


class VisibilityIn(In):
    """Who may know of a point; `shown_to` are codes of departments, for a listed one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"visibility": "listed", "shown_to": ["dh-hb"]}]})

    visibility: Visibility
    shown_to: Annotated[list[Code], Field(max_length=MOST_SHOWN_TO)] = Field(default_factory=list)
    version: Version | None = None


class PictureIn(In):
    """A small picture of what the camera looks at."""

    file: Annotated[UploadFile, Field(description="JPEG, PNG. 参考图片。")]


class DivisionRef(Out):
    """A division by code and name."""

    code: str
    name: str

    @classmethod
    def of(cls, found: Division | None) -> Self | None:
        return None if found is None else cls(code=found.code, name=found.name)


class RecordOut(Out):
    """A point with its whole record (一机一档).

    `division_now`: what took the place of a division that is no longer in force. `hidden`: fields that are filled in
    and not for the reader. `lacking`: what its class must have. `gaps`: that, and what the standard wants of every
    device.
    """

    camera: CameraOut
    external_key: str | None
    shown_to: list[DepartmentRef]
    record: dict[str, JsonValue]
    custom: dict[str, JsonValue]
    extra: dict[str, JsonValue]
    picture: str | None
    hidden: list[str]
    lacking: list[str]
    gaps: list[str]
    division_now: DivisionRef | None

    @classmethod
    def of(cls, detail: Detail, reading: Reading) -> Self:
        camera = detail.camera
        known = reading.known(departments=camera.shown_to)
        return cls(
            camera=shown([camera], reading)[0], external_key=camera.external_key,
            shown_to=[DepartmentRef.named(key, known) for key in camera.shown_to],
            record=dict(camera.record), custom=dict(camera.custom), extra=dict(camera.extra), picture=camera.picture,
            hidden=list(detail.hidden), lacking=list(detail.lacking), gaps=list(detail.gaps),
            division_now=DivisionRef.of(detail.division_now),
        )  # fmt: skip


class HistoryOut(Out):
    """One change of a point: when, by whom (as in the trace), and what stood there before and after."""

    at: datetime
    actor: str
    actor_name: str | None
    before: dict[str, JsonValue]
    after: dict[str, JsonValue]

    @classmethod
    def of(cls, line: HistoryLine, known: Known) -> Self:
        key = person_of(line.actor)
        person = None if key is None else known.persons.get(key)
        return cls(
            at=line.at.astimezone(UTC), actor=line.actor, actor_name=person.name if person else None,
            before=line.before, after=line.after,
        )  # fmt: skip


def lines(found: Sequence[HistoryLine], reading: Reading) -> list[HistoryOut]:
    """Return changes, who made them looked up together."""
    known = reading.known(persons={key for line in found if (key := person_of(line.actor))})
    return [HistoryOut.of(line, known) for line in found]


@router.get("/{key}/record")
def read_record(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> RecordOut:
    """查看点位的完整档案（一机一档）。Read the whole record of a point."""
    return RecordOut.of(broker.camera_records.read(caller, CameraId(key)), reading)


@router.patch("/{key}")
def edit_camera(key: UUID, body: CameraEditIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> CameraOut:
    """修改点位档案，省略的成员保持不变。Change a point; what is left out stays."""
    return shown([broker.camera_records.edit(caller, CameraId(key), body.edit())], reading)[0]


@router.post("/{key}/code")
def give_code(key: UUID, body: NewCodeIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> CameraOut:
    """为没有国标编码的点位生成下一个可用编码。Give a point without a code the next free one."""
    ask = CodeAsk(body.division, body.industry, body.type, body.network, body.edition)
    return shown([broker.camera_records.give_code(caller, CameraId(key), ask)], reading)[0]


@router.put("/{key}/visibility")
def show_camera(key: UUID, body: VisibilityIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> CameraOut:
    """设定哪些部门可以看到该点位。Say who may know of a point at all."""
    found = broker.camera_records.show_to(caller, CameraId(key), body.visibility, body.shown_to, body.version)
    return shown([found], reading)[0]


@router.put("/{key}/picture", status_code=204)
def keep_picture(
    key: UUID, body: Annotated[PictureIn, Form(media_type="multipart/form-data")], caller: CallerDep, broker: BrokerDep
) -> None:
    """上传点位的参考图片，替换原有的一张。Keep a reference picture of a point in place of the one before."""
    content = body.file.file.read(LARGEST_PICTURE + 1)  # one byte too many is told as such
    broker.camera_records.set_picture(caller, CameraId(key), content)


@router.delete("/{key}/picture", status_code=204)
def drop_picture(key: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """删除点位的参考图片。Take the reference picture of a point away."""
    broker.camera_records.set_picture(caller, CameraId(key), None)


@router.get(
    "/{key}/picture",
    response_class=Response,
    responses={200: {"description": "the bytes of the picture", "content": {"application/octet-stream": {}}}},
)
def read_picture(key: UUID, caller: CallerDep, broker: BrokerDep) -> Response:
    """查看点位的参考图片。Read the reference picture of a point."""
    digest, chunks = broker.camera_records.picture(caller, CameraId(key))
    headers = {
        "Content-Security-Policy": NO_PAGE, "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
        "ETag": f'"{digest}"', "Content-Disposition": "attachment",
    }  # fmt: skip
    return StreamingResponse(iter(chunks), media_type="application/octet-stream", headers=headers)


@router.get("/{key}/history")
def read_history(
    key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ByNumber
) -> Page[HistoryOut]:
    """查看点位的变更历史，最近的在前。Read what changed about a point, the newest first."""
    found = broker.camera_records.history(caller, CameraId(key), before=window.after or None, limit=window.wanted)
    return window.page(found, lambda line: line.id, lambda shown: lines(shown, reading))
