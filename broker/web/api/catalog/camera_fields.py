"""The fields of a camera record: those of the standards, and those the city defined."""

from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from broker.domain.catalog.camera_fields import KEY, MOST_ALLOWED, CustomField
from broker.domain.catalog.camera_record import RECORD_FIELDS, FieldKind, RecordField, Word
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import OnceRoute
from broker.web.values import In, Line, Out

router = APIRouter(prefix="/camera-fields", tags=["cameras"], route_class=OnceRoute)

FieldKey = Annotated[str, Path(pattern=KEY)]


class AllowedIn(In):
    """One code that may stand in a field, and what it means."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    zh: Line
    en: Line


class CameraFieldIn(In):
    """A field of the city; its kind stays as it was defined first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"zh": "网格编号", "en": "Grid number", "kind": "text", "mandatory": False}]}
    )

    zh: Line
    en: Line
    kind: FieldKind
    allowed: Annotated[list[AllowedIn], Field(max_length=MOST_ALLOWED)] = Field(default_factory=list)
    mandatory: bool = False
    retired: bool = False

    def wanted(self, key: str) -> CustomField:
        allowed = {each.code: Word(each.zh, each.en) for each in self.allowed}
        return CustomField(key, self.zh, self.en, self.kind, allowed, self.mandatory, self.retired)


class AllowedOut(Out):
    """One code and what it means."""

    code: str
    zh: str
    en: str


class CameraFieldOut(Out):
    """One field: whose word it is, what may stand in it, and for which point classes it is mandatory.

    `mandatory_classes` is about fields of the standards, `mandatory` and `retired` about those of the city.
    """

    key: str
    zh: str
    en: str
    kind: FieldKind
    standard: str
    elements: list[str]
    clause: str
    allowed: list[AllowedOut]
    told: str
    mandatory_classes: list[int]
    mandatory: bool
    retired: bool

    @classmethod
    def of(cls, field: RecordField, *, mandatory: bool = False, retired: bool = False) -> Self:
        return cls(
            key=field.key, zh=field.zh, en=field.en, kind=field.kind, standard=field.standard.value,
            elements=list(field.elements), clause=field.clause,
            allowed=[AllowedOut(code=code, zh=word.zh, en=word.en) for code, word in field.allowed.items()],
            told=field.told, mandatory_classes=sorted(field.mandatory), mandatory=mandatory, retired=retired,
        )  # fmt: skip

    @classmethod
    def own(cls, field: CustomField) -> Self:
        return cls.of(field.rule, mandatory=field.mandatory, retired=field.retired)


class CameraFieldsOut(Out):
    """All fields; both lists are bounded."""

    standard: list[CameraFieldOut]
    custom: list[CameraFieldOut]


@router.get("")
def list_fields(caller: CallerDep, broker: BrokerDep) -> CameraFieldsOut:
    """列出点位档案的全部字段，包括本市自定义字段。List all fields of a camera record."""
    own = broker.camera_fields.all(caller)
    standard = [CameraFieldOut.of(field) for field in RECORD_FIELDS.values()]
    return CameraFieldsOut(standard=standard, custom=[CameraFieldOut.own(field) for field in own])


@router.put("/{key}")
def define_field(key: FieldKey, body: CameraFieldIn, caller: CallerDep, broker: BrokerDep) -> CameraFieldOut:
    """定义或修改本市自定义字段。Define a field of the city, or change what is said about it."""
    return CameraFieldOut.own(broker.camera_fields.define(caller, body.wanted(key)))
