"""The rulebook as a document: what is written can be read again, and what is wrong is told with its place."""

import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.domain.deciding.calendar import Calendar
from broker.domain.deciding.routes import Deadlines, Match, Route
from broker.domain.deciding.rulebook import Alerts, Emergency, Limits, Rulebook
from broker.domain.deciding.shipped_rules import SHIPPED
from broker.domain.errors import Invalid
from broker.domain.footage.grants import Action, Condition
from broker.domain.requests.purpose import Basis, Matter, PurposeRules
from broker.services.deciding.rulebook_document import dump, parse
from broker.services.deciding.rulebook_document.difference import differences

CODES = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
NAMES = st.text("甲乙丙丁戊己庚辛abc", min_size=1, max_size=12)


def count(most: int, least: int = 1) -> st.SearchStrategy[int]:
    return st.integers(least, most)


def hours(most: int) -> st.SearchStrategy[timedelta]:
    return count(most).map(lambda number: timedelta(hours=number))


def days(most: int) -> st.SearchStrategy[timedelta]:
    return count(most).map(lambda number: timedelta(days=number))


@st.composite
def emergencies(draw: st.DrawFn) -> Emergency:
    longest, ratify = draw(count(1440)), draw(count(168))
    return Emergency(
        cameras=draw(count(500)), look_back=draw(hours(720)), lasts=timedelta(minutes=draw(count(longest))),
        longest=timedelta(minutes=longest), ratify_within=timedelta(hours=ratify),
        escalate_after=timedelta(hours=draw(count(ratify))), unratified_most=draw(count(100)),
        counted_over=draw(days(3650)),
    )  # fmt: skip


@st.composite
def rulebooks(draw: st.DrawFn) -> Rulebook:
    """Every field of every part takes values of its own: what the document leaves out shows itself."""
    bases = draw(st.lists(st.builds(Basis, CODES, NAMES, NAMES, NAMES, st.just(r"\d{1,6}号"), st.just("12号")),
                          min_size=1, max_size=3, unique_by=lambda it: it.code))  # fmt: skip
    matters = draw(
        st.lists(st.builds(Matter, CODES, NAMES, NAMES), min_size=1, max_size=3, unique_by=lambda it: it.code)
    )
    tri = st.sampled_from([None, True, False])
    match = st.builds(
        Match, bases=st.frozensets(st.sampled_from([it.code for it in bases])),
        matters=st.frozensets(st.sampled_from([it.code for it in matters])), owners=st.frozensets(CODES, max_size=2),
        point_classes=st.frozensets(st.sampled_from([1, 2, 3, 9])), urgent=tri, own=tri, sensitive=tri,
    ).filter(lambda it: it != Match())  # fmt: skip
    deadlines = st.builds(
        Deadlines, center=hours(2160), owner=hours(2160), supplement=hours(2160), business=st.booleans()
    )

    def route(match: st.SearchStrategy[Match], code: st.SearchStrategy[str], least: int) -> st.SearchStrategy[Route]:
        return st.builds(
            Route, code, NAMES, NAMES, match, center_approvals=count(2, least), owner_authorizations=count(2),
            deadlines=deadlines, actions=st.frozensets(st.sampled_from(Action), min_size=1),
            conditions=st.frozensets(st.sampled_from(Condition)), longest_validity=days(30),
        )  # fmt: skip

    special = draw(st.lists(route(match, CODES, 0), max_size=3, unique_by=lambda it: it.code))
    special = [it for it in special if it.center_approvals or it.match.own is True]
    last = draw(route(st.just(Match()), st.just("every-part"), 1))
    remind = draw(st.floats(0.01, 1))
    return Rulebook(
        version=draw(count(10**6)),
        purpose=PurposeRules(tuple(bases), tuple(matters), tuple(draw(st.lists(NAMES, unique=True, max_size=4))),
                             draw(count(200, 2))),
        routes=(*special, last),
        calendar=Calendar(offset=timedelta(hours=draw(st.integers(-12, 12))), workdays=frozenset({draw(count(7))})),
        limits=Limits(draw(count(500)), draw(count(744)), draw(count(100_000)), draw(count(10_000_000))),
        emergency=draw(emergencies()),
        alerts=Alerts(draw(count(500)), draw(count(1_000_000))),
        remind_at=remind,
        escalate_at=draw(st.floats(remind, 1)),
        draft_keeps=draw(days(365)),
        report_within=draw(days(365)),
        renewals=draw(count(20, 0)),
    )  # fmt: skip


@given(rulebooks())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(rules: Rulebook) -> None:
    document = json.loads(json.dumps(dump(rules)))
    assert parse(document, rules.version) == rules
    assert dump(parse(document, rules.version)) == document


def test_the_shipped_rules_are_a_document_like_any_other() -> None:
    assert parse(json.loads(json.dumps(dump(SHIPPED))), 0) == SHIPPED


def test_what_is_left_out_is_as_shipped_and_then_written_out() -> None:
    document = dump(SHIPPED)
    short: dict[str, Any] = {"purpose": document["purpose"], "routes": document["routes"]}
    assert parse(short, 0) == SHIPPED
    assert parse({**short, "limits": {"cameras": 7}}, 0).limits == Limits(cameras=7)


def changed(*path: str | int, to: object) -> dict[str, Any]:
    document: Any = deepcopy(dump(SHIPPED))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return document  # type: ignore[no-any-return]  # a document is any JSON


OWN = next(place for place, route in enumerate(SHIPPED.routes) if route.code == "own")
LAST = len(SHIPPED.routes) - 1
BASIS = {"code": "x", "name": "名", "name_en": "name", "law": "法", "case_pattern": r"\d+号", "case_example": "1号"}
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (changed("limits", "cameras", to=0), "/limits/cameras", "number-too-small"),
    (changed("limits", "cameras", to=True), "/limits/cameras", "field-type"),
    (changed("limits", "pictures", to=1), "/limits/pictures", "field-unknown"),
    (changed("extra/~x", to=1), "/extra~1~0x", "field-unknown"),
    (changed("renewals", to=-1), "/renewals", "number-too-small"),
    (changed("remind_at", to=float("nan")), "/remind_at", "number-too-large"),
    (changed("escalate_at", to=0.1), "/escalate_at", "number-too-small"),
    (changed("calendar", "opens", to="9"), "/calendar/opens", "calendar-value"),
    (changed("emergency", "minutes", to=999), "/emergency/minutes", "number-too-large"),
    (changed("routes", 0, "deadlines", "center_hours", to=0), "/routes/0/deadlines/center_hours", "number-too-small"),
    (changed("routes", 0, "deadlines", "owner_hours", to=-48), "/routes/0/deadlines/owner_hours", "number-too-small"),
    (changed("routes", 0, "conditions", to=["blur"]), "/routes/0/conditions", "field-choice"),
    (changed("routes", 0, "actions", to=["live"]), "/routes/0/actions", "field-choice"),
    (changed("routes", 0, "match", "bases", to=["royal"]), "/routes/0/match/bases", "rule-reference"),
    (changed("routes", 0, "match", "point_classes", to=[7]), "/routes/0/match/point_classes/0", "field-choice"),
    (changed("routes", 0, "code", to="own"), "/routes", "list-entry-twice"),
    (changed("routes", 0, "code", to="Own!"), "/routes/0/code", "field-pattern"),
    (changed("routes", 0, "name", to=" 名 "), "/routes/0/name", "text-blanks"),
    (changed("routes", 0, "owner_authorizations", to=3), "/routes/0/owner_authorizations", "number-too-large"),
    (changed("routes", LAST, "match", to={"own": True}), "/routes", "routes-leave-gap"),
    (changed("routes", 0, "match", to={}), "/routes/1", "route-never-taken"),
    (changed("routes", LAST, "center_approvals", to=0), f"/routes/{LAST}/center_approvals", "route-without-center"),
    (changed("routes", OWN, "match", "own", to=False), f"/routes/{OWN}/center_approvals", "route-without-center"),
    (changed("purpose", "matters", to=[]), "/purpose/matters", "list-too-short"),
    (changed("purpose", "hollow", to=["Work"]), "/purpose/hollow/0", "hollow-word"),
    (
        changed("purpose", "bases", 0, to={**BASIS, "case_pattern": "("}),
        "/purpose/bases/0/case_pattern", "pattern-broken",
    ),
    (
        changed("purpose", "bases", 0, to={**BASIS, "case_example": "一号"}),
        "/purpose/bases/0/case_example", "pattern-example",
    ),
    (changed("purpose", "bases", 0, to={"code": "police"}), "/purpose/bases/0/name", "field-missing"),
    ([], "", "field-type"),  # type: ignore[list-item]  # no object at all
]  # fmt: skip


@pytest.mark.parametrize(("document", "pointer", "slug"), FAULTS, ids=[f"{it[2]} {it[1]}" for it in FAULTS])
def test_what_is_wrong_is_told_with_its_place(document: object, pointer: str, slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(document, 1)
    assert (pointer, slug) in {(fault.pointer, fault.slug) for fault in refused.value.faults}


def test_all_faults_are_told_at_once() -> None:
    document = changed("limits", "cameras", to=0)
    document["routes"][0]["longest_days"] = 31
    document["purpose"]["shortest_reason"] = "eight"
    with pytest.raises(Invalid) as refused:
        parse(document, 1)
    assert [(fault.pointer, fault.slug) for fault in refused.value.faults] == [
        ("/purpose/shortest_reason", "field-type"),
        ("/routes/0/longest_days", "number-too-large"),
        ("/limits/cameras", "number-too-small"),
    ]


@pytest.mark.parametrize("pattern", [r"(a+)+", r"(a|ab)*", r"(\d*)*号", r".*.*.*.*号", r"(?:\d+-?){1,50}"])
def test_a_pattern_that_could_keep_the_program_busy_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(changed("purpose", "bases", 0, to={**BASIS, "case_pattern": pattern}), 1)
    assert "pattern-slow" in {fault.slug for fault in refused.value.faults}


@pytest.mark.parametrize("pattern", [r"(?i)a", r"(?P<x>a)", r"(a)\1", r"a(?=b)b", r"a++", r"\Aab"])
def test_a_pattern_that_a_browser_reads_otherwise_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(changed("purpose", "bases", 0, to={**BASIS, "case_pattern": pattern}), 1)
    assert {fault.slug for fault in refused.value.faults} <= {"pattern-unportable", "rule-reference"}


def test_what_changes_is_named_by_code() -> None:
    after = dump(SHIPPED)
    routes: Any = after["routes"]
    routes[OWN]["owner_authorizations"] = 2
    del routes[0]
    found = {change.place: (change.before, change.after) for change in differences(dump(SHIPPED), after)}
    assert found["/routes/own/owner_authorizations"] == (1, 2)
    assert found["/routes/publication-sensitive/center_approvals"] == (2, None)
    assert "publication-sensitive" not in str(found["/routes"][1])
    assert differences(after, after) == ()
