"""A rulebook as people read it: names instead of codes, and the stages of each route in their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from broker.domain.deciding.routes import Route
from broker.domain.deciding.rulebook import Rulebook
from broker.domain.requests.purpose import Basis, Matter

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Stage:
    """One box of the picture of a route; `persons` and `hours` are nought where nobody decides."""

    name: str
    persons: int
    hours: int


@dataclass(frozen=True)
class RouteView:
    """A route with the names of what it asks for: texts of (question, answer), and its stages."""

    route: Route
    name: str
    asks: Sequence[tuple[str, str]]
    stages: Sequence[Stage]
    days: int


@dataclass(frozen=True)
class RulebookView:
    """What the page of a version shows; `figures` are (group, name, number), the texts stand under these names."""

    routes: Sequence[RouteView]
    bases: Sequence[Basis]
    matters: Sequence[Matter]
    figures: Sequence[tuple[str, str, float]]
    rules: Rulebook


def view_of(rules: Rulebook, language: str) -> RulebookView:
    """Return a version as it is shown in a language."""
    english = language == "en"
    named = {
        **{f"bases/{it.code}": it.name_en if english else it.name for it in rules.purpose.bases},
        **{f"matters/{it.code}": it.name_en if english else it.name for it in rules.purpose.matters},
    }
    routes = [
        RouteView(it, it.name_en if english else it.name, _asks(it, named), _stages(it), it.longest_validity // DAY)
        for it in rules.routes
    ]
    return RulebookView(routes, rules.purpose.bases, rules.purpose.matters, _figures(rules), rules)


def _asks(route: Route, named: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what has to hold for a route to be taken; the answer "yes" or "no" is a text of the page."""
    match = route.match
    told = [
        (name, ", ".join(named.get(f"{name}/{code}", code) for code in sorted(codes)))
        for name, codes in (("bases", match.bases), ("matters", match.matters), ("owners", match.owners))
        if codes
    ]
    if match.point_classes:
        told.append(("point_classes", ", ".join(str(it) for it in sorted(match.point_classes))))
    flags = (("urgent", match.urgent), ("own", match.own), ("sensitive", match.sensitive))
    return told + [(name, "yes" if flag else "no") for name, flag in flags if flag is not None]


def _stages(route: Route) -> list[Stage]:
    deadlines = route.deadlines
    told = [Stage("requester", 0, 0)]
    if route.center_approvals:
        told.append(Stage("center", route.center_approvals, deadlines.center // HOUR))
    told.append(Stage("owner", route.owner_authorizations, deadlines.owner // HOUR))
    return [*told, Stage("grant", 0, 0)]


def _figures(rules: Rulebook) -> list[tuple[str, str, float]]:
    limits, emergency, alerts = rules.limits, rules.emergency, rules.alerts
    return [
        ("limits", "cameras", limits.cameras),
        ("limits", "hours-per-camera", limits.hours_per_camera),
        ("limits", "requests-per-day", limits.requests_per_day),
        ("limits", "camera-hours-per-day", limits.camera_hours_per_day),
        ("limits", "shortest-reason", rules.purpose.shortest_reason),
        ("times", "remind-at", round(rules.remind_at * 100, 1)),
        ("times", "escalate-at", round(rules.escalate_at * 100, 1)),
        ("times", "draft-days", rules.draft_keeps // DAY),
        ("times", "report-days", rules.report_within // DAY),
        ("times", "renewals", rules.renewals),
        ("emergency", "cameras", emergency.cameras),
        ("emergency", "look-back-hours", emergency.look_back // HOUR),
        ("emergency", "minutes", emergency.lasts // MINUTE),
        ("emergency", "longest-minutes", emergency.longest // MINUTE),
        ("emergency", "ratify-hours", emergency.ratify_within // HOUR),
        ("emergency", "escalate-hours", emergency.escalate_after // HOUR),
        ("emergency", "unratified-most", emergency.unratified_most),
        ("emergency", "counted-days", emergency.counted_over // DAY),
        ("alerts", "many-cameras", alerts.many_cameras),
        ("alerts", "far-metres", alerts.far_metres),
    ]
