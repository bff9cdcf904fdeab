"""The page of one camera: its record as its reader may see it, and where it stands."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.catalog.camera_record import RECORD_FIELDS, RecordField
from broker.domain.catalog.divisions import above
from broker.domain.ids import CameraId
from broker.services.catalog.camera_records import Detail
from broker.web.api.catalog.camera_records import RecordOut
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import VisitDep

router = APIRouter(prefix="/cameras", route_class=OncePageRoute)

Line = tuple[str, str]
"""A field and its value, in the words of the reader."""


@router.get("/{key}")
def show_camera(key: UUID, visit: VisitDep) -> Response:
    """一个点位的档案。One camera and its record."""
    detail = visit.broker.camera_records.read(visit.caller, CameraId(key))
    division = detail.camera.division
    codes = [*above(division), division] if division else []
    names = visit.broker.divisions.named(visit.caller, codes) if codes else {}
    fields = _labels(detail, visit.screen.language)
    return visit.show(
        "maps/camera", it=RecordOut.of(detail, visit.reading),
        places=[names[code] for code in codes if code in names],
        record=_lines(detail.camera.record, RECORD_FIELDS, visit.screen.language),
        custom=_lines(detail.camera.custom, {key: it.rule for key, it in detail.fields.items()}, visit.screen.language),
        hidden=[fields.get(it, it) for it in detail.hidden], gaps=[fields.get(it, it) for it in detail.gaps],
    )  # fmt: skip


def _labels(detail: Detail, language: str) -> dict[str, str]:
    known = {**RECORD_FIELDS, **{key: it.rule for key, it in detail.fields.items()}}
    return {key: _of(field, language) for key, field in known.items()}


def _lines(values: Mapping[str, object], fields: Mapping[str, RecordField], language: str) -> list[Line]:
    """Return what is filled in, in the order of the form; a field that is no longer known stands under its key."""
    order = {key: place for place, key in enumerate(fields)}
    return [
        (_of(fields[key], language) if key in fields else key, _told(fields.get(key), values[key], language))
        for key in sorted(values, key=lambda it: (order.get(it, len(order)), it))
    ]


def _of(field: RecordField, language: str) -> str:
    return field.en if language == "en" else field.zh


def _told(field: RecordField | None, value: object, language: str) -> str:
    if isinstance(value, list):
        return " / ".join(_told(field, each, language) for each in value)
    word = field.allowed.get(str(value)) if field else None
    if word is not None:
        return word.en if language == "en" else word.zh
    if isinstance(value, bool):
        return "✓" if value else "–"
    return str(value)
