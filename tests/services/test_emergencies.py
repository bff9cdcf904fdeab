"""Emergency access on the real database: opened at once, answered for within the day, or paid for."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import Conflict, Forbidden, Invalid
from broker.domain.footage.grants import GrantState
from broker.domain.footage.media import SnapshotAsk
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.requests.access_requests import AskedLine
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.time import TimeSpan
from broker.services.deciding.rulebook_document import dump
from broker.services.sources.sources import NewSource
from tests.city import City
from tests.clock import Turned
from tests.rules.steps import item_of, ruled
from tests.services.alarms import HOUR, PURPOSE, Scene, counted, happened, let_grants_expire, scene_of, told
from tests.services.looks import made_ready
from tests.services.members import refusal
from tests.services.test_races import together

WRITTEN = ("access_request", "access_grant", "audit_event", "notice", "retrieval")
DAY = timedelta(hours=24)


@pytest.fixture
def scene(turned: Broker, city: City, clock: Turned) -> Scene:
    return scene_of(turned, city, clock)


def bound(scene: Scene) -> None:
    """Let the cameras have a source, so that orders can be placed."""
    me = operator("tests")
    scene.broker.sources.add(me, NewSource("nvr", "录像机", "local_files", {"folder": "/nowhere"}, "dh-cg"))
    for camera in scene.city.cameras_of("dh-cg"):
        scene.broker.catalog.bind(me, camera.gb_code or "", "nvr", camera.gb_code or "")


def roles(scene: Scene) -> set[str]:
    return {held.role for held in scene.looker.assignments}


def test_without_the_right_or_a_fresh_second_factor_nothing_is_opened(
    turned: Broker, city: City, clock: Turned
) -> None:
    scene = scene_of(turned, city, clock)
    plain = scene_of(turned, city, clock, ("investigator",))
    blind = scene_of(turned, city, clock, ("emergency_investigator",))
    before = counted(turned, *WRITTEN)
    assert refusal(lambda: turned.emergencies.open(scene.caller("looker"), scene.form())).slug == "not-allowed"
    assert refusal(lambda: turned.emergencies.open(plain.opener.caller, scene.form())).slug == "not-allowed"
    told_blind = refusal(lambda: turned.emergencies.open(blind.opener.caller, scene.form()))
    assert (type(told_blind), told_blind.slug) == (Invalid, "investigator-not-eligible")
    clock.at += turned.settings.step_up_limit
    stale = refusal(lambda: turned.emergencies.open(scene.opener.caller, scene.form()))
    assert (type(stale), stale.missing) == (Forbidden, ("mfa_fresh",))
    assert counted(turned, *WRITTEN) == before
    scene.opened()


def test_a_role_without_any_second_factor_opens_nothing(turned: Broker, city: City, clock: Turned) -> None:
    scene = scene_of(turned, city, clock)
    for role in ("emergency_investigator",):
        turned.accounts.assign(operator("tests"), city.persons["looker"], role, "dh-hb")
    refused = refusal(lambda: turned.emergencies.open(city.caller(turned, "looker"), scene.form()))
    assert refused.missing == ("mfa_fresh",)


def test_what_reaches_too_far_is_refused_and_nothing_is_written(scene: Scene) -> None:
    ruled(scene.broker, emergency={"cameras": 4})
    scene.freshen()
    good, now = scene.form("dh-cg"), scene.clock.at
    camera = good.lines[0].camera_id

    def line(begin: timedelta, end: timedelta) -> tuple[AskedLine, ...]:
        return (AskedLine(camera, TimeSpan(now + begin, now + end)),)

    bad: list[tuple[Any, str, str]] = [
        (scene.form(), "emergency-cameras", "/lines"),
        (replace(good, lines=()), "no-camera", "/lines"),
        (replace(good, lines=line(-25 * HOUR, -24 * HOUR)), "emergency-window", "/lines/0"),
        (replace(good, lines=line(-HOUR, timedelta(seconds=1))), "emergency-window", "/lines/0"),
        (replace(good, lasts=timedelta(minutes=241)), "emergency-too-long", "/minutes"),
        (replace(good, purpose=replace(PURPOSE, reason="工作需要需要工作需要")), "reason-hollow", "/purpose/reason"),
        (replace(good, purpose=replace(PURPOSE, reason="急")), "reason-short", "/purpose/reason"),
        (replace(good, purpose=replace(PURPOSE, case_number="无")), "case-number-form", "/purpose/case_number"),
        (replace(good, purpose=replace(PURPOSE, basis="curiosity")), "unknown-basis", "/purpose/basis"),
    ]
    before = counted(scene.broker, *WRITTEN)
    for form, slug, pointer in bad:
        error = refusal(partial(scene.broker.emergencies.open, scene.opener.caller, form))
        assert (error.slug, error.pointer) == (slug, pointer)
    assert counted(scene.broker, *WRITTEN) == before
    longest = replace(good, lasts=timedelta(minutes=240), lines=line(-24 * HOUR, timedelta(0)))
    _, grants = scene.broker.emergencies.open(scene.opener.caller, longest)
    assert [grant.valid.duration for grant in grants] == [timedelta(minutes=240)]


def test_it_holds_at_once_and_everybody_concerned_is_told(scene: Scene) -> None:
    request, grants = scene.opened()
    now = scene.clock.at
    assert (request.state, request.due, request.emergency) == (RequestState.EMERGENCY, now + DAY, True)
    assert {item.state for item in request.items} == {ItemState.PROVISIONAL}
    assert [grant.state_at(now) for grant in grants] == [GrantState.ACTIVE] * 2
    assert {grant.valid for grant in grants} == {TimeSpan(now, now + HOUR)}
    assert all(grant.emergency and grant.persons == {scene.opener.id} for grant in grants)
    heard = told(scene.broker, scene.city)
    assert heard["emergency.opened"] == {"owner.cg", "owner.cg2", "owner.jt", "center.dh", "center.dh2", "auditor"}
    for login in ("owner.cg", "owner.jt", "center.dh", "auditor"):
        seen = scene.broker.access_requests.read(scene.caller(login), request.id)
        assert seen.purpose.case_number == PURPOSE.case_number
    assert len(scene.broker.access_requests.read(scene.caller("owner.jt"), request.id).items) == 1
    assert scene.broker.audit.verify(scene.caller("auditor")).faults == ()


def test_the_opener_alone_looks_and_only_for_an_hour(scene: Scene) -> None:
    bound(scene)
    request, grants = scene.opened("dh-cg")
    line = grants[0].lines[0]
    ask = SnapshotAsk("", line.window.begin)
    order = scene.broker.retrievals.order(scene.looker, line.camera_id, ask)
    attempt = scene.broker.runs._begin(order.id)
    assert attempt is not None
    assert attempt.ask.treatment.banner == f"应急调阅 EMERGENCY {request.number}"
    with pytest.raises(Forbidden, match="footage-person"):
        scene.broker.retrievals.order(scene.caller("looker"), line.camera_id, ask)
    elsewhere = scene.city.cameras_of("dh-jt")[0]
    with pytest.raises(Forbidden, match="footage-camera"):
        scene.broker.retrievals.order(scene.looker, elsewhere.id, ask)
    scene.clock.at += HOUR - timedelta(minutes=1)
    scene.broker.retrievals.order(scene.looker, line.camera_id, ask)
    scene.clock.at += timedelta(minutes=1)
    with pytest.raises(Forbidden, match="footage-live"):
        scene.broker.retrievals.order(scene.looker, line.camera_id, ask)


def test_a_ratified_emergency_is_a_decided_request(scene: Scene) -> None:
    request, grants = scene.opened()
    scene.trust("center_approver")  # in the own department: reaches no center
    after = scene.ratify(request)
    assert (after.state, after.outcome, after.due) == (RequestState.DECIDED, "granted", None)
    assert {item.state for item in after.items} == {ItemState.RATIFIED}
    kept = [scene.broker.grants.read(scene.opener.caller, grant.id) for grant in grants]
    assert {grant.state_at(scene.clock.at) for grant in kept} == {GrantState.ACTIVE}
    with pytest.raises(Conflict, match="transition-refused"):
        scene.broker.emergencies.disavow(scene.caller("center.dh2"), request.id, "改变主意")
    scene.clock.at += 25 * HOUR
    let_grants_expire(scene.broker)
    scene.broker.deadlines.tick()
    assert scene.broker.access_requests.read(scene.caller("center.dh"), request.id).state is RequestState.DECIDED
    assert "emergency_investigator" in roles(scene)
    closed = scene.broker.access_requests.close(scene.looker, request.id, "老人已找到")
    assert closed.state is RequestState.CLOSED


def test_nobody_answers_for_an_emergency_of_their_own(scene: Scene) -> None:
    me = operator("tests")
    for role, where in (("center_approver", "dh-center"), ("department_authorizer", "dh-cg"), ("requester", "dh-hb")):
        scene.broker.accounts.assign(me, scene.opener.id, role, where)
    request, _ = scene.opened()
    opener = scene.opener.caller
    item = item_of(request, scene.city, "dh-cg")
    for answer in (
        lambda: scene.broker.emergencies.ratify(opener, request.id, "自己补批"),
        lambda: scene.broker.emergencies.disavow(opener, request.id, "自己否决"),
        lambda: scene.broker.emergencies.veto(opener, item.id, "自己否决"),
    ):
        assert refusal(answer).slug == "not-allowed"
    for escape in (
        lambda: scene.broker.access_requests.withdraw(opener, request.id, "撤回"),
        lambda: scene.broker.access_requests.close(opener, request.id, "办结"),
    ):
        assert refusal(escape).slug == "transition-refused"
    assert scene.broker.inbox.page(opener, after=None, limit=9) == []


def test_what_the_center_disavows_is_paid_for(scene: Scene) -> None:
    bound(scene)
    request, grants = scene.opened("dh-cg")
    line = grants[0].lines[0]
    ask = SnapshotAsk("", line.window.begin)
    done, waiting, running = (scene.broker.retrievals.order(scene.looker, line.camera_id, ask) for _ in range(3))
    made_ready(scene.broker, done)
    assert scene.broker.runs._begin(running.id) is not None
    after = scene.broker.emergencies.disavow(scene.caller("center.dh2"), request.id, "与所报案情不符")
    assert (after.state, {item.state for item in after.items}) == (RequestState.REJECTED, {ItemState.VOID})
    opener = scene.looker
    assert scene.broker.grants.read(opener, grants[0].id).state is GrantState.REVOKED
    ended = [scene.broker.retrievals.read(opener, order.id) for order in (done, waiting, running)]
    assert {order.state for order in ended} == {RetrievalState.ABORTED}
    assert [order.held for order in ended] == ["emergency-unratified", "", ""]
    assert roles(scene) == {"investigator"}
    scene.freshen()
    assert refusal(lambda: scene.broker.emergencies.open(scene.opener.caller, scene.form())).slug == "not-allowed"
    assert scene.broker.audit.verify(scene.caller("auditor")).faults == ()


def test_unratified_after_a_day_the_clock_alone_refuses_and_the_sweep_writes_it_down_once(scene: Scene) -> None:
    bound(scene)
    scene.broker.accounts.assign(operator("tests"), scene.opener.id, "emergency_investigator", "dh-cg")
    request, grants = scene.opened("dh-cg")
    line = grants[0].lines[0]
    done = scene.broker.retrievals.order(scene.looker, line.camera_id, SnapshotAsk("", line.window.begin))
    made_ready(scene.broker, done)
    scene.clock.at = request.due or scene.clock.at
    let_grants_expire(scene.broker)
    scene.freshen()
    opener = scene.opener.caller
    late = SnapshotAsk("", line.window.begin)
    assert refusal(lambda: scene.broker.retrievals.order(opener, line.camera_id, late)).slug == "footage-live"
    assert refusal(lambda: scene.ratify(request)).slug == "deadline-passed"
    unanswered = refusal(lambda: scene.broker.emergencies.open(opener, scene.form("dh-cg")))
    assert (unanswered.slug, unanswered.missing) == ("emergency-unanswered", ("emergency_trust",))
    assert scene.broker.access_requests.read(opener, request.id).state is RequestState.EMERGENCY
    together([scene.broker.deadlines.tick, scene.broker.deadlines.tick])
    after = scene.broker.access_requests.read(opener, request.id)
    assert (after.state, {item.state for item in after.items}) == (RequestState.LAPSED, {ItemState.VOID})
    assert scene.broker.retrievals.read(opener, done.id).held == "emergency-unratified"
    assert roles(scene) == {"investigator"}
    assert [happened(scene.broker, kind) for kind in ("emergency:unratified", "retrieval:held")] == [1, 1]
    assert happened(scene.broker, "person:role:withdrawn") == 2, "one for each department it was held in"
    everybody = {"owner.cg", "owner.cg2", "center.dh", "center.dh2", "auditor", str(scene.opener.id)}
    assert told(scene.broker, scene.city)["emergency.unratified"] == everybody
    assert scene.broker.deadlines.tick() == 0
    scene.trust()
    scene.opened("dh-cg")
    assert scene.broker.audit.verify(scene.caller("auditor")).faults == ()


def test_a_veto_ends_one_part_before_or_after_the_ratification(scene: Scene) -> None:
    request, grants = scene.opened()
    opener = scene.opener.caller
    cg, jt = (next(g for g in grants if g.item_id == item_of(request, scene.city, d).id) for d in ("dh-cg", "dh-jt"))
    seen = scene.broker.emergencies.veto(scene.caller("owner.cg"), cg.item_id, "涉及办案场所")
    assert [item.state for item in seen.items] == [ItemState.REFUSED]
    assert scene.broker.grants.read(opener, cg.id).state is GrantState.REVOKED
    assert scene.broker.grants.read(opener, jt.id).state_at(scene.clock.at) is GrantState.ACTIVE
    after = scene.ratify(request)
    assert after.outcome == "partially granted"
    scene.broker.emergencies.veto(scene.caller("owner.jt"), jt.item_id, "不宜提供")
    assert scene.broker.grants.read(opener, jt.id).state is GrantState.REVOKED
    assert scene.broker.access_requests.read(opener, request.id).outcome == "refused"
    heard = told(scene.broker, scene.city)["emergency.vetoed"]
    assert heard == {"owner.cg2", "center.dh", "center.dh2", "auditor", str(scene.opener.id)}


def test_who_vetoed_does_not_ratify_and_who_ratified_does_not_veto(scene: Scene) -> None:
    me = operator("tests")
    scene.broker.accounts.assign(me, scene.city.persons["owner.cg"], "center_approver", "dh-center")
    scene.broker.accounts.assign(me, scene.city.persons["center.dh2"], "department_authorizer", "dh-jt")
    request, _ = scene.opened()
    cg, jt = (item_of(request, scene.city, department) for department in ("dh-cg", "dh-jt"))
    scene.broker.emergencies.veto(scene.caller("owner.cg"), cg.id, "涉及办案场所")
    assert refusal(lambda: scene.ratify(request, "owner.cg")).slug == "second-person-needed"
    disavow = scene.broker.emergencies.disavow
    assert refusal(lambda: disavow(scene.caller("owner.cg"), request.id, "x")).slug == "second-person-needed"
    scene.ratify(request, "center.dh2")
    veto = scene.broker.emergencies.veto
    refused = refusal(lambda: veto(scene.caller("center.dh2"), jt.id, "x"))
    assert (refused.slug, refused.missing) == ("not-allowed", ("not_approver",))


def test_three_that_nobody_stood_up_for_close_the_door_for_ninety_days(scene: Scene) -> None:
    begun = scene.clock.at
    for _ in range(3):
        request, _ = scene.opened("dh-cg")
        scene.broker.emergencies.disavow(scene.caller("center.dh"), request.id, "不属实")
        scene.trust()
    scene.freshen()
    blocked = refusal(lambda: scene.broker.emergencies.open(scene.opener.caller, scene.form("dh-cg")))
    assert (blocked.slug, blocked.facts["count"]) == ("emergency-blocked", 3)
    scene.clock.at = begun + timedelta(days=90, minutes=2)
    scene.opened("dh-cg")


def test_grants_never_outlast_the_time_to_ratify(scene: Scene) -> None:
    ruled(scene.broker, emergency={"ratify_hours": 2, "escalate_hours": 1})
    scene.freshen()
    form = replace(scene.form("dh-cg"), lasts=timedelta(hours=4))
    request, grants = scene.broker.emergencies.open(scene.opener.caller, form)
    assert request.due == scene.clock.at + 2 * HOUR
    assert [grant.valid.end for grant in grants] == [request.due]


def test_a_route_that_allows_less_allows_an_emergency_no_more(scene: Scene) -> None:
    held = scene.broker.rulebooks.current(operator("tests")).rules
    document: Any = dump(held)
    for route in document["routes"]:
        route["actions"] = ["snapshot"]
    scene.broker.rulebooks.change(operator("tests"), document, "只许截图", held.version)
    scene.freshen()
    refused = refusal(lambda: scene.broker.emergencies.open(scene.opener.caller, scene.form("dh-cg")))
    assert refused.slug == "route-actions"


def test_a_purpose_is_no_blank() -> None:
    with pytest.raises(Invalid, match="field-empty"):
        Purpose("public-safety", "missing", " ", "老人走失，需立即确认去向")
