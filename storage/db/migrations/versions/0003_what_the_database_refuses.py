"""What the database refuses by itself: silent changes, one person in two offices, footage without authority."""

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from storage.db.beside import driver_run, run_beside

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AUDITED = {  # table: columns that may change without an event, because they only count
    "department": (),
    "person": (),
    "role_assignment": (),
    "api_token": (),
    "source": (),
    "camera": (),
    "access_request": (),
    "request_item": (),
    "access_grant": ("used_snapshots", "used_seconds", "used_bytes"),
    "retrieval": ("progress",),
}


def upgrade() -> None:
    run = driver_run()
    run(SchemaManager.get_schema())  # the tables of the job engine, of the version that the lock names
    run_beside(__file__)
    for table, volatile in AUDITED.items():
        arguments = ", ".join(f"'{column}'" for column in volatile)
        run(
            f"CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION refuse_silent_change({arguments})",
        )
    op.execute(text("INSERT INTO database_identity (id) VALUES (gen_random_uuid())"))


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
