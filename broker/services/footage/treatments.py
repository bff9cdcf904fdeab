"""What is done to pictures before they leave: decided here, from the grant and the camera, and nowhere else.

Every copy says who took it, under which number, when, and by which code it leads back to its order. Only a grant that
allows originals, asked for as such, gives footage as it was recorded; and not even that where a mask, redaction, a
limit of size or an emergency stands in the way.
"""

from broker.domain.catalog.catalog import Camera
from broker.domain.footage.copy_codes import code_of
from broker.domain.footage.grants import Condition, Grant
from broker.domain.footage.media import Treatment
from broker.domain.footage.retrievals import Retrieval
from broker.domain.people.accounts import Department, Person
from broker.domain.requests.access_requests import AccessRequest
from broker.services.notices.couriers.wording import read_zone
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork

_CLOSED_TO_ORIGINALS = frozenset({Condition.REDACTION, Condition.VIEW_ONLY})


def treatment_for(work: UnitOfWork, retrieval: Retrieval, grant: Grant, camera: Camera, zone: str) -> Treatment:
    """Return the treatment of an order; `zone` is the IANA zone whose time the pictures say."""
    person = work.persons.load(retrieval.person_id)
    department = work.departments.load(person.department_id)
    request = work.access_requests.load(grant.request_id, EVERYTHING)
    return treatment_of(retrieval, grant, camera, request, person, department, zone)


def treatment_of(
    retrieval: Retrieval,
    grant: Grant,
    camera: Camera,
    request: AccessRequest,
    person: Person,
    department: Department,
    zone: str,
) -> Treatment:
    """Return what is done to the pictures of an order.

    Args:
        retrieval: the order.
        grant: that it was placed under.
        camera: with the masks that hold now.
        request: that the grant came from.
        person: who ordered.
        department: where that person is at home.
        zone: the IANA zone whose time the pictures say.
    """
    terms = grant.terms
    sound = Condition.NO_SOUND not in terms.conditions
    if retrieval.original and allows_original(grant) and not camera.masks:
        return Treatment(sound=sound)
    ordered = retrieval.ordered_at.astimezone(read_zone(zone)).isoformat(" ", "minutes") if retrieval.ordered_at else ""
    return Treatment(
        banner=f"应急调阅 EMERGENCY {request.number}" if grant.emergency else "",
        watermark=(
            f"{person.name} {department.name}",
            f"{request.number}  {ordered}",
            f"副本 {code_of(retrieval.id)}",
        ),
        clock=zone,
        masks=camera.masks,
        faces=Condition.REDACTION in terms.conditions,
        longest_side=terms.longest_side,
        sound=sound,
    )


def allows_original(grant: Grant) -> bool:
    """Say whether footage may be handed over under a grant as it was recorded, as far as the grant decides it."""
    terms = grant.terms
    free = not terms.conditions & _CLOSED_TO_ORIGINALS and terms.longest_side is None
    return terms.originals and free and not grant.emergency
