"""The access register: one line a look."""

import sqlalchemy as sa
from alembic import op

from storage.db.beside import run_beside

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REFERENCES = {
    "person_id": "person",
    "department_id": "department",
    "camera_id": "camera",
    "owner_id": "department",
    "request_id": "access_request",
    "center_id": "department",
    "grant_id": "access_grant",
    "retrieval_id": "retrieval",
}
CHECKS = {
    "act": "act IN ('order', 'deliver', 'view')",
    "action": "action IN ('snapshot', 'clip')",
    "span": "(action = 'clip') = (span_end IS NOT NULL) AND span_end > span_begin",
    "result": "(result = 'allowed' AND refusal = '') OR (result = 'refused' AND refusal <> '')",
    "allowed_by_something": "result = 'refused' OR (request_id IS NOT NULL AND grant_id IS NOT NULL AND retrieval_id IS NOT NULL)",
}
FOUND_BY = ("person_id", "department_id", "owner_id", "center_id", "camera_id", "request_id")


def upgrade() -> None:
    op.create_table(
        "access_register",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("act", "action", "result", "refusal")),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("person_login", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("department_name", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("camera_name", sa.Text(), nullable=False),
        sa.Column("gb_code", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("span_begin", sa.DateTime(timezone=True), nullable=False),
        sa.Column("span_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("request_number", sa.Text(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("basis", "case_number", "reason")),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("retrieval_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        *_constraints(),
    )
    for column in FOUND_BY:
        op.create_index(f"ix_access_register_{column}_id", "access_register", [column, "id"], unique=False)
    op.create_index("ix_access_register_at", "access_register", ["at"], unique=False)
    once = sa.text("act = 'order' AND result = 'allowed'")
    op.create_index(
        "uq_access_register_one_order", "access_register", ["retrieval_id"], unique=True, postgresql_where=once
    )
    op.create_table(
        "access_outcome",
        sa.Column("register_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("sent >= 0", name=op.f("ck_access_outcome_sent")),
        sa.ForeignKeyConstraint(["register_id"], ["access_register.id"], name=op.f("fk_access_outcome_register_id")),
        sa.PrimaryKeyConstraint("register_id", name=op.f("pk_access_outcome")),
    )
    _rules()


def _constraints() -> list[sa.Constraint]:
    found: list[sa.Constraint] = [
        sa.CheckConstraint(text, name=op.f(f"ck_access_register_{name}")) for name, text in CHECKS.items()
    ]
    found += [
        sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_access_register_{column}"))
        for column, table in REFERENCES.items()
    ]
    event = ["audit_event.stream", "audit_event.seq"]
    return [
        *found,
        sa.ForeignKeyConstraint(["stream", "seq"], event, name=op.f("fk_access_register_stream_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_register")),
        sa.UniqueConstraint("stream", "seq", name=op.f("uq_access_register_stream_seq")),
    ]


def _rules() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
