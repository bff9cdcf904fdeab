"""Who is told of what: one place turns the steps of requests and grants into notices, in the step's own transaction.

A notice goes to persons who are concerned by name or by office, and to the webhooks of the departments concerned. The
person who took the step is not told of it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from broker.domain.access_requests import AccessRequest, RequestItem
from broker.domain.accounts import Role
from broker.domain.audit import Entry
from broker.domain.grants import Grant
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.notices import Notice
from broker.services.notices import tell
from storage.db.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork

TO_REQUESTER = {
    "access_request:approved": "access_request.approved",
    "access_request:returned": "access_request.returned",
    "access_request:rejected": "access_request.rejected",
    "access_request:lapsed": "access_request.lapsed",
    "access_request:decided": "access_request.decided",
}
TO_CENTER = {
    "access_request:submitted": "access_request.submitted",
    "access_request:resubmitted": "access_request.resubmitted",
    "access_request:endorsed": "access_request.submitted",
    "access_request:withdrawn": "access_request.withdrawn",
}
TO_ALL = {
    "emergency:opened": "emergency.opened",
    "emergency:ratified": "emergency.ratified",
    "emergency:disavowed": "emergency.disavowed",
    "emergency:unratified": "emergency.unratified",
}
OF_ITEM = {
    "request_item:authorized": "item.authorized",
    "request_item:refused": "item.refused",
    "request_item:lapsed": "item.lapsed",
    "request_item:vetoed": "emergency.vetoed",
}
TO_OWNER = {
    "request_item:approved": "item.waiting",
    "request_item:endorsed": "item.endorsed",
}
OF_GRANT = {
    "grant:issued": "grant.issued",
    "grant:revoked": "grant.revoked",
    "grant:suspended": "grant.suspended",
    "grant:resumed": "grant.resumed",
    "grant:exhausted": "grant.exhausted",
}


@dataclass(frozen=True)
class _Known:
    """The names a notice carries, looked up once a step."""

    departments: dict[DepartmentId, str]

    def facts(self, kind: str, request: AccessRequest, department: DepartmentId) -> dict[str, str]:
        number = {"number": request.number}
        lone = {"access_request.lapsed", "access_request.decided", "access_request.closed"}
        return number if kind in lone else number | {"department": self.departments[department]}


def announce(work: UnitOfWork, actor: str, request: AccessRequest, entries: Iterable[Entry]) -> None:
    """Tell everybody concerned of the steps that these entries write down."""
    kinds = [(entry.kind, entry.stream) for entry in entries]
    if not any(kind in TO_REQUESTER | TO_CENTER | TO_ALL | OF_ITEM | TO_OWNER for kind, _ in kinds):
        return
    items = {item.stream: item for item in request.items}
    known = _names(work, request)
    found = [_notice(work, known, request, kind, items.get(stream)) for kind, stream in kinds]
    tell(work, *(_without(notice, actor) for notice in found if notice is not None))


def announce_grant(work: UnitOfWork, actor: str, grant: Grant, entries: Iterable[Entry]) -> None:
    """Tell the requester and the persons named in a grant what has become of it."""
    request = work.access_requests.load(grant.request_id, EVERYTHING)
    known = _names(work, request)
    recipients = grant.persons | {request.requester_id}
    for entry in entries:
        kind = OF_GRANT.get(entry.kind)
        if kind is None:
            continue
        facts: dict[str, object] = dict(known.facts(kind, request, grant.department_id))
        if kind == "grant.issued":
            facts["until"] = grant.valid.end
        notice = Notice(kind, request.id, facts, recipients, frozenset({request.department_id}))  # type: ignore[arg-type]  # text and instants
        tell(work, _without(notice, actor))


def _names(work: UnitOfWork, request: AccessRequest) -> _Known:
    places = {request.department_id, *(item.department_id for item in request.items)}
    return _Known({key: place.name for key, place in work.departments.load_many(places).items()})


def _notice(
    work: UnitOfWork, known: _Known, request: AccessRequest, kind: str, item: RequestItem | None
) -> Notice | None:
    home = request.department_id
    if kind in TO_REQUESTER:
        told = TO_REQUESTER[kind]
        return Notice(
            told, request.id, known.facts(told, request, home), frozenset({request.requester_id}), frozenset({home})
        )
    if kind in TO_CENTER:
        told = TO_CENTER[kind]
        center = request.center_id
        places = frozenset({center}) if center else frozenset()
        return Notice(told, request.id, known.facts(told, request, home), _center(work, request), places)
    if kind in TO_ALL:
        told = TO_ALL[kind]
        owners = {each.department_id for each in request.items}
        persons = _center(work, request) | _owners(work, owners) | request.parties | _auditors(work, home)
        places = frozenset({home, *owners, *({request.center_id} if request.center_id else ())})
        return Notice(told, request.id, known.facts(told, request, home), persons, places)
    if item is not None and kind in OF_ITEM:
        told = OF_ITEM[kind]
        facts = known.facts(told, request, item.department_id)
        return Notice(told, request.id, facts, frozenset({request.requester_id}), frozenset({home}))
    if item is not None and kind in TO_OWNER:
        told = TO_OWNER[kind]
        owner = frozenset({item.department_id})
        return Notice(told, request.id, known.facts(told, request, home), _owners(work, owner), owner)
    return None


def _without(notice: Notice, actor: str) -> Notice:
    persons = frozenset(person for person in notice.recipients if str(person) != actor)
    return Notice(notice.kind, notice.case, notice.facts, persons, notice.departments)


def _center(work: UnitOfWork, request: AccessRequest) -> frozenset[PersonId]:
    if request.center_id is None:
        return frozenset()
    center = work.departments.load(request.center_id)
    return frozenset(work.persons.holders(Role.CENTER_APPROVER, center.path, work.now, request.parties))


def _owners(work: UnitOfWork, owners: Collection[DepartmentId]) -> frozenset[PersonId]:
    found: set[PersonId] = set()
    for owner in work.departments.load_many(set(owners)).values():  # one question a department: a handful
        found |= work.persons.holders(Role.DEPARTMENT_AUTHORIZER, owner.path, work.now)
    return frozenset(found)


def _auditors(work: UnitOfWork, home: DepartmentId) -> frozenset[PersonId]:
    return frozenset(work.persons.holders(Role.AUDITOR, work.departments.load(home).path, work.now))
