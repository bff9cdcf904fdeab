"""Which events of the trace belong to a subtree: what its people did, and what happened to its things."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Select, Text, Uuid, and_, case, cast, exists, func, literal, or_, select, true
from sqlalchemy.sql.elements import KeyedColumnElement

from storage.db.requests.access_requests import below
from storage.db.tables import (
    absence,
    access_grant,
    access_request,
    audit_event,
    camera,
    catalog_import,
    copy_hold,
    delegation,
    department,
    escrow,
    evidence_package,
    health_target,
    lock,
    maintenance,
    person,
    request_item,
    retrieval,
    source,
    source_reconciliation,
)

told = audit_event.c

PERSONAL = ("person", "sign_in", "refusal", "register-export", "trace-export")
"""Streams that are called by a person."""

OF_THE_HOUSE = ("policy/", "rulebook/", "camera_field/", "divisions")
"""Rules that hold for every department, which everybody may read elsewhere too: they belong to all subtrees."""


class TraceVisibility:
    """The test that guards every event of the trace, in lists, in exports and one by one.

    An auditor reads what people of the subtree did, the whole of the requests of its departments, the own part of
    those for its cameras, and what happened to its persons, sources and lists. What belongs to no department
    (webhooks, jobs, sign-ins of nobody) is for those whose subtree is the whole tree.
    """

    def __init__(self, subtrees: Sequence[str], *, whole: bool) -> None:
        """Take the subtrees somebody audits, and whether they hold every department there is."""
        self._subtrees = subtrees
        self.whole = whole

    def clause(self) -> ColumnElement[bool]:
        """Return the condition on an event."""
        if self.whole:
            return true()
        here = below(self._subtrees)
        asked = select(access_request.c.id).where(access_request.c.department_id.in_(here))
        part = select(request_item.c.request_id).where(request_item.c.department_id.in_(here))
        staff = select(cast(person.c.id, Text)).where(person.c.department_id.in_(here))
        return or_(
            *(told.stream.startswith(prefix, autoescape=True) for prefix in OF_THE_HOUSE),
            told.case_id.in_(asked),
            told.actor.in_(staff),
            *(told.stream.in_(streams) for streams in self._streams(here)),
            and_(told.case_id.in_(part), _own_part(here)),
        )

    def _streams(self, here: Select[tuple[object]]) -> list[Select[str]]:
        """Return the streams of what belongs to departments and is few: people, sources, lists, locks."""
        people = select(person.c.id).where(person.c.department_id.in_(here))
        sources = select(source.c.id).where(source.c.department_id.in_(here))
        cameras = select(camera.c.id).where(camera.c.owner_id.in_(here))
        paths = or_(*(lock.c.path.startswith(path, autoescape=True) for path in self._subtrees))
        return [
            *(_named(thing, person.c.id, person.c.department_id.in_(here)) for thing in PERSONAL),
            *(_named(thing, department.c.id, department.c.id.in_(here)) for thing in ("department", "catalogue")),
            *(_named(thing, source.c.id, source.c.department_id.in_(here)) for thing in ("source", "source_clock")),
            _named("reconciliation", source_reconciliation.c.id, source_reconciliation.c.source_id.in_(sources)),
            _named("import", catalog_import.c.id, catalog_import.c.owner_id.in_(here)),
            _named("absence", absence.c.id, absence.c.person_id.in_(people)),
            _named("lock", lock.c.id, paths),
            _named(
                "delegation", delegation.c.id,
                or_(
                    delegation.c.department_id.in_(here), delegation.c.from_person_id.in_(people),
                    delegation.c.to_person_id.in_(people),
                ),
            ),
            _named(
                "health_target", health_target.c.id,
                or_(health_target.c.department_id.in_(here), health_target.c.source_id.in_(sources)),
            ),
            _named(
                "maintenance", maintenance.c.id,
                or_(
                    maintenance.c.department_id.in_(here), maintenance.c.source_id.in_(sources),
                    maintenance.c.camera_id.in_(cameras),
                ),
            ),
        ]  # fmt: skip


EVERYTHING = TraceVisibility((), whole=True)
"""The broker's own view, and that of whoever audits the whole tree."""


def _named(thing: str, key: KeyedColumnElement[object], where: ColumnElement[bool]) -> Select[str]:
    return select(literal(f"{thing}/", Text).concat(cast(key, Text))).where(where)


def _own_part(here: Select[tuple[object]]) -> ColumnElement[bool]:
    """Say of an event of a request for cameras of these departments whether it is of their part of it.

    Asked only of events of such a request, one after the other: their rows are found by key, and there may be too many
    of them to be remembered for one question.
    """
    key = cast(func.split_part(told.stream, "/", 2), Uuid)
    owned = access_grant.c.department_id.in_(here)
    taken = and_(retrieval.c.id == key, access_grant.c.id == retrieval.c.grant_id, owned)
    packed = and_(evidence_package.c.id == key, access_grant.c.id == evidence_package.c.grant_id, owned)
    decided = exists().where(request_item.c.id == key, request_item.c.department_id.in_(here))
    held = and_(copy_hold.c.id == key, retrieval.c.id == copy_hold.c.retrieval_id)
    parts: Mapping[str, ColumnElement[bool]] = {
        "request_item": decided,
        "deadline": decided,
        "grant": exists().where(access_grant.c.id == key, owned),
        "retrieval": exists().where(taken),
        "package": exists().where(packed),
        "delivery": or_(exists().where(taken), exists().where(packed)),
        "hold": exists().where(held, access_grant.c.id == retrieval.c.grant_id, owned),
        "escrow": exists().where(escrow.c.id == key, camera.c.id == escrow.c.camera_id, camera.c.owner_id.in_(here)),
    }
    thing = func.split_part(told.stream, "/", 1)
    return case(*((thing == name, part) for name, part in parts.items()), else_=False)
