"""A source over time: its states with a band, and its clock, which is set by a picture that shows it."""

from datetime import timedelta

from fastapi import APIRouter, Response

from broker.domain.errors import Invalid
from broker.services.sources.source_clocks import Reading
from broker.web.api.sources.source_history import ClockIn, ClockOut, SpellOut
from broker.web.api.sources.sources import SourceCode
from broker.web.console.forms import Refusal, checked
from broker.web.console.operating.bands import band
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.operating.sources import SOURCES, SourceRow
from broker.web.console.routes import PageRoute, UploadDep, UploadPageRoute
from broker.web.middleware import MEBIBYTE
from broker.web.paging import ByNumber, Window

router = APIRouter(prefix=f"{SOURCES}/{{code}}", route_class=PageRoute)
clocks = APIRouter(prefix=f"{SOURCES}/{{code}}/clock", route_class=UploadPageRoute)

YEAR = timedelta(days=365)


@router.get("/history")
def show_history(code: SourceCode, shift: ShiftDep, window: ByNumber) -> Response:
    """接入源的运行状态变化，新的在前。The states a source was in, newest first."""
    found = shift.broker.source_health.page(shift.caller, code, before=window.after or None, limit=window.wanted)
    page = window.page(found, lambda it: it.number, lambda spells: [SpellOut.of(it) for it in spells])
    now = shift.screen.instants.now
    begin = min((it.since for it in page.items), default=now - timedelta(days=1))
    end = max((it.until or it.seen_at for it in page.items), default=now)
    drawn = band(page.items, max(begin, end - YEAR), end) if end > begin else None
    row = SourceRow.all([shift.broker.sources.now(shift.caller, code)], shift.reading)[0]
    return shift.show("source_history", row=row, page=page, band=drawn, first=not window.after)


@clocks.get("")
def show_clock(code: SourceCode, shift: ShiftDep, window: ByNumber) -> Response:
    """接入源的时钟偏差记录，新的在前。How far the clock of a source was off, newest first."""
    return _clock(shift, code, window)


def _clock(shift: Shift, code: str, window: Window[int], refusal: Refusal | None = None) -> Response:
    found = shift.broker.source_clocks.page(shift.caller, code, before=window.after or None, limit=window.wanted)
    page = window.page(found, lambda it: it.number, lambda rows: [ClockOut.of(it) for it in rows])
    row = SourceRow.all([shift.broker.sources.now(shift.caller, code)], shift.reading)[0]
    return shift.show(
        "source_clock", row=row, page=page, first=not window.after, may_set=shift.may("source:clock"), refusal=refusal
    )


@clocks.post("")
def set_clock(code: SourceCode, shift: ShiftDep, upload: UploadDep) -> Response:
    """依据参考画面登记时钟偏差。Enter how far the clock is off, by a picture that shows it."""

    def act() -> None:
        if upload is None:
            raise Invalid("field-missing", pointer="/file")
        read = shift.screen.instants.read
        told = {"shown": read(shift.form.one("shown")), "actual": read(shift.form.one("actual")), "file": upload}
        body = checked(ClockIn, told)
        picture = upload.file.read(shift.broker.settings.attachment_mb * MEBIBYTE + 1)  # one too many is told as such
        shift.broker.source_clocks.enter(shift.caller, code, Reading(body.shown, body.actual, picture))

    return shift.carry_out(
        act, to=f"{SOURCES}/{code}/clock", said="clock-set", again=lambda it: _clock(shift, code, Window(0, 50), it)
    )
