"""Evidence packages: orders, and what came of them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Select, exists, insert, select, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.packages import IN_FLIGHT, Contents, EvidencePackage, PackageState
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.ids import GrantId, PackageId, PersonId, RequestId, RetrievalId
from storage.db.footage.haste import in_haste
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import access_grant, camera, department, evidence_package, package_retrieval, retrieval

_CONTENTS = TypeAdapter(Contents | None)


class PackageRepository:
    """Loads and stores packages; a change is stored only over the version it was made from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: PackageId, *, person: PersonId | None = None, lock: bool = False) -> EvidencePackage:
        """Return one package, only that of `person` when one is given.

        Raises:
            Unknown: there is none, or it is another person's.
        """
        if lock:
            in_haste(self._connection)
        wanted = select(evidence_package).where(evidence_package.c.id == key)
        wanted = wanted if person is None else wanted.where(evidence_package.c.person_id == person)
        found = self._whole(wanted.with_for_update() if lock else wanted)
        if not found:
            raise Unknown("unknown-package", package=key)
        return found[0]

    def page(self, person: PersonId, *, after: PackageId | None, limit: int) -> list[EvidencePackage]:
        """Return a person's packages, newest first."""
        rows = select(evidence_package).where(evidence_package.c.person_id == person)
        if after is not None:
            rows = rows.where(evidence_package.c.id < after)
        return self._whole(rows.order_by(evidence_package.c.id.desc()).limit(limit))

    def in_flight(self, grant: GrantId) -> list[EvidencePackage]:
        """Return what a revocation has to end, held until commit."""
        running = evidence_package.c.state.in_(IN_FLIGHT)
        rows = select(evidence_package).where(evidence_package.c.grant_id == grant, running)
        return self._whole(rows.order_by(evidence_package.c.id).with_for_update())

    def under(self, stop: Stop) -> list[tuple[EvidencePackage, RequestId]]:
        """Return what a stop has to end, each with the request it belongs to, held until commit."""
        rows = (
            select(evidence_package, access_grant.c.request_id)
            .join(access_grant, access_grant.c.id == evidence_package.c.grant_id)
            .where(evidence_package.c.state.in_(IN_FLIGHT), _stopped_by(stop))
            .order_by(evidence_package.c.id)
            .with_for_update(of=evidence_package)
        )
        found = self._connection.execute(rows).all()
        inside = self._retrievals([row.id for row in found])
        return [(_package(row, inside[row.id]), row.request_id) for row in found]

    def of_request(self, request: RequestId) -> list[EvidencePackage]:
        """Return every finished package under the grants of a request, held until commit."""
        grants = select(access_grant.c.id).where(access_grant.c.request_id == request)
        rows = select(evidence_package).where(
            evidence_package.c.grant_id.in_(grants), evidence_package.c.contents.is_not(None)
        )
        return self._whole(rows.order_by(evidence_package.c.id).with_for_update())

    def save(self, before: EvidencePackage | None, after: EvidencePackage) -> None:
        """Store a change.

        Raises:
            Conflict: somebody else changed it since `before` was read.
        """
        if before is None:
            fixed = {"id": after.id, "name": after.name, "grant_id": after.grant_id, "person_id": after.person_id}
            row = {**fixed, "ordered_at": after.ordered_at, **_changing(after)}
            self._connection.execute(insert(evidence_package).values(row))
            numbered = enumerate(after.retrievals, 1)
            inside = [{"package_id": after.id, "number": number, "retrieval_id": key} for number, key in numbered]
            self._connection.execute(insert(package_retrieval), inside)
            return
        done = self._connection.execute(
            update(evidence_package)
            .where(evidence_package.c.id == after.id, evidence_package.c.version == before.version)
            .values(_changing(after)),
        )
        if done.rowcount != 1:
            raise Conflict("changed-meanwhile", subject="package")

    def wanted(self, key: PackageId, attempt: int) -> bool:
        """Say whether the attempt is still the one that may hand in a result."""
        state = select(evidence_package.c.state, evidence_package.c.attempt).where(evidence_package.c.id == key)
        row = self._connection.execute(state).one_or_none()
        return row is not None and row.state == PackageState.BUILDING and row.attempt == attempt

    def _whole(self, rows: Select[Any]) -> list[EvidencePackage]:
        found = self._connection.execute(rows).all()
        inside = self._retrievals([row.id for row in found])
        return [_package(row, inside[row.id]) for row in found]

    def _retrievals(self, keys: Sequence[PackageId]) -> dict[PackageId, list[RetrievalId]]:
        rows = select(package_retrieval).where(package_retrieval.c.package_id.in_(keys))
        found = defaultdict[PackageId, list[RetrievalId]](list)
        for row in self._connection.execute(rows.order_by(package_retrieval.c.package_id, package_retrieval.c.number)):
            found[row.package_id].append(row.retrieval_id)
        return found


def _stopped_by(stop: Stop) -> ColumnElement[bool]:
    if stop.kind is StopKind.GRANT:
        return evidence_package.c.grant_id == UUID(stop.key)
    if stop.kind is StopKind.PERSON:
        return evidence_package.c.person_id == UUID(stop.key)
    inside = (
        select(package_retrieval.c.retrieval_id)
        .join(retrieval, retrieval.c.id == package_retrieval.c.retrieval_id)
        .where(package_retrieval.c.package_id == evidence_package.c.id)
    )
    if stop.kind is StopKind.CAMERA:
        return exists(inside.where(retrieval.c.camera_id == UUID(stop.key)))
    owned = select(camera.c.id).join(department, department.c.id == camera.c.owner_id)
    return exists(
        inside.where(retrieval.c.camera_id.in_(owned.where(department.c.path.startswith(stop.key, autoescape=True))))
    )


def _changing(of: EvidencePackage) -> dict[str, object]:
    return {
        "state": of.state,
        "attempt": of.attempt,
        "contents": _CONTENTS.dump_python(of.contents, mode="json"),
        "error": of.error,
        "error_facts": of.error_facts,
        "held": of.held,
        "purged_at": of.purged_at,
        "ready_at": of.ready_at,
        "stream": of.stream,
        "version": of.version,
    }


def _package(row: AnyRow, retrievals: Sequence[RetrievalId]) -> EvidencePackage:
    return EvidencePackage(
        id=row.id,
        name=row.name,
        grant_id=row.grant_id,
        person_id=row.person_id,
        retrievals=tuple(retrievals),
        state=PackageState(row.state),
        attempt=row.attempt,
        contents=_CONTENTS.validate_python(row.contents),
        error=row.error,
        error_facts=row.error_facts,
        ordered_at=row.ordered_at,
        ready_at=row.ready_at,
        held=row.held,
        purged_at=row.purged_at,
        version=row.version,
    )
