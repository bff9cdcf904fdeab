"""Events as a person reads them: who, of which department, what, and the facts with names in place of ids."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from broker import locale
from broker.domain.ids import CameraId, DepartmentId, PersonId
from broker.domain.oversight.audit import KINDS
from broker.domain.oversight.trace_search import person_of
from broker.domain.people.accounts import Department, Role
from broker.services.people.names import Known
from broker.web.api.oversight.audit import EventOut
from broker.web.console.screen import Screen
from broker.web.deps import Reading
from broker.web.refs import CameraRef, DepartmentRef, PersonRef
from broker.web.texts import catalogue

FACTS = frozenset(
    {
        "act", "action", "actions", "address", "attempt", "basis", "begin", "by", "bytes", "camera", "case_number",
        "center", "code", "comment", "conditions", "department", "digest", "digests", "due", "emergency", "end",
        "error", "format", "from", "instant", "investigators", "item", "items", "kind", "last", "left", "level",
        "lines", "login", "matter", "missing", "name", "notice", "number", "original", "originals", "owner", "package",
        "person", "persons", "place", "reason", "remarks", "renews", "report", "request", "retrieval", "revision",
        "role", "route", "rulebook", "size", "sought", "source", "standing_for", "state", "streams", "target", "to",
        "until", "valid_days", "valid_from", "valid_until", "wrong", "grant",
    }
)  # fmt: skip
"""What has a name for people; any other fact stands under the word that the trace has for it."""

WORDS = {"role": "role.", "action": "action.", "actions": "action.", "conditions": "condition.", "state": "state."}
"""Facts whose values have texts: the family of each."""

LOOSE = ("request", "renews")
"""Facts that name an access request."""


@dataclass(frozen=True)
class Value:
    """One value of a fact: words, an instant, or somebody or something by name; `place` leads on."""

    text: str = ""
    at: datetime | None = None
    person: PersonRef | None = None
    camera: CameraRef | None = None
    department: DepartmentRef | None = None
    place: str = ""
    code: bool = False


@dataclass(frozen=True)
class Fact:
    """A fact of an event; `known` says whether its name has a text."""

    name: str
    known: bool
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Told:
    """An event as it is shown: beside it who did it, and of which department that person is."""

    event: EventOut
    person: PersonRef | None
    unit: DepartmentRef | None
    facts: tuple[Fact, ...]
    cameras: tuple[CameraRef, ...]

    @property
    def thing(self) -> str:
        """What the event is about: the first word of its stream."""
        return self.event.stream.partition("/")[0]

    @property
    def known_kind(self) -> bool:
        """Whether it is an event of ours: somebody may have written another kind into the database."""
        return self.event.kind in KINDS

    @property
    def machine(self) -> str:
        """Who did it where nobody did: the worker, the operator at the machine."""
        return "" if self.person else self.event.actor

    @property
    def role(self) -> str:
        """What kind of machine that is; empty where it is none of ours."""
        kind = self.machine.partition(":")[0]
        return kind if kind in set(Role) else ""

    @property
    def called(self) -> str:
        """The name of the machine, where it has another than its kind."""
        kind, _, name = self.machine.partition(":")
        return "" if name == kind else name

    @property
    def why(self) -> str:
        """The reason that was given, if any."""
        data = self.event.data
        found = next((data[name] for name in ("reason", "comment", "report") if data.get(name)), "")
        return found if isinstance(found, str) and not _is_slug(found) else ""


def told(events: Sequence[EventOut], reading: Reading, screen: Screen) -> list[Told]:
    """Return events with the names of all they speak of; three questions for a whole page."""
    keys = {key for event in events for key in _keys(event.data)}
    actors = {key for event in events if (key := person_of(event.actor))}
    known = reading.known(
        persons={PersonId(key) for key in keys} | actors, cameras={CameraId(key) for key in keys},
        departments={DepartmentId(key) for key in keys},
    )  # fmt: skip
    homes = {person.department_id for person in known.persons.values()}
    units = reading.known(departments=homes).departments
    teller = _Teller(known, screen)
    return [teller.told(event, units) for event in events]


@dataclass(frozen=True)
class _Teller:
    known: Known
    screen: Screen
    texts: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", catalogue(self.screen.language))

    def told(self, event: EventOut, units: Mapping[DepartmentId, Department]) -> Told:
        actor = person_of(event.actor)
        person = self.known.persons.get(actor) if actor else None
        home = DepartmentRef.named(person.department_id, Known(departments=units)) if person else None
        facts = tuple(
            Fact(name, name in FACTS, tuple(self._values(name, value)))
            for name, value in event.data.items()
            if value not in (None, "", [], {})
        )
        cameras = tuple(value.camera for fact in facts for value in fact.values if value.camera)
        return Told(event, PersonRef.of(person) if person else None, home, facts, cameras)

    def _values(self, name: str, value: object) -> Iterator[Value]:
        if isinstance(value, list):
            for each in value:
                yield from self._values(name, each)
        elif isinstance(value, bool):
            yield Value(self.screen.t("fact-yes") if value else self.screen.t("fact-no"))
        elif isinstance(value, int | float):
            yield Value(f"{value:,}" if isinstance(value, int) else f"{value:g}")
        elif isinstance(value, str):
            yield self._text(name, value)
        elif isinstance(value, dict) and name == "place":
            yield Value(_spot(value))
        elif isinstance(value, dict):
            yield from self._parts(value)

    def _parts(self, value: dict[str, object]) -> Iterator[Value]:
        """Yield what is told in one go, as a camera with its span: names first, the rest as it stands."""
        rest = dict(value)
        if isinstance(camera := rest.get("camera"), str) and (named := self._text("camera", camera)).camera:
            del rest["camera"]
            yield named
        if rest:
            yield Value(json.dumps(rest, ensure_ascii=False, sort_keys=True), code=True)

    def _text(self, name: str, text: str) -> Value:
        key = _uuid(text)
        if key is not None:
            return self._named(name, key)
        if "T" in text and (at := _instant(text)) is not None:
            return Value(at=at)
        slug = f"{WORDS.get(name, '-')}{text}"
        if slug in self.texts:
            return Value(self.texts[slug])
        return Value(sentence_of(text, self.screen.language) if name in {"reason", "error"} else text)

    def _named(self, name: str, key: UUID) -> Value:
        if person := self.known.persons.get(PersonId(key)):
            return Value(person=PersonRef.of(person))
        if camera := self.known.cameras.get(CameraId(key)):
            return Value(camera=CameraRef.of(camera))
        if department := self.known.departments.get(DepartmentId(key)):
            return Value(department=DepartmentRef.of(department))
        place = f"/trace/requests/{key}" if name in LOOSE else f"/trace?about={key}"
        return Value(str(key), place=place, code=True)


def _spot(told: Mapping[str, object]) -> str:
    """Return where it happened: its name, then longitude and latitude."""
    return " ".join(str(told[name]) for name in ("name", "longitude", "latitude") if told.get(name) not in (None, ""))


def sentence_of(slug: str, language: str) -> str:
    """Return what a slug of a reason says: its own words where the sentence of the error needs facts of that moment."""
    return catalogue(language).get(f"because.{slug}") or locale.gist(slug, language)


def _keys(value: object) -> Iterator[UUID]:
    """Yield every id that stands anywhere in the facts of an event."""
    if isinstance(value, str):
        if key := _uuid(value):
            yield key
    elif isinstance(value, dict):
        for each in value.values():
            yield from _keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys(each)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == len(str(UUID(int=0))) else None
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else None


def _is_slug(text: str) -> bool:
    return text.isascii() and " " not in text and text == text.lower()
