"""Nothing goes out of history: a case that was imported has no effects, unless it has been reopened."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GUARD = """
create function refuse_effect_of_history() returns trigger language plpgsql as $$
begin
    if exists (select from "case" where id = new.case_id and imported and solved_at is not null) then
        raise exception 'nothing goes out of history: the case was imported' using errcode = 'check_violation';
    end if;
    return new;
end $$
"""
TRIGGER = """
create trigger nothing_goes_out_of_history before insert on effect
    for each row execute function refuse_effect_of_history()
"""


def upgrade() -> None:
    op.execute(GUARD)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("drop trigger nothing_goes_out_of_history on effect")
    op.execute("drop function refuse_effect_of_history()")
