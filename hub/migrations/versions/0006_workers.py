"""A lease names its worker: that of a worker that is gone is free at once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("work", "effect"):
        op.add_column(table, sa.Column("leased_by", sa.Integer(), nullable=True))


def downgrade() -> None:
    for table in ("work", "effect"):
        op.drop_column(table, "leased_by")
