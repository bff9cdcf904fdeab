"""What finding among a million points looks up, and how often words occur."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SHARES = """
    CREATE FUNCTION token_shares(OUT points real, OUT tokens text[], OUT shares real[])
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
        SELECT k.reltuples, s.most_common_elems::text::text[], s.most_common_elem_freqs
        FROM pg_catalog.pg_class AS k
        JOIN pg_catalog.pg_namespace AS n ON n.oid = k.relnamespace
        LEFT JOIN pg_catalog.pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = 'ix_camera_sought'
        WHERE k.oid = 'camera'::regclass
    $$
"""


def upgrade() -> None:
    # Finding needs, of all indexes of a camera: pk_camera, ix_camera_owner_id_id (pages), ix_camera_sought (text),
    # ix_camera_spot (places), ix_camera_division, ix_camera_changed (the map). Nothing looks for latitudes alone.
    op.execute("DROP INDEX IF EXISTS ix_camera_place")
    # Whether a point lies in a place and who may know of it is read from the index itself, thirty points a page; the
    # rows of a dense square kilometre lie in as many pages as there are points.
    op.execute("DROP INDEX IF EXISTS ix_camera_spot")
    op.execute(
        "CREATE INDEX ix_camera_spot ON camera USING gist (point(longitude, latitude))"
        " INCLUDE (id, longitude, latitude, owner_id, visibility, shown_to)"
    )
    # Three thousand tokens are counted instead of one thousand: a token that is not among them is in a few points of
    # ten thousand, so that all of these can be fetched.
    op.execute("ALTER INDEX ix_camera_sought ALTER COLUMN 1 SET STATISTICS 300")
    op.execute(SHARES)  # the role of the program may not read what is known of an index
    op.execute("REVOKE ALL ON FUNCTION token_shares() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION token_shares() TO xueliang_app")
    op.execute("ANALYZE camera")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
