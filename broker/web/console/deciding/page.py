"""The page to decide on: the evidence on one side, the verdicts that are open on the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import Response

from broker.domain.ids import CameraId, PersonId, RequestId
from broker.domain.requests.revisions import Changes
from broker.services.people.names import Known
from broker.web.api.footage.ledger import RecordedOut, shown_lines
from broker.web.api.requests.request_views import LineOut, RequestRow, TermsOut, rows
from broker.web.console.deciding.evidence import Case
from broker.web.console.deciding.narrowing import TEMPLATES, limit_of
from broker.web.console.forms import Refusal
from broker.web.console.ground import Ground, ground_of
from broker.web.console.requester import REQUESTS
from broker.web.console.screen import Screen
from broker.web.console.visit import Visit
from broker.web.refs import CameraRef, PersonRef

PAGE = "deciding/decision"
PART = "deciding/_decision"
MOST_EARLIER = 20
MARK = "HX-Request"


@dataclass(frozen=True)
class Stage:
    """Whose decision it is (texts stand under `decision.<name>`), and what the verdicts are called.

    `narrows`: whether the yes may leave less than was asked.
    """

    name: str
    yes: str
    no: str
    narrows: bool = True


CENTER = Stage("center", "approve", "reject")
OWNER = Stage("owner", "authorize", "refuse")
RATIFYING = Stage("emergency", "ratify", "disavow", narrows=False)
VETOING = Stage("veto", "", "veto", narrows=False)


@dataclass(frozen=True)
class Desk:
    """What is decided on, by whom, and where the forms go."""

    case: Case
    stage: Stage
    may: frozenset[str]
    lines: Sequence[LineOut]
    terms: TermsOut
    base: str


def show(visit: Visit, desk: Desk, refused: str, refusal: Refusal | None) -> Response:
    """Show the page; a list that shows it beside itself gets the part alone."""
    key = RequestId(desk.case.request.id)
    beside = MARK in visit.screen.request.headers
    ground = _ground(visit, desk)
    return visit.show(
        PART if beside else PAGE, refused=refused, refusal=refusal, desk=desk, case=desk.case, lines=desk.lines,
        terms=desk.terms, limit_of=limit_of, templates=TEMPLATES, base=desk.base, may=desk.may, stage=desk.stage,
        beside=beside, recorded=_recorded(visit, key), changes=_changes(visit, key, desk.case),
        earlier=_earlier(visit, key), ground=ground, far=ground.far if ground else {},
    )  # fmt: skip


def elsewhere(screen: Screen, case: UUID) -> Response:
    """Send the browser to the request: decided meanwhile, or somebody else's to decide."""
    place = f"{REQUESTS}/{case}"
    answer = screen.go(place, "not-yours")
    if MARK in screen.request.headers:  # the whole page goes there, not the part beside the list
        answer.status_code = 204
        answer.headers["HX-Redirect"] = place
    return answer


def _ground(visit: Visit, desk: Desk) -> Ground | None:
    """Return where the points lie around the stated place."""
    asked = {CameraId(line.camera.id) for line in desk.lines}
    known = visit.reading.known(cameras=asked).cameras
    return ground_of([known[key] for key in sorted(known)], desk.case.request.place)


@dataclass(frozen=True)
class Coverage:
    """What is recorded of each line, by point and beginning."""

    lines: Mapping[tuple[UUID, datetime], RecordedOut]
    refreshing: bool

    def of(self, line: LineOut) -> RecordedOut | None:
        return self.lines.get((line.camera.id, line.asked.begin))


def _recorded(visit: Visit, key: RequestId) -> Coverage:
    found = visit.broker.availability.of_request(visit.reading.caller, key)
    lines = shown_lines(found.lines, visit.reading)
    return Coverage({(it.camera.id, it.asked.begin): it for it in lines}, found.refreshing)


@dataclass(frozen=True)
class Changed:
    """What changed since the revision before, with the names behind its ids."""

    found: Changes
    known: Known
    words: Mapping[str, str]

    def said(self, name: str, value: str) -> str:
        """Return what a field said, in words: codes of the rules, of actions, yes and no."""
        return ", ".join(self.words.get(f"{name}/{part}", part) for part in value.split(", "))

    def person(self, key: PersonId) -> PersonRef:
        return PersonRef.named(key, self.known)

    def camera(self, key: CameraId) -> CameraRef:
        return CameraRef.named(key, self.known)


def _changes(visit: Visit, key: RequestId, case: Case) -> Changed:
    found = visit.broker.revisions.changes(visit.reading.caller, key)
    known = visit.reading.known(
        persons={it.person for it in found.persons}, cameras={it.camera for it in found.cameras}
    )
    return Changed(found, known, _words(visit, case) if found.fields else {})


def _words(visit: Visit, case: Case) -> Mapping[str, str]:
    """Return what the codes of a form are called, by field and code."""
    rules = visit.broker.rulebooks.read(visit.reading.caller, case.request.rulebook).rules.purpose
    english = visit.reading.language == "en"
    told = {f"basis/{it.code}": it.name_en if english else it.name for it in rules.bases}
    told |= {f"matter/{it.code}": it.name_en if english else it.name for it in rules.matters}
    told |= {f"actions/{it}": visit.screen.t(f"action.{it}") for it in ("snapshot", "clip")}
    return told | {"originals/True": visit.screen.t("changes.yes"), "originals/False": visit.screen.t("changes.no")}


def _earlier(visit: Visit, key: RequestId) -> Sequence[RequestRow]:
    return rows(visit.broker.access_requests.of_matter(visit.reading.caller, key, MOST_EARLIER), visit.reading)
