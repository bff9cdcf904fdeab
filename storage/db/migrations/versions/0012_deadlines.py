"""What the clock watches: reminders, escalations and lapses."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DEADLINES = """
CREATE TABLE deadline (
    subject_id uuid NOT NULL,
    due timestamptz NOT NULL,
    request_id uuid NOT NULL CONSTRAINT fk_deadline_request_id REFERENCES access_request (id),
    item_id uuid CONSTRAINT fk_deadline_item_id REFERENCES request_item (id),
    nudge smallint NOT NULL CONSTRAINT ck_deadline_nudge CHECK (nudge BETWEEN 0 AND 2),
    alarm timestamptz NOT NULL,
    CONSTRAINT pk_deadline PRIMARY KEY (subject_id, due)
);
CREATE INDEX ix_deadline_alarm ON deadline (alarm);
GRANT SELECT, INSERT, UPDATE, DELETE ON deadline TO xueliang_app;
"""


def upgrade() -> None:
    op.execute(DEADLINES)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
