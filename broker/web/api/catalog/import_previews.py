"""Lists looked at before they are brought in: handed in to lie there, read otherwise, tried, begun, put away."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Form, Query
from pydantic import Field

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import Reading
from broker.domain.ids import ImportId
from broker.locale import explain
from broker.services.catalog.import_previews import Look, PreviewRow
from broker.web.api.catalog.camera_import import PreviewIn, ProblemOut, on_disk
from broker.web.api.catalog.imports import MOST_FIELDS, KeptImportOut, ProfileOut, Target
from broker.web.deps import BrokerDep, CallerDep, Language
from broker.web.routes import OnceRoute
from broker.web.values import In, Line, Out

router = APIRouter(prefix="/imports", tags=["imports"], route_class=OnceRoute)

Rows = Annotated[int, Query(ge=1, le=200, description="Rows shown. 显示的行数。")]


class PreviewRowOut(Out):
    """One row as it would go in, or what is wrong with it."""

    place: str
    values: dict[str, Any] | None
    problems: list[ProblemOut]

    @classmethod
    def of(cls, row: PreviewRow, language: str) -> Self:
        values = None if row.values is None else dict(row.values)
        return cls(place=row.place, values=values, problems=[ProblemOut.of(it, language) for it in row.problems])


class PreviewFaultOut(Out):
    """Why a list cannot be read so."""

    slug: str
    detail: str


class ImportPreviewOut(Out):
    """The head of a list that lies there, as it would be read now.

    `columns` feed fields as `mapping` says: only what was said by hand where there is a `fault`, and then there are no
    `rows`. `suggested` is the saved way of reading that fits best, `tried` the trial runs of this file.
    """

    kept: KeptImportOut
    columns: list[str]
    mapping: dict[str, str]
    fault: PreviewFaultOut | None
    suggested: ProfileOut | None
    rows: list[PreviewRowOut]
    tried: list[KeptImportOut]

    @classmethod
    def of(cls, look: Look, language: str) -> Self:
        fault = look.fault and PreviewFaultOut(slug=look.fault.slug, detail=explain(look.fault, language))
        return cls(
            kept=KeptImportOut.of(look.found, language), columns=list(look.columns), mapping=dict(look.mapping),
            fault=fault, suggested=look.profile and ProfileOut.of(look.profile),
            rows=[PreviewRowOut.of(row, language) for row in look.rows],
            tried=[KeptImportOut.of(it, language) for it in look.tried],
        )  # fmt: skip


class MappingIn(In):
    """How a list is to be read: which column feeds which field, in which system its coordinates are."""

    mapping: Annotated[dict[Target, Line], Field(max_length=MOST_FIELDS)]
    coordinates: System = System.WGS84
    strict: bool = False


class StartIn(In):
    """Whether the list is only tried: every row checked, nothing written, the list lies there as before."""

    dry_run: bool = False


@router.post("/preview", status_code=201)
def lay_list(
    body: Annotated[PreviewIn, Form(media_type="multipart/form-data")], caller: CallerDep, broker: BrokerDep,
    language: Language,
) -> ImportPreviewOut:  # fmt: skip
    """提交清单先预览：文件暂存，前几行如何读入，及建议的映射方案。Lay a list there, and see how it would be read."""
    with on_disk(body.file) as path:
        laid = broker.import_previews.lay(caller, path, body.asked())
    return ImportPreviewOut.of(broker.import_previews.look(caller, laid.id, rows=body.rows), language)


@router.get("/{key}/preview")
def look_at_list(
    key: UUID, caller: CallerDep, broker: BrokerDep, language: Language, rows: Rows = 20
) -> ImportPreviewOut:  # fmt: skip
    """再次预览暂存的清单。Look at a list again that lies there."""
    return ImportPreviewOut.of(broker.import_previews.look(caller, ImportId(key), rows=rows), language)


@router.put("/{key}/reading")
def read_list_otherwise(
    key: UUID, body: MappingIn, caller: CallerDep, broker: BrokerDep, language: Language
) -> KeptImportOut:  # fmt: skip
    """更改暂存清单的读法。Say how a list is to be read."""
    reading = Reading(body.mapping, body.coordinates, body.strict)
    return KeptImportOut.of(broker.import_previews.read_otherwise(caller, ImportId(key), reading), language)


@router.post("/{key}/start", status_code=202)
def start_import(
    key: UUID, body: StartIn, caller: CallerDep, broker: BrokerDep, language: Language
) -> KeptImportOut:  # fmt: skip
    """由后台导入暂存的清单，或只试运行。Have a worker bring in a list that lies there, or only try it."""
    begun = broker.import_previews.go_on(caller, ImportId(key), dry_run=body.dry_run)
    return KeptImportOut.of(begun, language)


@router.post("/{key}/discard")
def discard_list(key: UUID, caller: CallerDep, broker: BrokerDep, language: Language) -> KeptImportOut:
    """放弃暂存的清单，文件随即删除。Put a list away; its file is deleted."""
    return KeptImportOut.of(broker.import_previews.discard(caller, ImportId(key)), language)
