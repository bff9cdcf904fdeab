"""The third step: the span of footage, one for all points and others for single ones, beside what is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.domain.errors import Invalid, Unknown
from broker.domain.ids import CameraId
from broker.domain.requests.sketches import Sketch, Typed
from broker.web.console.applying.frame import Desk
from broker.web.console.applying.recorded import line_of
from broker.web.console.applying.typed import own_faults, seconds, told, usual_faults, usual_span
from broker.web.console.forms import Form, Refusal
from broker.web.console.instants import Instants
from broker.web.console.requester import REQUESTS
from broker.web.console.routes import PageRoute
from broker.web.console.visit import VisitDep
from broker.web.paging import ById, Window
from broker.web.refs import CameraRef

router = APIRouter(prefix=f"{REQUESTS}/{{key}}/apply/times", route_class=PageRoute)

STEP = "times"
MOST_ROWS = 20
"""Points on one page, and on its timeline."""

Camera = Annotated[UUID | None, Query(description="One point that was picked. 已选点位之一。")]


@router.get("")
def show_times(key: UUID, visit: VisitDep, window: ById, camera: Camera = None) -> Response:
    """录像时段。The spans of footage; `camera`: those of one point."""
    return page(Desk(visit, key, STEP), window, camera)


@router.post("")
def write_times(key: UUID, visit: VisitDep, window: ById, camera: Camera = None) -> Response:
    """保存本步并继续。Keep the spans and go on; "ask" asks the sources what they have."""
    desk = Desk(visit, key, STEP)
    try:
        sketch = _keep(desk, visit.form, camera)
    except Invalid as fault:
        return page(desk, window, camera, told([fault], visit.screen.language))
    if visit.form.one("do") == "ask":
        return page(desk, window, camera, ask=True)
    own = _own(sketch, camera)
    faults = usual_faults(sketch, visit.broker.zone) if own is None else own_faults(*own, visit.broker.zone)
    refusal = told(faults, visit.screen.language)
    return page(desk, window, camera, refusal) if refusal else visit.screen.go(desk.after(visit.form))


@router.post("/typed")
def keep_times(key: UUID, visit: VisitDep, camera: Camera = None) -> Response:
    """随写随存。Keep what is typed while it is typed."""
    _keep(Desk(visit, key, STEP), visit.form, camera)
    return Response(status_code=204)


def page(
    desk: Desk, window: Window[UUID], camera: UUID | None, refusal: Refusal | None = None, *, ask: bool = False
) -> Response:
    """Return the page: all points of the sketch, a page at a time, or one of them with spans of its own."""
    found = desk.try_open()
    if found is None:
        return desk.elsewhere()
    request, sketch = found
    window = replace(window, limit=min(window.limit, MOST_ROWS))
    own = _own(sketch, camera)
    picks = [it for it in sketch.picks if window.after is None or it.camera > window.after]
    if own is not None:
        picks = [it for it in sketch.picks if it.camera == own[0]]
    known = desk.reading.known(cameras={it.camera for it in picks[: window.wanted]})
    rows = window.page(picks[: window.wanted], lambda it: it.camera, lambda shown: [
        {"camera": CameraRef.named(it.camera, known), "spans": _shown(it.spans, desk.screen.instants)} for it in shown
    ])  # fmt: skip
    usual = _shown(usual_span(sketch), desk.screen.instants)[0]
    return desk.show(
        request, sketch, refusal, rows=rows, first=window.after is None, own=own and own[0], usual=usual,
        offset=desk.screen.instants.offset(desk.screen.instants.now),
        line=line_of(desk, sketch, picks[: window.limit], ask=ask),
        hours=desk.broker.rulebooks.current(desk.caller).rules.limits.hours_per_camera,
    )  # fmt: skip


def _own(sketch: Sketch, camera: UUID | None) -> tuple[CameraId, Sequence[Typed]] | None:
    """Return the point whose own spans the page is about.

    Raises:
        Unknown: it is not among those that were picked.
    """
    if camera is None:
        return None
    for pick in sketch.picks:
        if pick.camera == camera:
            return pick.camera, pick.spans
    raise Unknown("unknown-camera", camera=camera)


def _keep(desk: Desk, form: Form, camera: UUID | None) -> Sketch:
    """Keep what was typed; an end that shows what is kept already stays exact, since a field shows whole seconds."""
    sketch, instants = desk.opened()[1], desk.screen.instants
    own = _own(sketch, camera)
    if own is not None:
        before = {seconds(_field(text, instants)): text for span in own[1] for text in span}
        pairs = zip_longest(form.all("begin"), form.all("end"), fillvalue="")
        typed = tuple(_exact(pair, before) for pair in pairs if any(pair))
        return desk.broker.sketches.time(desk.caller, desk.request, {}, {own[0]: typed})
    before = {seconds(_field(text, instants)): text for text in usual_span(sketch)[0]}
    begin, end = _exact((form.one("begin"), form.one("end")), before)
    return desk.broker.sketches.time(desk.caller, desk.request, {"begin": (begin,), "end": (end,)}, {})


def _exact(typed: Typed, before: Mapping[str, str]) -> Typed:
    return before.get(seconds(typed[0]), typed[0]), before.get(seconds(typed[1]), typed[1])


def _shown(spans: Sequence[Typed], instants: Instants) -> list[Typed]:
    """Return spans as fields for day and time take them."""
    return [(_field(begin, instants), _field(end, instants)) for begin, end in spans]


def _field(text: str, instants: Instants) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return instants.field(at) if at.tzinfo else text
