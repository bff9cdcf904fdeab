"""The dry run: everything that would be refused at once, and never anything else than the submission does."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.media.testcard import Style, write_recording
from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Unknown
from broker.domain.footage.grants import Action, Terms
from broker.domain.ids import CameraId, new_id
from broker.domain.requests.access_requests import AskedLine, Place
from broker.domain.requests.findings import EarlierOutcome, FindingKind
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from broker.services.requests.previews import Outlook
from broker.services.sources.sources import NewSource
from tests.city import City
from tests.proofs import FULL
from tests.rules.steps import NUMBERS, for_cameras, item_of, ruled, sent

OWNERS = ("dh-cg", "dh-jt", "xs-ga", "jc-ga")


@st.composite
def forms(draw: st.DrawFn) -> dict[str, object]:
    """What people write, right and wrong."""

    def mostly(good: object, *others: object) -> object:
        return draw(st.sampled_from([good] * 6 + list(others)))

    basis = str(mostly("administrative", "public-safety", "consultation", "consultation", "publication", "royal"))
    return {
        "owners": draw(st.lists(st.sampled_from(OWNERS), unique=True, min_size=1, max_size=3)) * bool(mostly(1, 0)),
        "basis": basis,
        "number": mostly(NUMBERS.get(basis, "东环罚〔2026〕12号"), "12"),
        "urgent": draw(st.booleans()),
        "days": mostly(7, 1, 8, 30),
        "actions": draw(st.frozensets(st.sampled_from(Action), min_size=1)),
        "investigators": mostly(("looker",), ("looker", "looker2"), ("asker",), ("stranger",), ()),
        "hours": mostly(1, 24, 25),
    }


def filled(broker: Broker, city: City, drawn: dict[str, object]) -> Form:
    end = broker.clock.now() - timedelta(minutes=1)
    span = TimeSpan(end - timedelta(hours=drawn["hours"]), end)  # type: ignore[arg-type]  # drawn above
    lines = [AskedLine(camera.id, span) for owner in drawn["owners"] for camera in city.cameras_of(owner)]  # type: ignore[attr-defined]
    return Form(
        purpose=Purpose(str(drawn["basis"]), "environment", str(drawn["number"]), "夜间倾倒渣土，需核对车辆进出时间"),
        terms=Terms(drawn["actions"], timedelta(days=drawn["days"])),  # type: ignore[arg-type]  # drawn above
        investigators=drawn["investigators"],  # type: ignore[arg-type]  # drawn above
        lines=tuple(lines),
        urgent=bool(drawn["urgent"]),
    )


def told_of(outlook: Outlook) -> tuple[object, ...]:
    """Return an outlook with its faults as text: two errors are never the same one."""
    return replace(outlook, faults=()), *map(str, outlook.faults)


def test_the_plan_is_what_the_submission_does(turned: Broker, city: City) -> None:
    asker = city.caller(turned, "asker")
    turned.catalog.mark(operator("tests"), city.cameras_of("dh-cg")[0].id, sensitive=True)
    turned.catalog.mark(operator("tests"), city.cameras_of("jc-ga")[0].id, sensitive=True)
    accepted = 0

    @given(forms())
    @settings(
        max_examples=60 if FULL else 12,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def walk(drawn: dict[str, object]) -> None:
        nonlocal accepted
        form = filled(turned, city, drawn)
        draft = turned.access_requests.draft(asker, form)
        by_form, trial = turned.previews.plan_form(asker, form), turned.previews.check(asker, draft.id)
        plan = turned.previews.plan(asker, draft.id)
        assert told_of(by_form) == told_of(trial.outlook) == told_of(plan)
        if trial.faults:
            with pytest.raises(BrokerError) as refused:
                turned.access_requests.submit(asker, draft.id)
            assert str(refused.value) == str(trial.faults[0])
            return
        accepted += 1
        request = turned.access_requests.submit(asker, draft.id)
        assert (request.center_id, request.center_approvals) == (plan.center and plan.center.id, plan.approvals)
        assert (request.due, request.rulebook) == (plan.due, plan.rulebook)
        told = {part.department.id: (part.route.code, part.route.owner_authorizations) for part in plan.parts}
        assert {item.department_id: (item.route, item.authorizations) for item in request.items} == told

    walk()
    assert accepted > 3


def test_a_dry_run_tells_everything_at_once_and_keeps_nothing(broker: Broker, city: City) -> None:
    asker, now = city.caller(broker, "asker"), broker.clock.now()
    ruled(broker, limits={"cameras": 2, "camera_hours_per_day": 2})
    good = for_cameras(broker, city, "dh-cg")
    ahead = AskedLine(good.lines[2].camera_id, TimeSpan(now, now + timedelta(hours=25)))
    ghost = AskedLine(CameraId(new_id()), good.lines[0].span)
    bad = replace(
        good,
        purpose=Purpose("consultation", "whim", "无", "工作需要，请领导批准"),
        terms=Terms(validity=timedelta(days=30)),
        investigators=("stranger", "nobody", "asker"),
        lines=(*good.lines[:2], ahead, ghost),
    )
    before = len(broker.audit.page(operator("tests"), case=None, kind=None, after=0, limit=1000))
    trial = broker.previews.check_form(asker, bad)
    assert [(fault.slug, fault.pointer) for fault in trial.faults] == [
        ("unknown-person", "/investigators/1"),
        ("unknown-camera", "/lines/3/camera"),
        ("case-number-form", "/purpose/case_number"),
        ("unknown-matter", "/purpose/matter"),
        ("reason-hollow", "/purpose/reason"),
        ("requester-investigates", "/investigators"),
        ("footage-ahead", "/lines/2/end"),
        ("hours-per-camera", "/lines/2"),
        ("too-many-cameras", "/lines"),
        ("investigator-not-eligible", "/investigators"),
        ("route-validity", "/terms/valid_days"),
        ("camera-hours-per-day", "/lines"),
    ]
    assert len(broker.audit.page(operator("tests"), case=None, kind=None, after=0, limit=1000)) == before
    assert broker.access_requests.page(asker, state=None, after=None, limit=5) == []
    with pytest.raises(Invalid, match="unknown-person"):
        broker.previews.plan_form(asker, bad)
    with pytest.raises(Forbidden):
        broker.previews.check_form(city.caller(broker, "looker"), good)


def test_a_dry_run_asks_the_sources(broker: Broker, city: City, tmp_path: Path) -> None:
    me, asker = operator("tests"), city.caller(broker, "asker")
    end = broker.clock.now().replace(second=0, microsecond=0)
    write_recording(tmp_path, "cam-0", end - timedelta(minutes=30), 1, style=Style(fps=5, size=(160, 90)), name="路口")
    for code, folder in (("here", str(tmp_path)), ("gone", "/nowhere/at/all")):
        broker.sources.add(me, NewSource(code, "录像", "local_files", {"folder": folder}, "dh-cg", 2))
    first, second, third = city.cameras_of("dh-cg")
    broker.catalog.bind(me, first.gb_code or "", "here", "cam-0")
    broker.catalog.bind(me, second.gb_code or "", "gone", "cam-0")
    trial = broker.previews.check_form(asker, for_cameras(broker, city, "dh-cg"))
    assert trial.faults == ()
    told = {line.camera: line for line in trial.recorded}
    assert told[first.id].fault is None
    (recorded,) = told[first.id].spans or ()
    assert recorded.begin == end - timedelta(minutes=30)
    assert recorded.duration == timedelta(minutes=1)
    faults = [told[key].fault for key in (second.id, third.id)]
    assert [fault.slug for fault in faults if fault] == ["source-unreachable", "camera-without-source"]
    (loose,) = [finding for finding in trial.findings if finding.kind is FindingKind.NO_SOURCE]
    assert loose.cameras == (third.id,)


def test_what_was_submitted_is_not_planned_again(broker: Broker, city: City) -> None:
    request = sent(broker, city, for_cameras(broker, city, "dh-cg"))
    with pytest.raises(Conflict, match="transition-refused"):
        broker.previews.plan(city.caller(broker, "asker"), request.id)
    trial = broker.previews.check(city.caller(broker, "asker"), request.id)
    assert trial.faults[0].slug == "transition-refused"
    with pytest.raises(Forbidden):
        broker.previews.plan(city.caller(broker, "center.dh"), request.id)
    with pytest.raises(Unknown):
        broker.previews.plan(city.caller(broker, "stranger"), request.id)


def test_what_stands_out_is_told_to_those_who_decide(broker: Broker, city: City) -> None:
    center, asker = city.caller(broker, "center.dh"), city.caller(broker, "asker")
    rejected = sent(broker, city, for_cameras(broker, city, "dh-cg"))
    broker.approvals.reject(center, rejected.id, 1, "无法律依据")
    refused = sent(broker, city, for_cameras(broker, city, "dh-cg", "dh-jt"))
    refused = broker.approvals.approve(center, refused.id, Verdict(1))
    broker.request_items.refuse(city.caller(broker, "owner.jt"), item_of(refused, city, "dh-jt").id, 1, "不宜提供")
    ruled(broker, alerts={"many_cameras": 4})
    request = sent(broker, city, for_cameras(broker, city, "dh-cg", "dh-jt", place=Place(31.5, 104.0)))
    broker.approvals.approve(center, request.id, Verdict(1))

    def of(login: str) -> dict[FindingKind, list[object]]:
        found: dict[FindingKind, list[object]] = {}
        for finding in broker.findings.of(city.caller(broker, login), request.id):
            about = finding.earlier.outcome if finding.earlier else len(finding.cameras)
            found.setdefault(finding.kind, []).append(about)
        found.pop(FindingKind.OUTSIDE_HOURS, None)  # as the wall clock has it
        return found

    whole = {
        FindingKind.MANY_CAMERAS: [0],
        FindingKind.FAR: [5],
        FindingKind.NO_SOURCE: [5],
        FindingKind.REFUSED_BEFORE: [EarlierOutcome.REFUSED, EarlierOutcome.REJECTED],
    }
    assert of("center.dh") == of("auditor") == whole
    assert of("owner.cg") == {FindingKind.FAR: [3], FindingKind.NO_SOURCE: [3]}
    assert of("owner.jt") == {
        FindingKind.FAR: [2],
        FindingKind.NO_SOURCE: [2],
        FindingKind.REFUSED_BEFORE: [EarlierOutcome.REFUSED],
    }
    for login in ("asker", "looker"):
        with pytest.raises(Forbidden):
            of(login)
    with pytest.raises(Unknown):
        of("center.xs")
    warned = broker.previews.check_form(asker, for_cameras(broker, city, "dh-cg")).findings
    assert sum(finding.kind is FindingKind.REFUSED_BEFORE for finding in warned) == 2
