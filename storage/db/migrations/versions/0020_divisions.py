"""Administrative divisions, filled with the list that comes with the program."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from broker.domain.catalog.divisions import interval
from storage.geography import kept_list

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CODE = sa.Text(collation="C")


def upgrade() -> None:
    division = op.create_table(
        "division",
        sa.Column("code", CODE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent", CODE, nullable=True),
        sa.Column("low", CODE, nullable=False),
        sa.Column("high", CODE, nullable=False),
        sa.Column("successor", CODE, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "level IN ('province', 'city', 'county', 'town', 'village')", name=op.f("ck_division_level")
        ),
        sa.CheckConstraint("code ~ '^[1-9][0-9]{5}([0-9]{3}([0-9]{3})?)?$'", name=op.f("ck_division_code")),
        sa.CheckConstraint("low < high AND low <= code AND code < high", name=op.f("ck_division_interval")),
        sa.CheckConstraint(
            "(parent IS NULL) = (level = 'province') AND successor IS DISTINCT FROM code",
            name=op.f("ck_division_in_the_tree"),
        ),
        sa.ForeignKeyConstraint(["parent"], ["division.code"], name=op.f("fk_division_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_division")),
    )
    op.create_index("ix_division_parent_code", "division", ["parent", "code"], unique=False)
    op.create_table(
        "division_change",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["division.code"], name=op.f("fk_division_change_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_division_change")),
    )
    op.create_index("ix_division_change_code_id", "division_change", ["code", "id"], unique=False)
    rows = []
    for each in kept_list.divisions():
        low, high = interval(each.code)
        rows.append(
            {
                "code": each.code, "name": each.name, "level": each.level.value, "parent": each.parent,
                "low": low, "high": high, "successor": None, "source": each.source,
            }
        )  # fmt: skip
    op.bulk_insert(division, rows)
    op.execute("GRANT SELECT, INSERT ON division TO xueliang_app")
    op.execute("GRANT UPDATE (name, successor, source) ON division TO xueliang_app")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON division_change "
        "FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite()"
    )
    op.execute(
        "CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON division_change "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite()"
    )
    op.execute("GRANT SELECT, INSERT ON division_change TO xueliang_app")
    op.execute("GRANT USAGE, SELECT ON SEQUENCE division_change_id_seq TO xueliang_app")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
