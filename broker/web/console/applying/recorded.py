"""The timeline beside the spans: what is known to be recorded around them, of the points on the page."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

from broker.domain.errors import BrokerError
from broker.domain.requests.sketches import Pick, Sketch
from broker.domain.time import TimeSpan
from broker.web.api.footage.ledger import RecordedOut, shown_lines
from broker.web.console.applying.frame import Desk
from broker.web.console.applying.typed import instant_of, usual_span
from broker.web.console.instants import DAY, HOUR
from broker.web.console.timeline import Channel, Timeline

LONGEST = timedelta(days=31)
UNASKED = "coverage-unknown"
"""Nobody has asked the source yet: a button of the page does."""


def line_of(desk: Desk, sketch: Sketch, picks: Sequence[Pick], *, ask: bool) -> Timeline:
    """Return the timeline of some points; `ask`: the sources are asked now."""
    window = window_of(desk, sketch, picks)
    looked = desk.broker.availability.look(desk.caller, [(pick.camera, window) for pick in picks], ask=ask)
    lines = shown_lines(looked.lines, desk.reading)
    channels = [
        _channel(line, looked.ahead.get(recorded.camera)) for line, recorded in zip(lines, looked.lines, strict=True)
    ]
    return Timeline(window.begin, window.end, channels, desk.broker.settings.timezone)


def window_of(desk: Desk, sketch: Sketch, picks: Sequence[Pick]) -> TimeSpan:
    """Return the window around all spans of these points, and the last day where none was typed yet."""
    now = desk.screen.instants.now.replace(microsecond=0)
    typed = chain.from_iterable(chain.from_iterable(pick.spans or usual_span(sketch) for pick in picks))
    ends = sorted(at for text in typed if (at := _read(desk, text)) is not None and at <= now)
    if len(ends) < 2:  # noqa: PLR2004  # both ends of a span
        return TimeSpan(now - DAY, now)
    around = max(HOUR, (ends[-1] - ends[0]) / 4)
    end = min(now, ends[-1] + around)
    return TimeSpan(max(ends[0] - around, end - LONGEST), end)


def _read(desk: Desk, text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(instant_of(text, desk.broker.zone, ""))
    except (ValueError, OverflowError, BrokerError):
        return None
    return at if at.tzinfo else None


def _channel(line: RecordedOut, ahead: timedelta | None) -> Channel:
    fault = line.fault.detail if line.fault and line.fault.slug != UNASKED else ""
    return Channel(
        line.camera, line.recorded, line.missing or (), ahead=ahead.total_seconds() if ahead else None,
        fault=fault,
    )  # fmt: skip
