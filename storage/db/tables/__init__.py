"""The tables, private to this package: nothing outside `storage.db` sees a row.

Every table of things with a state carries (stream, version); a deferred foreign key demands that the event of that
number exists when the transaction commits. The migration adds what SQLAlchemy cannot say: triggers, roles, checks
that look at several rows.
"""

from storage.db.tables.accounts import api_token, department, person, role_assignment, session, sign_in_failure
from storage.db.tables.base import INSTANT, metadata
from storage.db.tables.catalog import camera, source
from storage.db.tables.doors import idempotency
from storage.db.tables.grants import access_grant, grant_person, retrieval, revocation
from storage.db.tables.requests import access_request, request_item, request_line, request_person
from storage.db.tables.trace import audit_event

AUDITED = (
    "department",
    "person",
    "role_assignment",
    "api_token",
    "source",
    "camera",
    "access_request",
    "request_item",
    "access_grant",
    "retrieval",
)

__all__ = [
    "AUDITED",
    "INSTANT",
    "access_grant",
    "access_request",
    "api_token",
    "audit_event",
    "camera",
    "department",
    "grant_person",
    "idempotency",
    "metadata",
    "person",
    "request_item",
    "request_line",
    "request_person",
    "retrieval",
    "revocation",
    "role_assignment",
    "session",
    "sign_in_failure",
    "source",
]
