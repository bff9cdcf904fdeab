"""From JSON to a rulebook; docs/routes.md describes the document."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from broker.domain.catalog.catalog import POINT_CLASSES
from broker.domain.deciding.calendar import Calendar
from broker.domain.deciding.routes import Deadlines, Match, Route
from broker.domain.deciding.rulebook import Alerts, Emergency, Limits, Rulebook
from broker.domain.errors import Invalid
from broker.domain.footage.grants import LONGEST_VALIDITY, Action, Condition
from broker.domain.requests.purpose import Basis, Matter, PurposeRules
from broker.services.deciding.rulebook_document.members import CODE, Members, faulty, opened
from broker.services.deciding.rulebook_document.patterns import fault_of

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
LONGEST_DEADLINE = 2160
"""Hours; three months."""


def parse(document: object, version: int) -> Rulebook:
    """Return the rulebook of a document under its version.

    Raises:
        Invalid: something is wrong; `faults` are all of it, each with its pointer.
    """
    faults: list[Invalid] = []
    with opened(document, "", faults) as top:
        with top.within("purpose") as members:
            purpose = _purpose(members)
        routes = tuple(top.each("routes", lambda value, below: _route(value, below, faults, purpose), most=100))
        rules = Rulebook(
            version=version,
            purpose=purpose,
            routes=routes,
            calendar=_calendar(top),
            limits=_limits(top),
            emergency=_emergency(top),
            alerts=_alerts(top),
            remind_at=top.share("remind_at", 0.5),
            escalate_at=top.share("escalate_at", 0.75),
            draft_keeps=top.whole("draft_days", 30, least=1, most=365) * DAY,
            report_within=top.whole("report_days", 7, least=1, most=365) * DAY,
            renewals=top.whole("renewals", 2, least=0, most=20),
        )
        _check_routes(top, routes)
        if rules.escalate_at < rules.remind_at:
            top.fault("number-too-small", "/escalate_at", least=rules.remind_at)
    if faults:
        raise faulty(faults)
    return rules


def _purpose(members: Members) -> PurposeRules:
    faults, pointer = members.faults, members.pointer
    rules = PurposeRules(
        bases=tuple(members.each("bases", lambda value, below: _basis(value, pointer + below, faults), most=50)),
        matters=tuple(members.each("matters", lambda value, below: _matter(value, pointer + below, faults), most=100)),
        hollow=members.words("hollow", most=500),
        shortest_reason=members.whole("shortest_reason", 8, least=2, most=200),
    )
    for name, listed in (("bases", rules.bases), ("matters", rules.matters)):
        if not listed:
            members.fault("list-too-short", f"/{name}", least=1)
        _check_unique(members, name, [entry.code for entry in listed])
    for place, word in enumerate(rules.hollow):
        if word and (word != word.casefold() or not word.replace("_", "-").isalnum()):
            members.fault("hollow-word", f"/hollow/{place}")
    return rules


def _basis(value: object, pointer: str, faults: list[Invalid]) -> Basis:
    with opened(value, pointer, faults) as members:
        before = len(faults)
        basis = Basis(
            code=members.text("code", most=40, pattern=CODE),
            name=members.text("name", most=100),
            name_en=members.text("name_en", most=100),
            law=members.text("law", most=300),
            case_pattern=members.text("case_pattern", most=300),
            case_example=members.text("case_example", most=100),
        )
        if len(faults) == before and (fault := fault_of(basis)):
            fault.pointer = pointer + fault.pointer
            faults.append(fault)
    return basis


def _matter(value: object, pointer: str, faults: list[Invalid]) -> Matter:
    with opened(value, pointer, faults) as members:
        return Matter(
            code=members.text("code", most=40, pattern=CODE),
            name=members.text("name", most=100),
            name_en=members.text("name_en", most=100),
        )


def _route(value: object, pointer: str, faults: list[Invalid], purpose: PurposeRules) -> Route:
    with opened(value, pointer, faults) as members:
        with members.within("match") as inner:
            match = _match(inner, purpose)
        with members.within("deadlines") as inner:
            deadlines = Deadlines(
                center=inner.whole("center_hours", 24, least=1, most=LONGEST_DEADLINE) * HOUR,
                owner=inner.whole("owner_hours", 48, least=1, most=LONGEST_DEADLINE) * HOUR,
                supplement=inner.whole("supplement_hours", 168, least=1, most=LONGEST_DEADLINE) * HOUR,
                business=inner.flag("business", default=True),
            )
        actions = members.choices("actions", list(Action), list(Action))
        if not actions:
            members.fault("list-too-short", "/actions", least=1)
        route = Route(
            code=members.text("code", most=40, pattern=CODE),
            name=members.text("name", most=100),
            name_en=members.text("name_en", most=100),
            match=match,
            center_approvals=members.whole("center_approvals", 1, least=0, most=2),
            owner_authorizations=members.whole("owner_authorizations", 1, least=1, most=2),
            deadlines=deadlines,
            actions=frozenset(map(Action, actions)),
            conditions=frozenset(map(Condition, members.choices("conditions", list(Condition), ()))),
            longest_validity=members.whole("longest_days", 30, least=1, most=LONGEST_VALIDITY.days) * DAY,
        )
        if not route.center_approvals and match.own is not True:  # nobody uses another department's cameras unapproved
            members.fault("route-without-center", "/center_approvals", route=route.code)
    return route


def _match(members: Members, purpose: PurposeRules) -> Match:
    classes = frozenset(members.each("point_classes", lambda value, below: _class(value, below, members), most=10))
    match = Match(
        bases=frozenset(members.words("bases", most=50)),
        matters=frozenset(members.words("matters", most=100)),
        owners=frozenset(members.words("owners", most=500)),
        point_classes=classes - {0},
        urgent=members.maybe("urgent"),
        own=members.maybe("own"),
        sensitive=members.maybe("sensitive"),
    )
    for name, known in (("bases", purpose.bases), ("matters", purpose.matters)):
        for unknown in sorted(getattr(match, name) - {entry.code for entry in known} - {""}):
            members.fault(
                "rule-reference", f"/{name}", value=unknown, allowed=", ".join(entry.code for entry in known)
            )  # fmt: skip
    return match


def _class(value: object, below: str, members: Members) -> int:
    if type(value) is int and value in POINT_CLASSES:
        return value
    members.fault("field-choice", below, allowed=", ".join(map(str, sorted(POINT_CLASSES))))
    return 0


def _check_routes(top: Members, routes: tuple[Route, ...]) -> None:
    _check_unique(top, "routes", [route.code for route in routes])
    every = [place for place, route in enumerate(routes) if route.match == Match()]
    if not every:
        top.fault("routes-leave-gap", "/routes")
    elif every[0] < len(routes) - 1:
        top.fault("route-never-taken", f"/routes/{every[0] + 1}", route=routes[every[0]].code)


def _check_unique(members: Members, name: str, codes: Iterable[str]) -> None:
    for code, count in Counter(codes).items():
        if code and count > 1:
            members.fault("list-entry-twice", f"/{name}", value=code)


def _calendar(top: Members) -> Calendar:
    value = top.take("calendar")
    if top.has("calendar"):
        try:
            return Calendar.parse(value, "/calendar")
        except Invalid as fault:
            top.faults.append(fault)
    return Calendar()


def _limits(top: Members) -> Limits:
    with top.within("limits") as members:
        return Limits(
            cameras=members.whole("cameras", 50, least=1, most=500),
            hours_per_camera=members.whole("hours_per_camera", 24, least=1, most=744),
            requests_per_day=members.whole("requests_per_day", 50, least=1, most=100_000),
            camera_hours_per_day=members.whole("camera_hours_per_day", 2000, least=1, most=10_000_000),
        )


def _emergency(top: Members) -> Emergency:
    with top.within("emergency") as members:
        rules = Emergency(
            cameras=members.whole("cameras", 50, least=1, most=500),
            look_back=members.whole("look_back_hours", 24, least=1, most=720) * HOUR,
            lasts=members.whole("minutes", 60, least=1, most=1440) * MINUTE,
            longest=members.whole("longest_minutes", 240, least=1, most=1440) * MINUTE,
            ratify_within=members.whole("ratify_hours", 24, least=1, most=168) * HOUR,
            escalate_after=members.whole("escalate_hours", 8, least=1, most=168) * HOUR,
            unratified_most=members.whole("unratified_most", 2, least=1, most=100),
            counted_over=members.whole("counted_days", 90, least=1, most=3650) * DAY,
        )
        if rules.lasts > rules.longest:
            members.fault("number-too-large", "/minutes", most=rules.longest // MINUTE)
        if rules.escalate_after > rules.ratify_within:
            members.fault("number-too-large", "/escalate_hours", most=rules.ratify_within // HOUR)
    return rules


def _alerts(top: Members) -> Alerts:
    with top.within("alerts") as members:
        return Alerts(
            many_cameras=members.whole("many_cameras", 20, least=1, most=500),
            far_metres=members.whole("far_metres", 5000, least=1, most=1_000_000),
        )
