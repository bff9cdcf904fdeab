"""From what was typed to the form that the API would get, and what is told of all that is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID

from pydantic import ValidationError

from broker.domain.errors import BrokerError, Invalid
from broker.domain.ids import CameraId
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.sketches import GIGABYTE, MINUTE, Sketch, Typed, shown_amount
from broker.web.console.forms import Refusal, refusal_of
from broker.web.console.maps.picks import stated
from broker.web.values import In, SpanIn

Fault = BrokerError | ValidationError

STEPS = ("matter", "cameras", "times", "terms", "check")
"""The pages of the wizard, in their order."""

PLACES = {
    "purpose": "matter", "place": "matter", "urgent": "matter", "terms": "terms", "investigators": "terms",
    "default": "times", "cameras": "times",
}  # fmt: skip


def step_of(pointer: str) -> str:
    """Return the step on which that is mended what lies at a pointer of the form."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "lines":
        return "cameras" if len(parts) == 1 or parts[-1] == "camera" else "times"
    return PLACES.get(parts[0], "check")


def instant_of(text: str, zone: tzinfo, pointer: str, *, last: bool = False) -> str:
    """Return what was typed into a field for day and time as the API takes it; what is no such thing stays as it is.

    An hour that the clocks go through twice is meant the first time where a span begins, the second (`last`) where
    it ends.

    Raises:
        Invalid: `time-skipped`: the clocks went forward over it.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return text
    if read.tzinfo is not None:
        return text
    local = read.replace(tzinfo=zone, fold=int(last))
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != read:
        raise Invalid("time-skipped", pointer=pointer, value=text.replace("T", " "))
    return local.isoformat()


def seconds(text: str) -> str:
    """Return what a browser sends, with the seconds that it leaves out when they are nought."""
    return f"{text}:00" if text.count(":") == 1 and "+" not in text else text


class SpansIn(In):
    """The span of all points."""

    default: SpanIn


class OwnIn(In):
    """The spans of single points."""

    cameras: dict[UUID, list[SpanIn]]


@dataclass(frozen=True)
class Writing:
    """A sketch read as a form: `body` as the API takes it, the point of each line, and what is wrong before that."""

    body: Mapping[str, object]
    cameras: Sequence[CameraId]
    faults: Sequence[Fault]


def written(sketch: Sketch, request: AccessRequest, zone: tzinfo) -> Writing:
    """Return the form that a sketch makes."""
    lines: list[dict[str, str]] = []
    cameras: list[CameraId] = []
    usual = all(pick.spans for pick in sketch.picks)
    faults = [] if usual else usual_faults(sketch, zone)
    for pick in sketch.picks:
        for span in pick.spans or usual_span(sketch):
            found, wrong = span_of(span, zone, f"/lines/{len(lines)}")
            lines.append({"camera": str(pick.camera), **found})
            cameras.append(pick.camera)
            faults += wrong if pick.spans else []
    body = {**matter_of(sketch), **terms_of(sketch, request), "lines": lines}
    return Writing(body, cameras, faults)


def usual_span(sketch: Sketch) -> tuple[Typed, ...]:
    """Return the span of all points, as it was typed."""
    return ((sketch.one("begin"), sketch.one("end")),)


def usual_faults(sketch: Sketch, zone: tzinfo) -> list[Fault]:
    """Return what is wrong with the span of all points."""
    blank: list[Fault] = [
        Invalid("field-empty", pointer=f"/default/{name}") for name in ("begin", "end") if not sketch.one(name)
    ]
    found, skipped = span_of(usual_span(sketch)[0], zone, "/default")
    return blank or list[Fault](skipped) or _faults_of(SpansIn, {"default": found})


def own_faults(camera: CameraId, spans: Sequence[Typed], zone: tzinfo) -> list[Fault]:
    """Return what is wrong with the spans of one point."""
    read = [span_of(span, zone, f"/cameras/{camera}/{place}") for place, span in enumerate(spans)]
    skipped: list[Fault] = [fault for _, wrong in read for fault in wrong]
    return skipped or _faults_of(OwnIn, {"cameras": {str(camera): [found for found, _ in read]}})


def _faults_of(kind: type[In], body: Mapping[str, object]) -> list[Fault]:
    try:
        kind.model_validate(dict(body))
    except ValidationError as wrong:
        return [wrong]
    return []


def span_of(typed: Typed, zone: tzinfo, pointer: str) -> tuple[dict[str, str], list[Invalid]]:
    """Return a span as the API takes it, and which of its ends cannot be."""
    found: dict[str, str] = {}
    faults: list[Invalid] = []
    for name, text in zip(("begin", "end"), typed, strict=True):
        found[name] = text
        try:
            found[name] = instant_of(text, zone, f"{pointer}/{name}", last=name == "end")
        except Invalid as fault:
            faults.append(fault)
    return found, faults


def matter_of(sketch: Sketch) -> dict[str, object]:
    """Return the first step as the API takes it."""
    names = ("basis", "matter", "case_number", "reason")
    return {
        "purpose": {name: sketch.one(name) for name in names},
        "place": stated(sketch.one),
        "urgent": bool(sketch.all("urgent")),
    }


def terms_of(sketch: Sketch, request: AccessRequest) -> dict[str, object]:
    """Return investigators and terms as the API takes them; an amount that was not touched stays exact."""
    quota = request.terms.quota
    side = sketch.one("longest_side")
    return {
        "investigators": list(dict.fromkeys(sketch.all("investigator"))),
        "terms": {
            "actions": list(sketch.all("action")),
            "valid_days": sketch.one("valid_days"),
            "quota": {
                "snapshots": sketch.one("snapshots"),
                "seconds": _amount(sketch.one("minutes"), MINUTE, quota.seconds),
                "bytes": _amount(sketch.one("gigabytes"), GIGABYTE, quota.bytes),
            },
            "conditions": list(sketch.all("condition")),
            "originals": bool(sketch.all("originals")),
            "longest_side": side or None,
        },
    }


def _amount(text: str, unit: int, before: int) -> int | str:
    if text == shown_amount(before, unit):
        return before
    try:
        return int(float(text) * unit)
    except (ValueError, OverflowError):
        return text


def told(faults: Iterable[Fault], language: str) -> Refusal | None:
    """Return what is told of all faults together, the first sentence above the form; None where there are none."""
    found = [refusal_of(fault, language) for fault in faults]
    if not found:
        return None
    fields: dict[str, str] = {}
    for each in found:
        fields = {**each.fields, **fields}
    return Refusal(found[0].status, found[0].slug, found[0].sentence, fields, found[0].missing)
