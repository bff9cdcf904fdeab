"""What a request needs, who sees it and how it ends, beyond the main path."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.catalog.finding import Question
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.grants import Terms
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.ids import CameraId, GrantId, ItemId, RequestId, RetrievalId, new_id
from broker.domain.people.accounts import DepartmentKind
from broker.domain.requests.access_requests import AskedLine, RequestItem
from broker.domain.requests.request_states import RequestState
from broker.domain.time import TimeSpan
from broker.services.catalog.finding import Wanted
from broker.services.footage.retrievals import LONGEST_CLIP
from broker.services.people.accounts import NewDepartment, NewPerson
from broker.services.requests.access_requests import Verdict
from broker.services.requests.form_references import MOST_LINES
from tests.city import PASSWORD, City
from tests.services.test_main_path import authorized, form, submitted


def test_a_form_names_people_and_cameras_that_exist(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    good = form(broker, city)
    ghost = AskedLine(CameraId(new_id()), good.lines[0].span)
    for bad, slug, pointer in (
        (replace(good, investigators=("looker", "ghost")), "unknown-person", "/investigators/1"),
        (replace(good, lines=(*good.lines, ghost)), "unknown-camera", f"/lines/{len(good.lines)}/camera"),
        (replace(good, lines=good.lines[:1] * (MOST_LINES + 1)), "too-many-lines", "/lines"),
    ):
        with pytest.raises(Invalid) as refused:
            broker.access_requests.draft(asker, bad)
        assert (refused.value.slug, refused.value.pointer) == (slug, pointer)


def test_only_a_requester_asks(broker: Broker, city: City) -> None:
    for login in ("looker", "center.dh", "sysadmin", "auditor"):
        with pytest.raises(Forbidden):
            broker.access_requests.draft(city.caller(broker, login), form(broker, city))
    with pytest.raises(Forbidden):
        broker.access_requests.draft(operator("tests"), form(broker, city))


def test_a_draft_is_seen_by_its_requester_alone_and_can_be_edited(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    draft = broker.access_requests.draft(asker, form(broker, city))
    for login in ("looker", "center.dh", "owner.cg"):
        with pytest.raises(Unknown):
            broker.access_requests.read(city.caller(broker, login), draft.id)
    edited = broker.access_requests.edit(asker, draft.id, replace(form(broker, city), urgent=True))
    assert edited.urgent
    assert broker.access_requests.read(asker, draft.id) == edited
    with pytest.raises(Unknown):
        broker.access_requests.edit(city.caller(broker, "looker"), draft.id, form(broker, city))


def test_investigators_belong_to_the_department_and_hold_the_role(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    for login in ("stranger", "owner.cg"):
        draft = broker.access_requests.draft(asker, replace(form(broker, city), investigators=(login,)))
        with pytest.raises(Invalid) as refused:
            broker.access_requests.submit(asker, draft.id)
        assert (refused.value.slug, refused.value.facts["persons"]) == ("investigator-not-eligible", login)
        assert broker.access_requests.read(asker, draft.id).state is RequestState.DRAFT


def test_the_lowest_center_over_all_cameras_decides(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    base = form(broker, city)
    for cameras, center in (
        (city.cameras_of("dh-cg"), "dh-center"),
        (city.cameras_of("xs-ga"), "xs-center"),
        ([*city.cameras_of("dh-cg"), *city.cameras_of("xs-ga")], "jc-center"),
        (city.cameras_of("jc-ga"), "jc-center"),
    ):
        lines = tuple(AskedLine(camera.id, base.lines[0].span) for camera in cameras)
        draft = broker.access_requests.draft(asker, replace(base, lines=lines))
        assert broker.access_requests.submit(asker, draft.id).center_id == city.departments[center].id


def test_a_request_that_nobody_may_decide_is_refused_with_the_reason(broker: Broker, city: City) -> None:
    me = operator("tests")
    asker = city.caller(broker, "asker")
    for login in ("center.dh", "center.dh2"):
        broker.accounts.disable(me, city.persons[login])
    broker.accounts.disable(me, city.persons["center.jc"])  # with nobody above it either, it is refused
    draft = broker.access_requests.draft(asker, form(broker, city))
    with pytest.raises(Invalid, match="no-approver"):
        broker.access_requests.submit(asker, draft.id)
    broker.accounts.add_person(
        me, NewPerson("center.new", "新审批", "dh-center", PASSWORD, (("center_approver", "dh-center"),))
    )
    broker.accounts.disable(me, city.persons["owner.jt"])
    with pytest.raises(Invalid) as refused:
        broker.access_requests.submit(asker, draft.id)
    assert (refused.value.slug, refused.value.facts["department"]) == ("no-authorizer", "东河区交通运输局")


def test_a_place_without_a_center_cannot_be_asked(
    broker: Broker, city: City, tmp_path_factory: pytest.TempPathFactory
) -> None:
    me = operator("tests")
    broker.accounts.add_department(me, NewDepartment("far", "远市", DepartmentKind.GOVERNMENT, "9902"))
    path = tmp_path_factory.mktemp("far") / "far.csv"
    path.write_text("name,latitude,longitude\n远处,31.5,103.5\n", encoding="utf-8")
    broker.imports.import_file(me, path, owner="far")
    asker = city.caller(broker, "asker")
    camera = broker.finding.page(asker, Wanted(Question(text="远处")), after=None, limit=1)[0]
    base = form(broker, city)
    draft = broker.access_requests.draft(asker, replace(base, lines=(AskedLine(camera.id, base.lines[0].span),)))
    with pytest.raises(Invalid, match="no-center"):
        broker.access_requests.submit(asker, draft.id)


def test_the_center_may_return_or_reject_and_not_what_owners_decide_already(broker: Broker, city: City) -> None:
    center = city.caller(broker, "center.dh")
    first, second = submitted(broker, city), submitted(broker, city)
    assert broker.approvals.send_back(center, first.id, 1, "请补充案号").state is RequestState.RETURNED
    assert broker.approvals.reject(center, second.id, 1, "无法律依据").state is RequestState.REJECTED
    third = submitted(broker, city)
    broker.approvals.approve(center, third.id, Verdict(1))
    with pytest.raises(Conflict, match="transition-refused"):
        broker.approvals.send_back(center, third.id, 1, "晚了")
    with pytest.raises(Conflict, match="stale-revision"):
        broker.approvals.approve(
            center, broker.access_requests.submit(city.caller(broker, "asker"), first.id).id, Verdict(1)
        )


def test_lists_hold_what_may_be_read_and_nothing_else(broker: Broker, city: City) -> None:
    made = [submitted(broker, city) for _ in range(3)]
    draft = broker.access_requests.draft(city.caller(broker, "asker"), form(broker, city))
    approved = broker.approvals.approve(city.caller(broker, "center.dh"), made[0].id, Verdict(1))
    everything = {request.id for request in made} | {draft.id}
    for login in city.persons:
        caller = city.caller(broker, login)
        listed = {r.id for r in broker.access_requests.page(caller, state=None, after=None, limit=50)}
        for key in everything:
            try:
                broker.access_requests.read(caller, key)
            except Unknown:
                assert key not in listed, login
            else:
                assert key in listed, login
    asker = city.caller(broker, "asker")
    pages: list[RequestId] = []
    while page := broker.access_requests.page(asker, state=None, after=pages[-1] if pages else None, limit=1):
        pages.append(page[0].id)
    assert sorted(pages, reverse=True) == pages
    assert set(pages) == everything
    state = broker.access_requests.page(asker, state=RequestState.DEPARTMENT_REVIEW, after=None, limit=9)
    assert [request.id for request in state] == [approved.id]


def test_what_waits_for_an_owner(broker: Broker, city: City) -> None:
    for _ in range(3):
        request = submitted(broker, city)
        broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    owner = city.caller(broker, "owner.cg")
    first = broker.request_items.waiting(owner, after=None, limit=2)
    rest = broker.request_items.waiting(owner, after=first[-1][1].id, limit=2)
    assert [len(first), len(rest)] == [2, 1]
    assert {item.department_id for _, item in (*first, *rest)} == {city.departments["dh-cg"].id}
    with pytest.raises(Forbidden):
        broker.request_items.waiting(city.caller(broker, "asker"), after=None, limit=2)


def test_the_part_of_another_owner_is_not_there(broker: Broker, city: City) -> None:
    request = submitted(broker, city)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    parts = {item.department_id: item for item in request.items}
    theirs = parts[city.departments["dh-cg"].id]
    own = parts[city.departments["dh-jt"].id]

    def tries(login: str, item: RequestItem) -> list[Callable[[], object]]:
        who, items = city.caller(broker, login), broker.request_items
        return [
            lambda: items.authorize(who, item.id, Verdict(1)),
            lambda: items.refuse(who, item.id, 1, "不"),
            lambda: items.send_back(who, item.id, 1, "请补"),
            lambda: broker.emergencies.veto(who, item.id, "不"),
        ]

    for unknown in tries("owner.jt", theirs):
        with pytest.raises(Unknown, match="unknown-request-item"):
            unknown()
    for refused in tries("asker", theirs):
        with pytest.raises(Forbidden):
            refused()
    assert broker.request_items.refuse(city.caller(broker, "owner.jt"), own.id, 1, "不").items[0].state == "REFUSED"


def test_an_owner_narrows_terms_and_never_widens_them(broker: Broker, city: City) -> None:
    request = submitted(broker, city)
    narrow = Terms(validity=timedelta(days=3))
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1, terms=narrow))
    owner = city.caller(broker, "owner.cg")
    item = next(i for i in request.items if i.department_id == city.departments["dh-cg"].id)
    with pytest.raises(Invalid, match="terms-widen"):
        broker.request_items.authorize(owner, item.id, Verdict(1, terms=Terms(validity=timedelta(days=4))))
    grant = broker.request_items.authorize(owner, item.id, Verdict(1, terms=Terms(validity=timedelta(days=1))))
    assert grant is not None
    assert grant.valid.duration == timedelta(days=1)
    with pytest.raises(Unknown):
        broker.request_items.refuse(owner, ItemId(new_id()), 1, "x")


def test_an_item_of_an_older_revision_is_told_apart(broker: Broker, city: City) -> None:
    request, _ = authorized(broker, city)
    jt = next(i for i in request.items if i.department_id == city.departments["dh-jt"].id)
    broker.request_items.send_back(city.caller(broker, "owner.jt"), jt.id, 1, "补")
    again = broker.access_requests.submit(city.caller(broker, "asker"), request.id)
    broker.approvals.approve(city.caller(broker, "center.dh"), again.id, Verdict(2))
    with pytest.raises(Conflict, match="stale-revision"):
        broker.request_items.refuse(city.caller(broker, "owner.jt"), jt.id, 2, "旧的")


def test_a_withdrawal_ends_what_was_granted(broker: Broker, city: City) -> None:
    request, grant = authorized(broker, city)
    after = broker.access_requests.withdraw(city.caller(broker, "asker"), request.id, "案件已结")
    assert after.state is RequestState.WITHDRAWN
    assert broker.grants.read(city.caller(broker, "asker"), grant.id).state == "REVOKED"
    page = broker.grants.page(city.caller(broker, "owner.cg"), request=None, after=None, limit=5)
    assert [each.id for each in page] == [grant.id]
    assert broker.grants.page(city.caller(broker, "owner.cg"), request=None, after=grant.id, limit=5) == []
    with pytest.raises(Unknown):
        broker.grants.read(city.caller(broker, "stranger"), grant.id)


def test_who_may_revoke(broker: Broker, city: City) -> None:
    for login in ("owner.cg", "center.dh", "asker"):
        _, grant = authorized(broker, city)
        assert broker.grants.revoke(city.caller(broker, login), grant.id, "结束").state == "REVOKED"
    _, grant = authorized(broker, city)
    with pytest.raises(Forbidden):
        broker.grants.revoke(city.caller(broker, "looker"), grant.id, "结束")
    with pytest.raises(Unknown):
        broker.grants.revoke(city.caller(broker, "owner.jt"), grant.id, "结束")


def test_orders_that_make_no_sense(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    looker = city.caller(broker, "looker")
    line = grant.lines[0]
    long = TimeSpan(line.window.begin, line.window.begin + LONGEST_CLIP + timedelta(seconds=1))
    with pytest.raises(Invalid, match="clip-too-long"):
        broker.retrievals.order(looker, line.camera_id, ClipAsk("", long))
    with pytest.raises(Unknown, match="unknown-camera"):
        broker.retrievals.order(looker, CameraId(new_id()), SnapshotAsk("", line.window.begin))
    with pytest.raises(Unknown, match="unknown-retrieval"):
        broker.retrievals.read(looker, RetrievalId(new_id()))
    with pytest.raises(Invalid, match="person-needed"):
        broker.retrievals.order(operator("tests"), line.camera_id, SnapshotAsk("", line.window.begin))
    with pytest.raises(Forbidden, match="footage-person"):
        broker.retrievals.order(looker, line.camera_id, SnapshotAsk("", line.window.begin), grant=GrantId(new_id()))
    assert broker.retrievals.page(looker, grant=grant.id, after=None, limit=5) == []


def test_every_refused_look_is_in_the_trace(broker: Broker, city: City) -> None:
    _, grant = authorized(broker, city)
    line = grant.lines[0]
    for _ in range(2):
        with pytest.raises(Forbidden):
            broker.retrievals.order(city.caller(broker, "looker"), line.camera_id, SnapshotAsk("", line.window.end))
    events = broker.audit.page(
        city.caller(broker, "auditor"), case=grant.request_id, kind="retrieval:refused", after=0, limit=9
    )
    assert [event.data["missing"] for _, event in events] == [["g_window"], ["g_window"]]
    with pytest.raises(Forbidden):
        broker.audit.page(city.caller(broker, "looker"), case=None, kind=None, after=0, limit=9)


def test_an_owner_sees_the_own_part_of_a_request_and_nothing_of_the_others(broker: Broker, city: City) -> None:
    request = submitted(broker, city)
    broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    whole = {camera.id for department in ("dh-cg", "dh-jt") for camera in city.cameras_of(department)}
    for login, department in (("owner.cg", "dh-cg"), ("owner.jt", "dh-jt")):
        owner = city.caller(broker, login)
        own = {camera.id for camera in city.cameras_of(department)}
        waiting = [seen for seen, _ in broker.request_items.waiting(owner, after=None, limit=5)]
        listed = broker.access_requests.page(owner, state=None, after=None, limit=5)
        for seen in (broker.access_requests.read(owner, request.id), *waiting, *listed):
            assert {line.camera_id for line in seen.asked} == own
            assert {line.camera_id for item in seen.items for line in item.lines} == own
    for login in ("asker", "looker", "center.dh", "auditor"):
        seen = broker.access_requests.read(city.caller(broker, login), request.id)
        assert {line.camera_id for line in seen.asked} == whole
    jt = broker.request_items.waiting(city.caller(broker, "owner.jt"), after=None, limit=5)[0][1]
    answer = broker.request_items.refuse(city.caller(broker, "owner.jt"), jt.id, 1, "不宜提供")
    assert [item.id for item in answer.items] == [jt.id]
