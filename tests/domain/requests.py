"""Requests for the tests of the steps: two owners, three cameras, one instant that is now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from broker.domain.deciding import decisions
from broker.domain.deciding.decisions import Passage
from broker.domain.footage.grants import Terms
from broker.domain.ids import CameraId, DepartmentId, ItemId, LineId, PersonId, RequestId, new_id
from broker.domain.requests.access_requests import AccessRequest, AskedLine, Line, RequestItem
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.steps import Decider
from broker.domain.time import TimeSpan

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
DUE = NOW + timedelta(days=1)
SPAN = TimeSpan(NOW - timedelta(hours=2), NOW - timedelta(hours=1))
HALF = TimeSpan(SPAN.begin, SPAN.begin + timedelta(minutes=30))
WIDER = TimeSpan(SPAN.begin, SPAN.end + timedelta(seconds=1))
REQUESTER, LOOKER = (PersonId(UUID(int=n)) for n in range(1, 3))
CENTER, HOME = (DepartmentId(UUID(int=n)) for n in range(8, 10))
OWNERS = [DepartmentId(UUID(int=20 + n)) for n in range(3)]
CAMERAS = [CameraId(UUID(int=100 + n)) for n in range(3)]
PASSAGE = Passage(CENTER, 1, 4, DUE)
DIRECT = Passage(None, 0, 4, None)
OWNERS_DUE = dict.fromkeys(OWNERS, DUE)


def somebody(number: int, *standing_for: int) -> Decider:
    """Return a decider by number, and for whom that person stands in."""
    person = PersonId(UUID(int=1000 + number))
    return Decider(person, frozenset({person, *(PersonId(UUID(int=1000 + other)) for other in standing_for)}))


APPROVER, OWNER, SECOND = somebody(1), somebody(2), somebody(3)


def draft(**changes: object) -> AccessRequest:
    made = AccessRequest(
        id=RequestId(new_id()),
        number="XL2026-000001",
        requester_id=REQUESTER,
        department_id=HOME,
        purpose=Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间"),
        terms=Terms(),
        investigators=frozenset({LOOKER}),
        asked=tuple(AskedLine(camera, SPAN) for camera in CAMERAS),
        due=NOW + timedelta(days=30),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def items(authorizations: int = 1) -> tuple[RequestItem, ...]:
    """Return the parts of two owners: two cameras of the first, one of the second."""
    return tuple(
        RequestItem(
            ItemId(new_id()),
            owner,
            1,
            tuple(Line(LineId(new_id()), camera, SPAN) for camera in group),
            authorizations=authorizations,
        )
        for owner, group in zip(OWNERS, (CAMERAS[:2], CAMERAS[2:]), strict=False)
    )


def in_review(passage: Passage = PASSAGE, authorizations: int = 1) -> AccessRequest:
    return decisions.submit(draft(), passage, items(authorizations), NOW).after


def approved(passage: Passage = PASSAGE, authorizations: int = 1) -> AccessRequest:
    request = in_review(passage, authorizations)
    return decisions.approve(request, APPROVER, None, None, "", NOW, OWNERS_DUE).after
