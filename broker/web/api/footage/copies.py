"""Where a marked copy came from, by the code that stands in it."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path

from broker.domain.footage.grants import Action
from broker.services.footage.copies import CopyOrigin
from broker.services.people.names import Known
from broker.web.api.footage.retrievals import AskedOut
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.refs import CameraRef, DepartmentRef, PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import Out

router = APIRouter(prefix="/copies", tags=["copies"], route_class=OnceRoute)

CopyCode = Annotated[
    str, Path(max_length=40, description="The code in the watermark, as 7K3M-9QXT-AB2C. 水印中的副本编号。")
]


class CopyOut(Out):
    """The order that a copy was made for: who took it, under which grant, and of what."""

    retrieval: UUID
    grant: UUID
    request: UUID
    number: str
    person: PersonRef
    department: DepartmentRef
    owner: DepartmentRef
    camera: CameraRef
    action: Action
    asked: AskedOut
    ordered_at: datetime | None
    emergency: bool

    @classmethod
    def of(cls, origin: CopyOrigin, known: Known) -> Self:
        retrieval, grant = origin.retrieval, origin.grant
        return cls(
            retrieval=retrieval.id, grant=grant.id, request=grant.request_id, number=origin.request_number,
            person=PersonRef.named(retrieval.person_id, known),
            department=DepartmentRef.named(origin.department_id, known),
            owner=DepartmentRef.named(grant.department_id, known),
            camera=CameraRef.named(retrieval.camera_id, known), action=retrieval.action,
            asked=AskedOut.of(retrieval.ask), ordered_at=retrieval.ordered_at, emergency=grant.emergency,
        )  # fmt: skip


@router.get("/{code}")
def find_copy(code: CopyCode, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> CopyOut:
    """按水印中的副本编号查询该副本由谁调取。Find out who took a copy, by the code in its watermark."""
    origin = broker.copies.find(caller, code)
    known = reading.known(
        departments={origin.department_id, origin.grant.department_id}, persons={origin.retrieval.person_id},
        cameras={origin.retrieval.camera_id},
    )  # fmt: skip
    return CopyOut.of(origin, known)
