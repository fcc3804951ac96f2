"""The numbers that people say aloud start at 1001."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create sequence case_number start 1001")
    op.execute("create sequence problem_number start 1")


def downgrade() -> None:
    op.execute("drop sequence problem_number")
    op.execute("drop sequence case_number")
