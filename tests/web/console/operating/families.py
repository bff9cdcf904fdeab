"""Texts of the operating desk whose slug is put together in a page: the beginning, and every end."""

from enum import StrEnum

from adapters.base import Capability
from adapters.described import described
from adapters.registry import installed
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import Fate, ImportState
from broker.domain.catalog.reconciliation import LineKind, LineState, ReconciliationState
from broker.domain.footage.escrows import EscrowState
from broker.domain.house.jobs import JobState
from broker.domain.sources.point_health import PointState
from broker.domain.sources.source_health import HealthState
from broker.web.console.operating.areas import AREAS
from broker.web.console.operating.import_columns import POINT_FIELDS
from broker.worker.schedule import TURNS
from storage.db.house import jobs

COUNTED = {"inserted", "updated", "unchanged", "quarantined", "rejected"}
TASKS = {
    jobs.RETRIEVE, jobs.QUEUE_AGAIN, jobs.REFRESH_COVERAGE, jobs.PLAN_ESCROW, jobs.SEAL, jobs.SEAL_LATER,
    jobs.DELIVER_NOTICES, jobs.MAIL_NOTICE, jobs.CALL_WEBHOOK, jobs.BUILD_PACKAGE, jobs.IMPORT_LIST,
    "take_over_stalled",
}  # fmt: skip


def values(kind: type[StrEnum]) -> set[str]:
    return {str(it.value) for it in kind}


OPERATING: dict[str, set[str]] = {
    **{family: {area.name for area in AREAS} for family in ("operating.", "operating-about.")},
    "op-adapter.": set(installed()),
    "op-adapter-about.": set(installed()),
    "op-option.": {option for name in installed() for option in described(name).schema["properties"]},
    "op-option-hint.": {"lines", "pairs", "json"},
    "op-capability.": values(Capability),
    "op-source-state.": values(HealthState),
    "op-point-field.": set(POINT_FIELDS),
    "op-point-state.": values(PointState) - {PointState.ONLINE},
    "op-point.": {"latitude", "longitude"},
    "op-import-state.": values(ImportState),
    "op-fate.": values(Fate),
    "op-balance.": COUNTED,
    "op-coordinates.": values(System),
    "op-line-kind.": values(LineKind),
    "op-line-state.": values(LineState),
    "op-line-field.": {"name", "gb_code", "channel", "source", "vendor_id"},
    "op-review.": {"accept", "refuse"},
    "op-review-state.": values(ReconciliationState),
    "op-health-by.": {"department", "division"},
    "op-health-step.": {"day", "week", "month"},
    "op-health.share-": {"online", "intact", "recorded"},
    "op-maintenance-of.": {"source", "department", "camera"},
    "op-job-state.": values(JobState),
    "op-job-kind.": TASKS | {turn.name for turn in TURNS},
    "op-sealed-state.": values(EscrowState),
}
