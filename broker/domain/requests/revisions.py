"""What changed between two revisions of a request, from what the trace tells of each submission."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from broker.domain.ids import CameraId, PersonId
from broker.domain.time import TimeSpan

SUBMISSIONS = frozenset({"access_request:submitted", "access_request:resubmitted"})
FIELDS = ("basis", "matter", "case_number", "reason", "actions", "valid_days", "originals")
"""What a form says beside persons and cameras, by its name in the trace."""
PLACE = "place"
"""Where it happened; older events do not tell of it, and nothing is said to have changed since them."""


class Turn(StrEnum):
    """What became of a thing from one revision to the next."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class FieldChange:
    """A field that says something else; both as the trace has it, several values joined."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class PersonChange:
    """Somebody who is to look, or no longer."""

    person: PersonId
    turn: Turn


@dataclass(frozen=True)
class CameraChange:
    """A camera that came, went, or is asked for at other times."""

    camera: CameraId
    turn: Turn
    before: tuple[TimeSpan, ...]
    after: tuple[TimeSpan, ...]


@dataclass(frozen=True)
class Changes:
    """All that changed."""

    fields: tuple[FieldChange, ...] = ()
    persons: tuple[PersonChange, ...] = ()
    cameras: tuple[CameraChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fields or self.persons or self.cameras)


def compared(before: Mapping[str, object], after: Mapping[str, object]) -> Changes:
    """Return what changed between two submissions, as their events tell of them."""
    names = (*FIELDS, PLACE) if PLACE in before and PLACE in after else FIELDS
    said = ((name, _text(before.get(name)), _text(after.get(name))) for name in names)
    return Changes(
        fields=tuple(FieldChange(name, was, now) for name, was, now in said if was != now),
        persons=tuple(_persons(_list(before, "investigators"), _list(after, "investigators"))),
        cameras=tuple(_cameras(_spans(before), _spans(after))),
    )


def _persons(before: Sequence[object], after: Sequence[object]) -> Iterable[PersonChange]:
    was, now = {str(it) for it in before}, {str(it) for it in after}
    yield from (PersonChange(PersonId(UUID(key)), Turn.ADDED) for key in sorted(now - was))
    yield from (PersonChange(PersonId(UUID(key)), Turn.REMOVED) for key in sorted(was - now))


def _cameras(
    before: Mapping[str, tuple[TimeSpan, ...]], after: Mapping[str, tuple[TimeSpan, ...]]
) -> Iterable[CameraChange]:
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key, ()), after.get(key, ())
        if was != now:
            turn = Turn.ADDED if not was else Turn.REMOVED if not now else Turn.CHANGED
            yield CameraChange(CameraId(UUID(key)), turn, was, now)


def _spans(told: Mapping[str, object]) -> dict[str, tuple[TimeSpan, ...]]:
    spans: dict[str, list[TimeSpan]] = {}
    for line in _list(told, "lines"):
        if isinstance(line, dict):
            spans.setdefault(str(line["camera"]), []).append(TimeSpan(_instant(line["begin"]), _instant(line["end"])))
    return {key: tuple(sorted(found, key=lambda it: (it.begin, it.end))) for key, found in spans.items()}


def _instant(told: object) -> datetime:
    return datetime.fromisoformat(str(told))


def _list(told: Mapping[str, object], name: str) -> Sequence[object]:
    found = told.get(name)
    return found if isinstance(found, list) else ()


def _text(value: object) -> str:
    if isinstance(value, dict):
        return f"{value['name']} {value['longitude']:.6f} {value['latitude']:.6f}".strip()
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
