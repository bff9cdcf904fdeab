"""A point that is not shown cannot be asked for; one that a request names stays where it stands."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import select

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Visibility
from broker.domain.catalog.visibility import EVERYBODY, Viewer, may_see
from broker.domain.errors import Conflict, Invalid, Unknown
from broker.domain.footage.locks import LockKind
from broker.domain.footage.media import SnapshotAsk
from broker.domain.ids import DepartmentId
from broker.domain.people.accounts import Assignment, Caller, Role
from storage.db.catalog.seen import seen_by
from storage.db.tables import camera, department
from tests.city import DEPARTMENTS, City
from tests.services.test_main_path import authorized, form

ME = operator("tests")


def hide(broker: Broker, city: City, visibility: Visibility = Visibility.INTERNAL, *named: str) -> None:
    point = form(broker, city).lines[0].camera_id
    broker.camera_records.show_to(ME, point, visibility, named, None)


def test_a_point_that_is_not_shown_is_unknown_to_a_draft(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    good = form(broker, city)
    hide(broker, city)
    with pytest.raises(Invalid) as refused:
        broker.access_requests.draft(asker, good)
    assert (refused.value.slug, refused.value.pointer) == ("unknown-camera", "/lines/0/camera")
    with pytest.raises(Invalid, match="unknown-camera"):
        broker.previews.plan_form(asker, good)
    hide(broker, city, Visibility.LISTED, "dh-hb")
    assert broker.access_requests.draft(asker, good).asked == good.lines


def test_what_a_request_names_stays_in_it(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    draft = broker.access_requests.draft(asker, form(broker, city))
    hide(broker, city)
    shorter = replace(form(broker, city), lines=draft.asked[:1])
    assert broker.access_requests.edit(asker, draft.id, shorter).asked == draft.asked[:1]
    assert broker.access_requests.submit(asker, draft.id).asked
    named = broker.names.of(asker, cameras={draft.asked[0].camera_id})
    assert named.cameras[draft.asked[0].camera_id].name


def test_a_grant_opens_a_point_that_is_hidden_later(broker: Broker, city: City) -> None:
    request, _ = authorized(broker, city)
    hide(broker, city)
    looker, line = city.caller(broker, "looker"), request.asked[0]
    ask = SnapshotAsk("", line.span.begin + timedelta(minutes=1))
    with pytest.raises(Unknown, match="unknown-camera"):
        broker.catalog.read(looker, line.camera_id)
    with pytest.raises(Unknown, match="unknown-camera"):
        broker.catalog.coverage(looker, line.camera_id, line.span)
    with pytest.raises(Unknown, match="unknown-camera"):  # nothing names it for this one
        broker.retrievals.order(city.caller(broker, "stranger"), line.camera_id, ask)
    with pytest.raises(Unknown, match="unknown-camera"):
        broker.locks.set(looker, LockKind.CAMERA, line.camera_id, "有疑问")
    with pytest.raises(Conflict, match="camera-without-source"):  # allowed, as far as that goes
        broker.retrievals.order(looker, line.camera_id, ask)


def test_sql_and_python_say_the_same(broker: Broker, city: City) -> None:
    """Every visibility, owner and two listed departments, for holders of a role in each department."""
    now = broker.clock.now()
    paths = {code: city.departments[code].path for code, *_ in DEPARTMENTS}
    viewers = [Viewer.of(holder(city, code), now) for code in paths]
    viewers += [Viewer.of(holder(city, "dh-hb", "xs"), now), Viewer(), EVERYBODY]
    cameras = [each for owner in ("dh-cg", "dh-jt", "xs-ga", "jc-ga") for each in city.cameras_of(owner)[:1]]
    for visibility, named in ((Visibility.SHARED, []), (Visibility.INTERNAL, []), (Visibility.LISTED, ["dh", "xs-ga"])):
        for each in cameras:
            broker.camera_records.show_to(ME, each.id, visibility, named, None)
        with broker.engine.connect() as connection:
            for viewer, each in product(viewers, cameras):
                found = connection.execute(select(camera.c.id).where(camera.c.id == each.id, seen_by(viewer))).scalar()
                owner = connection.execute(
                    select(department.c.path).where(department.c.id == each.owner_id)
                ).scalar_one()
                expected = may_see(viewer, visibility, owner, [paths[code] for code in named])
                assert (found is not None) is expected, (viewer, each.name, visibility)


def holder(city: City, *codes: str) -> Caller:
    held = (Assignment(Role.REQUESTER, city.departments[code].id, city.departments[code].path) for code in codes)
    return Caller("somebody", assignments=tuple(held))


@pytest.mark.parametrize(
    ("path", "named", "sees"),
    [
        ("/jc/dh/hb/", "/jc/dh/", True),  # below a department that is named
        ("/jc/dh/", "/jc/dh/", True),
        ("/jc/", "/jc/dh/", False),  # above it, and not above the owner
        ("/jc/dh2/", "/jc/dh/", False),
        ("/jc/xs/", "/jc/dh/", False),
    ],
)
def test_who_is_named_with_a_department(path: str, named: str, *, sees: bool) -> None:
    viewer = Viewer(departments=((DepartmentId(ME.assignments[0].department_id), path),))
    assert may_see(viewer, Visibility.LISTED, "/other/", [named]) is sees
    assert not may_see(viewer, Visibility.INTERNAL, "/other/", [named])
    assert may_see(viewer, Visibility.SHARED, "/other/")


def test_a_role_that_is_over_shows_nothing() -> None:
    at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    assert Viewer.of(Caller("nobody"), at) == Viewer()
    assert Viewer.of(ME, at) == EVERYBODY
