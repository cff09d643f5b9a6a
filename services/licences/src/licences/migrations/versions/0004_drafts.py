"""Drafts of applicants."""

from alembic import op

revision = "0004"
down_revision = "0003"

_DRAFTS = """
CREATE TABLE draft (
    draft_id uuid CONSTRAINT pk_draft PRIMARY KEY,
    subject text NOT NULL,
    establishment text,
    form bytea NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ix_draft_subject_changed_at ON draft (subject, changed_at);
CREATE INDEX ix_draft_establishment ON draft (establishment);
CREATE INDEX ix_draft_changed_at ON draft (changed_at);
"""


def upgrade() -> None:
    op.execute(_DRAFTS)
