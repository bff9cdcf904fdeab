"""The record in an evidence package: who, why, on which basis, what was asked, what came, and how it was made.

Plain JSON values, so that the record reads the same in fifty years. Nothing in it is secret from who gets the package;
addresses, options and passwords of sources are not among the facts.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from broker.domain.catalog.catalog import Camera, Source
from broker.domain.footage.grants import Grant
from broker.domain.footage.media import ClipAsk
from broker.domain.footage.packages import EvidencePackage
from broker.domain.footage.retrievals import EvidenceItem, Retrieval
from broker.domain.ids import CameraId, DepartmentId, PersonId, SourceId
from broker.domain.oversight.audit import Event
from broker.domain.people.accounts import Department, Person
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.purpose import Basis, Matter
from broker.domain.time import TimeSpan
from broker.services.deciding.rules import rules_in_force
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork
from storage.packages.checking import FORMAT

MOST_STREAMS = 2000
TOOLS = ("xueliang", "av", "opencv-python-headless", "fpdf2", "cryptography")

Record = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """All that a record tells of, as it stood at one instant of the database."""

    package: EvidencePackage
    request: AccessRequest
    grant: Grant
    retrievals: tuple[Retrieval, ...]
    persons: Mapping[PersonId, Person]
    departments: Mapping[DepartmentId, Department]
    cameras: Mapping[CameraId, Camera]
    sources: Mapping[SourceId, Source]
    basis: Record
    matter: Record
    heads: tuple[Event, ...]
    """The newest event of each stream of the case."""
    at: datetime


def case_of(work: UnitOfWork, package: EvidencePackage) -> Case:
    """Gather what the record of a package tells of."""
    grant = work.grants.load(package.grant_id, None)
    request = work.access_requests.load(grant.request_id, EVERYTHING)
    retrievals = work.retrievals.load_many(package.retrievals)
    cameras = work.cameras.load_many({each.camera_id for each in retrievals})
    sources = work.sources.load_many({it.source_id for it in cameras.values() if it.source_id is not None})
    places = {grant.department_id, request.department_id, *(it.owner_id for it in cameras.values())}
    places |= {request.center_id} if request.center_id else set()
    persons = work.persons.load_many({package.person_id, request.requester_id})
    departments = work.departments.load_many(places | {person.department_id for person in persons.values()})
    rules = rules_in_force(work).purpose
    basis = next((it for it in rules.bases if it.code == request.purpose.basis), None)
    matter = next((it for it in rules.matters if it.code == request.purpose.matter), None)
    heads = work.audit.heads_of_case(request.id, MOST_STREAMS)
    return Case(
        package, request, grant, tuple(retrievals), persons, departments, cameras, sources,
        _named(request.purpose.basis, basis), _named(request.purpose.matter, matter), tuple(heads), work.now,
    )  # fmt: skip


def record_of(case: Case, files: Mapping[tuple[int, int], Record]) -> Record:
    """Return the record; `files` are what is known of each file by place of the retrieval and number of the item."""
    request, purpose = case.request, case.request.purpose
    center = case.departments.get(request.center_id) if request.center_id else None
    return {
        "format": FORMAT,
        "package": {
            "id": str(case.package.id),
            "name": case.package.name,
            "ordered_at": _told(case.package.ordered_at),
            "made_at": _told(case.at),
        },
        "recipient": _person(case, case.package.person_id),
        "request": {
            "id": str(request.id),
            "number": request.number,
            "requester": _person(case, request.requester_id),
            "department": _department(case.departments[request.department_id]),
            "center": None if center is None else _department(center),
            "basis": case.basis,
            "matter": case.matter,
            "case_number": purpose.case_number,
            "reason": purpose.reason,
            "place": None if request.place is None else asdict(request.place),
        },
        "grant": _grant(case),
        "items": [_item(case, place, each, files) for place, each in enumerate(case.retrievals)],
        "audit": [{"stream": it.stream, "seq": it.seq, "leaf": it.leaf.hex()} for it in case.heads],
        "tools": {"python": platform.python_version(), **{name: version(name) for name in TOOLS}},
    }


def _named(code: str, found: Basis | Matter | None) -> Record:
    """Return a code with its names; a rulebook that no longer has it leaves the code alone."""
    return {"code": code, "name": found.name if found else code, "name_en": found.name_en if found else code}


def _grant(case: Case) -> Record:
    grant = case.grant
    return {
        "id": str(grant.id),
        "owner": _department(case.departments[grant.department_id]),
        "valid": _span(grant.valid),
        "actions": sorted(grant.terms.actions),
        "conditions": sorted(grant.terms.conditions),
        "emergency": grant.emergency,
        "windows": [
            {"camera": str(line.camera_id), **_span(line.window)}
            for line in grant.lines
            if line.camera_id in case.cameras
        ],
    }


def _item(case: Case, place: int, of: Retrieval, files: Mapping[tuple[int, int], Record]) -> Record:
    camera = case.cameras[of.camera_id]
    source = case.sources.get(camera.source_id) if camera.source_id else None
    owner = case.departments[camera.owner_id]
    return {
        "retrieval": str(of.id),
        "camera": {"id": str(camera.id), "name": camera.name, "gb_code": camera.gb_code, "owner": _department(owner)},
        "source": None if source is None else {"name": source.name, "code": source.code, "adapter": source.adapter},
        "action": of.action,
        "asked": _span(of.ask.span) if isinstance(of.ask, ClipAsk) else {"instant": _told(of.ask.instant)},
        "missing": [{**_span(each.span), "reason": each.reason} for each in of.missing],
        "clock_ahead_seconds": of.ahead,
        "attempt": of.attempt,
        "ordered_at": _told(of.ordered_at),
        "fetched_at": _told(of.ready_at),
        "files": [{**files[place, each.number], **_file(each)} for each in of.items],
    }


def _file(of: EvidenceItem) -> Record:
    capture = of.capture
    return {
        "media_type": capture.media_type,
        "container": capture.container,
        "codec": capture.codec,
        "width": capture.width,
        "height": capture.height,
        "frames": capture.frames,
        "first": _told(capture.first),
        "last": _told(capture.last),
        "obtained": [_span(span) for span in capture.obtained],
        "sound": capture.sound,
        "reencoded": capture.reencoded,
        "source_digest": capture.source_digest,
        "notes": sorted(capture.notes),
    }


def _person(case: Case, key: PersonId) -> Record:
    person = case.persons[key]
    home = case.departments[person.department_id]
    return {"id": str(key), "login": person.login, "name": person.name, "department": _department(home)}


def _department(of: Department) -> Record:
    return {"code": of.code, "name": of.name}


def _span(span: TimeSpan) -> Record:
    return {"begin": _told(span.begin), "end": _told(span.end)}


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds")


def titles(retrievals: Sequence[Retrieval], cameras: Mapping[CameraId, Camera]) -> list[str]:
    """Return how each retrieval is called for people: its camera's name and code."""
    found = (cameras[each.camera_id] for each in retrievals)
    return [f"{camera.name} {camera.gb_code}" if camera.gb_code else camera.name for camera in found]
