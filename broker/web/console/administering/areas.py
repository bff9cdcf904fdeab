"""The desks of the administrators, and what one must be allowed to come in to each."""

from broker.web.console.area import Area

ADMINISTRATION = "/administration"

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
