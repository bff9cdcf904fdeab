"""What a grant allows and what of it is recorded, as a timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.domain.ids import CameraId, GrantId
from broker.web.api.footage.grants import GrantOut
from broker.web.api.footage.ledger import RecordedOut, shown_lines
from broker.web.console.timeline import Channel, Timeline
from broker.web.console.visit import Visit
from broker.web.refs import CameraRef

AT_ONCE = 12
"""Cameras on one line: of more, the next ones stand on a page of their own."""


@dataclass(frozen=True)
class GrantedLine:
    """Some cameras of a grant on a timeline.

    Attributes:
        timeline: of the cameras that are shown.
        cameras: those.
        next: the last of them, where more follow.
        at: when the sources were asked, None where nothing is known.
        refreshing: they are being asked anew.
    """

    timeline: Timeline
    cameras: Sequence[CameraRef]
    next: UUID | None
    at: datetime | None
    refreshing: bool


def granted_line(visit: Visit, grant: GrantOut, after: UUID | None, chosen: UUID | None) -> GrantedLine:  # fmt: skip
    """Return the cameras of a grant after one, with what may be taken of each and what is recorded of it.

    Without `after` they are those among which `chosen` is.
    """
    every = {line.camera.id: line.camera for line in sorted(grant.lines, key=lambda line: line.camera.id)}
    keys = list(every)
    first = sum(key <= after for key in keys) if after else 0
    if chosen in every and not after:
        first = keys.index(chosen) // AT_ONCE * AT_ONCE
    some = keys[first : first + AT_ONCE] or keys[:AT_ONCE]
    known = visit.broker.availability.of_grant(visit.caller, GrantId(grant.id), {CameraId(key) for key in some})
    lines = shown_lines(known.lines, visit.reading)
    windows = [line.window for line in grant.lines if line.camera.id in some]
    channels = [_channel(every[key], grant, lines, known.ahead.get(CameraId(key))) for key in some]
    timeline = Timeline(
        min(it.begin for it in windows), max(it.end for it in windows), channels, visit.broker.settings.timezone
    )
    following = some[-1] if some[-1] != keys[-1] else None
    return GrantedLine(timeline, [every[key] for key in some], following, known.at, known.refreshing)


def _channel(camera: CameraRef, grant: GrantOut, lines: Sequence[RecordedOut], ahead: float | None) -> Channel:
    own = [line for line in lines if line.camera.id == camera.id]
    told = [line for line in own if line.recorded is not None]
    fault = next((line.fault.detail for line in own if line.fault), "")
    return Channel(
        camera,
        recorded=[span for line in told for span in (*(line.recorded or ()), *line.sealed)] if told else None,
        missing=[gap for line in told for gap in line.missing or ()],
        allowed=[line.window for line in grant.lines if line.camera.id == camera.id],
        ahead=ahead,
        fault=fault,
    )
