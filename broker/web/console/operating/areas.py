"""The parts of this desk, and what one must be allowed to come in to each."""

from dataclasses import dataclass

OPERATING = "/operating"


@dataclass(frozen=True)
class Area:
    """One part of the desk: its texts stand under `operating.<name>` and `operating.<name>-about`."""

    name: str
    path: str
    act: str
    key: str = ""


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
