"""The desks of the administrators, and which of them somebody may come in to: the policy says so."""

from dataclasses import dataclass

from broker.bootstrap import Broker
from broker.domain.people.accounts import Caller
from policies import facts

ADMINISTRATION = "/administration"


@dataclass(frozen=True)
class Area:
    """One desk: its texts stand under `admin.<name>` and `admin.<name>-about`."""

    name: str
    path: str
    act: str


AREAS = (
    Area("departments", "/departments", "department:list"),
    Area("divisions", "/divisions", "division:list"),
    Area("people", "/people", "person:list"),
    Area("invites", "/people/invites", "person:list"),
    Area("standing-in", "/standing-in", "delegation:list"),
    Area("policies", "/policies", "policy:list"),
    Area("rulebook", "/rulebook", "rulebook:read"),
    Area("locks", "/locks", "lock:list"),
    Area("webhooks", "/webhooks", "webhook:list"),
    Area("camera-fields", "/camera-fields", "camera_field:list"),
    Area("plan-targets", "/plan-targets", "measures:read"),
    Area("settings", "/settings", "setting:read"),
)
PATHS = tuple(area.path for area in AREAS)

KEEPING = ("person:list", "department:create", "policy:list", "webhook:list", "setting:read", "lock:list")
"""Whoever may do one of these has something to look after; the rest of these desks everybody may read."""


def open_to(broker: Broker, caller: Caller) -> list[Area]:
    """Return the desks that a caller may come in to."""
    return [area for area in AREAS if may(broker, caller, area.act)]


def may(broker: Broker, caller: Caller, act: str) -> bool:
    """Say whether a caller holds a role that may do this somewhere; the service asks where it is done."""
    roles, known = caller.roles(broker.clock.now()), facts.of_person(caller)
    return broker.policy.decide(roles, act, known).allowed
