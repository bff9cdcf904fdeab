"""What stands out: measured, told, never refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from broker.domain.catalog.catalog import Camera
from broker.domain.deciding.rulebook import Alerts
from broker.domain.deciding.shipped_rules import SHIPPED
from broker.domain.footage.grants import Terms
from broker.domain.ids import CameraId, DepartmentId, PersonId, RequestId, SourceId
from broker.domain.requests.access_requests import AccessRequest, AskedLine, Place
from broker.domain.requests.findings import Earlier, EarlierOutcome, FindingKind, findings, metres_between
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan

MONDAY = datetime(2026, 11, 16, 2, tzinfo=UTC)  # ten o'clock in the office
SPAN = TimeSpan(MONDAY - timedelta(hours=2), MONDAY - timedelta(hours=1))
RULES = replace(SHIPPED, alerts=Alerts(many_cameras=2, far_metres=5000))


def camera(number: int, latitude: float = 30.6, *, bound: bool = True) -> Camera:
    source = SourceId(UUID(int=9)) if bound else None
    return Camera(CameraId(UUID(int=number)), DepartmentId(UUID(int=7)), "点", latitude, 104.0, source_id=source)


def request(cameras: list[Camera], place: Place | None = None) -> AccessRequest:
    return AccessRequest(
        RequestId(UUID(int=1)), "XL", PersonId(UUID(int=2)), DepartmentId(UUID(int=3)),
        Purpose("police", "criminal", "号", "理由"), Terms(), frozenset(),
        tuple(AskedLine(each.id, SPAN) for each in cameras), place=place,
    )  # fmt: skip


def kinds(asked: AccessRequest, cameras: list[Camera], sent: datetime = MONDAY) -> set[FindingKind]:
    return {finding.kind for finding in findings(asked, cameras, RULES, sent, ())}


def test_an_ordinary_request_stands_out_in_nothing() -> None:
    cameras = [camera(1), camera(2)]
    assert kinds(request(cameras, Place(30.61, 104.0)), cameras) == set()


def test_each_thing_that_stands_out() -> None:
    two, three = [camera(1), camera(2)], [camera(1), camera(2), camera(3)]
    assert kinds(request(three), three) == {FindingKind.MANY_CAMERAS}
    assert kinds(request(two), two, MONDAY + timedelta(hours=12)) == {FindingKind.OUTSIDE_HOURS}
    assert kinds(request(two), two, MONDAY - timedelta(days=1)) == {FindingKind.OUTSIDE_HOURS}
    loose = [camera(1), camera(2, bound=False)]
    assert kinds(request(loose), loose) == {FindingKind.NO_SOURCE}
    far = [camera(1), camera(2, 30.7)]
    (found,) = findings(request(far, Place(30.6, 104.0)), far, RULES, MONDAY, ())
    assert (found.kind, found.cameras, found.facts["given"]) == (FindingKind.FAR, (far[1].id,), 1)
    assert found.facts["metres"] == pytest.approx(11_119, abs=5)


def test_only_what_is_asked_for_counts() -> None:
    """An owner is shown the own part of a request: what is beyond it is not counted, measured or named."""
    many = [camera(1), camera(2, 30.7, bound=False), camera(3)]
    assert kinds(request(many[:1], Place(30.6, 104.0)), many) == set()


def test_what_came_to_nothing_before_is_told_with_its_day_in_the_city() -> None:
    late = MONDAY.replace(hour=17)  # one o'clock of the next day
    earlier = Earlier("XL2026-000001", EarlierOutcome.REJECTED, late, same_case=True)
    (found,) = findings(request([camera(1)]), [camera(1)], RULES, MONDAY, (earlier,))
    assert (found.kind, found.facts) == (FindingKind.REFUSED_BEFORE, {"number": "XL2026-000001", "day": "2026-11-17"})


def test_distances() -> None:
    assert metres_between(30, 104, 30, 104) == 0
    assert metres_between(39.9042, 116.4074, 31.2304, 121.4737) == pytest.approx(1_067_000, rel=0.005)
    assert metres_between(0, 179.9, 0, -179.9) == pytest.approx(22_239, rel=0.001)
    assert metres_between(90, 0, -90, 0) == pytest.approx(20_015_000, rel=0.001)
