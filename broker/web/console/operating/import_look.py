"""A list that lies there: read otherwise, that way kept, tried, begun, put away; and the ways that are kept."""

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import CatalogImport, Reading
from broker.domain.errors import Invalid
from broker.domain.ids import ImportId, ProfileId
from broker.services.catalog.import_profiles import reading_of
from broker.web.api.catalog.imports import ProfileIn, ProfileOut
from broker.web.console.forms import checked
from broker.web.console.operating.import_columns import chosen
from broker.web.console.operating.import_page import MOST_PROFILES, import_page
from broker.web.console.operating.imports import IMPORTS
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.routes import OncePageRoute

router = APIRouter(prefix=f"{IMPORTS}/{{key}}", route_class=OncePageRoute)
profiles = APIRouter(prefix="/import-profiles", route_class=OncePageRoute)


@router.post("/reading")
def read_otherwise(key: UUID, shift: ShiftDep) -> Response:
    """按所选的对应关系重新预览。Read the list otherwise, and look again."""
    form, service = shift.form, shift.broker.import_previews

    def act() -> None:
        strict = bool(form.one("strict"))
        if name := form.one("profile"):
            kept = shift.broker.import_profiles.page(shift.caller, after="", limit=MOST_PROFILES)
            profile = next((it for it in kept if it.name == name), None)
            reading = reading_of(profile, None, None, strict=strict)
        else:
            columns = service.look(shift.caller, ImportId(key), rows=1).columns
            reading = Reading(chosen(form, columns), _system(form.one("coordinates")), strict)
        service.read_otherwise(shift.caller, ImportId(key), reading)

    return shift.carry_out(
        act, to=f"{IMPORTS}/{key}", said="list-reread",
        again=lambda it: import_page(shift, key, refused="reading", refusal=it),
    )  # fmt: skip


def _system(told: str) -> System:
    try:
        return System(told)
    except ValueError:
        raise Invalid("field-choice", pointer="/coordinates", allowed=", ".join(System)) from None


@router.post("/profile")
def keep_reading(key: UUID, shift: ShiftDep) -> Response:
    """将当前对应关系保存为映射方案。Keep this way of reading under a name."""

    def act() -> None:
        found = shift.broker.import_previews.look(shift.caller, ImportId(key), rows=1)
        headings = [it for it in found.columns if it.strip()]
        told = {"name": shift.form.one("name"), "mapping": dict(found.mapping), "headings": headings}
        body = checked(ProfileIn, {**told, "coordinates": found.found.reading.coordinates})
        shift.broker.import_profiles.save(
            shift.caller, body.name, body.mapping, headings=body.headings, coordinates=body.coordinates
        )

    return shift.carry_out(
        act, to=f"{IMPORTS}/{key}", said="profile-saved",
        again=lambda it: import_page(shift, key, refused="profile", refusal=it),
    )  # fmt: skip


@router.post("/try")
def try_import(key: UUID, shift: ShiftDep) -> Response:
    """试运行：检查全部行，不写入目录。Check every row and write nothing."""
    return _ordered(shift, key, lambda: _go_on(shift, key, dry_run=True), said="list-tried")


@router.post("/start")
def start_import(key: UUID, shift: ShiftDep) -> Response:
    """开始导入，由后台执行。Have a worker bring the list in."""
    return _ordered(shift, key, lambda: _go_on(shift, key, dry_run=False), said="import-started")


def _go_on(shift: Shift, key: UUID, *, dry_run: bool) -> CatalogImport:
    return shift.broker.import_previews.go_on(shift.caller, ImportId(key), dry_run=dry_run)


def _ordered(shift: Shift, key: UUID, order: Callable[[], CatalogImport], *, said: str) -> Response:
    made: list[UUID] = []
    answer = shift.carry_out(
        lambda: made.append(order().id), to=IMPORTS, said=said,
        again=lambda it: import_page(shift, key, refused="start", refusal=it),
    )  # fmt: skip
    return shift.screen.go(f"{IMPORTS}/{made[0]}", said) if made else answer


@router.post("/discard")
def discard_list(key: UUID, shift: ShiftDep) -> Response:
    """放弃这份清单，文件随即删除。Put the list away; its file is deleted."""
    return shift.carry_out(
        lambda: shift.broker.import_previews.discard(shift.caller, ImportId(key)), to=IMPORTS, said="list-discarded",
        again=lambda it: import_page(shift, key, refused="start", refusal=it),
    )  # fmt: skip


@profiles.get("")
def list_profiles(shift: ShiftDep) -> Response:
    """已保存的映射方案。The ways of reading that are kept."""
    found = shift.broker.import_profiles.page(shift.caller, after="", limit=MOST_PROFILES)
    return shift.show("import_profiles", profiles=[ProfileOut.of(it) for it in found])


@profiles.post("/{key}/retire")
def retire_profile(key: UUID, shift: ShiftDep) -> Response:
    """停用一个映射方案。Put a way of reading away."""
    return shift.carry_out(
        lambda: shift.broker.import_profiles.retire(shift.caller, ProfileId(key)), to="/import-profiles",
        said="profile-retired", again=lambda it: shift.show("import_profiles", profiles=[], refusal=it),
    )  # fmt: skip
