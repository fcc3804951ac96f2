"""Rules that a constraint cannot say: the timeline is append-only, raw mail is kept, an owner is present."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEPT = [
    """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$
""",
    """
create trigger entry_is_append_only before update or delete on entry
    for each row execute function refuse_change()
""",
    """
create trigger raw_mail_is_kept before delete on raw_mail
    for each row execute function refuse_change()
""",
    """
create trigger raw_mail_is_unchanged before update of content, sender, recipients, received_at on raw_mail
    for each row when (old.content is distinct from new.content or old.sender is distinct from new.sender
        or old.recipients is distinct from new.recipients or old.received_at is distinct from new.received_at)
    execute function refuse_change()
""",
]

# Deferred to the commit: going absent and handing the cases over happen in one transaction, in either order.
# The owner's row is locked, so that an absence and a new case cannot pass each other unseen.
PRESENT = [
    """
create function check_owner_present() returns trigger language plpgsql as $$
begin
    if exists (select from "case" where id = new.id and solved_at is null) and not exists (
        select from person p join "case" c on c.owner_id = p.id
        where c.id = new.id and p.present and p.disabled_at is null for share of p
    ) then
        raise exception 'the owner of case % is not present', new.number using errcode = 'check_violation';
    end if;
    return null;
end $$
""",
    """
create constraint trigger case_owner_is_present after insert or update of owner_id, solved_at on "case"
    deferrable initially deferred for each row execute function check_owner_present()
""",
    """
create function check_no_case_left() returns trigger language plpgsql as $$
begin
    if exists (
        select from "case" c join person p on p.id = c.owner_id
        where p.id = new.id and (not p.present or p.disabled_at is not null) and c.solved_at is null
    ) then
        raise exception '% still owns open cases', new.name using errcode = 'check_violation';
    end if;
    return null;
end $$
""",
    """
create constraint trigger person_leaves_no_case after update of present, disabled_at on person
    deferrable initially deferred for each row execute function check_no_case_left()
""",
]


def upgrade() -> None:
    for statement in [*KEPT, *PRESENT]:
        op.execute(statement)


TRIGGERS = {
    "person_leaves_no_case": "person",
    "case_owner_is_present": '"case"',
    "raw_mail_is_unchanged": "raw_mail",
    "raw_mail_is_kept": "raw_mail",
    "entry_is_append_only": "entry",
}


def downgrade() -> None:
    for trigger, table in TRIGGERS.items():
        op.execute(f"drop trigger {trigger} on {table}")
    for function in ["check_no_case_left", "check_owner_present", "refuse_change"]:
        op.execute(f"drop function {function}()")
