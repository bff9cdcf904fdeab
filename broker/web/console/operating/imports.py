"""Imports of lists: which there are, handed in, followed, taken back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import Fate, ImportState
from broker.domain.errors import Invalid
from broker.domain.ids import ImportId
from broker.services.catalog.catalog_files.reading import FORMATS
from broker.web.api.catalog.camera_import import ReadingIn, on_disk
from broker.web.console.forms import Refusal, checked
from broker.web.console.operating.asked import Filled
from broker.web.console.operating.departments import departments_for
from broker.web.console.operating.import_page import MOST_PROFILES, ImportRow, import_page
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.routes import OncePageRoute, UploadDep, UploadPageRoute
from broker.web.paging import ById

IMPORTS = "/imports"

handing_in = APIRouter(prefix=IMPORTS, route_class=UploadPageRoute)
router = APIRouter(prefix=IMPORTS, route_class=OncePageRoute)

State = Annotated[ImportState | None, Filled, Query()]
Before = Annotated[UUID | None, Query(alias="from")]
RowAfter = Annotated[int, Query(ge=0, le=2**31 - 1)]
Reason = Annotated[str, Query(max_length=80)]


@handing_in.get("/new")
def new_import(shift: ShiftDep, before: Before = None) -> Response:
    """提交点位清单文件；`from` 为此前的一次导入，沿用其映射。Hand a list in, read as an earlier one was."""
    return _form(shift, before)


def _form(shift: Shift, before: UUID | None, refusal: Refusal | None = None) -> Response:
    broker, caller = shift.broker, shift.caller
    earlier = None if before is None else ImportRow.all([broker.imports.read(caller, ImportId(before))], shift)[0]
    return shift.show(
        "import_new", earlier=earlier, departments=departments_for(shift), formats=FORMATS, systems=System,
        profiles=broker.import_profiles.page(caller, after="", limit=MOST_PROFILES), refusal=refusal,
        most=broker.settings.upload_mb,
    )  # fmt: skip


@handing_in.post("/new")
def hand_in(shift: ShiftDep, upload: UploadDep, before: Before = None) -> Response:
    """提交清单后先预览，确认后才导入。The list lies there to be looked at; nothing is brought in yet."""
    made: list[UUID] = []

    def act() -> None:
        if upload is None:
            raise Invalid("field-missing", pointer="/file")
        told = {name: shift.form.one(name) for name in ("owner", "format", "profile", "coordinates")}
        fields: dict[str, object] = {name: value for name, value in told.items() if value}
        body = checked(ReadingIn, {**fields, "strict": bool(shift.form.one("strict")), "file": upload})
        earlier = None if before is None else shift.broker.imports.read(shift.caller, ImportId(before))
        reading = earlier.reading if earlier else None
        with on_disk(body.file) as path:
            made.append(shift.broker.import_previews.lay(shift.caller, path, body.asked(), reading).id)

    answer = shift.carry_out(act, to=IMPORTS, said="list-laid", again=lambda it: _form(shift, before, it))
    return shift.screen.go(f"{IMPORTS}/{made[0]}", "list-laid") if made else answer


@router.get("")
def list_imports(shift: ShiftDep, window: ById, state: State = None) -> Response:
    """点位清单的导入，新的在前。Imports of all departments in reach, the newest first."""
    after = None if window.after is None else ImportId(window.after)
    found = shift.broker.imports.among(shift.caller, state=state, after=after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda rows: ImportRow.all(rows, shift))
    return shift.show("imports", page=page, first=window.after is None, state=state, states=ImportState)


@router.get("/{key}")
def show_import(
    key: UUID, shift: ShiftDep, fate: Fate | None = None, reason: Reason = "", after: RowAfter = 0
) -> Response:
    """查看一次导入：预览，或进度、结果与被隔离的行。One import: a preview, or how far it came and what became of it."""
    return import_page(shift, key, fate=fate, reason=reason, after=after)


@router.post("/{key}/undo")
def undo_import(key: UUID, shift: ShiftDep) -> Response:
    """整批撤销一次导入；须勾选确认。Take a whole import back, once that is confirmed."""

    def act() -> None:
        if not shift.form.one("sure"):
            raise Invalid("field-missing", pointer="/sure")
        shift.broker.imports.undo(shift.stepped_up(), ImportId(key))

    return shift.carry_out(
        act, to=f"{IMPORTS}/{key}", said="import-undone",
        again=lambda it: import_page(shift, key, refused="undo", refusal=it),
    )  # fmt: skip
