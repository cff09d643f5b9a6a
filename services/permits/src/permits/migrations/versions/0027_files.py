"""Files of older permits, of papers and of appeals; the file itself is an attachment of the chassis."""

from alembic import op

revision = "0027"
down_revision = "0026"

TABLE = """
CREATE TABLE attached_file (
    attachment_id uuid NOT NULL CONSTRAINT pk_attached_file PRIMARY KEY,
    thing_type text NOT NULL,
    thing_id uuid NOT NULL,
    code text,
    added_at timestamptz NOT NULL,
    added_by jsonb NOT NULL,
    verified_at timestamptz
);
CREATE INDEX ix_attached_file_thing_type_thing_id ON attached_file (thing_type, thing_id);
"""


def upgrade() -> None:
    op.execute(TABLE)
