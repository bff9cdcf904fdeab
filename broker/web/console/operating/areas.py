"""The parts of this desk, and what one must be allowed to come in to each."""

from broker.web.console.area import Area

OPERATING = "/operating"

AREAS = (
    Area("sources", "/sources", "source:list"),
    Area("imports", "/imports", "camera:import", "f"),
    Area("export", "/exports", "camera:list"),
    Area("reconciliations", "/reconciliations", "reconciliation:list"),
    Area("health", "/health", "health:read"),
    Area("maintenance", "/maintenance", "maintenance:list"),
    Area("holds", "/holds", "copy:list"),
    Area("jobs", "/jobs", "job:list", "w"),
)
BELOW = (*(area.path for area in AREAS), "/adapters", "/import-profiles", "/escrow")
"""Where this desk is, beside its landing page."""
