"""Who is told of what: one table turns the steps of requests and grants into notices, in the step's own transaction.

A notice goes to persons who are concerned by name or by office, and to the webhooks of the departments concerned. The
person who took the step is not told of it, and whoever could not decide is not told that a decision waits.
"""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from enum import Enum, auto

from broker.domain.footage.grants import Grant
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.notices.notices import NOTICES, Fact, Notice
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Department, Role
from broker.domain.requests.access_requests import AccessRequest, RequestItem
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.notices.notices import tell
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork


class Ear(Enum):
    """Who listens to a step."""

    REQUESTER = auto()
    PARTIES = auto()  # requester and investigators
    CENTER = auto()  # the deciding one, and the one above once it was escalated
    OWNER = auto()  # of the part that the step is about
    OWNERS = auto()  # of all parts that the center has approved, of an emergency's at once
    AUDITORS = auto()


EVERYBODY = frozenset({Ear.PARTIES, Ear.CENTER, Ear.OWNERS, Ear.AUDITORS})

STEPS: dict[str, tuple[str, frozenset[Ear]]] = {
    "access_request:submitted": ("access_request.submitted", frozenset({Ear.CENTER})),
    "access_request:resubmitted": ("access_request.resubmitted", frozenset({Ear.CENTER})),
    "access_request:endorsed": ("access_request.submitted", frozenset({Ear.CENTER})),
    "access_request:forwarded": ("access_request.submitted", frozenset({Ear.CENTER})),
    "access_request:approved": ("access_request.approved", frozenset({Ear.REQUESTER})),
    "access_request:returned": ("access_request.returned", frozenset({Ear.REQUESTER})),
    "access_request:rejected": ("access_request.rejected", frozenset({Ear.REQUESTER})),
    "access_request:withdrawn": ("access_request.withdrawn", frozenset({Ear.CENTER, Ear.OWNERS})),
    "access_request:lapsed": ("access_request.lapsed", frozenset({Ear.REQUESTER})),
    "access_request:decided": ("access_request.decided", frozenset({Ear.REQUESTER})),
    "access_request:closed": ("access_request.closed", frozenset({Ear.REQUESTER})),
    "request_item:approved": ("item.waiting", frozenset({Ear.OWNER})),
    "request_item:endorsed": ("item.endorsed", frozenset({Ear.OWNER})),
    "request_item:authorized": ("item.authorized", frozenset({Ear.REQUESTER})),
    "request_item:refused": ("item.refused", frozenset({Ear.REQUESTER})),
    "request_item:lapsed": ("item.lapsed", frozenset({Ear.REQUESTER, Ear.OWNER})),
    "emergency:opened": ("emergency.opened", EVERYBODY),
    "emergency:ratified": ("emergency.ratified", EVERYBODY),
    "emergency:disavowed": ("emergency.disavowed", EVERYBODY),
    "emergency:unratified": ("emergency.unratified", EVERYBODY),
    "request_item:vetoed": ("emergency.vetoed", frozenset({Ear.PARTIES, Ear.CENTER, Ear.OWNER, Ear.AUDITORS})),
}
"""The notice of each step, and who gets it; what is not here is told to nobody, or by the service that does it."""

BY_OWNER = frozenset({"item.endorsed", "item.authorized", "item.refused", "item.lapsed", "emergency.vetoed"})
"""The notices that name the owner of the part; the others name the department that asks."""

OF_GRANT = {
    "grant:issued": "grant.issued",
    "grant:revoked": "grant.revoked",
    "grant:suspended": "grant.suspended",
    "grant:resumed": "grant.resumed",
    "grant:exhausted": "grant.exhausted",
}


def announce(work: UnitOfWork, actor: str, request: AccessRequest, entries: Iterable[Entry]) -> None:
    """Tell everybody concerned of the steps that these entries write down."""
    items = {item.stream: item for item in request.items}
    steps = [(STEPS[entry.kind], items.get(entry.stream)) for entry in entries if entry.kind in STEPS]
    if steps:
        room = _Room(work, request)
        tell(work, *(_without(room.notice(kind, ears, item), actor) for (kind, ears), item in steps))


def announce_grant(work: UnitOfWork, actor: str, grant: Grant, entries: Iterable[Entry]) -> None:
    """Tell the requester and the persons named in a grant what has become of it."""
    request = work.access_requests.load(grant.request_id, EVERYTHING)
    facts: dict[str, Fact] = {
        "number": request.number, "department": work.departments.load(grant.department_id).name,
        "until": grant.valid.end,
    }  # fmt: skip
    recipients = grant.persons | {request.requester_id}
    for entry in entries:
        if (kind := OF_GRANT.get(entry.kind)) is not None:
            wanted = {name: value for name, value in facts.items() if name in NOTICES[kind]}
            notice = Notice(kind, request.id, wanted, recipients, frozenset({request.department_id}))
            tell(work, _without(notice, actor))


def _without(notice: Notice, actor: str) -> Notice:
    return replace(notice, recipients=frozenset(person for person in notice.recipients if str(person) != actor))


class _Room:
    """Everybody around one request, looked up once a step."""

    def __init__(self, work: UnitOfWork, request: AccessRequest) -> None:
        self._work = work
        self._request = request
        centers = {key for key in (request.center_id, request.escalated_to) if key is not None}
        owners = {item.department_id for item in request.items}
        self._places = work.departments.load_many({request.department_id, *centers, *owners})
        self._centers = centers

    def notice(self, kind: str, ears: Collection[Ear], item: RequestItem | None) -> Notice:
        request = self._request
        owner = item.department_id if item is not None and kind in BY_OWNER else request.department_id
        facts: dict[str, Fact] = {"number": request.number, "department": self._places[owner].name}
        persons: set[PersonId] = set()
        places: set[DepartmentId] = set()
        for ear in ears:
            heard, where = self._hears(ear, item)
            persons |= heard
            places |= where
        wanted = {name: value for name, value in facts.items() if name in NOTICES[kind]}
        return Notice(kind, request.id, wanted, frozenset(persons), frozenset(places))

    def _hears(self, ear: Ear, item: RequestItem | None) -> tuple[AbstractSet[PersonId], AbstractSet[DepartmentId]]:
        request = self._request
        home = {request.department_id}
        match ear:
            case Ear.REQUESTER:
                return {request.requester_id}, home
            case Ear.PARTIES:
                return request.parties, home
            case Ear.AUDITORS:
                return self._holders(Role.AUDITOR, home, ()), frozenset()
            case Ear.CENTER:
                busy = request.deciders if request.state is RequestState.CENTER_REVIEW else frozenset()
                return self._holders(Role.CENTER_APPROVER, self._centers, request.parties | busy), self._centers
            case Ear.OWNER:
                owners = {item.department_id} if item is not None else set()
                waits = item is not None and item.state is ItemState.PENDING
                busy = request.deciders | item.deciders if item is not None and waits else frozenset()
                return self._holders(Role.DEPARTMENT_AUTHORIZER, owners, request.parties | busy), owners
            case Ear.OWNERS:
                owners = {it.department_id for it in request.items if any(line.approved for line in it.lines)}
                return self._holders(Role.DEPARTMENT_AUTHORIZER, owners, request.parties), owners

    def _holders(self, role: Role, places: Iterable[DepartmentId], avoid: Collection[PersonId]) -> set[PersonId]:
        found: set[PersonId] = set()
        for place in self._departments(places):  # one question a department: a handful
            found |= self._work.persons.holders(role, place.path, self._work.now, avoid)
        return found

    def _departments(self, places: Iterable[DepartmentId]) -> list[Department]:
        return [self._places[key] for key in places]
