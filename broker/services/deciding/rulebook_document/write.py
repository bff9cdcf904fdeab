"""From a rulebook to JSON, with every member written out: a default that changes later changes no version of before."""

from datetime import timedelta

from broker.domain.deciding.routes import Match, Route
from broker.domain.deciding.rulebook import Emergency, Rulebook
from broker.domain.requests.purpose import Basis, Matter

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)

Document = dict[str, object]


def dump(rules: Rulebook) -> Document:
    """Return the document of a rulebook; `parse` makes the same rulebook of it."""
    return {
        "purpose": {
            "bases": [_basis(basis) for basis in rules.purpose.bases],
            "matters": [_matter(matter) for matter in rules.purpose.matters],
            "hollow": list(rules.purpose.hollow),
            "shortest_reason": rules.purpose.shortest_reason,
        },
        "routes": [_route(route) for route in rules.routes],
        "calendar": rules.calendar.document(),
        "limits": {
            "cameras": rules.limits.cameras,
            "hours_per_camera": rules.limits.hours_per_camera,
            "requests_per_day": rules.limits.requests_per_day,
            "camera_hours_per_day": rules.limits.camera_hours_per_day,
        },
        "emergency": _emergency(rules.emergency),
        "alerts": {"many_cameras": rules.alerts.many_cameras, "far_metres": rules.alerts.far_metres},
        "remind_at": rules.remind_at,
        "escalate_at": rules.escalate_at,
        "draft_days": rules.draft_keeps // DAY,
        "report_days": rules.report_within // DAY,
        "renewals": rules.renewals,
    }


def _basis(basis: Basis) -> Document:
    return {
        "code": basis.code,
        "name": basis.name,
        "name_en": basis.name_en,
        "law": basis.law,
        "case_pattern": basis.case_pattern,
        "case_example": basis.case_example,
    }


def _matter(matter: Matter) -> Document:
    return {"code": matter.code, "name": matter.name, "name_en": matter.name_en}


def _route(route: Route) -> Document:
    return {
        "code": route.code,
        "name": route.name,
        "name_en": route.name_en,
        "match": _match(route.match),
        "center_approvals": route.center_approvals,
        "owner_authorizations": route.owner_authorizations,
        "deadlines": {
            "center_hours": route.deadlines.center // HOUR,
            "owner_hours": route.deadlines.owner // HOUR,
            "supplement_hours": route.deadlines.supplement // HOUR,
            "business": route.deadlines.business,
        },
        "actions": sorted(route.actions),
        "conditions": sorted(route.conditions),
        "longest_days": route.longest_validity // DAY,
    }


def _match(match: Match) -> Document:
    return {
        "bases": sorted(match.bases),
        "matters": sorted(match.matters),
        "owners": sorted(match.owners),
        "point_classes": sorted(match.point_classes),
        "urgent": match.urgent,
        "own": match.own,
        "sensitive": match.sensitive,
    }


def _emergency(rules: Emergency) -> Document:
    return {
        "cameras": rules.cameras,
        "look_back_hours": rules.look_back // HOUR,
        "minutes": rules.lasts // MINUTE,
        "longest_minutes": rules.longest // MINUTE,
        "ratify_hours": rules.ratify_within // HOUR,
        "escalate_hours": rules.escalate_after // HOUR,
        "unratified_most": rules.unratified_most,
        "counted_days": rules.counted_over // DAY,
    }
