"""What a request has to keep to before it is submitted: how much it may ask for, and who may be named in it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from broker.domain.deciding.calendar import Calendar
from broker.domain.deciding.rulebook import Rulebook
from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.grants import GrantState
from broker.domain.people.accounts import Role
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.renewals import check_within
from broker.domain.time import TimeSpan, aware
from storage.db.unit_of_work import UnitOfWork

HOUR = timedelta(hours=1)


def size_faults(request: AccessRequest, rules: Rulebook, now: datetime) -> Iterator[Invalid]:
    """Yield where a request asks for footage of the future, or for more than one request may ask for."""
    limits = rules.limits
    hours: dict[object, timedelta] = {}
    over: set[object] = set()
    for place, line in enumerate(request.asked):
        if line.span.end > now:
            yield Invalid("footage-ahead", pointer=f"/lines/{place}/end")
        hours[line.camera_id] = hours.get(line.camera_id, timedelta()) + line.span.duration
        if hours[line.camera_id] > limits.hours_per_camera * HOUR and line.camera_id not in over:
            over.add(line.camera_id)
            yield Invalid("hours-per-camera", pointer=f"/lines/{place}", most=limits.hours_per_camera)
    if len(hours) > limits.cameras:
        yield Invalid("too-many-cameras", pointer="/lines", given=len(hours), most=limits.cameras)


def quota_faults(work: UnitOfWork, request: AccessRequest, rules: Rulebook, *, hold: bool) -> Iterator[Invalid]:
    """Yield where the department would ask for more than it may in one day.

    With `hold` nobody else of the department can submit until the transaction ends: what is counted stays true.
    """
    if hold:
        work.access_requests.hold_day(request.department_id)
    day = day_of(rules.calendar, work.now)
    requests, hours = work.access_requests.asked_within(request.department_id, day, leaving_out=request.id)
    limits = rules.limits
    if requests + 1 > limits.requests_per_day:
        yield Invalid("requests-per-day", pointer="/lines", given=requests, most=limits.requests_per_day)
    wanted = sum((line.span.duration for line in request.asked), timedelta())
    if hours + wanted > limits.camera_hours_per_day * HOUR:
        left = max(limits.camera_hours_per_day - hours / HOUR, 0)
        yield Invalid(
            "camera-hours-per-day", pointer="/lines",
            given=round(wanted / HOUR, 1), left=round(left, 1), most=limits.camera_hours_per_day,
        )  # fmt: skip


def day_of(calendar: Calendar, now: datetime) -> TimeSpan:
    """Return the calendar day of the city that an instant lies in."""
    local = aware(now) + calendar.offset
    begin = local.replace(hour=0, minute=0, second=0, microsecond=0) - calendar.offset
    return TimeSpan(begin, begin + timedelta(days=1))


def investigator_faults(work: UnitOfWork, request: AccessRequest) -> Iterator[Invalid]:
    """Yield who may not look: investigators work in the requesting department or below it."""
    home = work.departments.load(request.department_id)
    eligible = work.persons.holders_below(Role.INVESTIGATOR, home.path, work.now)
    if not request.investigators <= eligible:
        names = work.persons.load_many(request.investigators - eligible)
        logins = ", ".join(sorted(person.login for person in names.values()))
        yield Invalid("investigator-not-eligible", pointer="/investigators", persons=logins)


def check_renewal(work: UnitOfWork, request: AccessRequest) -> None:
    """Refuse a renewal of what was revoked meanwhile, and one that asks for more than the grant it renews.

    Raises:
        Conflict: the grant was revoked; whoever still needs the footage asks for it as for the first time.
        Invalid: `pointer` names the line, the persons or the terms that go beyond the grant.
    """
    if request.renews is None:
        return
    grant = work.grants.load(request.renews, None)
    if grant.state is GrantState.REVOKED:
        raise Conflict("renewal-of-ended", state=grant.state)
    check_within(request, grant)
