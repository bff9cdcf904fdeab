"""What a request has to keep to before it is submitted: how much it may ask for, and who may be named in it."""

from datetime import timedelta

from broker.domain.access_requests import AccessRequest
from broker.domain.accounts import Role
from broker.domain.errors import Invalid
from broker.domain.rulebook import Rulebook
from storage.db.unit_of_work import UnitOfWork

HOUR = timedelta(hours=1)


def check_limits(work: UnitOfWork, request: AccessRequest, rules: Rulebook) -> None:
    """Refuse more cameras or hours than the rules allow one request, or one department in one day.

    Raises:
        Invalid: `pointer` names the field or line, the facts the limit.
    """
    limits = rules.limits
    hours: dict[object, timedelta] = {}
    for place, line in enumerate(request.asked):
        if line.span.end > work.now:
            raise Invalid("footage-ahead", pointer=f"/lines/{place}/end")
        hours[line.camera_id] = hours.get(line.camera_id, timedelta()) + line.span.duration
        if hours[line.camera_id] > limits.hours_per_camera * HOUR:
            raise Invalid("hours-per-camera", pointer=f"/lines/{place}", most=limits.hours_per_camera)
    if len(hours) > limits.cameras:
        raise Invalid("too-many-cameras", pointer="/lines", given=len(hours), most=limits.cameras)


def check_investigators(work: UnitOfWork, request: AccessRequest) -> None:
    """Refuse persons who may not look: investigators work in the requesting department or below it.

    Raises:
        Invalid: the error names who is not eligible.
    """
    home = work.departments.load(request.department_id)
    eligible = work.persons.holders_below(Role.INVESTIGATOR, home.path, work.now)
    if request.investigators <= eligible:
        return
    names = work.persons.load_many(request.investigators - eligible)
    logins = ", ".join(sorted(person.login for person in names.values()))
    raise Invalid("investigator-not-eligible", pointer="/investigators", persons=logins)
