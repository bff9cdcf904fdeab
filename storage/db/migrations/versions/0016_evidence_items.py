"""The files of a retrieval's result, what is missing of it and why, and the clock offset it was fetched with."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ITEMS = """
ALTER TABLE retrieval
    ADD COLUMN evidence jsonb NOT NULL DEFAULT '[]'::jsonb,
    ADD COLUMN missing jsonb NOT NULL DEFAULT '[]'::jsonb,
    ADD COLUMN ahead double precision,
    ADD COLUMN format text NOT NULL DEFAULT 'jpeg',
    DROP CONSTRAINT ck_retrieval_ready_has_digest;
ALTER TABLE retrieval DISABLE TRIGGER USER;
UPDATE retrieval SET evidence = jsonb_build_array(jsonb_build_object(
    'number', 1, 'digest', digest, 'size', size, 'sm3', '', 'capture', capture)) WHERE digest <> '';
ALTER TABLE retrieval ENABLE TRIGGER USER;
ALTER TABLE retrieval
    DROP COLUMN capture, DROP COLUMN digest, DROP COLUMN size,
    ADD CONSTRAINT ck_retrieval_ready_has_evidence
        CHECK (state NOT IN ('READY', 'DELIVERED') OR jsonb_array_length(evidence) > 0);
"""


def upgrade() -> None:
    op.execute(ITEMS)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
