"""Kept imports: handed to a worker, followed, corrected, taken back; and the ways of reading that are used again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field, StringConstraints

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import CatalogImport, Fate, ImportProfile, ImportState, OutsideRow
from broker.domain.ids import ImportId, ProfileId
from broker.locale import say
from broker.web.api.catalog.camera_import import ImportIn, ProblemOut, on_disk
from broker.web.deps import BrokerDep, CallerDep, Language
from broker.web.paging import ById, Page
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Line, Out

router = APIRouter(prefix="/imports", tags=["imports"], route_class=OnceRoute)
profiles = APIRouter(prefix="/import-profiles", tags=["imports"], route_class=OnceRoute)

MOST_FIELDS = 256
Target = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,59}$")]
"""A field of a point, or `custom.` and the key of one that the city defined."""


class KeptImportOut(Out):
    """An import as it is kept. read = inserted + updated + unchanged + quarantined + rejected."""

    id: UUID
    owner: UUID
    state: ImportState
    file: str
    format: str
    dry_run: bool
    actor: str
    at: datetime
    ended_at: datetime | None
    mapping: dict[str, str]
    coordinates: System
    done: int
    read: int
    inserted: int
    updated: int
    unchanged: int
    quarantined: int
    rejected: int
    warnings: int
    reasons: dict[str, int]
    error: str | None

    @classmethod
    def of(cls, found: CatalogImport, language: str) -> Self:
        told: Any = found.error or {}
        error = say(told["slug"], language, **told["facts"]) if told else None
        counts = found.balance
        return cls(
            id=found.id, owner=found.owner_id, state=found.state, file=found.file, format=found.format,
            dry_run=found.dry_run, actor=found.actor, at=found.at, ended_at=found.ended_at,
            mapping=dict(found.reading.mapping), coordinates=found.reading.coordinates, done=found.done,
            read=counts.read, inserted=counts.inserted, updated=counts.updated, unchanged=counts.unchanged,
            quarantined=counts.quarantined, rejected=counts.rejected, warnings=counts.warnings,
            reasons=dict(found.reasons), error=error,
        )  # fmt: skip


class ImportRowOut(Out):
    """A row that an import tells of: its cells, without secrets, where it may be corrected."""

    number: int
    place: str
    fate: Fate
    cells: dict[str, Any] | None
    problems: list[ProblemOut]

    @classmethod
    def of(cls, row: OutsideRow, language: str) -> Self:
        problems = [ProblemOut.of(problem, language) for problem in row.problems]
        cells = None if row.cells is None else dict(row.cells)
        return cls(number=row.number, place=row.place, fate=row.fate, cells=cells, problems=problems)


class ImportRowsOut(Out):
    """Rows of an import; `next` is the number to ask `after` for the following ones."""

    items: list[ImportRowOut]
    next: int | None


class ProfileIn(In):
    """A way of reading to keep: which column feeds which field, and in which system the coordinates are."""

    name: Annotated[Line, Field(min_length=1, max_length=80)]
    mapping: Annotated[dict[Target, Line], Field(max_length=MOST_FIELDS)]
    headings: Annotated[list[Line], Field(default_factory=list, max_length=512)]
    coordinates: System = System.WGS84


class ProfileOut(Out):
    """A way of reading that is kept."""

    id: UUID
    name: str
    mapping: dict[str, str]
    headings: list[str]
    coordinates: System

    @classmethod
    def of(cls, found: ImportProfile) -> Self:
        return cls(
            id=found.id, name=found.name, mapping=dict(found.mapping), headings=list(found.headings),
            coordinates=found.coordinates,
        )  # fmt: skip


class ProfilesOut(Out):
    """Ways of reading, by name."""

    items: list[ProfileOut]


@router.post("", status_code=202)
def order_import(
    body: Annotated[ImportIn, Form(media_type="multipart/form-data")], caller: CallerDep, broker: BrokerDep,
    language: Language,
) -> KeptImportOut:  # fmt: skip
    """提交一份较大的点位清单，由后台导入。Hand a long list in; a worker brings it in."""
    with on_disk(body.file) as path:
        return KeptImportOut.of(broker.imports.order(caller, path, body.asked(), dry_run=body.dry_run), language)


@router.get("")
def list_imports(
    owner: Code, caller: CallerDep, broker: BrokerDep, language: Language, window: ById
) -> Page[KeptImportOut]:  # fmt: skip
    """列出一个部门的导入，新的在前。List the imports of a department, newest first."""
    after = None if window.after is None else ImportId(window.after)
    found = broker.imports.page(caller, owner, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda shown: [KeptImportOut.of(it, language) for it in shown])


@router.get("/{key}")
def read_import(key: UUID, caller: CallerDep, broker: BrokerDep, language: Language) -> KeptImportOut:
    """查看一次导入及其进度。Read an import and how far it has come."""
    return KeptImportOut.of(broker.imports.read(caller, ImportId(key)), language)


@router.get("/{key}/rows")
def list_import_rows(
    key: UUID, caller: CallerDep, broker: BrokerDep, language: Language, fate: Fate | None = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ImportRowsOut:  # fmt: skip
    """列出导入中被隔离、拒绝或有疑问的行。List the rows that were quarantined, rejected or doubtful."""
    found = broker.imports.rows(caller, ImportId(key), fate=fate, after=after, limit=limit)
    following = found[-1].number if len(found) == limit else None
    return ImportRowsOut(items=[ImportRowOut.of(row, language) for row in found], next=following)


@router.get(
    "/{key}/correction",
    response_class=Response,
    responses={200: {"description": "the quarantined rows with reasons", "content": {"text/csv": {}}}},
)
def take_correction_file(
    key: UUID, caller: CallerDep, broker: BrokerDep, language: Language,
    format: Literal["csv", "xlsx"] = "csv",  # noqa: A002  # the word people use
) -> Response:  # fmt: skip
    """下载更正表：被隔离的行和原因，改好后可再次导入。Take the quarantined rows with their reasons, to correct them."""
    written = broker.imports.correction(caller, ImportId(key), format, language)
    return _download(written.chunks, written.media_type, f"correction.{format}")


@router.post("/{key}/undo")
def undo_import(key: UUID, caller: CallerDep, broker: BrokerDep, language: Language) -> KeptImportOut:
    """整批撤销一次导入。Take a whole import back."""
    return KeptImportOut.of(broker.imports.undo(caller, ImportId(key)), language)


@profiles.get("")
def list_profiles(
    caller: CallerDep, broker: BrokerDep, after: Line = "", limit: Annotated[int, Query(ge=1, le=200)] = 100
) -> ProfilesOut:  # fmt: skip
    """列出已保存的映射方案。List the saved ways of reading."""
    found = broker.import_profiles.page(caller, after=after, limit=limit)
    return ProfilesOut(items=[ProfileOut.of(profile) for profile in found])


@profiles.put("")
def save_profile(body: ProfileIn, caller: CallerDep, broker: BrokerDep) -> ProfileOut:
    """保存一个映射方案；同名的被替换。Keep a way of reading, in the place of the one of that name."""
    saved = broker.import_profiles.save(
        caller, body.name, body.mapping, headings=body.headings, coordinates=body.coordinates
    )
    return ProfileOut.of(saved)


@profiles.delete("/{key}", status_code=204)
def retire_profile(key: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """停用一个映射方案。Put a way of reading away."""
    broker.import_profiles.retire(caller, ProfileId(key))


def _download(chunks: Iterator[bytes], media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(chunks, media_type=media_type, headers=headers)
