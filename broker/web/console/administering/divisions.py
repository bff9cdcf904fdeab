"""The desk of divisions: found by code, level and words; lists of towns and villages brought in."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from broker.domain.catalog.divisions import Level
from broker.domain.errors import Forbidden, Invalid
from broker.web.api.catalog.divisions import DivisionOut, DivisionReportOut, PlacedOut
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, refusal_of
from broker.web.console.routes import OncePageRoute, UploadDep, UploadPageRoute
from broker.web.paging import ByText

DIVISIONS = "/divisions"
IMPORT = f"{DIVISIONS}/import"

router = APIRouter(prefix=DIVISIONS, route_class=OncePageRoute)
bringing = APIRouter(prefix=DIVISIONS, route_class=UploadPageRoute)


@router.get("")
def list_divisions(
    seat: SeatDep, window: ByText, within: Annotated[str, Query(max_length=12)] = "",
    level: Annotated[str, Query(max_length=20)] = "", text: Annotated[str, Query(max_length=50)] = "",
) -> Response:  # fmt: skip
    """查找行政区划。Find divisions by what they lie in, their level, and words."""
    sought = {"within": within.strip(), "level": level if level in set(Level) else "", "text": text.strip()}
    refusal = None
    try:
        found = seat.broker.divisions.page(
            seat.caller, within=sought["within"] or None, level=Level(level) if sought["level"] else None,
            text=sought["text"] or None, after=window.after, limit=window.wanted,
        )  # fmt: skip
    except Invalid as error:
        found, refusal = [], error
    page = window.page(found, lambda division: division.code, DivisionOut.each)
    return seat.show(
        "divisions", page=page, levels_told=seat.named("adm-level.", Level), sought=sought, first=window.after is None,
        refusal=refusal_of(refusal, seat.screen.language) if refusal else None, may_import=_may_import(seat),
    )  # fmt: skip


@router.get("/import")
def show_import(seat: SeatDep) -> Response:
    """导入区划清单的页面。The page to bring a list of divisions in on."""
    return _import_page(seat)


def _import_page(
    seat: Seat, refused: str = "", refusal: Refusal | None = None, report: DivisionReportOut | None = None
) -> Response:
    seat.broker.divisions.allow_import(seat.caller)
    return seat.show("division_import", refused=refused, refusal=refusal, report=report)


def _may_import(seat: Seat) -> bool:
    try:
        seat.broker.divisions.allow_import(seat.caller)
    except Forbidden:
        return False
    return True


@bringing.post("/import")
def import_divisions(seat: SeatDep, upload: UploadDep) -> Response:
    """导入区划清单；预演时只检查。Bring a list of divisions in, or only check it."""
    language, dry = seat.screen.language, seat.form.one("how") != "import"
    told: list[DivisionReportOut] = []

    def act() -> None:
        if upload is None:
            raise Invalid("field-missing", pointer="/file")
        name = upload.filename or "list"
        report = seat.broker.divisions.import_file(seat.caller, upload.file, name, dry_run=dry)
        told.append(DivisionReportOut.of(report, language, dry_run=dry))

    answer = seat.carry_out(act, to=IMPORT, said="", again=lambda refusal: _import_page(seat, "import", refusal))
    return _import_page(seat, report=told[0]) if told else answer


@router.get("/{division}")
def show_division(division: Annotated[str, Path(max_length=12)], seat: SeatDep) -> Response:
    """一个区划及其上级、变更。One division, what it lies in, and its changes."""
    return seat.show("division", it=PlacedOut.placed(seat.broker.divisions.read(seat.caller, division)))
