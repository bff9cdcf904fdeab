"""The rulebook: everything of the flow that a city may set, in one versioned document.

A request keeps the version it was submitted under; a new version applies to what is submitted later. Version 0 is
the one that is shipped (shipped_rules.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.domain.deciding.calendar import Calendar
from broker.domain.deciding.routes import Route
from broker.domain.requests.purpose import PurposeRules


@dataclass(frozen=True)
class Limits:
    """The most one request, and one department in one day, may ask for."""

    cameras: int = 50
    hours_per_camera: int = 24
    requests_per_day: int = 50
    camera_hours_per_day: int = 2000


@dataclass(frozen=True)
class Emergency:
    """How far an emergency reaches before anybody has decided."""

    cameras: int = 50
    look_back: timedelta = timedelta(hours=24)
    lasts: timedelta = timedelta(minutes=60)
    longest: timedelta = timedelta(hours=4)
    ratify_within: timedelta = timedelta(hours=24)
    escalate_after: timedelta = timedelta(hours=8)
    unratified_most: int = 2
    counted_over: timedelta = timedelta(days=90)


@dataclass(frozen=True)
class Alerts:
    """What makes an approver look twice; nothing here refuses."""

    many_cameras: int = 20
    far_metres: int = 5000


@dataclass(frozen=True)
class Rulebook:
    """The rules of one city; `routes` in order, the first that fits counts."""

    version: int
    purpose: PurposeRules
    routes: tuple[Route, ...]
    calendar: Calendar
    limits: Limits = Limits()
    emergency: Emergency = Emergency()
    alerts: Alerts = Alerts()
    remind_at: float = 0.5
    escalate_at: float = 0.75
    draft_keeps: timedelta = timedelta(days=30)
    report_within: timedelta = timedelta(days=7)
    renewals: int = 2

    def route(self, code: str) -> Route:
        """Return the route of that code; a request only ever names routes of its own version."""
        return next(route for route in self.routes if route.code == code)


@dataclass(frozen=True)
class RulebookVersion:
    """What is known of a version beside its rules; `made_by` is an id, or the role and name of who has none."""

    version: int
    comment: str
    made_by: str
    at: datetime
