"""The tables, private to this package: nothing outside `storage.db` sees a row.

Every table of things with a state carries (stream, version); a deferred foreign key demands that the event of that
number exists when the transaction commits. The migration adds what SQLAlchemy cannot say: triggers, roles, checks
that look at several rows.
"""

from storage.db.tables.accounts import api_token, department, person, role_assignment, session, sign_in_failure
from storage.db.tables.attachments import attachment
from storage.db.tables.base import INSTANT, metadata
from storage.db.tables.catalog import (
    camera,
    camera_field,
    camera_gone,
    camera_history,
    source,
    source_reconciliation,
    source_reconciliation_line,
)
from storage.db.tables.deadlines import deadline
from storage.db.tables.delegations import absence, delegation
from storage.db.tables.divisions import division, division_change
from storage.db.tables.doors import idempotency, job_fault
from storage.db.tables.escrow import escrow, kept_original
from storage.db.tables.grants import access_grant, grant_person, retrieval
from storage.db.tables.health import (
    health_alert,
    health_day,
    health_round,
    health_target,
    maintenance,
    point_day,
    point_health,
    point_recorded,
    point_stint,
    point_watch,
    source_day,
    source_round,
)
from storage.db.tables.imports import catalog_import, import_profile, import_row
from storage.db.tables.measures import catalogue_day, plan_target
from storage.db.tables.notices import notice, notice_recipient, webhook, webhook_delivery
from storage.db.tables.packages import evidence_package, package_retrieval
from storage.db.tables.policies import policy_change, policy_version
from storage.db.tables.register import access_outcome, access_register
from storage.db.tables.requests import (
    access_request,
    request_item,
    request_line,
    request_person,
    request_sketch,
    rulebook,
)
from storage.db.tables.retention import blob_deletion, copy_hold
from storage.db.tables.second_factor import recovery_code, second_factor
from storage.db.tables.sign_in import external_identity, invite, known_address, spent_state
from storage.db.tables.sources import recording_answer, source_clock, source_health, source_watch
from storage.db.tables.stops import lock, replica, revocation
from storage.db.tables.trace import audit_event

AUDITED = (
    "absence",
    "delegation",
    "attachment",
    "department",
    "person",
    "role_assignment",
    "api_token",
    "second_factor",
    "policy_version",
    "source",
    "camera",
    "camera_field",
    "import_profile",
    "catalog_import",
    "source_reconciliation",
    "access_request",
    "request_item",
    "access_grant",
    "retrieval",
    "evidence_package",
    "escrow",
    "lock",
    "webhook",
    "copy_hold",
    "plan_target",
    "health_target",
    "maintenance",
    "external_identity",
    "invite",
)

__all__ = [
    "AUDITED",
    "INSTANT",
    "absence",
    "access_grant",
    "access_outcome",
    "access_register",
    "access_request",
    "api_token",
    "attachment",
    "audit_event",
    "blob_deletion",
    "camera",
    "camera_field",
    "camera_gone",
    "camera_history",
    "catalog_import",
    "catalogue_day",
    "copy_hold",
    "deadline",
    "delegation",
    "department",
    "division",
    "division_change",
    "escrow",
    "evidence_package",
    "external_identity",
    "grant_person",
    "health_alert",
    "health_day",
    "health_round",
    "health_target",
    "idempotency",
    "import_profile",
    "import_row",
    "invite",
    "job_fault",
    "kept_original",
    "known_address",
    "lock",
    "maintenance",
    "metadata",
    "notice",
    "notice_recipient",
    "package_retrieval",
    "person",
    "plan_target",
    "point_day",
    "point_health",
    "point_recorded",
    "point_stint",
    "point_watch",
    "policy_change",
    "policy_version",
    "recording_answer",
    "recovery_code",
    "replica",
    "request_item",
    "request_line",
    "request_person",
    "request_sketch",
    "retrieval",
    "revocation",
    "role_assignment",
    "rulebook",
    "second_factor",
    "session",
    "sign_in_failure",
    "source",
    "source_clock",
    "source_day",
    "source_health",
    "source_reconciliation",
    "source_reconciliation_line",
    "source_round",
    "source_watch",
    "spent_state",
    "webhook",
    "webhook_delivery",
]
