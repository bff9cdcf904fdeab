"""What text search and the map read."""

from uuid import UUID

from alembic import op
from sqlalchemy import text

from storage.db.catalog.sought_many import sought_many

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

AT_ONCE = 5_000
TOLD = text("""
    SELECT id, name, address, gb_code, record->>'common_name' AS common FROM camera
    WHERE sought = '' AND id > :last ORDER BY id LIMIT :limit
""")
WRITTEN = text("""
    UPDATE camera SET sought = told.sought
    FROM unnest(CAST(:ids AS uuid[]), CAST(:texts AS text[])) AS told (id, sought) WHERE camera.id = told.id
""")
GONE = (
    """
    CREATE TABLE camera_gone (
        id uuid CONSTRAINT pk_camera_gone PRIMARY KEY,
        changed xid8 NOT NULL DEFAULT pg_current_xact_id()
    )
    """,
    "CREATE INDEX ix_camera_gone_changed ON camera_gone (changed)",
    """
    CREATE FUNCTION note_gone() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO camera_gone (id) SELECT id FROM gone ON CONFLICT (id) DO NOTHING;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER noted_gone AFTER DELETE ON camera REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION note_gone()
    """,
    "GRANT SELECT, INSERT ON camera_gone TO xueliang_app",
)


def upgrade() -> None:
    _fill()
    # A value is not taken for a constant that never changes: what stands in the index has to stand in the statement.
    op.execute(
        "CREATE INDEX ix_camera_sought ON camera USING gin (string_to_array(split_part(sought, E'\\x02', 2), ' '))"
    )
    op.execute("CREATE INDEX ix_camera_spot ON camera USING gist (point(longitude, latitude))")
    op.execute('CREATE INDEX ix_camera_division ON camera ((division COLLATE "C"), id)')
    for statement in GONE:
        op.execute(statement)
    op.execute("ANALYZE camera")  # how often a token occurs is only known of an index that was looked at


def _fill() -> None:
    """Write what text search looks in for the points that were there before it was, some thousand at a time."""
    bind = op.get_bind()
    last = UUID(int=0)
    while rows := bind.execute(TOLD, {"last": last, "limit": AT_ONCE}).all():
        last = rows[-1].id
        texts = sought_many([(it.name, it.address, it.gb_code, it.common) for it in rows])
        bind.execute(WRITTEN, {"ids": [it.id for it in rows], "texts": texts})


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
